"""One act on one statement: what it means, then done; sent back; a receipt deferred; a period generated."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.db import lock_registry
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.periods import Period, parse_period
from portal.domain.statements import OPEN, Act, Station
from portal.policy.service import policy_on
from portal.receipts import collecting
from portal.statements import acting, board, deferring
from portal.statements.board_rows import consequences, turn_words
from portal.statements.generation import generate
from portal.statements.scope import statements_of
from portal.statements.walk import may_return_to
from portal.web import forms, labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("statement_acts", __name__)
_ACTS = "print, send, pass_on, approve_manager, approve_director, approve_coo"
_CONFLICTS = ("stale", "statement.not_now", "statement.done_already", "statement.deferred_already")


def _statement_or_404(statement_id: int) -> Any:
    row = board.one_in_sight(reading(), statements_of(actor()), statement_id)
    if row is None:
        abort(404)
    return row


def _status(error: RuleViolation) -> int:
    if error.code == "statement.gone":
        abort(404)
    return 409 if error.code in _CONFLICTS else 422


@bp.get(f"/statements/<int:statement_id>/act/<any({_ACTS}):act>")
@needs(P.STATEMENT_ACT)
def act_form(statement_id: int, act: str) -> ResponseReturnValue:
    """What an act means, in words, before it is done."""
    return _act_page(statement_id, Act(act)), 200


def _act_page(statement_id: int, act: Act, problem: RuleViolation | None = None) -> str:
    row = _statement_or_404(statement_id)
    if problem is None:
        problem = acting.why_not(reading(), actor=actor(), now=now(), row=row, act=act)
    pay = policy_on(reading(), today()).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    return render_template(
        "statements/act.html",
        s=row,
        act=act,
        said=consequences(act, row, today(), pay),
        turn=turn_words(row.station, row.manager, owes=row.total <= 0),
        problem=labels.message(problem) if problem else None,
    )


def _posted(statement_id: int) -> dict[str, Any]:
    version = forms.posted_number(request.form.get("version"))
    return {"actor": actor(), "now": now(), "statement_id": statement_id, "version": version}


@bp.post(f"/statements/<int:statement_id>/act/<any({_ACTS}):act>")
@needs(P.STATEMENT_ACT)
def do_act(statement_id: int, act: str) -> ResponseReturnValue:
    """Do it once, however often it is sent."""
    row = _statement_or_404(statement_id)
    try:
        with transaction() as session:
            acting.do_act(session, **_posted(statement_id), act=Act(act))
    except RuleViolation as error:
        return _act_page(statement_id, Act(act), error), _status(error)
    flash(_("Done: %(number)s is at its next step.", number=row.number))
    return go_to(url_for("statement_board.show", mine=1))


@bp.get("/statements/<int:statement_id>/refuse")
@needs(P.STATEMENT_ACT)
def refuse_form(statement_id: int) -> ResponseReturnValue:
    """Where it goes back to, and why."""
    return _refuse_page(statement_id), 200


def _refuse_page(statement_id: int, problem: RuleViolation | None = None) -> str:
    row = _statement_or_404(statement_id)
    places = [(each, turn_words(each, row.manager)) for each in may_return_to(row.station)]
    return render_template(
        "statements/refuse.html",
        s=row,
        places=places,
        turn=turn_words(row.station, row.manager, owes=row.total <= 0),
        problem=labels.message(problem) if problem else None,
        field=problem.field if problem else None,
        typed=request.form,
    )


@bp.post("/statements/<int:statement_id>/refuse")
@needs(P.STATEMENT_ACT)
def refuse(statement_id: int) -> ResponseReturnValue:
    """Send it back."""
    row, to = _statement_or_404(statement_id), request.form.get("to", "")
    try:
        if to not in {station.value for station in Station}:
            raise RuleViolation("statement.return_where", "to")
        reason = forms.bounded(2000)(request.form.get("reason", ""))
        with transaction() as session:
            acting.refuse(session, **_posted(statement_id), to=Station(to), reason=reason)
    except RuleViolation as error:
        return _refuse_page(statement_id, error), _status(error)
    flash(_("%(number)s went back: %(to)s.", number=row.number, to=labels.label(Station(to))))
    return go_to(url_for("statement_board.show", mine=1))


@bp.get("/statements/<int:statement_id>/withheld")
@needs(P.STATEMENT_BOARD)
def withheld(statement_id: int) -> ResponseReturnValue:
    """The receipts whose terms are missing, and what finance said of each."""
    return _withheld_page(statement_id), 200


def _withheld_page(statement_id: int, problem: RuleViolation | None = None) -> str:
    row = _statement_or_404(statement_id)
    return render_template(
        "statements/withheld.html",
        s=row,
        receipts=deferring.withheld_of(reading(), row.id, row.revision),
        is_open=row.station in OPEN,
        problem=labels.message(problem) if problem else None,
        typed=request.form,
    )


@bp.post("/statements/<int:statement_id>/withheld/<int:receipt_id>")
@needs(P.STATEMENT_DEFER)
def defer(statement_id: int, receipt_id: int) -> ResponseReturnValue:
    """Let the statement go out without this receipt."""
    _statement_or_404(statement_id)
    try:
        reason = forms.bounded(500)(request.form.get("reason", ""))
        with transaction() as session:
            deferring.defer_receipt(session, **_posted(statement_id), receipt_id=receipt_id, reason=reason)
    except RuleViolation as error:
        return _withheld_page(statement_id, error), _status(error)
    flash(_("Deferred. The receipt waits for the next statement."))
    return go_to(url_for(".withheld", statement_id=statement_id))


@bp.get("/statements/generate")
@needs(P.STATEMENT_GENERATE)
def generate_form() -> ResponseReturnValue:
    """Choose a period; then how it stands, and what can be done with it."""
    return _generate_page(request.args.get("period", "")), 200


def _generate_page(typed: str, problem: RuleViolation | None = None) -> str:
    session, period, known = reading(), None, {}
    try:
        period = _period(typed) if typed else None
    except RuleViolation as error:
        problem = error
    if period is not None:
        known["collected"] = collecting.collected(session, period)
        made, known["out"] = collecting.statements_of(session, period)
        known["open"] = made - known["out"]
    return render_template(
        "statements/generate.html",
        typed=typed,
        period=period,
        over=period is not None and period.last < today(),
        problem=labels.message(problem) if problem else None,
        **known,
    )


def _period(typed: str) -> Period:
    return parse_period(typed)


@bp.post("/statements/generate")
@needs(P.STATEMENT_GENERATE)
def do_generate() -> ResponseReturnValue:
    """Compute the period's statements; what is out stays as it is."""
    typed = request.form.get("period", "")
    try:
        period = _period(typed)
        with transaction() as session:
            lock_registry(session)
            done = generate(session, actor=actor(), now=now(), period=period)
    except RuleViolation as error:
        return _generate_page(typed, error), _status(error)
    flash(
        _(
            "%(written)s statements written with %(lines)s lines, %(same)s unchanged, %(out)s out already.",
            written=len(done.written), lines=done.lines, same=done.unchanged, out=done.out,
        )
    )  # fmt: skip
    return go_to(url_for("statement_board.show", period=str(period)))
