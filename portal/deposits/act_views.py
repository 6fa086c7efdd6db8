"""Acts on deposits: a form, a page that says what it leads to, and the act itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlmodel import Session

from portal import db
from portal.deposits import deductions, ledger, queries, rows, service, traffic
from portal.deposits import forms as f
from portal.deposits.views import account_of
from portal.domain.access import Permission as P
from portal.domain.deposits import EntryKind
from portal.domain.errors import RuleViolation
from portal.web.access import partner_or_404, partners_of
from portal.web.filters import money
from portal.web.forms import PortalForm, posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("deposit_acts", __name__)
_BOOKED = "<any(payment, top_up, traffic, arrears, return):what>"
_DEBT = "<any(deduct, cash, write_off):what>"
_WAIVE = "<any(waive, end):what>"


@dataclass
class Doing:
    """An act in the making: its form, what it leads to in words, and the act itself."""

    what: str
    partner_id: int
    name: str
    form: PortalForm
    said: Callable[[], list[str]]
    do: Callable[[Session, dict[str, Any]], Any]
    facts: list[tuple[str, str]]
    checklist: list[Any] | None = None


def page_of(doing: Doing, *, said: list[str] | None = None) -> str:
    return render_template(
        "deposits/confirm.html" if said else "deposits/form.html",
        d=doing,
        title=rows.titles()[doing.what],
        said=said,
        typed=f.typed(doing.form),
        of_exit=rows.of_exit,
    )


def run(doing: Doing) -> ResponseReturnValue:
    """Refused fields come back with the form; what is well is tried, then confirmed, then done."""
    if not doing.form.validate():
        return page_of(doing), 422
    sure = request.form.get("sure") == "1"
    said = [] if sure else doing.said()
    try:
        with transaction() as session:
            if sure:
                doing.do(session, {"actor": actor(), "now": now()})
            else:
                with db.trial(session):
                    doing.do(session, {"actor": actor(), "now": now()})
    except RuleViolation as error:
        doing.form.refuse(error)
        return page_of(doing), 409 if error.code in ("stale", "deduction.not_now") else 422
    if not sure:
        return page_of(doing, said=said), 200
    flash(_("Done: %(what)s.", what=rows.titles()[doing.what]))
    return go_to(url_for("deposits.detail", partner_id=doing.partner_id))


def _booking(partner_id: int, what: str) -> Doing:
    """Money in, a payment for traffic, arrears, the return on exit: of a partner as it stands."""
    account, data = account_of(partner_id), request.form or None
    facts = [(_("Deposit now"), money(account.balance))]
    start = {"on": today()}
    if what in ("payment", "top_up"):
        kind, paid = EntryKind(what), f.MoneyForm(data, data=start)
        return Doing(
            what, partner_id, account.name, paid, lambda: rows.of_paid_in(account, kind, paid.amount.data),
            lambda session, about: ledger.record_paid_in(
                session, partner_id=partner_id, kind=kind, **_money(paid), **about
            ),
            facts,
        )  # fmt: skip
    if what == "traffic":
        if account.service is None:
            abort(404)
        paid = f.MoneyForm(data, data=start)
        facts.append((_("Unpaid traffic"), money(account.unpaid)))
        return Doing(
            what, partner_id, account.name, paid, lambda: rows.of_traffic_payment(account, paid.amount.data),
            lambda session, about: traffic.pay_traffic(
                session, partner_id=partner_id, **_money(paid), **about
            ),
            facts,
        )  # fmt: skip
    if what == "arrears":
        due = f.ArrearsForm(data)
        return Doing(
            what, partner_id, account.name, due, lambda: rows.of_proposal(account.name, due.amount.data),
            lambda session, about: deductions.propose_for_arrears(
                session, partner_id=partner_id, amount=due.amount.data, document=due.document.data,
                note=due.note.data, blame=due.blame.member, **about,
            ),
            facts,
        )  # fmt: skip
    return _leaving(partner_id, account, facts)


def _money(form: Any) -> dict[str, Any]:
    return {
        "amount": form.amount.data,
        "on": form.on.data,
        "reference": form.reference.data,
        "note": form.note.data or "",
    }


def _leaving(partner_id: int, account: Any, facts: list[tuple[str, str]]) -> Doing:
    partner = partner_or_404(partner_id)
    seen = {"version": str(partner.version), "seen": str(account.balance)}
    form = f.ReturnForm(request.form or None, data=seen)
    return Doing(
        "return", partner_id, account.name, form,
        lambda: [
            _("%(amount)s go back to %(partner)s.", amount=money(account.balance), partner=account.name),
            _("The partner is set inactive: its people cannot register customers any more."),
            _("It cannot be changed afterwards."),
        ],
        lambda session, about: service.return_on_exit(
            session, partner_id=partner_id, version=posted_number(form.version.data),
            seen=form.seen.data or "", reference=form.reference.data, note=form.note.data or "", **about,
        ),
        facts, service.exit_list(reading(), partner_id),
    )  # fmt: skip


@bp.get(f"/deposits/<int:partner_id>/{_BOOKED}")
@needs(P.DEPOSIT_BOOK)
def book_form(partner_id: int, what: str) -> ResponseReturnValue:
    """What finance is asked for."""
    return page_of(_booking(partner_id, what))


@bp.post(f"/deposits/<int:partner_id>/{_BOOKED}")
@needs(P.DEPOSIT_BOOK)
def book(partner_id: int, what: str) -> ResponseReturnValue:
    """Confirm and do it."""
    return run(_booking(partner_id, what))


def _waiving(partner_id: int, what: str) -> Doing:
    account = account_of(partner_id)
    form = f.ReasonForm(request.form or None, data={"seen": str(account.shortfall)})
    facts = [(_("Missing to the required deposit"), money(account.shortfall))]
    if what == "end":
        return Doing(
            what, partner_id, account.name, form,
            lambda: [_("What is missing has to be paid again before a certificate is issued.")],
            lambda session, about: service.end_waiver(
                session, partner_id=partner_id, reason=form.reason.data, **about
            ),
            facts,
        )  # fmt: skip
    return Doing(
        what, partner_id, account.name, form,
        lambda: [
            _("%(amount)s need not be paid; a certificate can be issued.", amount=money(account.shortfall)),
            _("What falls short beyond it later is not waived."),
        ],
        lambda session, about: service.waive(
            session, partner_id=partner_id, seen=form.seen.data or "", reason=form.reason.data, **about
        ),
        facts,
    )  # fmt: skip


@bp.get(f"/deposits/<int:partner_id>/{_WAIVE}")
@needs(P.DEPOSIT_WAIVE)
def waive_form(partner_id: int, what: str) -> ResponseReturnValue:
    """Why."""
    return page_of(_waiving(partner_id, what))


@bp.post(f"/deposits/<int:partner_id>/{_WAIVE}")
@needs(P.DEPOSIT_WAIVE)
def waive(partner_id: int, what: str) -> ResponseReturnValue:
    """Confirm and do it."""
    return run(_waiving(partner_id, what))


def _owed(debt_id: int, what: str) -> Doing:
    debt = queries.debt_row(reading(), debt_id, partners_of(actor()))
    if debt is None:
        abort(404)
    seen = {"version": str(debt.version), "on": today()}
    facts = [(_("Left of the debt"), money(debt.remaining))]
    form: Any
    if what == "deduct":
        form = f.DeductForm(request.form or None, data=seen)
        return Doing(
            what, debt.partner_id, debt.name, form, lambda: rows.of_proposal(debt.name, debt.remaining),
            lambda session, about: deductions.propose_for_debt(
                session, debt_id=debt_id, document=form.document.data, note=form.note.data or "", **about
            ),
            facts,
        )  # fmt: skip
    if what == "cash":
        form = f.CashForm(request.form or None, data=seen)
        return Doing(
            what, debt.partner_id, debt.name, form,
            lambda: [
                _("%(amount)s of the debt of %(partner)s are paid.", amount=money(form.amount.data),
                  partner=debt.name),
                _("It cannot be changed afterwards."),
            ],
            lambda session, about: service.settle_in_cash(
                session, debt_id=debt_id, version=posted_number(form.version.data),
                amount=form.amount.data, reference=form.reference.data, on=form.on.data, **about,
            ),
            facts,
        )  # fmt: skip
    form = f.ReasonForm(request.form or None, data=seen)
    return Doing(
        what, debt.partner_id, debt.name, form,
        lambda: [
            _("%(amount)s will not be asked for any more.", amount=money(debt.remaining)),
            _("It cannot be changed afterwards."),
        ],
        lambda session, about: service.write_off(
            session, debt_id=debt_id, version=posted_number(form.version.data), reason=form.reason.data,
            **about,
        ),
        facts,
    )  # fmt: skip


@bp.get(f"/debts/<int:debt_id>/{_DEBT}")
@needs(P.DEPOSIT_BOOK)
def debt_form(debt_id: int, what: str) -> ResponseReturnValue:
    """What finance is asked for."""
    return page_of(_owed(debt_id, what))


@bp.post(f"/debts/<int:debt_id>/{_DEBT}")
@needs(P.DEPOSIT_BOOK)
def debt(debt_id: int, what: str) -> ResponseReturnValue:
    """Confirm and do it."""
    return run(_owed(debt_id, what))
