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
    TOLD_APART = "told_apart"


KEY_ACCOUNTS = "KA"
"""The party code of the vendor's own key-accounts department (大客户部)."""
