"""How a case looks to the person who reads it: own part, whose turn, and no name that is not due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.domain.access import Permission, Scope, allows, scope_of, works_for
from portal.domain.cases import CaseKind, Turn, whose_turn
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.policy import Policy
from portal.domain.roles import Actor
from portal.web.language import gettext as _


@dataclass(frozen=True)
class Line:
    """One case for one person."""

    row: Any
    customer: str
    owns: bool
    asks: bool
    sees_names: bool
    turn: Turn
    due: date | None
    late: bool
    mine: bool

    @property
    def part(self) -> str:
        """What the person's own party is in it."""
        if self.owns:
            return _("You own the customer")
        return _("You asked for it") if self.asks else ""


def viewed(row: Any, person: Actor, today: date, policy: Policy) -> Line:
    """A case as this person may see it."""
    owns = works_for(person, partner_id=row.owner_partner_id)
    asks = works_for(person, partner_id=row.asking_partner_id)
    votes = allows(person, Permission.CASE_VOTE) and row.kind is CaseKind.TAKEOVER
    sees_names = scope_of(person) is Scope.ALL or votes
    turn, due = whose_turn(
        row.kind,
        row.status,
        answered=business_date(row.answered_at) if row.answered_at else None,
        due=row.answer_due,
        appealed=business_date(row.appealed_at) if row.appealed_at else None,
        today=today,
        policy=policy,
    )
    mine = (
        (turn is Turn.OWNER and owns and row.answered_at is None)
        or (turn is Turn.DECIDERS and votes)
        or (turn is Turn.DIRECTOR and allows(person, Permission.CASE_APPEAL_DECIDE))
    )
    customer = row.asking_customer if asks and not owns else row.owner_customer
    return Line(row, customer, owns, asks, sees_names, turn, due, due is not None and due < today, mine)


def case_lines(rows: Iterable[Any], person: Actor, today: date, policy: Policy) -> list[Line]:
    """The cases of a list, those that wait for this person first."""
    return sorted((viewed(row, person, today, policy) for row in rows), key=lambda line: not line.mine)


_INSTANTS = ("opened_at", "answered_at", "decided_at", "owned_since", "last_progress_at", "filed_at", "at")
_DAYS = ("answer_due", "protected_until", "lapsed_on", "policy_from", "first", "last")


def decided(decision: Mapping[str, Any]) -> dict[str, Any]:
    """A decision's figures as a page shows them: instants, days and stages instead of JSON's texts."""
    return {name: _revived(name, value) for name, value in decision.items()}


def _revived(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return decided(value)
    if isinstance(value, list):
        return [_revived(name, each) for each in value]
    if isinstance(value, str):
        if name in _INSTANTS:
            return datetime.fromisoformat(value)
        if name in _DAYS:
            return date.fromisoformat(value)
        if name == "stage":
            return Stage(value)
    return value
