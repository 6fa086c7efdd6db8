"""The board of all statements for the vendor's people, and acts on many of them at once."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.roles import Role
from portal.domain.statements import Act
from portal.statements import acting, board
from portal.statements.board import Filters, Reader
from portal.statements.board_rows import batch_meaning, column_rows, statement_rows
from portal.statements.scope import sees_all, statements_of, waiting_for
from portal.web import forms, labels
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("statement_board", __name__)
_NARROWING = ("step", "q", "period", "partner", "region", "overdue", "mine")


def reader() -> Reader:
    """Whose board it is."""
    person = actor()
    return Reader(statements_of(person), waiting_for(person), person.user_id)


def filters_of(values: Any) -> Filters:
    """What an address or a form narrows the board to; what is not understood narrows nothing."""
    step, partner = forms.posted_number(values.get("step")), forms.posted_number(values.get("partner"))
    return Filters(
        step=step if 1 <= step <= len(board.COLUMNS) else 0,
        text=values.get("q", "").strip()[:100],
        period=values.get("period", "")[:7],
        partner_id=partner if partner > 0 else None,
        region=values.get("region", "")[:40],
        overdue=values.get("overdue") == "1",
        mine=values.get("mine") == "1",
    )


@bp.get("/statements/board")
@needs(P.STATEMENT_BOARD)
def show() -> ResponseReturnValue:
    """All statements in nine columns; one step, or what a search finds, as a list."""
    filters, session, who = filters_of(request.args), reading(), reader()
    listed = bool(filters.step or filters.text)
    figures = board.sums(session, who, filters, today=today())
    page, cards = None, None
    if listed:
        page = board.list_statements(session, who, filters, today=today(), cursor=request.args.get("page"))
    else:
        cards = board.cards(session, who, filters, today=today())
    partners = board.partners(session, who.scope)
    asked: dict[str, Any] = {name: value for name in _NARROWING if (value := request.args.get(name))}
    return render_template(
        "statements/board.html",
        columns=list(column_rows(figures, cards, actor())),
        figures=sum(figures, board.Sum()),
        rows=statement_rows(page.rows, actor()) if page else None,
        page=page,
        filters=filters,
        acts=acting.offered(actor(), filters.stations) if listed else [],
        periods=board.periods(session),
        partners=partners,
        regions=sorted({each.region for each in partners}) if sees_all(actor()) else [],
        asked=asked,
        most=board.MOST_AT_ONCE,
        payments=_payments(),
        link=lambda cursor: url_for(".show", **asked, page=cursor),
        step_link=lambda number: url_for(".show", **{**asked, "step": number or None}),
    )


def _payments() -> str | None:
    """Where finance pays, takes in invoices and writes off."""
    known = "payments.work_list" in current_app.view_functions
    return url_for("payments.work_list") if known and Role.FINANCE in actor().effective_roles else None


def _picks() -> list[tuple[int, int]]:
    """The ticked statements as ``id:version``; what is not in this form is none."""
    picks = []
    for text in request.form.getlist("pick")[: board.MOST_AT_ONCE]:
        numbers = [forms.posted_number(each) for each in text.split(":")]
        if len(numbers) == 2 and min(numbers) > 0:
            picks.append((numbers[0], numbers[1]))
    return picks


def _asked_act() -> Act:
    chosen = request.form.get("act", "")
    if chosen not in {act.value for act in acting.BY_HAND}:
        abort(422)
    return Act(chosen)


@bp.post("/statements/board/preview")
@needs(P.STATEMENT_ACT)
def preview() -> ResponseReturnValue:
    """What one act would do to the ticked statements, or to all that the filter finds."""
    act, picks = _asked_act(), _picks()
    if request.form.get("all") == "1":
        filters = filters_of(request.form)
        picks = board.found_ids(reading(), reader(), filters, today=today())
    scope = statements_of(actor())
    with transaction() as session:
        outcomes = acting.foresee_many(session, actor=actor(), now=now(), act=act, picks=picks, scope=scope)
    return _many_page(act, outcomes, done=False)


@bp.post("/statements/board/do")
@needs(P.STATEMENT_ACT)
def do_many() -> ResponseReturnValue:
    """Do it to each; what changed meanwhile is left alone and named."""
    act, scope = _asked_act(), statements_of(actor())
    with transaction() as session:
        outcomes = acting.do_many(session, actor=actor(), now=now(), act=act, picks=_picks(), scope=scope)
    return _many_page(act, outcomes, done=True)


def _many_page(act: Act, outcomes: Sequence[acting.Outcome], *, done: bool) -> ResponseReturnValue:
    fine = [each for each in outcomes if each.problem is None]
    left = [(each, _why(each.problem)) for each in outcomes if each.problem is not None]
    total = sum((each.row.total for each in fine), board.Sum().total)
    return render_template(
        "statements/board_many.html",
        act=act,
        fine=fine,
        left=left,
        total=total,
        said=batch_meaning(act, total),
        done=done,
        back=url_for(".show", step=forms.posted_number(request.form.get("step")) or None),
        step=request.form.get("step", ""),
    )


def _why(problem: RuleViolation) -> str:
    return labels.message(problem)
