"""What a refusal says, by the code of its `RuleViolation`. Says what is wrong and what to do."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.web import (
    case_labels,
    deposit_labels,
    dispute_labels,
    notice_labels,
    payment_words,
    review_labels,
    statement_labels,
)
from portal.web.check_messages import CHECK
from portal.web.import_messages import IMPORT
from portal.web.policy_messages import POLICY
from portal.web.receipt_messages import RECEIPTS
from portal.web.week_messages import WEEK

MESSAGES: Mapping[str, Any] = {
    **case_labels.MESSAGES,
    **CHECK,
    **IMPORT,
    **deposit_labels.MESSAGES,
    **notice_labels.MESSAGES,
    **payment_words.MESSAGES,
    **RECEIPTS,
    **WEEK,
    **review_labels.MESSAGES,
    "amount.decimals": _l("“%(value)s” has more than two decimals: write yuan and fen, as 1234.50."),
    "amount.grouping": _l("The comma in “%(value)s” is not a thousands mark: write 1,234.50 or 1234.50."),
    "amount.negative": _l("An amount cannot be negative: “%(value)s”."),
    "amount.not_a_number": _l("“%(value)s” is not an amount: write digits, as 12000 or 1234.50."),
    "amount.too_large": _l("“%(value)s” is larger than the portal can hold."),
    "backup.failed": _l("%(program)s failed: %(told)s"),
    "backup.in_memory": _l("A database in memory cannot be copied."),
    "backup.itself": _l("This file is the database itself: give the copy another name."),
    "backup.no_program": _l("%(program)s is needed and was not found: install PostgreSQL's client programs."),
    "backup.not_a_backup": _l("This file is not a backup of the portal."),
    "backup.not_empty": _l("The database is not empty. Add --force to overwrite it."),
    "backup.nothing": _l("There is no database yet, or it is empty: check PORTAL_DATABASE_URL."),
    "belongs.already": _l("It belongs to a customer already: take that back first."),
    "belongs.circle": _l("A customer cannot belong to itself, nor to one that belongs to it."),
    "calendar.unknown_year": _l("The holiday calendar of this year is not known yet."),
    "count.grouping": _l("The comma in “%(value)s” is not a thousands mark: write 1,200 or 1200."),
    "count.negative": _l("A number cannot be negative: “%(value)s”."),
    "count.not_a_number": _l("“%(value)s” is not a number: write digits, as 60."),
    "count.not_whole": _l("“%(value)s” is not a whole number."),
    "count.too_large": _l("“%(value)s” is too large."),
    "customer.merged": _l("This customer is part of another one: state it there."),
    "date.form": _l("“%(value)s” is not a date: write it as 2026-03-01."),
    "date.no_such_day": _l("There is no such day as “%(value)s”."),
    "date.out_of_range": _l("“%(value)s” lies outside 1990 to 2199."),
    "db.bad_url": _l(
        "PORTAL_DATABASE_URL is not an address of a database. Write it like sqlite:////srv/portal.db or "
        "postgresql://user@host/portal."
    ),
    "db.conflict": _l(
        "Somebody saved the same thing a moment ago. Nothing of yours was saved: look and try again."
    ),
    "db.unavailable": _l(
        "The database cannot be used (%(told)s). Nothing was half done: check PORTAL_DATABASE_URL and that "
        "the database is running, then try again."
    ),
    "decision.decides_nothing": _l(
        "This decision would change nothing as things stand: a credit code, an earlier decision, or the order of "
        "what happened says otherwise."
    ),
    "decision.in_the_future": _l("“%(value)s” lies in the future: nobody can have decided it yet."),
    "decision.one_customer": _l(
        "Both registrations are on one customer. Correct one of them, or take the merge back on the customer record."
    ),
    "decision.one_filing": _l("Name two different registrations."),
    "email.form": _l("“%(value)s” is not an e-mail address."),
    "email.taken": _l("There is already a person with this e-mail address."),
    "file.empty": _l("The file is empty."),
    "file.failed": _l(
        "A file cannot be read or written (%(told)s): check the folder, its rights and the space on the disk."
    ),
    "file.kind": _l("Files of this kind are not accepted. Send PDF, pictures, Word, Excel or text."),
    "file.storage": _l("The file could not be stored (disk full?). Nothing was saved: try again later."),
    "file.too_large": _l("The file is larger than %(largest)s MB."),
    "held.code_overrules": _l(
        "Nothing was decided: the credit code %(uscc)s says that they are two companies, and a valid code "
        "goes before a name. Decide “another customer”, or ask the filer to correct the code."
    ),
    "held.no_verdict": _l("Choose: the same customer, or another one."),
    "held.nothing_ticked": _l("Tick the filings first that you want to decide together."),
    "held.not_held": _l("This filing is no longer waiting for a decision: somebody decided it already."),
    "held.not_a_suspect": _l("That customer is not one this filing can be the same as."),
    "identifier.nobodys": _l(
        "This says nothing about who a customer is: free mail, a shop or page under another’s name."
    ),
    "identifier.stated": _l("It is known already."),
    "instant.form": _l("“%(value)s” is not a date and time: write it as 2026-03-01 10:00."),
    "link.linked": _l("These two customers are linked already."),
    "link.none": _l("These two customers are not linked."),
    "link.not_both_signed": _l("Only two signed customers are linked; any others can be merged."),
    "merge.both_signed": _l(
        "Both customers are signed with their owners: they are not merged. Link them; each keeps what it signed."
    ),
    "merge.codes_differ": _l("Two different credit codes are two companies: they cannot be merged."),
    "merge.same": _l("Choose two different customers."),
    "unmerge.not_merged": _l("This customer is not merged into another one."),
    "unmerge.one_company": _l(
        "Nothing was taken apart: both sides bear the same credit code by now, or one of them would be left "
        "without a filing."
    ),
    "name.control": _l("The name contains characters that cannot be printed. Type it anew."),
    "name.empty": _l("Fill in the name."),
    "name.no_letters": _l("A name needs at least one letter or Han character."),
    "name.nobodys": _l("This is only a place or a legal form. Write the name itself."),
    "name.too_long": _l("The name has %(length)s characters; at most %(longest)s are possible."),
    "naming.from_filings": _l("Names as filed come from filings. Choose another kind."),
    "naming.known": _l("The customer is known by this name already (%(kind)s)."),
    "naming.merged": _l("This customer is merged into another one: state the name there."),
    "naming.not_filed": _l("No filing on this customer bears this name. Give it another kind."),
    "naming.not_stated": _l("Nobody stated this name, or it was taken back already."),
    "pair.nothing_ticked": _l("Tick the pairs first that you want to tell apart."),
    "pair.not_told_apart": _l("Nobody told these two apart, or it was taken back already."),
    "pair.settled": _l("Nothing was changed: whether these two are one was settled meanwhile."),
    "partner.code_taken": _l("There is already a partner with this code."),
    "partner.tier_overlap": _l(
        "The term overlaps another one of this partner (%(starts_on)s to %(ends_on)s)."
    ),
    "partner.tier_order": _l("The term ends before it starts."),
    "partner.wholesale_tier": _l("A wholesale partner has no tier."),
    "password.short": _l("Use at least %(least)s characters."),
    "password.same_as_email": _l("Do not use your e-mail address as password."),
    "password.wrong": _l("The present password is wrong."),
    "password.link_used": _l("This link was used or has expired. Ask for a new one."),
    "phone.characters": _l("“%(value)s” contains characters that are in no telephone number."),
    "phone.too_long": _l("Digits too many for a telephone number: %(extra)d."),
    "phone.too_short": _l("Digits missing: %(missing)d. Such a number has %(wanted)d."),
    "pipeline.back_needs_reason": _l("Say why the project goes back."),
    "pipeline.ended": _l("This claim has ended; nothing moves any more."),
    "pipeline.gate_missing": _l("This stage needs it."),
    "pipeline.in_the_future": _l("This day has not come yet."),
    "pipeline.not_owner": _l(
        "Only the owner's project moves. Your claim waits; it can be edited or released."
    ),
    "pipeline.same_stage": _l("The project is in this stage already."),
    "pipeline.signed_stays": _l("A signed customer stays with you; it cannot be released or lost."),
    "pipeline.trial_ends_before_start": _l("The trial ends before it starts."),
    "pipeline.undo_too_late": _l("Too late to take it back: a minute has passed, or others have been told."),
    "period.form": _l("“%(value)s” is no period. Write a month as 2026-09 or a quarter as 2026-Q3."),
    "policy.bad_figure": _l("The policy's figure “%(figure)s” is missing or impossible."),
    "paper.none": _l("There is nothing to print: choose a period with statements that wait for it."),
    "paper.not_ready": _l("The PDF is not finished yet."),
    "paper.sums": _l(
        "The lines of statement %(number)s do not add up to its total: it is not printed. Tell finance, and run “portal check”."
    ),
    "paper.too_many": _l("At most %(most)s statements go into one PDF: take a part of them at a time."),
    "policy.none_in_force": _l("No policy is in force on %(day)s."),
    "registration.early_limit": _l(
        "You hold %(held)s projects in the first two stages; the policy allows %(limit)s. Move or release some."
    ),
    "registration.field_closed": _l("Only the fields the reviewer named can be corrected."),
    "registration.no_correction": _l("No correction is open on this registration."),
    "registration.too_early_again": _l(
        "Your claim on this customer was taken over by another party. You can file again from %(day)s on."
    ),
    "registration.own_already": _l("Your company has already registered this customer: %(ref)s."),
    "registration.quota": _l(
        "You have made today's %(limit)s checks. You can still file; the portal decides when you submit."
    ),
    "required": _l("Fill this in."),
    "choice": _l("Choose one of the list."),
    "reason.required": _l("Say why."),
    "stale": _l("Somebody changed this in the meantime. Nothing was overwritten: look at it and try again."),
    "stated.gone": _l("This was taken back already: look at how it stands."),
    "tax_id.check_digit": _l(
        "The check digit of the tax id “%(typed)s” is wrong: look for a mistyped character."
    ),
    "tax_id.form": _l(
        "“%(typed)s” is no tax id: eight digits in Taiwan, fifteen characters of the mainland’s old kind. "
        "A code of eighteen is a credit code and belongs into the filing."
    ),
    "text.too_long": _l("%(length)s characters are too many; at most %(longest)s are possible."),
    "uscc.characters": _l("A credit code has no “%(characters)s”. Compare it with the licence."),
    "uscc.check_digit": _l(
        "The check digit does not fit: one character of the code is wrong. Compare it with the licence."
    ),
    "uscc.length": _l("A credit code has %(wanted)s characters; these are %(length)s."),
    "user.last_admin": _l("This is the last active administrator."),
    "user.needs_region": _l("This role needs a region."),
    "user.needs_role": _l("Choose at least one role."),
    "user.partner_roles": _l("Partner people hold partner roles, vendor people hold vendor roles."),
    "user.two_sides": _l("Key accounts is a party itself: its people cannot also look after a region."),
    "user.self": _l("You cannot switch yourself off."),
    "view.name": _l("Give the view a name of at most 60 characters."),
    "website.form": _l("“%(value)s” is not a web address: write it as example.com."),
    **statement_labels.MESSAGES,
    **POLICY,
    **dispute_labels.MESSAGES,
}
