"""Support requests (L2): what is asked of the vendor, by when it is owed, what its lateness costs (C3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from portal.domain.calendar import add_working_days
from portal.domain.errors import RuleViolation
from portal.domain.facts import Pause
from portal.domain.periods import business_date
from portal.domain.roles import Role
from portal.domain.terms import EventKind

_DAY = timedelta(days=1)
SUPPORT = "support"
LONGEST_NEED = 500
LONGEST_RESULT = 2000


class SupportKind(StrEnum):
    """What kind of help is asked for."""

    JOINT_VISIT = "joint_visit"
    SOLUTION = "solution"
    TRAINING = "training"
    MARKETING = "marketing"
    PRICE = "price"
    TRIAL_INSTALL = "trial_install"
    PRODUCTION_INSTALL = "production_install"
    OTHER = "other"


class SupportState(StrEnum):
    """How a request stands; declined is also what was withdrawn."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"


class Withdrawal(StrEnum):
    """Why a request fell away by itself; it is declined then, and this is its result."""

    MOVE_UNDONE = "move_undone"
    MOVED_BACK = "moved_back"
    CLAIM_ENDED = "claim_ended"


INSTALLS = (SupportKind.TRIAL_INSTALL, SupportKind.PRODUCTION_INSTALL)
DEPARTMENTS: Mapping[SupportKind, Role] = {
    SupportKind.JOINT_VISIT: Role.CHANNEL_SALES,
    SupportKind.SOLUTION: Role.CHANNEL_SALES,
    SupportKind.TRAINING: Role.PRODUCT_MARKETING,
    SupportKind.MARKETING: Role.PRODUCT_MARKETING,
    SupportKind.PRICE: Role.CHANNEL_MANAGER,
    SupportKind.TRIAL_INSTALL: Role.CUSTOMER_SERVICE,
    SupportKind.PRODUCTION_INSTALL: Role.CUSTOMER_SERVICE,
    SupportKind.OTHER: Role.CHANNEL_SALES,
}
"""Whose turn a request is until somebody takes it (L2) [D]; the channel manager's where no partner is."""

SUPPORT_KINDS = (EventKind.SUPPORT_ASKED, EventKind.SUPPORT_PLANNED, EventKind.SUPPORT_DONE)


def department_of(kind: SupportKind, *, of_partner: bool) -> Role:
    """The role whose people owe a request that nobody has taken; channel sales look after partners only."""
    role = DEPARTMENTS[kind]
    return role if of_partner or role is not Role.CHANNEL_SALES else Role.CHANNEL_MANAGER


def kinds_of(roles: Iterable[Role]) -> tuple[SupportKind, ...]:
    """The kinds of request that fall to the departments of these roles."""
    held = frozenset(roles)
    return tuple(kind for kind in SupportKind if DEPARTMENTS[kind] in held)


class _Fact(Protocol):
    """What the fold reads of a fact, wherever it was loaded."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> EventKind: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Any] | None: ...


F = TypeVar("F", bound=_Fact)


@dataclass(slots=True)
class Request(Generic[F]):
    """One request as its facts tell it: asked once, planned any number of times, closed once."""

    asked: F
    planned: list[F] = field(default_factory=list)
    closed: F | None = None

    @property
    def due(self) -> date | None:
        """The day it is due on, as last said; None: nobody said, as in requests from before there was one."""
        told = [each.data["due"] for each in (self.asked, *self.planned) if each.data and "due" in each.data]
        return date.fromisoformat(told[-1]) if told and told[-1] else None

    @property
    def owner_id(self) -> int | None:
        """Who took it, as last said."""
        told = [
            each.data["owner"] for each in (self.asked, *self.planned) if each.data and "owner" in each.data
        ]
        return told[-1] if told else None

    @property
    def state(self) -> SupportState:
        """How it stands; a fact from before there were states says that it was given."""
        if self.closed is None:
            return SupportState.OPEN
        return SupportState((self.closed.data or {}).get("state", SupportState.DONE))

    def is_meant_by(self, fact: F) -> bool:
        """Whether a later fact is about this request, by its name or by the fact that asked.

        From before requests had names: what says neither is about every one without a name.
        """
        data, asked = fact.data or {}, self.asked.data or {}
        if "asked" in data:
            return bool(data["asked"] == self.asked.id)
        return data.get("request") == asked.get("request")


def requests_told(facts: Iterable[F]) -> list[Request[F]]:
    """The requests that the facts of one claim tell of, in the order in which they were asked.

    Facts that were undone are left out by the caller.
    """
    found: list[Request[F]] = []
    for fact in sorted(facts, key=lambda each: (each.at, each.id)):
        if fact.kind is EventKind.SUPPORT_ASKED:
            found.append(Request(fact))
            continue
        for request in found:
            if request.closed is None and request.is_meant_by(fact):
                if fact.kind is EventKind.SUPPORT_PLANNED:
                    request.planned.append(fact)
                elif fact.kind is EventKind.SUPPORT_DONE:
                    request.closed = fact
    return found


def pause_of(claim: int, request: Request[Any]) -> Pause | None:
    """The days on which the vendor owes this claim the request: from the day after it was due (C3).

    To the day on which it was given; declined, to the day before: nothing is owed from then on. One
    that is still open has no last day. Without a due date nothing is late.
    """
    if request.due is None:
        return None
    kind = (request.asked.data or {}).get("kind")
    cause = kind if kind in INSTALLS else SUPPORT
    first, closed = request.due + _DAY, request.closed
    if closed is None:
        return Pause(first, None, cause, claim)
    last = business_date(closed.at)
    if request.state is SupportState.DECLINED:
        last -= _DAY
    return Pause(first, last, cause, claim) if first <= last else None


def default_due(asked: date, working_days: int) -> date:
    """By when support is owed that was asked for on a day, unless the vendor plans otherwise."""
    return add_working_days(asked, working_days)


def install_due(starts: date, today: date, working_days: int) -> date:
    """By when an install is owed: the day it is agreed for, but never sooner than it can be done (S4)."""
    return max(starts, add_working_days(today, working_days))


def check_plan(due: date | None, planned: date | None, *, reason: str, today: date) -> None:
    """Whether a due date may be moved to `planned`: before it has passed, with a reason, never into the past.

    Otherwise the vendor could stretch its own lateness away (C3).

    :raises RuleViolation: ``support.due_passed`` with `day`; ``support.due_in_the_past``;
        ``support.due_required``; ``support.due_needs_reason``.
    """
    if planned == due:
        return
    if planned is None:
        raise RuleViolation("support.due_required", "due")
    if due is not None and today > due:
        raise RuleViolation("support.due_passed", "due", day=due)
    check_due(planned, today)
    if due is not None and not reason:
        raise RuleViolation("support.due_needs_reason", "reason")


def check_due(due: date, today: date) -> None:
    """Whether a request may be due on a day at all: nobody is late before having been asked.

    :raises RuleViolation: ``support.due_in_the_past``.
    """
    if due < today:
        raise RuleViolation("support.due_in_the_past", "due")
