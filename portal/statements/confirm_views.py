"""Step 5 on screen: confirm what was seen, in words and with a typed name; a stamped scan afterwards."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.disputes import DisputeState
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.money import capital_amount
from portal.domain.statements import Station
from portal.files import Sent
from portal.statements import confirming, dispute_pages, line_rows, pages
from portal.statements.detail_views import is_own, statement_or_404, statement_page
from portal.statements.forms import ConfirmForm
from portal.statements.rows import period_words
from portal.web import forms, labels
from portal.web.filters import money
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, now, reading, transaction

bp = Blueprint("statement_confirm", __name__, url_prefix="/statements/<int:statement_id>")


def own_or_404(statement_id: int) -> Any:
    """A statement of the person's own partner; for everybody else there is nothing to confirm."""
    row = statement_or_404(statement_id)
    if not is_own(row):
        abort(404)
    return row


def sent_file(name: str) -> Sent | None:
    """The file that was sent under this name, if any."""
    upload = request.files.get(name)
    if upload is None or not upload.filename:
        return None
    return Sent(upload.filename, upload.read())


@bp.get("/confirm")
@needs(P.STATEMENT_CONFIRM)
def form(statement_id: int) -> ResponseReturnValue:
    """What will be confirmed: all of it, or the rest without the lines in dispute."""
    row = own_or_404(statement_id)
    try:
        return _page(row, ConfirmForm())
    except RuleViolation as error:
        return statement_page(row, problem=labels.message(error)), 422


def _page(row: Any, confirm_form: ConfirmForm) -> str:
    """The page that asks for the name.

    :raises RuleViolation: there is nothing to confirm.
    """
    rest = row.station is Station.DISPUTED
    seen, parked = row, []
    if rest:
        disputes = dispute_pages.disputes_of(reading(), row.id)
        receipts = [
            each.receipt_id for each in disputes
            if each.state is DisputeState.OPEN and not each.parked and each.receipt_id is not None
        ]  # fmt: skip
        parked = line_rows.lines_shown(
            pages.lines_of_receipts(reading(), row, receipts), disputes, row.revision
        )
        with transaction() as session:
            seen = confirming.foresee_rest(session, actor=actor(), now=now(), statement_id=row.id)
    elif row.station is not Station.SENT:
        raise RuleViolation("statement.not_now", station=row.station)
    return render_template(
        "statements/confirm.html",
        s=row,
        seen=seen,
        rest=rest,
        parked=parked,
        form=confirm_form,
        capitals=capital_amount(seen.total),
        period_words=period_words,
    )


@bp.post("/confirm")
@needs(P.STATEMENT_CONFIRM)
def confirm(statement_id: int) -> ResponseReturnValue:
    """Confirm it once, however often it is sent; what has changed since is shown instead."""
    row = own_or_404(statement_id)
    typed = ConfirmForm(request.form)
    said = request.form.get("content_hash", "")
    if confirming.has_confirmed(reading(), actor=actor(), statement_id=row.id, content_hash=said):
        return go_to(url_for("statements.detail", statement_id=row.id))
    try:
        if not typed.validate():
            return _page(row, typed), 422
        with transaction() as session:
            confirming.confirm(
                session,
                actor=actor(),
                now=now(),
                statement_id=row.id,
                revision=forms.posted_number(request.form.get("revision")),
                content_hash=said,
                typed=typed.typed.data,
                sent=sent_file("file"),
                folder=config().files,
                rest=request.form.get("rest") == "1",
            )
    except StaleVersion:
        return _changed(row.id), 409
    except RuleViolation as error:
        return _refused(row.id, typed, error)
    flash(_("Confirmed. Your channel sales manager passes it on for approval."))
    return go_to(url_for("statements.detail", statement_id=row.id))


def _changed(statement_id: int) -> str:
    """The statement as it is now, with what the person was going to confirm."""
    fresh = statement_or_404(statement_id)
    revision = forms.posted_number(request.form.get("revision"))
    return statement_page(
        fresh,
        problem=_(
            "Not confirmed: the statement changed while you looked at it. You saw revision %(old)s; revision "
            "%(new)s over %(total)s is in force now.",
            old=max(revision, 1), new=fresh.revision, total=money(fresh.total),
        ),
        changes=pages.changed_lines(reading(), fresh.id, fresh.revision) if fresh.revision > 1 else [],
    )  # fmt: skip


def _refused(statement_id: int, typed: ConfirmForm, error: RuleViolation) -> ResponseReturnValue:
    fresh = statement_or_404(statement_id)
    status = 409 if error.code == "statement.not_now" else 422
    typed.refuse(error)
    try:
        return _page(fresh, typed), status
    except RuleViolation:
        return statement_page(fresh, problem=labels.message(error)), status


@bp.post("/scans")
@needs(P.STATEMENT_CONFIRM)
def add_scan(statement_id: int) -> ResponseReturnValue:
    """A stamped scan of what was confirmed; it is added, never replaced."""
    row = own_or_404(statement_id)
    sent = sent_file("file")
    try:
        if sent is None:
            raise RuleViolation("required", "file")
        with transaction() as session:
            confirming.add_scan(
                session,
                actor=actor(),
                now=now(),
                statement_id=row.id,
                revision=forms.posted_number(request.form.get("revision")),
                sent=sent,
                folder=config().files,
            )
    except RuleViolation as error:
        status = 409 if error.code == "stale" else 422
        return statement_page(statement_or_404(row.id), problem=labels.message(error)), status
    flash(_("The scan is kept with revision %(revision)s.", revision=row.revision))
    return go_to(url_for("statements.detail", statement_id=row.id))
