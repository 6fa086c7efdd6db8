"""How statements look on the board and before an act: their figures, whose turn it is, what follows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import ngettext

from portal.domain.rates import PayFigures
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act, Station, days_late, due_on, next_step, steps_at
from portal.statements.acting import BY_HAND
from portal.statements.board import COLUMNS, Sum
from portal.statements.walk import may_return_to
from portal.web.filters import money
from portal.web.labels import label
from portal.web.language import gettext as _
from portal.web.marks import look


def column_rows(
    sums: Sequence[Sum], cards: Sequence[Sequence[Any]] | None, actor: Actor
) -> Iterator[tuple[Any, ...]]:
    """For each step its number, its word, its figures, and its cards if they are shown."""
    for number, (stations, figures) in enumerate(zip(COLUMNS, sums, strict=True), start=1):
        shown = list(statement_rows(cards[number - 1], actor)) if cards else []
        more = bool(cards) and figures.count > len(shown)
        yield number, label(stations[0]), figures, shown, more


def statement_rows(rows: Iterable[Any], actor: Actor) -> Iterator[tuple[Any, ...]]:
    """For each statement its values, in the order of `board.html` and `board_list.html`."""
    eyes = look()
    for row in rows:
        late = row.due_on is not None and row.due_on < eyes.today
        yield (
            f"/statements/{row.id}",
            row,
            money(row.total),
            eyes.label(row.station),
            turn_words(row.station, row.manager),
            eyes.day(row.due_on),
            overdue_words(row.due_on, eyes.today) if late else "",
            *possible(actor, row.station),
        )


def overdue_words(due: date | None, today: date) -> str:
    """How late the due step is, in working days; a day off does not make it later."""
    days = days_late(due, today)
    if not days:
        return _("Overdue")
    return str(ngettext("%(num)d working day overdue", "%(num)d working days overdue", days))


def turn_words(station: Station, manager: str | None) -> str:
    """Whose turn it is: the role, and the person where only one comes into question."""
    step = next_step(station)
    if step is None:
        return ""
    roles = sorted({role for each in steps_at(station) for role in each.roles})
    names = [
        f"{label(role)} ({manager})" if role is Role.CHANNEL_SALES and manager else str(label(role))
        for role in roles
    ]
    return _(" or ").join(names)


def consequences(act: Act, row: Any, today: date, pay: PayFigures) -> list[str]:
    """What an act means, in words, before it is done."""
    to = {
        Act.PRINT: Station.PRINTED, Act.SEND: Station.SENT, Act.PASS_ON: Station.PASSED_ON,
        Act.APPROVE_MANAGER: Station.MANAGER_APPROVED, Act.APPROVE_DIRECTOR: Station.DIRECTOR_APPROVED,
        Act.APPROVE_COO: Station.APPROVED,
    }[act]  # fmt: skip
    within = act in (Act.APPROVE_MANAGER, Act.APPROVE_DIRECTOR)
    due = row.due_on if within else due_on(to, today, pay)
    said = list(_meaning(act, row))
    after = _("Next: %(who)s, until %(day)s.", who=turn_words(to, row.manager), day=look().day(due))
    return [*said, after]


def _meaning(act: Act, row: Any) -> Iterator[str]:
    if act is Act.PRINT:
        yield _("The paper counts as printed. Until it is sent, the statement can still be generated anew.")
    elif act is Act.SEND:
        yield _("The partner sees every line and is asked to confirm or to dispute.")
        yield _("From now on nothing generates it anew; receipts that come later go on the next statement.")
    elif act is Act.PASS_ON:
        yield _("The partner’s confirmation goes to the approvals.")
        yield _("Nobody acts twice in one statement’s approvals: this was your part.")
    else:
        yield _("You approve %(amount)s for %(partner)s.", amount=money(row.total), partner=row.partner_name)
        if act is Act.APPROVE_COO:
            yield _("It is the last approval: finance may pay.")
        yield _("Nobody acts twice in one statement’s approvals: this was your part.")


def batch_meaning(act: Act, total: Decimal) -> list[str]:
    """What an act on many statements means; `total` is what they come to together, in yuan."""
    if act in (Act.PRINT, Act.SEND):
        return list(_meaning(act, None))
    four_eyes = _("Nobody acts twice in one statement’s approvals: this was your part.")
    if act is Act.PASS_ON:
        return [_("The partners’ confirmations go to the approvals."), four_eyes]
    return [_("You approve %(amount)s in all.", amount=money(total)), four_eyes]


def possible(actor: Actor, station: Station) -> tuple[Act | None, bool]:
    """What a person's roles allow at a station: the act of the board that is due, and sending it back."""
    step = next_step(station)
    if step is None or not step.roles & actor.effective_roles:
        return None, False
    return step.act if step.act in BY_HAND else None, bool(may_return_to(station))
