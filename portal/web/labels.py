"""Words for what the rules name by codes: enum labels, refusals, reasons. Domain stays silent."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.domain.access import PERMISSIONS, Permission
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.domain.facts import Rule, State
from portal.domain.fishing import Pattern
from portal.domain.pipeline import LostReason, Stage
from portal.domain.rates import Product
from portal.domain.roles import Role
from portal.domain.terms import CustomerClass, EventKind, NameKind, PartnerKind, Source, Tier
from portal.web import (
    case_labels,
    deposit_labels,
    dispute_labels,
    notice_labels,
    payment_words,
    receipt_messages,
    review_labels,
    statement_labels,
    support_labels,
    week_messages,
)
from portal.web.language import locale
from portal.web.messages import MESSAGES
from portal.web.right_labels import RIGHTS

# Members of different enums may share a value, and then compare equal: pairs, not a dict of them.
_LABELS: tuple[tuple[StrEnum, Any], ...] = (
    *case_labels.LABELS,
    *week_messages.LABELS,
    *notice_labels.LABELS,
    *payment_words.LABELS,
    *support_labels.LABELS,
    (Stage.INTEREST, _l("Interest")),
    (Stage.MEETING, _l("Meeting")),
    (Stage.SOLUTION, _l("Solution")),
    (Stage.TRIAL, _l("Trial")),
    (Stage.SIGNED, _l("Signed")),
    (State.HELD, _l("Being checked")),
    (State.ACTIVE, _l("Protected")),
    (State.WAITING, _l("Waiting")),
    (State.LAPSED, _l("Protection lapsed")),
    (State.RELEASED, _l("Released")),
    (State.SIGNED, _l("Signed customer")),
    (State.LOST, _l("Lost")),
    (PartnerKind.WHOLESALE, _l("Wholesale")),
    (PartnerKind.VIRTUAL_OPERATOR, _l("Virtual operator")),
    (PartnerKind.RELATIONSHIP, _l("Relationship")),
    (PartnerKind.GROWTH, _l("Growth")),
    (Tier.GOLD, _l("Gold")),
    (Tier.SILVER, _l("Silver")),
    (Tier.ORDINARY, _l("Ordinary")),
    (Product.PORT, _l("Port fees")),
    (Product.CONFERENCE, _l("Conferencing")),
    (Product.DDD, _l("Domestic long distance")),
    (Product.IDD, _l("International long distance")),
    (NameKind.FILED, _l("As filed")),
    (NameKind.LEGAL, _l("Legal name")),
    (NameKind.SHORT, _l("Short name")),
    (NameKind.ENGLISH, _l("English name")),
    (NameKind.FORMER, _l("Former name")),
    (NameKind.BRAND, _l("Brand")),
    (CustomerClass.A, _l("Class A")),
    (CustomerClass.B, _l("Class B")),
    (CustomerClass.C, _l("Class C")),
    (Source.OWN, _l("Own contacts")),
    (Source.REFERRAL, _l("Referral")),
    (Source.CALL_CENTER, _l("Call center")),
    (Source.YELLOW_PAGES, _l("Yellow pages")),
    (Source.RECRUITING_EVENT, _l("Recruiting event")),
    (Source.OTHER, _l("Other source")),
    (LostReason.COMPETITOR, _l("Chose a competitor")),
    (LostReason.PRICE, _l("Price too high")),
    (LostReason.NO_BUDGET, _l("No budget")),
    (LostReason.NO_NEED, _l("No need any more")),
    (LostReason.UNREACHABLE, _l("Cannot be reached")),
    (LostReason.CLOSED_DOWN, _l("Customer closed down")),
    (LostReason.OTHER, _l("Another reason")),
    (Role.PARTNER_REP, _l("Partner sales rep")),
    (Role.PARTNER_ADMIN, _l("Partner manager")),
    (Role.CHANNEL_SALES, _l("Channel sales")),
    (Role.REGIONAL_MANAGER, _l("Regional manager")),
    (Role.CHANNEL_MANAGER, _l("Channel manager")),
    (Role.CHANNEL_DIRECTOR, _l("Channel director")),
    (Role.COO, _l("COO")),
    (Role.KEY_ACCOUNTS, _l("Key accounts sales")),
    (Role.KEY_ACCOUNTS_MANAGER, _l("Key accounts manager")),
    (Role.FINANCE, _l("Finance")),
    (Role.CALL_CENTER, _l("Call center agent")),
    (Role.CUSTOMER_SERVICE, _l("Customer service")),
    (Role.PRODUCT_MARKETING, _l("Product marketing")),
    (Role.ADMIN, _l("System administrator")),
    (Pattern.MANY, _l("Many customers looked up in a day, none of them filed")),
    (Pattern.BURST, _l("Many customers looked up within an hour, none of them filed")),
    (Pattern.TAKEN, _l("Most of what was looked up and not filed belongs to other parties")),
    (Pattern.SEQUENCE, _l("Names one after the other in the order of a list")),
    (IdentifierKind.TAX_ID, _l("Tax id")),
    (IdentifierKind.WEBSITE, _l("Website")),
    (IdentifierKind.PHONE, _l("Telephone")),
    (EventKind.FILED, _l("Filed")),
    (EventKind.MOVED, _l("Moved")),
    (EventKind.PROGRESS, _l("Progress accepted")),
    (EventKind.RELEASED, _l("Released the customer")),
    (EventKind.LOST, _l("Project lost")),
    (EventKind.UNDONE, _l("Taken back")),
    (EventKind.NOTE, _l("Note")),
    (EventKind.EDITED, _l("Details changed")),
    (EventKind.NEXT_STEP, _l("Next step set")),
    (EventKind.SUPPORT_ASKED, _l("Support asked for")),
    (EventKind.SUPPORT_PLANNED, _l("Support planned")),
    (EventKind.SUPPORT_DONE, _l("Support given")),
    (EventKind.FILE_ADDED, _l("File added")),
    (EventKind.CORRECTION_ASKED, _l("Correction asked for")),
    (EventKind.CORRECTED, _l("Corrected")),
    (EventKind.DECIDED_SAME, _l("Found to be a known customer")),
    (EventKind.DECIDED_DIFFERENT, _l("Found to be another customer")),
    (EventKind.MERGED, _l("Customers merged")),
    (EventKind.COMPARED, _l("Compared with known names")),
    (EventKind.NAMED, _l("Another name of the customer stated")),
    (EventKind.IDENTIFIED, _l("An identifier of the customer stated")),
    (EventKind.BELONGS, _l("The customer belongs to another one")),
    (EventKind.TOLD_APART, _l("Found not to be another known customer")),
    (EventKind.REPORTED, _l("Named in the weekly report")),
    (EventKind.REVIEWED, _l("Looked at in the Thursday review")),
    (EventKind.RETURNED, _l("Returned in the Thursday review")),
    (EventKind.LINKED, _l("Linked with another customer: one company, both signed")),
    (EventKind.CASE_ASKED, _l("Asked for the customer")),
    (EventKind.CASE_OPENED, _l("Another party asked for a takeover")),
    (EventKind.CASE_ANSWERED, _l("Answered the request for a takeover")),
    (EventKind.CASE_CLOSED, _l("The case is over")),
    (EventKind.REASSIGNED, _l("The customer passed to another party")),
    (EventKind.RESTORED, _l("The customer was given back on appeal")),
    *statement_labels.LABELS,
    *deposit_labels.LABELS,
    *dispute_labels.LABELS,
    *review_labels.LABELS,
)
_BY_KIND = {(type(member), member.value): text for member, text in _LABELS}

RULES: Mapping[Rule, Any] = {
    Rule.FIRST: _l("First to file owns the customer; later filings wait in order of filing."),
    Rule.SAME_DAY: _l(
        "A partner and key accounts filed on the same day: the partner comes first, whatever the hour."
    ),
    Rule.LAPSED: _l("The protection period went by without progress: contestable, not lost."),
    Rule.TAKEOVER: _l("A takeover after the lapse: decided by those who answer for it."),
    Rule.NEXT_OWNER: _l("The deciders chose a later claim and said why."),
    Rule.NEW_CLOCK: _l("Taken over by another party; filing again is possible after the waiting time."),
    Rule.APPEAL: _l("Decided on appeal by the channel director."),
    Rule.RENEWED: _l("Progress after the lapse, before anyone contested it: protected again."),
    Rule.VOLUNTARY: _l("The owner gave it up: the earliest waiting claim becomes the owner."),
    Rule.SIGNED: _l("A signed customer stays with the party that signed it."),
    Rule.MERGED: _l(
        "Customers proved to be one, or one to be two: the claims of each are ordered by filing."
    ),
    Rule.HELD: _l("Possibly a known customer: a channel manager decides. The place is kept."),
    Rule.CORRECTED: _l("A correction showed that the filing is on another customer."),
    Rule.PROGRESS: _l("Progress restarts the protection period."),
    Rule.MOVED_BACK: _l("Moved back from signed: protected from the last progress on."),
}

ACTS: Mapping[str, Any] = {
    **case_labels.ACTS,
    **week_messages.ACTS,
    **review_labels.ACTS,
    **payment_words.ACTS,
    **deposit_labels.ACTS,
    **notice_labels.ACTS,
    "alarm.raised": _l("Noticed a pattern of fishing"),
    "alarm.seen": _l("Answered an alarm"),
    "customer.checked": _l("Looked a customer up"),
    "import.aliases": _l("Imported names of customers"),
    "import.decisions": _l("Imported decisions about customers"),
    "import.events": _l("Imported stage moves"),
    "import.partners": _l("Imported partners"),
    "import.policy": _l("Imported a policy version"),
    "import.registrations": _l("Imported registrations"),
    "import.tiers": _l("Imported tier terms"),
    "import.weekly": _l("Imported weekly reports"),
    "ownership.rebuilt": _l("Derived ownership anew from the facts"),
    "paper.finished": _l("Set a batch of statements"),
    "paper.started": _l("Began a batch of statements"),
    "partner.added": _l("Added a partner"),
    "partner.changed": _l("Changed a partner"),
    "partner.tier_added": _l("Added a tier term"),
    "policy.added": _l("Put a policy in force"),
    **statement_labels.ACTS,
    "policy.draft_changed": _l("Changed a draft of the policy"),
    "policy.draft_dropped": _l("Threw a draft of the policy away"),
    "policy.drafted": _l("Drafted a policy"),
    "policy.withdrawn": _l("Withdrew a policy version before its first day"),
    **dispute_labels.ACTS,
    **support_labels.ACTS,
    "rollup.made": _l("Made Friday’s roll-ups"),
    "suspicions.rebuilt": _l("Had all customers compared with each other anew"),
    **receipt_messages.ACTS,
    "user.added": _l("Added a person"),
    "user.changed": _l("Changed a person"),
    "user.link_made": _l("Made a link to set a password"),
    "user.password_set": _l("Set a password"),
    "user.sign_in_failed": _l("Failed to log in"),
    "user.signed_in": _l("Logged in"),
}
SUBJECTS: Mapping[str, Any] = {
    **week_messages.SUBJECTS,
    **payment_words.SUBJECTS,
    **review_labels.SUBJECTS,
    **deposit_labels.SUBJECTS,
    **dispute_labels.SUBJECTS,
    **support_labels.SUBJECTS,
    **notice_labels.SUBJECTS,
    "alarm": _l("Alarm"),
    "case": _l("Case"),
    "ownership": _l("Ownership"),
    "import": _l("Import"),
    "paper": _l("Batch of statements"),
    "partner": _l("Partner"),
    "period": _l("Period"),
    "policy": _l("Policy"),
    "policy_draft": _l("Draft of the policy"),
    "registration": _l("Registration"),
    "rollup": _l("Friday’s roll-up"),
    "statement": _l("Statement"),
    "week": _l("Reporting week"),
    "suspicion": _l("Customers that may be one"),
    "user": _l("Person"),
}


def label(value: StrEnum | None) -> str:
    """The word for an enum member in the person's language; empty for none."""
    return "" if value is None else word(type(value), value.value, locale())


@cache
def word(kind: type[StrEnum], value: str, _locale: str) -> str:
    """A page shows the same few words on every row: each is looked up once per language."""
    return str(_BY_KIND[kind, value])


def act_words(action: str) -> str:
    """What an entry of the audit trail notes; its code where there is no word for it."""
    if action.startswith("registration."):
        return label(EventKind(action.partition(".")[2]))
    return str(ACTS.get(action, action))


def subject_words(subject: str) -> str:
    """What an entry of the audit trail is about."""
    return str(SUBJECTS.get(subject, subject))


def right(permission: Permission) -> Any:
    """What a permission lets a person do."""
    return RIGHTS[permission]


def holders(permission: Permission) -> str:
    """The roles that carry a permission, listed."""
    roles = [role for role, permissions in PERMISSIONS.items() if permission in permissions]
    return str(gettext(", ")).join(str(label(role)) for role in roles)


def rule_words(rule: Rule) -> Any:
    """A rule in words, for "why does it stand like this"."""
    return RULES[rule]


def message(error: RuleViolation) -> str:
    """A refusal in words: what is wrong and what to do."""
    text = str(MESSAGES[error.code])
    return text % {key: _shown(value) for key, value in error.params.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return str(gettext(", ")).join(str(_shown(each)) for each in value)
    return label(value) if isinstance(value, StrEnum) and (type(value), value.value) in _BY_KIND else value
