"""Disputes over lines of a statement (M9): their kinds and states."""

from enum import StrEnum


class DisputeKind(StrEnum):
    """What a partner says is wrong."""

    AMOUNT = "amount"
    RATE = "rate"
    MISSING = "missing"
    CUSTOMER = "customer"
    OTHER = "other"


class DisputeState(StrEnum):
    """How a dispute stands. No silence counts as an answer."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
