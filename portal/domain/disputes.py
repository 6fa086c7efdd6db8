"""Disputes over lines of a statement (M9): who may say what and when, and what comes of the answers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.domain.commissions import ZERO, Flag
from portal.domain.errors import RuleViolation
from portal.domain.lines import LineKind
from portal.domain.statements import Station


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


WITHOUT_LINE = frozenset({DisputeKind.MISSING, DisputeKind.OTHER})
"""What can be said about no line in particular."""


class Entry(NamedTuple):
    """A line of the revision in force, as far as disputes go.

    `about` is the receipt that the line is about: its own, or that of the dispute which it comes from.
    """

    id: int
    kind: LineKind
    counted: bool
    settles: bool
    about: int | None
    commission: Decimal
    flag: Flag | None = None


class Objection(NamedTuple):
    """A dispute of the round that a revision closes; `granted` is what its receipt shall come to, in yuan."""

    id: int
    receipt_id: int | None
    state: DisputeState
    granted: Decimal | None = None


def comes_to(entries: Iterable[Entry], receipt_id: int | None) -> Decimal:
    """What a receipt earns on a revision: its line, and what earlier disputes added to it."""
    if receipt_id is None:
        return ZERO
    return sum((each.commission for each in entries if each.about == receipt_id), ZERO)


def check_dispute(
    station: Station,
    kind: DisputeKind,
    text: str,
    receipt_id: int | None,
    entries: Sequence[Entry],
    round_so_far: Collection[Objection],
) -> None:
    """Whether a partner may object to this receipt of its statement, or to something that is not on it.

    :raises RuleViolation: ``dispute.not_now``; ``dispute.which_line``; ``required``;
        ``dispute.waits``: the receipt lacks a term and is not settled yet; ``dispute.parked``;
        ``dispute.open_already``.
    """
    if station not in (Station.SENT, Station.DISPUTED):
        raise RuleViolation("dispute.not_now")
    if not text:
        raise RuleViolation("required", "text")
    if receipt_id is None:
        if kind not in WITHOUT_LINE:
            raise RuleViolation("dispute.which_line", "kind")
        return
    line = next(
        (each for each in entries if each.about == receipt_id and each.kind is LineKind.RECEIPT), None
    )
    if line is None or kind is DisputeKind.MISSING:
        raise RuleViolation("dispute.which_line", "kind")
    if line.flag is Flag.DISPUTED:
        raise RuleViolation("dispute.parked")
    if not line.settles:
        raise RuleViolation("dispute.waits")
    if any(each.receipt_id == receipt_id and each.state in _PENDING for each in round_so_far):
        raise RuleViolation("dispute.open_already")


_PENDING = frozenset({DisputeState.OPEN, DisputeState.GRANTED})


def check_answer(state: DisputeState, granted: Decimal | None, text: str, so_far: Decimal) -> DisputeState:
    """What an answer of finance makes of a dispute; `so_far` is what the receipt comes to without it.

    :raises RuleViolation: ``dispute.answered``; ``dispute.not_more``: a grant gives, it does not take;
        ``reason.required``: a refusal says why.
    """
    if state is not DisputeState.OPEN:
        raise RuleViolation("dispute.answered")
    if granted is None:
        if not text:
            raise RuleViolation("reason.required", "answer")
        return DisputeState.REFUSED
    if granted <= so_far:
        raise RuleViolation("dispute.not_more", "granted", so_far=so_far)
    return DisputeState.GRANTED


class Addition(NamedTuple):
    """A line that a granted dispute adds: the difference to what its receipt came to."""

    dispute_id: int
    about: int | None
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Revised:
    """The lines of a new revision: those kept as they are, those not counted any more, those added."""

    kept: tuple[Entry, ...]
    parked: tuple[Entry, ...]
    added: tuple[Addition, ...]

    @property
    def total(self) -> Decimal:
        """What the new revision comes to (M4)."""
        lines = sum((each.commission for each in self.kept), ZERO)
        return lines + sum((each.difference for each in self.added), ZERO)


def revise(entries: Sequence[Entry], round_so_far: Iterable[Objection]) -> Revised:
    """The next revision (M9): what was granted is added; lines still in dispute are not counted.

    Their receipts stay settled, so that no other statement takes them up; what comes of them later is a
    line of the next statement (`resumed`).
    """
    disputes = tuple(round_so_far)
    open_on = {
        each.receipt_id
        for each in disputes
        if each.state is DisputeState.OPEN and each.receipt_id is not None
    }
    added = tuple(
        Addition(each.id, each.receipt_id, each.granted - comes_to(entries, each.receipt_id))
        for each in disputes
        if each.state is DisputeState.GRANTED and each.granted is not None
    )
    return Revised(
        kept=tuple(each for each in entries if each.about is None or each.about not in open_on),
        parked=tuple(
            each._replace(counted=False, commission=ZERO, flag=Flag.DISPUTED)
            for each in entries
            if each.about is not None and each.about in open_on
        ),
        added=added,
    )


def resumed(state: DisputeState, granted: Decimal | None, original: Decimal) -> Decimal | None:
    """What a parked dispute comes to once it is decided; None while it is open (M9).

    `original` is what the receipt came to on the revision that was disputed.
    """
    if state is DisputeState.OPEN:
        return None
    return granted if state is DisputeState.GRANTED and granted is not None else original
