"""Disputes on screen (M9): a partner states them, finance answers, both read both sides."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.disputes import DisputeState
from portal.domain.errors import RuleViolation, problems_of
from portal.domain.statements import Station
from portal.statements import dispute_pages, disputes, line_rows, pages
from portal.statements.confirm_views import own_or_404, sent_file
from portal.statements.detail_views import is_own, statement_or_404, statement_page
from portal.statements.forms import AnswerForm, DisputeForm
from portal.statements.rows import period_words
from portal.web import forms, labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, now, reading, transaction

bp = Blueprint("disputes", __name__)
_MOST = 50


def _chosen() -> list[int]:
    """The receipts that were ticked, each once, in the order of the page."""
    found = dict.fromkeys(forms.posted_number(each) for each in request.values.getlist("receipt"))
    return [each for each in found if each >= 0][:_MOST]


def _rows(row: Any, receipts: Sequence[int]) -> list[tuple[Any, DisputeForm]]:
    """A form for each chosen line, and one for what is missing when that is asked for."""
    lines = line_rows.lines_shown(
        pages.lines_of_receipts(reading(), row, receipts), (), row.revision
    )  # fmt: skip
    chosen: list[Any] = [line for line in lines if line.may_dispute]
    if request.values.get("missing") == "1" or not chosen:
        chosen.append(None)
    formdata = request.form if request.method == "POST" else None
    return [
        (line, DisputeForm(formdata, prefix=_prefix(line)).about_line(has_line=line is not None))
        for line in chosen
    ]


def _prefix(line: Any) -> str:
    return f"r{line.row.receipt_id}-" if line is not None else "none-"


@bp.get("/statements/<int:statement_id>/dispute")
@needs(P.STATEMENT_CONFIRM)
def form(statement_id: int) -> ResponseReturnValue:
    """Say what is wrong with the ticked lines, or what is missing."""
    row = own_or_404(statement_id)
    if row.station not in (Station.SENT, Station.DISPUTED):
        return statement_page(row, problem=labels.message(RuleViolation("dispute.not_now"))), 422
    return _form_page(row, _rows(row, _chosen()))


def _form_page(row: Any, rows: Sequence[tuple[Any, DisputeForm]], problem: str = "") -> str:
    return render_template(
        "statements/dispute_new.html", s=row, rows=rows, problem=problem, period_words=period_words
    )


@bp.post("/statements/<int:statement_id>/dispute")
@needs(P.STATEMENT_CONFIRM)
def state(statement_id: int) -> ResponseReturnValue:
    """Send them to finance, all or none."""
    row = own_or_404(statement_id)
    rows = _rows(row, _chosen())
    wrong = [each for _line, each in rows if not each.validate()]
    if wrong:
        return _form_page(row, rows), 422
    try:
        with transaction() as session:
            disputes.open_disputes(
                session,
                actor=actor(),
                now=now(),
                statement_id=row.id,
                version=forms.posted_number(request.form.get("version")),
                stated=[_stated(line, each) for line, each in rows],
                folder=config().files,
            )
    except RuleViolation as error:
        if error.code in ("stale", "dispute.not_now"):
            return statement_page(statement_or_404(row.id), problem=labels.message(error)), 409
        for problem in problems_of(error):
            rows[problem.params.get("place", 0)][1].refuse(problem)
        return _form_page(row, rows), 422
    flash(_("Sent to finance. You see the answer here; nothing is paid on the lines in dispute meanwhile."))
    return go_to(url_for("statements.detail", statement_id=row.id))


def _stated(line: Any, typed: DisputeForm) -> disputes.Stated:
    return disputes.Stated(
        kind=typed.kind.member,
        text=typed.text.data,
        receipt_id=line.row.receipt_id if line is not None else None,
        expected=typed.expected.data,
        sent=sent_file(f"{_prefix(line)}file"),
    )


@bp.get("/disputes")
@needs(P.STATEMENT_VIEW)
def list_page() -> ResponseReturnValue:
    """Disputes in sight: the open ones, longest open first, or those that are over."""
    still_open = request.args.get("show") != "over"
    page = dispute_pages.list_disputes(
        reading(), pages.in_sight(actor()), still_open=still_open, cursor=request.args.get("page")
    )
    show = "open" if still_open else "over"
    return render_template(
        "statements/dispute_list.html",
        page=page,
        show=show,
        period_words=period_words,
        link=lambda cursor: url_for(".list_page", show=show, page=cursor),
    )


def _dispute_or_404(dispute_id: int) -> Any:
    row = dispute_pages.dispute_in_sight(reading(), pages.in_sight(actor()), dispute_id)
    if row is None:
        abort(404)
    return row


@bp.get("/disputes/<int:dispute_id>")
@needs(P.STATEMENT_VIEW)
def detail(dispute_id: int) -> ResponseReturnValue:
    """Both sides of one dispute."""
    return _page(_dispute_or_404(dispute_id), AnswerForm())


def _page(dispute: Any, answer_form: AnswerForm, problem: str = "") -> str:
    row = statement_or_404(dispute.statement_id)
    lines = []
    if dispute.receipt_id is not None:
        then = pages.lines_of_receipts_then(reading(), dispute)
        lines = line_rows.lines_shown(then, (), dispute.revision)
    return render_template(
        "statements/dispute.html",
        d=dispute,
        s=row,
        line=lines[0] if lines else None,
        form=answer_form,
        problem=problem,
        own=is_own(row),
        states=DisputeState,
        period_words=period_words,
    )


@bp.post("/disputes/<int:dispute_id>/answer")
@needs(P.DISPUTE_ANSWER)
def answer(dispute_id: int) -> ResponseReturnValue:
    """Grant or refuse."""
    dispute, typed = _dispute_or_404(dispute_id), AnswerForm(request.form)
    verdict = request.form.get("verdict", "")
    if verdict not in ("grant", "refuse"):
        typed.refuse(RuleViolation("required", "verdict"))
    elif verdict == "grant" and typed.granted.data is None and not typed.granted.errors:
        typed.refuse(RuleViolation("required", "granted"))
    if typed.failed or not typed.validate():
        return _page(dispute, typed), 422
    try:
        with transaction() as session:
            disputes.answer(
                session,
                actor=actor(),
                now=now(),
                dispute_id=dispute.id,
                version=forms.posted_number(request.form.get("version")),
                granted=typed.granted.data if verdict == "grant" else None,
                text=typed.answer.data or "",
            )
    except RuleViolation as error:
        typed.refuse(error)
        return _page(_dispute_or_404(dispute_id), typed), _status(error)
    flash(_("Answered. The partner reads it on the statement."))
    return go_to(url_for(".list_page"))


def _status(error: RuleViolation) -> int:
    return 409 if error.code in ("stale", "dispute.answered") else 422


@bp.post("/disputes/<int:dispute_id>/withdraw")
@needs(P.STATEMENT_CONFIRM)
def withdraw(dispute_id: int) -> ResponseReturnValue:
    """Take an own open dispute back."""
    dispute = _dispute_or_404(dispute_id)
    own_or_404(dispute.statement_id)
    try:
        with transaction() as session:
            disputes.withdraw(
                session,
                actor=actor(),
                now=now(),
                dispute_id=dispute.id,
                version=forms.posted_number(request.form.get("version")),
            )
    except RuleViolation as error:
        return _page(_dispute_or_404(dispute_id), AnswerForm(), labels.message(error)), _status(error)
    flash(_("Withdrawn. The line stays as it is on the statement."))
    return go_to(url_for("statements.detail", statement_id=dispute.statement_id))
