"""Invoices: entered by the partner, compared, sent back or written off; what is paid and lacks one."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.errors import RuleViolation
from portal.domain.invoices import (
    Compared,
    Difference,
    InvoiceState,
    Stated,
    Vendor,
    differences,
    due_on,
    expected,
)
from portal.domain.statements import Station
from portal.files import INVOICES, Sent, open_stored, sniff
from portal.imports import shelf
from portal.payments import invoices, queries
from portal.payments.forms import InvoiceForm
from portal.payments.rows import confirm_page, only_looks
from portal.policy.service import policy_on
from portal.web import labels
from portal.web.access import partners_of
from portal.web.forms import bounded, posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, now, reading, today, transaction
from portal.web.sending import attachment

bp = Blueprint("invoices", __name__)


def vendor() -> Vendor:
    """To whom invoices are made out here."""
    return Vendor(config().invoice_title, config().invoice_tax_no)


def _statement_or_404(statement_id: int) -> Any:
    row = queries.statement_row(reading(), statement_id, partners_of(actor()))
    if row is None:
        abort(404)
    return row


@bp.get("/statements/<int:statement_id>/invoice")
@needs(P.PAYMENT_VIEW)
def invoice(statement_id: int) -> ResponseReturnValue:
    """The invoice of a statement: what it has to say, the form, what was entered."""
    return _page(_statement_or_404(statement_id), None), 200


def _page(statement: Any, form: InvoiceForm | None, problem: RuleViolation | None = None) -> str:
    entered = queries.invoices_of(reading(), statement.id)
    current = next((each for each in entered if each.state is InvoiceState.CURRENT), None)
    wanted = expected(statement.number, statement.total, vendor())
    payment = queries.paid_item(reading(), statement.id)
    open_here = statement.station is Station.PAID and statement.total > 0
    if form is None:
        form = InvoiceForm(data=_filled(wanted, entered))
    return render_template(
        "payments/invoice.html",
        s=statement,
        form=form if open_here and allows(actor(), P.INVOICE_ENTER) else None,
        wanted=wanted,
        current=current,
        payment=payment,
        due=due_on(payment.paid_on, within()) if payment and open_here else None,
        found=_beside(current, wanted) if current else [],
        differs=bool(current and invoices.compare(current, statement, vendor())),
        returned=[each for each in entered if each.state is InvoiceState.RETURNED],
        stations=Station,
        largest=config().max_upload_mb,
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
    )


def _filled(wanted: Stated, entered: Sequence[Any]) -> dict[str, Any]:
    """What the form starts with: the invoice that came back, else the statement's number."""
    if entered:
        last = entered[0]
        return {name: getattr(last, name) for name in invoices.FIELDS}
    return {"reference": wanted.reference}


def _beside(stated: Any, wanted: Stated) -> list[tuple[Any, Any, Any, bool]]:
    """What was compared: label, what the invoice says, what it should say, whether they agree."""
    differing = {each.what for each in _compared(stated, wanted)}
    return [
        (what, getattr(stated, what.value), getattr(wanted, what.value), what not in differing)
        for what in Compared
    ]


def _compared(stated: Any, wanted: Stated) -> tuple[Difference, ...]:
    return differences(Stated(stated.reference, stated.title, stated.tax_no, stated.amount), wanted)


def within() -> int:
    """The working days after the payment within which an invoice is due."""
    pay = policy_on(reading(), today()).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    return pay.statement_days["invoice"]


@bp.post("/statements/<int:statement_id>/invoice")
@needs(P.INVOICE_ENTER)
def enter(statement_id: int) -> ResponseReturnValue:
    """Read the invoice and show where it differs; the file is kept until the person confirms."""
    statement = _statement_or_404(statement_id)
    form = InvoiceForm(request.form)
    upload = request.files.get("file")
    if form.validate():
        try:
            if upload is None or not upload.filename:
                raise RuleViolation("required", "file")
            content = upload.read()
            sniff(content, only=INVOICES)
            key = shelf.keep(config().instance, actor().user_id, upload.filename, content, now())
        except RuleViolation as error:
            form.refuse(error)
        else:
            return _look(statement, form, key)
    return _page(statement, form), 422


def _look(statement: Any, form: InvoiceForm, key: str) -> str:
    values = form.values()
    stated = Stated(*(values[name] for name in ("reference", "title", "tax_no", "amount")))  # type: ignore[arg-type]
    wanted = expected(statement.number, statement.total, vendor())
    return render_template(
        "payments/invoice_confirm.html",
        s=statement,
        form=form,
        found=_beside(stated, wanted),
        differs=bool(differences(stated, wanted)),
        kept=[(name, value) for name, value in request.form.items() if name != "csrf_token"],
        key=key,
    )


@bp.post("/statements/<int:statement_id>/invoice/<key>")
@needs(P.INVOICE_ENTER)
def confirm(statement_id: int, key: str) -> ResponseReturnValue:
    """Hand the invoice in."""
    statement = _statement_or_404(statement_id)
    kept = shelf.take(config().instance, actor().user_id, key)
    if kept is None:
        abort(404)
    form = InvoiceForm(request.form)
    if not form.validate():
        return _page(statement, form), 422
    try:
        with transaction() as session:
            invoices.enter_invoice(
                session,
                actor=actor(),
                now=now(),
                statement_id=statement_id,
                version=posted_number(request.form.get("version")),
                values=form.values(),
                sent=Sent(*kept),
                folder=config().files,
                vendor=vendor(),
            )
    except RuleViolation as error:
        form.refuse(error)
        status = 409 if error.code in ("stale", "statement.not_now") else 422
        return _page(_statement_or_404(statement_id), form, error), status
    flash(_("The invoice is handed in. Finance compares it and closes the statement."))
    return go_to(url_for(".invoice", statement_id=statement_id))


@bp.post("/statements/<int:statement_id>/invoice/return")
@needs(P.PAYMENT_RUN)
def send_back(statement_id: int) -> ResponseReturnValue:
    """Send the invoice back to be corrected; first say what that does."""
    statement = _statement_or_404(statement_id)
    try:
        reason = bounded(2000)(request.form.get("reason", ""))
        if only_looks():
            if not reason:
                raise RuleViolation("statement.return_why", "reason")
            return confirm_page(
                title=_("Send the invoice back"),
                lead=f"{statement.number} · {statement.partner}",
                said=[
                    _("The partner enters a corrected invoice; what was paid stays paid."),
                    _("The partner reads what you wrote: %(word)s", word=reason),
                ],
                button=_("Send the invoice back"),
                back=url_for(".invoice", statement_id=statement_id),
            )
        with transaction() as session:
            invoices.return_invoice(
                session, actor=actor(), now=now(), statement_id=statement_id,
                version=posted_number(request.form.get("version")), reason=reason,
            )  # fmt: skip
    except RuleViolation as error:
        status = 409 if error.code in ("stale", "statement.not_now") else 422
        return _page(statement, None, error), status
    flash(_("The invoice is sent back."))
    return go_to(url_for(".invoice", statement_id=statement_id))


@bp.get("/statements/<int:statement_id>/invoice/<int:invoice_id>/file")
@needs(P.PAYMENT_VIEW)
def download(statement_id: int, invoice_id: int) -> ResponseReturnValue:
    """The file of an invoice, always as an attachment."""
    statement = _statement_or_404(statement_id)
    found = queries.invoice_file(reading(), statement.id, invoice_id)
    if found is None:
        abort(404)
    return attachment(open_stored(config().files, found.storage_key), found)
