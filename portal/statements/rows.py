"""How a statement looks to the person who reads it: its steps, whose turn it is, its sums (M13–M15)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portal.domain.commissions import ZERO
from portal.domain.periods import Period, parse_period
from portal.domain.roles import Actor, Role
from portal.domain.statements import OPEN, STEPS, Act, Station, next_step, steps_at
from portal.web.filters import day as day_words
from portal.web.filters import money
from portal.web.labels import label
from portal.web.language import gettext as _
from portal.web.language import locale

NAMES: tuple[Any, ...] = (
    _l("Receipts collected"),
    _l("Commission computed"),
    _l("Statement printed"),
    _l("Sent to the partner"),
    _l("Partner confirms"),
    _l("Channel approves"),
    _l("Finance pays"),
    _l("Invoice received"),
    _l("Written off"),
)
_MONTHS = (
    *(_l("January"), _l("February"), _l("March"), _l("April"), _l("May"), _l("June"), _l("July")),
    *(_l("August"), _l("September"), _l("October"), _l("November"), _l("December")),
)
REASONS: Mapping[str, Any] = {
    "": _l("As computed from the receipts"),
    "dispute.granted": _l("Disputes were granted"),
    "dispute.parked": _l("Lines in dispute were taken off, so that the rest can be paid"),
}


def period_words(period: str | Period) -> str:
    """2026 年 10 月 / October 2026; 2026 年第 3 季度 / Q3 2026."""
    covered = parse_period(period) if isinstance(period, str) else period
    year, month = covered.first.year, covered.first.month
    if covered.is_quarter:
        return _("Q%(quarter)s %(year)s", quarter=month // 3 + 1, year=year)
    if locale() == "zh":
        return f"{year} 年 {month} 月"
    return f"{_MONTHS[month - 1]} {year}"


@dataclass(frozen=True)
class Step:
    """One of the nine steps on a page."""

    number: int
    name: str
    state: str
    when: str


def steps_of(row: Any, acts: Sequence[Any]) -> list[Step]:
    """The nine steps: those done with their days, the one that is due with its last day (M15)."""
    due = next_step(row.station)
    current = due.number if due else len(NAMES) + 1
    days = _days(row, acts)
    steps = []
    for number, name in enumerate(NAMES, start=1):
        done, now = number < current, number == current
        when = day_words(days.get(number)) if done else _by(row.due_on) if now else ""
        steps.append(Step(number, str(name), "done" if done else "now" if now else "", when))
    return steps


def _by(due_on: date | None) -> str:
    return _("by %(day)s", day=day_words(due_on)) if due_on else ""


def _days(row: Any, acts: Sequence[Any]) -> dict[int, datetime]:
    numbers = {(step.station, step.act): step.number for step in STEPS}
    days = {1: row.collected_at or row.generated_at}
    for act in acts:
        number = numbers.get((act.from_station, act.act))
        if number is not None:
            days[number] = act.at
    return days


@dataclass(frozen=True)
class Standing:
    """Where a statement is, in words: since when, whose turn, what comes next, what the reader has to do."""

    where: str
    since: datetime
    turn: str
    mine: bool
    due: date | None
    late: bool
    then: str
    todo: str


def standing_of(row: Any, person: Actor, today: date, *, open_disputes: int = 0) -> Standing:
    """A statement's standing for one person (M15)."""
    due = next_step(row.station)
    roles = {role for step in steps_at(row.station) for role in step.roles}
    mine = bool(roles & person.effective_roles)
    number = due.number if due else len(NAMES)
    then = str(NAMES[number]) if due and number < len(NAMES) else ""
    return Standing(
        where=str(label(row.station)),
        since=row.station_since,
        turn=_(", ").join(str(label(role)) for role in sorted(roles)),
        mine=mine,
        due=row.due_on,
        late=row.due_on is not None and row.due_on < today,
        then=then,
        todo=_todo(row, due.act if due else None, person, mine=mine, open_disputes=open_disputes),
    )


def _todo(row: Any, act: Act | None, person: Actor, *, mine: bool, open_disputes: int) -> str:
    if act is None:
        return _("Nothing. This statement is finished.")
    by = day_words(row.due_on)
    if act is Act.CONFIRM and mine:
        return _(
            "Look through the lines. Confirm by %(day)s if all is right, or dispute the lines that are not. "
            "Silence does not count as consent.",
            day=by,
        )
    if row.station is Station.DISPUTED and person.is_partner:
        return _(
            "Finance answers what you dispute. You can confirm the other lines now: they go on to payment."
        )
    if act is Act.INVOICE and mine:
        return _(
            "Send your invoice over %(total)s by %(day)s, with the number %(number)s on it.",
            total=money(row.total), day=by, number=row.number,
        )  # fmt: skip
    if row.station is Station.DISPUTED and Role.FINANCE in person.effective_roles:
        return str(
            ngettext("Answer %(num)d dispute.", "Answer %(num)d disputes.", open_disputes)
            % {"num": open_disputes}
        )
    if mine:
        return _("It is your turn: %(act)s.", act=label(act))
    return _("Nothing now. You see here how it goes on.")


def is_out(station: Station) -> bool:
    """Whether the partner has it: before that it can still change."""
    return station not in OPEN


@dataclass(frozen=True)
class Sums:
    """What a revision comes to, as its stats and its foot show it."""

    years: list[tuple[int, Decimal, Decimal]]
    products: list[Any]
    received: Decimal
    total: Decimal
    lines: int
    left_off: int


def sums_shown(rows: Iterable[Any]) -> Sums:
    """Sums by contract year, and the products there are."""
    years: dict[int, list[Decimal]] = {}
    products, received, total, lines, left = set(), ZERO, ZERO, 0, 0
    for row in rows:
        if not row.counted:
            left += row.lines
            continue
        if row.product is not None:
            products.add(row.product)
        sums = years.setdefault(row.year or 0, [ZERO, ZERO])
        sums[0] += row.received or ZERO
        sums[1] += row.commission or ZERO
        received, total, lines = received + (row.received or ZERO), total + row.commission, lines + row.lines
    by_year = [(year, sums[0], sums[1]) for year, sums in sorted(years.items())]
    return Sums(by_year, sorted(products), received, total, lines, left)
