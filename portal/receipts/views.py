"""Receipts: the list, one of them, entering and refunding by hand."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.commissions import period_of
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.rates import Product
from portal.receipts import listing, queries
from portal.receipts.credits import Credit, load_credits
from portal.receipts.filters import as_query, filters_from
from portal.receipts.forms import ReceiptForm, RefundForm
from portal.receipts.numbers import standing_of
from portal.receipts.rows import whereabouts
from portal.receipts.service import enter_receipt, refund_receipt
from portal.web import forms
from portal.web.htmx import go_to, wants_fragment
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

bp = Blueprint("receipts", __name__)
_BY_HAND = "MANUAL"


@bp.get("/receipts")
@needs(P.RECEIPT_VIEW)
def list_page() -> ResponseReturnValue:
    """Receipts, filtered by the address, with their sums."""
    filters, session = filters_from(request.args), reading()
    page = listing.list_receipts(session, filters, cursor=request.args.get("from"))
    context = {
        "page": page,
        "filters": filters,
        "sums": listing.sums_of(session, filters),
        "credits": load_credits(session, keys={row.contract_key for row in page.rows}).by_key,
        "lines": queries.lines_about(session, [row.id for row in page.rows]),
        "where": whereabouts,
        "products": Product,
        "link": lambda cursor: url_for(".list_page", **as_query(filters), **{"from": cursor}),
    }
    if wants_fragment():
        return render_template("receipts/_table.html", **context)
    return render_template("receipts/list.html", sources=listing.sources(session), **context)


@bp.get("/receipts/<int:receipt_id>")
@needs(P.RECEIPT_VIEW)
def detail(receipt_id: int) -> ResponseReturnValue:
    """A receipt: whose it is, where it stands, what of it went back."""
    row, session = _receipt_or_404(receipt_id), reading()
    credit = _credit(row)
    standing = standing_of(session, credit, row.credited_on) if credit else None
    lines = queries.lines_about(session, [receipt_id]).get(receipt_id, [])
    return render_template(
        "receipts/detail.html",
        r=row,
        refunds=queries.refunds_of(session, receipt_id),
        credit=credit,
        owner=standing.owner if standing else None,
        standing=standing,
        lines=lines,
        where=whereabouts(row, lines, credit),
        period=period_of(row.product, row.received_on),
    )


def _receipt_or_404(receipt_id: int) -> Any:
    row = queries.receipt_row(reading(), receipt_id)
    if row is None:
        abort(404)
    return row


def _credit(row: Any) -> Credit | None:
    return load_credits(reading(), keys={row.contract_key}).by_key.get(row.contract_key)


@bp.get("/receipts/new")
@needs(P.RECEIPT_WORK)
def new_form() -> ResponseReturnValue:
    """Enter a receipt by hand."""
    contract = request.args.get("contract", "")[:60]
    form = ReceiptForm(data={"source": _BY_HAND, "contract_no": contract or None})
    return render_template("receipts/form.html", form=form)


@bp.post("/receipts")
@needs(P.RECEIPT_WORK)
def create() -> ResponseReturnValue:
    """Record it; what is wrong comes back beside its field."""
    form = ReceiptForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                number = enter_receipt(session, actor=actor(), now=now(), entry=form.entry())
        except RuleViolation as error:
            form.refuse(error)
        else:
            flash(_("The receipt is recorded."))
            return go_to(url_for(".detail", receipt_id=number))
    return render_template("receipts/form.html", form=form), 422


@bp.get("/receipts/<int:receipt_id>/refund")
@needs(P.RECEIPT_WORK)
def refund_form(receipt_id: int) -> ResponseReturnValue:
    """Pay back some or all of a receipt."""
    return _refund_page(_receipt_or_404(receipt_id), RefundForm())


def _refund_page(row: Any, form: RefundForm) -> str:
    if row.refund_of_id is not None:
        abort(404)
    refunds = queries.refunds_of(reading(), row.id)
    left = row.amount + sum(each.amount for each in refunds)
    return render_template("receipts/refund.html", r=row, refunds=refunds, left=left, form=form)


@bp.post("/receipts/<int:receipt_id>/refund")
@needs(P.RECEIPT_WORK)
def refund(receipt_id: int) -> ResponseReturnValue:
    """Record the refund, unless another was recorded since the form was drawn."""
    row, form = _receipt_or_404(receipt_id), RefundForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                _check_seen(session, receipt_id)
                number = refund_receipt(
                    session, actor=actor(), now=now(), receipt_id=receipt_id, ref=form.ref.data,
                    received_on=form.received_on.data, amount=form.amount.data, note=form.note.data,
                )  # fmt: skip
        except StaleVersion:
            raise
        except RuleViolation as error:
            form.refuse(error)
        else:
            flash(_("The refund is recorded."))
            return go_to(url_for(".detail", receipt_id=number))
    return _refund_page(row, form), 422


def _check_seen(session: Any, receipt_id: int) -> None:
    seen = forms.posted_number(request.form.get("seen"))
    if len(queries.refunds_of(session, receipt_id)) != seen:
        raise StaleVersion("stale")
