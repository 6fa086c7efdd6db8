"""What a refusal says, by the code of its `RuleViolation`. Says what is wrong and what to do."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.web import deposit_labels, payment_words, statement_labels
from portal.web.policy_messages import POLICY

MESSAGES: Mapping[str, Any] = {
    **deposit_labels.MESSAGES,
    **payment_words.MESSAGES,
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
    "case.answer_awaited": _l("The owner can answer until %(day)s; vote when it has, or after that day."),
    "case.answered": _l(
        "The answer is given already. Add what is new as a note or a file on the registration."
    ),
    "case.challenger_left": _l("The party that asked has left the channel: close the case."),
    "case.challenger_stays": _l(
        "The party that asked still belongs to the channel: decide the case by a vote."
    ),
    "case.final": _l("This decision is final: the time for an appeal is over."),
    "case.nobody_waits": _l("No claim waits any more that could take the customer over."),
    "case.not_final": _l(
        "The last decision on this customer can be appealed until %(day)s. Ask after that day."
    ),
    "case.not_in_line": _l("The claim you chose does not wait for this customer any more: choose another."),
    "case.not_lapsed": _l("The customer is still protected. A takeover can be asked for from %(day)s on."),
    "case.not_now": _l("The case has moved on: look at how it stands."),
    "case.not_waiting": _l("Only a claim that waits for a customer can ask for it."),
    "case.not_your_side": _l("This case is not yours to decide."),
    "case.not_yours": _l("Only the party concerned can do this."),
    "case.open_already": _l("A case about this customer is open already. Ask again when it is over."),
    "case.other_choice": _l(
        "The other side agreed to another next owner: choose the same, or say no and the case ends."
    ),
    "case.overtaken": _l("What happened meanwhile does not allow this any more: look at the case anew."),
    "case.own_customer": _l("Your own party owns this customer already, by another registration."),
    "case.own_matter": _l("You took part in this case: somebody else has to decide it."),
    "case.signed": _l("The customer is signed and stays with its owner."),
    "case.too_early_again": _l("The last request was refused. You can ask again from %(day)s on."),
    "case.voted": _l("You or your side voted already."),
    "case.votes_cast": _l("Votes are cast already: it is too late for an answer."),
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
    "check.receipt_gap": _l("No entry of the audit trail vouches for this receipt."),
    "check.receipt_seal": _l(
        "The receipts %(first)s to %(last)s are not what was recorded: their number, sum or content differs."
    ),
    "check.refund_differs": _l("It has a refund of another contract or product, or dated before it."),
    "check.refunds_exceed": _l("More of it was refunded than was received."),
    "check.alias": _l("No filing of its customer bears this name."),
    "check.alias_missing": _l("Its name “%(name)s” is missing."),
    "check.customer_missing": _l("The customer that it made known is missing."),
    "check.fact_changed": _l("It was changed after it was written."),
    "check.fact_missing": _l("A fact of it in the audit trail is missing or changed."),
    "check.identifier": _l("Nobody stated this of its customer."),
    "check.identifier_missing": _l("Its website, telephone or tax id “%(value)s” is missing."),
    "check.line": _l(
        "The line for receipt %(receipt)s is not what its receipt, contract, tier and policy give."
    ),
    "check.lost_receipt": _l("The receipt is neither on a statement that is out nor waiting for one."),
    "check.not_the_sum": _l("%(column)s is not what the lines come to."),
    "check.revision": _l("The statement is not what its revision in force says."),
    "check.settled_twice": _l("The receipt waits for a statement and is on one already."),
    "check.missing": _l("It is missing."),
    "check.more": _l("And so are %(number)d more."),
    "check.no_role": _l("It has no role."),
    "check.not_filed": _l("It has no fact that files it, or several."),
    "check.not_indexed": _l(
        "The index of names does not file it as it should; portal rebuild index repairs that."
    ),
    "check.not_placed": _l("It was never placed."),
    "check.nobodys_pieces": _l(
        "It is in the index of names, yet there is no such name; portal rebuild index repairs that."
    ),
    "check.not_told": _l("%(column)s is not what the facts say."),
    "check.not_trailed": _l("%(column)s is not what the audit trail says."),
    "check.ownership": _l("Who owned it when is not what the facts say."),
    "check.tie": _l("This is not what the facts tie its filing to."),
    "check.no_customer": _l("It names no customer."),
    "check.pieces_counted": _l(
        "Its number of names is not what the index has; portal rebuild index repairs that."
    ),
    "check.place": _l("Where it was when is not what the facts say."),
    "check.role": _l("The role “%(role)s” does not go with where it belongs."),
    "check.seal": _l("Its seal or its link to the entry before does not hold."),
    "check.total": _l("It is not the sum of its projects."),
    "check.unfounded": _l("No filing made it known."),
    "check.unreadable": _l("It cannot be read: %(error)s"),
    "check.untrailed": _l("It has no entry in the audit trail."),
    "file.empty": _l("The file is empty."),
    "file.failed": _l(
        "A file cannot be read or written (%(told)s): check the folder, its rights and the space on the disk."
    ),
    "file.kind": _l("Files of this kind are not accepted. Send PDF, pictures, Word, Excel or text."),
    "file.not_a_scan": _l(
        "Send the scan as PDF, JPG or PNG; this file is none of them, whatever its name says."
    ),
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
    "import.bad_code": _l("“%(value)s” cannot be used as a code here."),
    "import.before_filing": _l("“%(value)s” lies before the registration was filed."),
    "import.bomb": _l(
        "The file unpacks to %(size)s MB: that is no spreadsheet. Save it anew and send only the sheet."
    ),
    "import.column_twice": _l("The column “%(column)s” stands there twice."),
    "import.dry_run": _l("A trial run: nothing was written."),
    "import.encoding": _l("Line %(row)s is neither UTF-8 nor GB18030. Save the file as CSV UTF-8."),
    "import.held_registration": _l(
        "The registration “%(value)s” is held: decide first which customer it is on."
    ),
    "import.ignored_ended": _l("The claim had ended by then: the event stays on the time line as a note."),
    "import.ignored_not_owner": _l(
        "The claim did not own the customer then: the event stays on the time line as a note."
    ),
    "import.ignored_signed": _l("The customer was signed: the event stays on the time line as a note."),
    "import.in_the_future": _l("“%(value)s” lies in the future: taken as it stands."),
    "import.missing_columns": _l("These columns are missing: %(columns)s."),
    "import.mixed_encodings": _l(
        "Line %(row)s is in another encoding than the lines before. Save the file as CSV UTF-8."
    ),
    "import.not_a_table": _l("This is not a table. Send CSV or xlsx."),
    "import.not_xlsx": _l("This is not an Excel file, or it is damaged. Save it as xlsx or CSV."),
    "import.old_excel": _l(
        "This is the old Excel format (xls) or a protected file. Save it as xlsx without a password, or as CSV."
    ),
    "import.other_content": _l(
        "%(ref)s is known with other content. Give it another reference, or correct it in the portal."
    ),
    "import.refused": _l("The file was refused; nothing was written."),
    "import.too_large": _l("The file is larger than %(largest)s MB: split it."),
    "import.too_many_refused": _l("More than %(most)s things are wrong: reading stopped there."),
    "import.too_many_rows": _l("The file has more than %(most)s rows: split it."),
    "import.unknown_columns": _l("Columns not known here: %(columns)s. Known: %(known)s."),
    "import.unknown_partner": _l("There is no partner with the code “%(value)s”. Import the partners first."),
    "import.unknown_registration": _l(
        "There is no registration “%(value)s”. Import the registrations first."
    ),
    "import.unreadable": _l(
        "Reading this Excel file takes too much memory or time: a cell may stand far outside the table. "
        "Copy the table to a new sheet, or save it as CSV."
    ),
    "import.value": _l("“%(value)s” is not understood. Possible: %(known)s, or the words of the portal."),
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
    "period.collected": _l("This period was called complete already."),
    "period.issued": _l("Statements of this period are out: it cannot be opened again."),
    "period.not_collected": _l("This period is open."),
    "period.not_over": _l("This period is not over yet: it ends on %(day)s."),
    "period.form": _l("“%(value)s” is no period. Write a month as 2026-09 or a quarter as 2026-Q3."),
    "policy.bad_figure": _l("The policy's figure “%(figure)s” is missing or impossible."),
    "policy.none_in_force": _l("No policy is in force on %(day)s."),
    "receipt.before_its_receipt": _l("A refund cannot be dated before its receipt (%(day)s)."),
    "receipt.in_the_future": _l("“%(value)s” lies in the future: nothing can have been received then."),
    "receipt.negative": _l(
        "“%(value)s” is negative. Money paid back names the receipt that it refunds (refund_of / 原流水号)."
    ),
    "receipt.no_minutes": _l("Long distance is paid by the minute: the minutes are missing."),
    "receipt.not_matched": _l(
        "This number is not matched to a contract by hand, or it was taken back already."
    ),
    "receipt.other_content": _l(
        "%(ref)s is known with other content. Known: %(known)s. Here: %(stated)s. A receipt is never changed: "
        "correct it by a refund and a receipt of its own."
    ),
    "receipt.other_contract": _l("The receipt that this refunds is of another contract."),
    "receipt.other_product": _l("The receipt that this refunds is for another product."),
    "receipt.ref_taken": _l("There is a receipt with this reference already."),
    "receipt.refund_of_refund": _l("This names a refund. Name the receipt that was refunded."),
    "receipt.refunds_exceed": _l(
        "More than was received: %(received)s came in, %(refunded)s went back already, %(asked)s are asked for."
    ),
    "receipt.same_number": _l("This is the number itself: choose the contract that it should have named."),
    "receipt.unknown_contract_choice": _l("There is no such contract any more: choose another."),
    "receipt.unknown_receipt": _l("There is no receipt “%(value)s” of this source to refund."),
    "receipt.warn_before_contract": _l(
        "%(rows)s receipts are dated before their contract (%(sum)s yuan in all, first here): they earn nothing."
    ),
    "receipt.warn_collected": _l(
        "%(rows)s receipts are dated in a period that finance called complete (%(sum)s yuan in all, first here): "
        "they will be adjustments on the next statement."
    ),
    "receipt.warn_unknown_contract": _l(
        "%(rows)s receipts name contracts that nobody signed (%(numbers)s numbers, %(sum)s yuan in all, first "
        "here). Match them under Receipts."
    ),
    "receipt.zero": _l("An amount of zero is no receipt."),
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
    **POLICY,
    **statement_labels.MESSAGES,
}
