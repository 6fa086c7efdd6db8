"""What is paid and lacks its invoice, by age; writing off (steps 8 and 9)."""

from typing import Any

from flask import Response, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import exports
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.invoices import AGES, Age, Difference, age_of, due_on
from portal.domain.payments import ZERO
from portal.domain.statements import Station
from portal.payments import invoices, queries
from portal.payments.invoice_views import bp, vendor, within
from portal.payments.rows import confirm_page, only_looks, picks
from portal.web import labels
from portal.web.access import partners_of
from portal.web.filters import money
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

__all__ = ["bp"]


@bp.get("/payments/uninvoiced")
@needs(P.PAYMENT_VIEW)
def uninvoiced() -> ResponseReturnValue:
    """What is paid and lacks its invoice, by age and by partner."""
    aged = _aged()
    sums: dict[Age, list[Any]] = {age: [0, 0] for age in Age}
    partners: dict[str, list[Any]] = {}
    for row, age, _late in aged:
        for kept in (sums[age], partners.setdefault(row.partner, [0, 0])):
            kept[0] += 1
            kept[1] += row.total
    return render_template(
        "payments/uninvoiced.html",
        aged=aged[:500],
        count=len(aged),
        sums=sums,
        partners=sorted(partners.items(), key=lambda each: -each[1][1])[:100],
        edges=dict(AGES),
        Age=Age,
        within=within(),
    )


def _aged() -> list[tuple[Any, Age, int]]:
    days = within()
    return [
        (row, *age_of(row.paid_on, today(), days))
        for row in queries.uninvoiced(reading(), partners_of(actor()))
    ]


@bp.get("/payments/uninvoiced.xlsx")
@needs(P.PAYMENT_VIEW)
def export() -> ResponseReturnValue:
    """The same as a spreadsheet."""
    header = [
        _("Statement"), _("Partner code"), _("Partner"), _("Region"), _("Period"), _("Total"), _("Paid on"),
        _("Invoice due"), _("Working days overdue"), _("Age"), _("Looked after by"),
    ]  # fmt: skip
    days = within()
    lines = [
        (
            row.number, row.code, row.partner, row.region, row.period, row.total, row.paid_on,
            due_on(row.paid_on, days), late, labels.label(age), row.manager or "",
        )
        for row, age, late in _aged()
    ]  # fmt: skip
    content = exports.xlsx_bytes(header, lines, _("Paid, no invoice yet"))
    headers = {"Content-Disposition": f'attachment; filename="uninvoiced-{today():%Y-%m-%d}.xlsx"'}
    return Response(content, mimetype=exports.MEDIA_TYPES["xlsx"], headers=headers)


@bp.get("/payments/closing")
@needs(P.PAYMENT_RUN)
def closing() -> ResponseReturnValue:
    """Statements that can be written off, and those whose invoice differs."""
    return _closing()


def _closing(problem: RuleViolation | None = None) -> str:
    found = [(row, _differences(row)) for row in queries.to_close(reading())]
    return render_template(
        "payments/closing.html",
        ready=[row for row, differing in found if not differing],
        differing=[each for each in found if each[1]],
        stations=Station,
        problem=labels.message(problem) if problem else None,
    )


def _differences(row: Any) -> tuple[Difference, ...]:
    return invoices.compare(row, row, vendor()) if row.station is Station.INVOICED else ()


@bp.post("/payments/closing")
@needs(P.PAYMENT_RUN)
def close() -> ResponseReturnValue:
    """Write the chosen statements off; first say what that does."""
    chosen = picks()
    try:
        if only_looks():
            return _look_at_closing(chosen)
        with transaction() as session:
            count = invoices.close_statements(
                session, actor=actor(), now=now(), picks=chosen, vendor=vendor()
            )
    except RuleViolation as error:
        return _closing(error), 409 if error.code in ("stale", "statement.not_now") else 422
    flash(ngettext("%(num)d statement is closed.", "%(num)d statements are closed.", count))
    return go_to(url_for(".closing"))


def _look_at_closing(chosen: list[tuple[int, int]]) -> str:
    if not chosen:
        raise RuleViolation("payment.nothing_chosen")
    found = queries.to_close(reading(), [each for each, _version in chosen])
    wrong = tuple(row.number for row in found if _differences(row))
    if wrong:
        raise RuleViolation("invoice.differs", numbers=wrong)
    total = sum((row.total for row in found if row.total > 0), ZERO)
    said = [
        ngettext("%(num)d statement is written off.", "%(num)d statements are written off.", len(found)),
        _("Together %(amount)s of commission, with invoices that agree.", amount=money(total)),
        _("A closed statement never changes again; what comes up later goes on the next one."),
    ]
    return confirm_page(
        title=_("Write off"),
        lead=_("Step 9 of 9"),
        said=said,
        facts=[(row.number, row.partner) for row in found[:50]],
        button=_("Write off"),
        back=url_for(".closing"),
    )
