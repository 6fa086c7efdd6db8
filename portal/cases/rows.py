"""How a case looks to the person who reads it: own part, whose turn, and no name that is not due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import ngettext

from portal.domain.access import Permission, Scope, allows, scope_of, works_for
from portal.domain.calendar import working_days_late
from portal.domain.cases import CaseKind, Outcome, Turn, decision_due, refile_from, side_of, whose_turn
from portal.domain.facts import Rule
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.policy import Policy
from portal.domain.protection import end_on
from portal.domain.roles import Actor
from portal.web.labels import label, rule_words
from portal.web.language import gettext as _
from portal.web.templating import part


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
    late_days: int
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
        or (turn is Turn.DECIDERS and votes and not _has_voted(row, person))
        or (turn is Turn.DIRECTOR and allows(person, Permission.CASE_APPEAL_DECIDE))
    )
    customer = row.asking_customer if asks and not owns else row.owner_customer
    late_days = 0 if due is None else working_days_late(due, today)
    return Line(
        row, customer, owns, asks, sees_names, turn, due, due is not None and due < today, late_days, mine
    )


def _has_voted(row: Any, person: Actor) -> bool:
    side = side_of(person)
    return side is not None and bool(getattr(row, f"{side.value}_voted"))


def case_lines(rows: Iterable[Any], person: Actor, today: date, policy: Policy) -> list[Line]:
    """The cases of a list, as this person may see them."""
    return [viewed(row, person, today, policy) for row in rows]


def overdue(days: int) -> str:
    """How long something is late, in working days."""
    return str(ngettext("%(num)d working day overdue", "%(num)d working days overdue", days))


def foretold(case: Any, what: str, policy: Policy) -> list[str]:
    """In words what an act would lead to; `case` is how it would stand then."""
    if what == "ask":
        return _foretold_of_request(case, policy)
    if what == "decide_appeal":
        return [
            _("The appeal is decided: %(outcome)s. Nothing more can be said against it.",
              outcome=label(case.appeal_outcome))
        ]  # fmt: skip
    if case.outcome is None:
        return [_("Your vote is noted. The other department votes as well; until then nothing changes.")]
    said = [_("The case is decided: %(outcome)s.", outcome=label(case.outcome))]
    if case.outcome is Outcome.HANDED_OVER:
        return [*said, _("It cannot be taken back or appealed. Receipts so far stay with the old owner.")]
    decided_on = business_date(case.decided_at)
    if case.outcome is Outcome.REASSIGNED:
        day = refile_from(decided_on, policy)
        said.append(_("The old owner can file again from %(day)s on.", day=day.isoformat()))
    else:
        day = decided_on + timedelta(days=policy.reopen_days)
        said.append(_("The challenger can ask again from %(day)s on.", day=day.isoformat()))
    day = case.appeal_until
    return [*said, _("Whoever it goes against can appeal until %(day)s.", day=day.isoformat())]


def _foretold_of_request(case: Any, policy: Policy) -> list[str]:
    said = [_("The owner learns that somebody asks for the customer, never who.")]
    if case.kind is CaseKind.HANDOVER:
        return [
            *said,
            _("It agrees or declines. If it agrees, the customer is yours at once; its clock runs on."),
            _("Declined, you can ask for a handover again after %(days)s days.", days=policy.reopen_days),
        ]
    due = decision_due(None, case.answer_due, policy)
    return [
        *said,
        _("It can answer until %(day)s; the decision is due on %(due)s at the latest.",
          day=case.answer_due.isoformat(), due=due.isoformat()),
        _("From now on its progress decides nothing by itself; no other case about this customer can open."),
        _("The earliest waiting claim takes over, which may be another than yours."),
        _("Refused, you can ask again after %(days)s days.", days=policy.reopen_days),
    ]  # fmt: skip


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


def protection_end(case: Any, owner: Any, today: date) -> date | None:
    """The last day on which the owner was protected: as decided, else as it stands now."""
    if case.decision:
        found: date | None = decided(case.decision)["owner"]["protected_until"]
        return found
    until: date | None = owner.protected_until
    return until and end_on(until, owner.paused_from, today)


def paper(case: Any, customer: str, *, names: bool) -> str:
    """A case's decision: rule, figures, policy version (C8). `names` for those who decide."""
    return part(
        "cases/_decision.html",
        c=case,
        d=decided(case.decision),
        customer=customer,
        names=names,
        rules=[(rule, rule_words(Rule(rule))) for rule in case.decision["rules"]],
    )
