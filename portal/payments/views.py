"""Finance pays: what waits, batches, their release, the bank's file."""

from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import db, exports
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.payments import ZERO, BatchState, Hindrance, ItemState
from portal.payments import batches, queries, rows, settling
from portal.payments.answers import COLUMNS, OTHERS
from portal.payments.due import MOST, Due, due_statements
from portal.web import labels
from portal.web.access import partners_of
from portal.web.forms import bounded, posted_number
from portal.web.htmx import go_to
from portal.web.language import locale
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

bp = Blueprint("payments", __name__)
_FILE = ("batch", "line", "statement", "holder", "bank", "branch", "account", "amount", "reference")
_ACTS: dict[str, Any] = {"release": batches.release_batch, "withdraw": batches.withdraw_batch}
_CONFLICTS = ("stale", "payment.not_now", "payment.sent")


def status_of(error: RuleViolation) -> int:
    """409 where somebody was quicker, 422 for what the person can put right."""
    return 409 if error.code in _CONFLICTS else 422


@bp.get("/payments")
@needs(P.PAYMENT_RUN)
def work() -> ResponseReturnValue:
    """What waits to be paid, and what stands in the way."""
    return _work()


def _work(problem: RuleViolation | None = None) -> str:
    session = reading()
    due = due_statements(session, actor=actor())
    return render_template(
        "payments/work.html",
        ready=[each for each in due if each.hindrance is None],
        settle=[each for each in due if each.hindrance in settling.SETTLED],
        hindered=rows.hindered(due),
        batches=queries.open_batches(session),
        accounts=queries.count_waiting_accounts(session),
        states=BatchState,
        Hindrance=Hindrance,
        most=MOST if len(due) == MOST else 0,
        problem=labels.message(problem) if problem else None,
    )


@bp.post("/payments")
@needs(P.PAYMENT_RUN)
def prepare() -> ResponseReturnValue:
    """Put the chosen statements into a batch; first say what that does."""
    chosen = rows.picks()
    try:
        if rows.only_looks():
            return _preview(chosen)
        with transaction() as session:
            batch_id = batches.prepare_batch(session, actor=actor(), now=now(), picks=chosen)
    except RuleViolation as error:
        return _work(error), status_of(error)
    flash(_("The batch is prepared. Another person of finance releases it."))
    return go_to(url_for(".batch", batch_id=batch_id))


def _preview(chosen: list[tuple[int, int]]) -> str:
    if not chosen:
        raise RuleViolation("payment.nothing_chosen")
    due = due_statements(reading(), actor=actor(), statement_ids={each for each, _version in chosen})
    fine = [each for each in due if each.hindrance is None]
    if not fine:
        raise RuleViolation("payment.cannot", numbers=tuple(each.row.number for each in due))
    paid, set_off = batches.total_of(fine)
    seen = dict(chosen)
    return render_template(
        "payments/prepare.html",
        said=rows.prepared_words(len(fine), paid, set_off),
        fine=fine,
        left_out=[each for each in due if each.hindrance is not None],
        kept=[f"{each.row.id}:{seen[each.row.id]}" for each in fine],
        paid=paid,
        set_off=set_off,
    )


@bp.post("/payments/settle/<int:statement_id>")
@needs(P.PAYMENT_RUN)
def settle(statement_id: int) -> ResponseReturnValue:
    """Take a statement of which nothing is to be paid further; first say what that does."""
    if queries.statement_row(reading(), statement_id, partners_of(actor())) is None:
        abort(404)
    version = posted_number(request.form.get("version"))
    try:
        if rows.only_looks():
            return _look_at_settling(_one_due(statement_id))
        with transaction() as session:
            settling.settle_statement(
                session, actor=actor(), now=now(), statement_id=statement_id, version=version
            )
    except RuleViolation as error:
        return _work(error), status_of(error)
    flash(_("Settled without a payment."))
    return go_to(url_for(".work"))


def _one_due(statement_id: int) -> Due:
    found = due_statements(reading(), actor=actor(), statement_ids={statement_id})
    if not found:
        raise RuleViolation("payment.not_now")
    if found[0].hindrance not in settling.SETTLED:
        raise RuleViolation("payment.by_bank", numbers=(found[0].row.number,))
    return found[0]


def _look_at_settling(due: Due) -> str:
    owed = due.hindrance is Hindrance.OWED
    return rows.confirm_page(
        title=_("Record as a debt") if owed else _("Settle without a payment"),
        lead=f"{due.row.number} · {due.row.partner}",
        said=rows.settled_words(due),
        button=_("Record as a debt") if owed else _("Settle without a payment"),
        back=url_for(".work"),
    )


@bp.get("/payments/batches")
@needs(P.PAYMENT_RUN)
def list_page() -> ResponseReturnValue:
    """The batches, the newest first."""
    page = queries.list_batches(reading(), cursor=request.args.get("page"))
    return render_template(
        "payments/batches.html", page=page, link=lambda cursor: url_for(".list_page", page=cursor)
    )


@bp.get("/payments/batches/<int:batch_id>")
@needs(P.PAYMENT_RUN)
def batch(batch_id: int) -> ResponseReturnValue:
    """One batch: its lines, who did what, what comes next."""
    return _batch(batch_id)


def _batch(batch_id: int, problem: RuleViolation | None = None) -> str:
    row = _batch_or_404(batch_id)
    lines = queries.batch_lines(reading(), batch_id)
    return render_template(
        "payments/batch.html",
        b=row,
        lines=lines,
        paid=sum((each.paid for each in lines if each.state is ItemState.PAID), ZERO),
        states=BatchState,
        items=ItemState,
        mine=row.prepared_by_id == actor().user_id,
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
    )


def _batch_or_404(batch_id: int) -> Any:
    row = queries.batch_row(reading(), batch_id)
    if row is None:
        abort(404)
    return row


@bp.post("/payments/batches/<int:batch_id>/<any(release, withdraw):what>")
@needs(P.PAYMENT_RUN)
def act(batch_id: int, what: str) -> ResponseReturnValue:
    """Release a batch or withdraw it; first say what that does."""
    row = _batch_or_404(batch_id)
    given: dict[str, Any] = {
        "actor": actor(), "now": now(), "batch_id": batch_id,
        "version": posted_number(request.form.get("version")),
    }  # fmt: skip
    try:
        if what == "withdraw":
            given["reason"] = bounded(500)(request.form.get("reason", ""))
        if rows.only_looks():
            return _look_at(row, what, given)
        with transaction() as session:
            _ACTS[what](session, **given)
    except RuleViolation as error:
        return _batch(batch_id, error), status_of(error)
    flash(_("The batch is released.") if what == "release" else _("The batch is withdrawn."))
    return go_to(url_for(".batch", batch_id=batch_id))


def _look_at(row: Any, what: str, given: dict[str, Any]) -> str:
    """What the act would do; it is tried, so that what would be refused is refused here already."""
    release = what == "release"
    with transaction() as session, db.trial(session):
        _ACTS[what](session, **given)
    anew = batches.set_off_anew(reading(), row.id)
    return rows.confirm_page(
        title=_("Release the batch") if release else _("Withdraw the batch"),
        lead=row.number,
        said=rows.released_words(row, anew) if release else rows.withdrawn_words(row),
        button=_("Release the batch") if release else _("Withdraw the batch"),
        back=url_for(".batch", batch_id=row.id),
    )


@bp.post("/payments/batches/<int:batch_id>/file")
@needs(P.PAYMENT_RUN)
def bank_file(batch_id: int) -> ResponseReturnValue:
    """The file for the bank; who took it first, and when, stands on the batch's page."""
    row = _batch_or_404(batch_id)
    try:
        with transaction() as session:
            batches.take_file(
                session, actor=actor(), now=now(), batch_id=batch_id,
                version=posted_number(request.form.get("version")),
            )  # fmt: skip
    except RuleViolation as error:
        return _batch(batch_id, error), status_of(error)
    names = {**OTHERS, **COLUMNS}
    header = [names[key] if locale() == "zh" else key for key in _FILE]
    lines = [
        (
            row.number, each.line, each.statement, each.holder, each.bank, each.branch, each.account,
            each.paid, each.reference,
        )
        for each in queries.batch_lines(reading(), batch_id)
    ]  # fmt: skip
    headers = {"Content-Disposition": f'attachment; filename="{row.number}.csv"', "Cache-Control": "no-store"}
    return Response(exports.csv_lines(header, lines), mimetype=exports.MEDIA_TYPES["csv"], headers=headers)


@bp.get("/payments/made")
@needs(P.PAYMENT_VIEW)
def made() -> ResponseReturnValue:
    """What was paid, or is on its way, to the partners in sight."""
    page = queries.list_payments(reading(), partners_of(actor()), cursor=request.args.get("page"))
    return render_template(
        "payments/made.html",
        page=page,
        link=lambda cursor: url_for(".made", page=cursor),
        items=ItemState,
        states=BatchState,
        own=actor().partner_id,
    )
