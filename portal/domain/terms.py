"""The field's closed vocabularies that carry no rule of their own (domain.md §2, §4)."""

from enum import StrEnum


class PartnerKind(StrEnum):
    """What kind of partner it is (P1)."""

    WHOLESALE = "wholesale"
    VIRTUAL_OPERATOR = "virtual_operator"
    RELATIONSHIP = "relationship"
    GROWTH = "growth"


class Tier(StrEnum):
    """A partner's tier (P2); gold and silver together are the core partners."""

    GOLD = "gold"
    SILVER = "silver"
    ORDINARY = "ordinary"


class CustomerClass(StrEnum):
    """How big a customer is (客户分类, G2)."""

    A = "A"
    B = "B"
    C = "C"


class Source(StrEnum):
    """Where the customer was found (G2)."""

    OWN = "own"
    REFERRAL = "referral"
    CALL_CENTER = "call_center"
    YELLOW_PAGES = "yellow_pages"
    RECRUITING_EVENT = "recruiting_event"
    OTHER = "other"


class NameKind(StrEnum):
    """What kind of name of a customer it is (§6): on a filing, or stated by a person who knows it."""

    FILED = "filed"
    LEGAL = "legal"
    SHORT = "short"
    ENGLISH = "english"
    FORMER = "former"
    BRAND = "brand"


class Verdict(StrEnum):
    """What people decided about two filings, as files that move in or out say it."""

    SAME = "same"
    DIFFERENT = "different"
    MERGED = "merged"
    LINKED = "linked"
    UNDONE = "undone"


class EventKind(StrEnum):
    """Every kind of fact that can stand on a registration's time line."""

    FILED = "filed"
    MOVED = "moved"
    PROGRESS = "progress"
    RELEASED = "released"
    LOST = "lost"
    UNDONE = "undone"
    NOTE = "note"
    EDITED = "edited"
    NEXT_STEP = "next_step"
    SUPPORT_ASKED = "support_asked"
    SUPPORT_PLANNED = "support_planned"
    SUPPORT_DONE = "support_done"
    FILE_ADDED = "file_added"
    CORRECTION_ASKED = "correction_asked"
    CORRECTED = "corrected"
    DECIDED_SAME = "decided_same"
    DECIDED_DIFFERENT = "decided_different"
    MERGED = "merged"
    CASE_ASKED = "case_asked"
    CASE_OPENED = "case_opened"
    CASE_ANSWERED = "case_answered"
    CASE_CLOSED = "case_closed"
    REASSIGNED = "reassigned"
    RESTORED = "restored"
    LINKED = "linked"
    COMPARED = "compared"
    NAMED = "named"
    IDENTIFIED = "identified"
    BELONGS = "belongs"
    TOLD_APART = "told_apart"
    REPORTED = "reported"
    REVIEWED = "reviewed"
    RETURNED = "returned"


FOR_DECIDERS = (
    *(EventKind.COMPARED, EventKind.NAMED, EventKind.IDENTIFIED, EventKind.BELONGS),
    EventKind.TOLD_APART,
)
"""What a customer is like, is called besides, or is not: for those who decide, not for the parties (G6)."""


KEY_ACCOUNTS = "KA"
"""The party code of the vendor's own key-accounts department (大客户部)."""
