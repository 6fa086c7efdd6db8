"""The nine steps of a statement (§8, M9–M12): one table says who may do what, when, and what follows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.calendar import add_working_days, working_days_late
from portal.domain.errors import RuleViolation
from portal.domain.rates import PayFigures
from portal.domain.roles import Actor, Role


class Station(StrEnum):
    """Where a statement stands: the nine steps, and what lies within steps 5 and 6."""

    COLLECTED = "collected"
    GENERATED = "generated"
    PRINTED = "printed"
    SENT = "sent"
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    PASSED_ON = "passed_on"
    MANAGER_APPROVED = "manager_approved"
    DIRECTOR_APPROVED = "director_approved"
    APPROVED = "approved"
    PAID = "paid"
    INVOICED = "invoiced"
    CLOSED = "closed"

    @property
    def state(self) -> str:
        """The state in the words of domain.md: within steps 5 and 6 it is `confirmed` until the last."""
        return Station.CONFIRMED.value if self in _WITHIN else self.value


_WITHIN = frozenset({Station.PASSED_ON, Station.MANAGER_APPROVED, Station.DIRECTOR_APPROVED})
OPEN = frozenset({Station.COLLECTED, Station.GENERATED, Station.PRINTED})
"""Not out yet: may be generated again, and the partner does not see its lines (M12)."""
ISSUED = frozenset(Station) - OPEN


class Act(StrEnum):
    """What people do to a statement."""

    GENERATE = "generate"
    PRINT = "print"
    SEND = "send"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    ANSWER = "answer"
    PASS_ON = "pass_on"  # noqa: S105 - an act
    APPROVE_MANAGER = "approve_manager"
    APPROVE_DIRECTOR = "approve_director"
    APPROVE_COO = "approve_coo"
    PAY = "pay"
    INVOICE = "invoice"
    CLOSE = "close"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: at `station` a person of `roles` may do `act`, which leads to `to`.

    `number` is the step of §8 that the act completes; `within` names the policy's working days for it.
    """

    station: Station
    act: Act
    to: Station
    number: int
    roles: frozenset[Role]
    within: str


def _step(station: Station, act: Act, to: Station, number: int, within: str, *roles: Role) -> Step:
    return Step(station, act, to, number, frozenset(roles), within)


S, A, R = Station, Act, Role
STEPS: tuple[Step, ...] = (
    _step(S.COLLECTED, A.GENERATE, S.GENERATED, 2, "collect", R.FINANCE, R.ADMIN),
    _step(S.GENERATED, A.PRINT, S.PRINTED, 3, "print", R.CALL_CENTER),
    _step(S.PRINTED, A.SEND, S.SENT, 4, "send", R.CALL_CENTER),
    _step(S.SENT, A.CONFIRM, S.CONFIRMED, 5, "answer", R.PARTNER_ADMIN),
    _step(S.SENT, A.DISPUTE, S.DISPUTED, 5, "answer", R.PARTNER_ADMIN),
    _step(S.DISPUTED, A.ANSWER, S.SENT, 5, "answer", R.FINANCE),
    _step(S.CONFIRMED, A.PASS_ON, S.PASSED_ON, 5, "pass_on", R.CHANNEL_SALES),
    _step(S.PASSED_ON, A.APPROVE_MANAGER, S.MANAGER_APPROVED, 6, "review", R.CHANNEL_MANAGER),
    _step(S.MANAGER_APPROVED, A.APPROVE_DIRECTOR, S.DIRECTOR_APPROVED, 6, "review", R.CHANNEL_DIRECTOR),
    _step(S.DIRECTOR_APPROVED, A.APPROVE_COO, S.APPROVED, 6, "review", R.COO),
    _step(S.APPROVED, A.PAY, S.PAID, 7, "pay", R.FINANCE),
    _step(S.PAID, A.INVOICE, S.INVOICED, 8, "invoice", R.PARTNER_ADMIN, R.CHANNEL_SALES),
    # Of a statement that paid nothing there is no invoice (M16); the walk refuses it for any other.
    _step(S.PAID, A.CLOSE, S.CLOSED, 9, "close", R.FINANCE),
    _step(S.INVOICED, A.CLOSE, S.CLOSED, 9, "close", R.FINANCE),
)

RETURNS: Mapping[Station, tuple[Station, ...]] = {
    S.PASSED_ON: (S.SENT, S.CONFIRMED),
    S.MANAGER_APPROVED: (S.SENT, S.CONFIRMED, S.PASSED_ON),
    S.DIRECTOR_APPROVED: (S.SENT, S.CONFIRMED, S.PASSED_ON),
    S.APPROVED: (S.SENT, S.CONFIRMED, S.PASSED_ON),
    S.INVOICED: (S.PAID,),
}
"""Where a refusal in step 6 or 7 may send a statement back to; the refuser names it (M10).

An invoice that differs goes back to be corrected (M16): what was paid stays paid.
"""

APPROVALS = frozenset({A.PASS_ON, A.APPROVE_MANAGER, A.APPROVE_DIRECTOR, A.APPROVE_COO, A.PAY})
"""Acts of which nobody does two in one statement (four eyes, M10)."""


CONSENTS = frozenset({A.CONFIRM, A.DISPUTE} | APPROVALS - {A.PAY})
"""Acts that only a person does: neither silence nor a machine ever consents (M9)."""

_ORDER = {station: place for place, station in enumerate(Station)}


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done on a statement, by whom, and what it led to; in order."""

    act: Act
    user_id: int | None
    to: Station


@dataclass(frozen=True, slots=True)
class Party:
    """Whose statement it is: the partner, its region, and who looks after it, if anybody does."""

    partner_id: int
    region: str
    manager_id: int | None


def steps_at(station: Station) -> tuple[Step, ...]:
    """What may be done at a station."""
    return tuple(step for step in STEPS if step.station is station)


def next_step(station: Station) -> Step | None:
    """The step that is due at a station; None when the statement is closed."""
    return next(iter(steps_at(station)), None)


def stations_of(roles: Collection[Role]) -> tuple[Station, ...]:
    """Where it is the turn of somebody with one of these roles, in order."""
    due = {step.station for step in STEPS if step.roles & frozenset(roles)}
    return tuple(station for station in Station if station in due)


def standing(walk: Iterable[Done]) -> list[Done]:
    """The acts that still count: a refusal voids what was done after the station it went back to."""
    counting: list[Done] = []
    for each in walk:
        if each.act is Act.REFUSE:
            counting = [one for one in counting if _ORDER[one.to] <= _ORDER[each.to]]
        else:
            counting.append(each)
    return counting


def place_of(station: Station) -> int:
    """How far along a station is: the later of two has the higher place."""
    return _ORDER[station]


def check_act(station: Station, act: Act, actor: Actor | None, done: Collection[Done]) -> Step:
    """The step that `actor` may take now; None as actor is the system (a command, a bank's answer).

    `done` are the acts that still count.

    :raises RuleViolation: ``statement.not_now`` out of order or done already; ``statement.not_yours``;
        ``statement.four_eyes`` the person has done another approval of this statement.
    """
    step = next((each for each in steps_at(station) if each.act is act), None)
    if step is None:
        raise RuleViolation("statement.not_now", station=station, act=act)
    if actor is not None:
        _check_person(step, actor, done)
    elif act in CONSENTS:
        raise RuleViolation("statement.not_yours", act=act, roles=tuple(sorted(step.roles)))
    return step


def _check_person(step: Step, actor: Actor, done: Collection[Done]) -> None:
    if not actor.effective_roles & step.roles:
        raise RuleViolation("statement.not_yours", act=step.act, roles=tuple(sorted(step.roles)))
    others = APPROVALS - {step.act}
    if step.act in APPROVALS and any(each.user_id == actor.user_id and each.act in others for each in done):
        raise RuleViolation("statement.four_eyes", act=step.act)


def check_party(step: Step, actor: Actor, party: Party) -> None:
    """Whether the statement is one of those that `actor` has to do with.

    Partner people act on their own partner's statements, channel sales on those of the partners they look
    after; a partner that nobody looks after is anybody's of its region.

    :raises RuleViolation: ``statement.gone`` another partner's: it does not exist for them;
        ``statement.not_your_partner``.
    """
    if actor.is_partner:
        if actor.partner_id != party.partner_id:
            raise RuleViolation("statement.gone")
        return
    if actor.effective_roles & step.roles == {Role.CHANNEL_SALES}:
        mine = party.manager_id in (None, actor.user_id)
        if actor.region != party.region or not mine:
            raise RuleViolation("statement.not_your_partner")


def check_return(station: Station, to: Station, reason: str, actor: Actor, done: Collection[Done]) -> None:
    """Whether `actor`, whose turn it is in step 6, 7 or 9, may send a statement back to `to` (M10).

    :raises RuleViolation: ``statement.not_now``, ``statement.not_yours``, ``statement.four_eyes``,
        ``statement.return_where``, ``statement.return_why``.
    """
    step = next_step(station)
    if step is None or station not in RETURNS:
        raise RuleViolation("statement.not_now", station=station, act=Act.REFUSE)
    _check_person(step, actor, done)
    if to not in RETURNS[station]:
        raise RuleViolation("statement.return_where", "to")
    if not reason.strip():
        raise RuleViolation("statement.return_why", "reason")


def due_on(station: Station, since: date, pay: PayFigures) -> date | None:
    """The last day for the step that is due at a station entered on `since`; None when closed."""
    step = next_step(station)
    return None if step is None else add_working_days(since, pay.statement_days[step.within])


def days_late(due: date | None, today: date) -> int:
    """How many working days the due step is overdue; 0 while it is not, or when nothing is due."""
    return 0 if due is None else working_days_late(due, today)


def leads(act: Act, before: Station | None, after: Station) -> bool:
    """Whether the table lets `act` lead from one station to another; a first act has none before it."""
    if act is Act.REFUSE:
        return before is not None and after in RETURNS.get(before, ())
    if act is Act.GENERATE:
        return after is Station.GENERATED and (before is None or before in OPEN)
    return any(step.act is act and step.station is before and step.to is after for step in STEPS)
