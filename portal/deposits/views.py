"""Deposits: the partners' accounts, one account, what is to be decided, documents of deductions."""

from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.deposits import queries, rows
from portal.deposits.accounts import Account, accounts
from portal.deposits.rows import Shown
from portal.domain.access import Permission as P
from portal.domain.deposits import KNOWN_TO_PARTNER, DeductionState
from portal.files import open_stored
from portal.policy.service import policy_on
from portal.web.access import partners_of
from portal.web.forms import posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, reading, today
from portal.web.sending import attachment

bp = Blueprint("deposits", __name__)
PAGE = 50


@bp.get("/deposits")
@needs(P.DEPOSIT_VIEW)
def list_page() -> ResponseReturnValue:
    """The accounts in sight; a partner's people come to their own."""
    if actor().partner_id is not None:
        return go_to(url_for(".detail", partner_id=actor().partner_id))
    known = accounts(reading(), scope=partners_of(actor()), day=today())
    asked = request.args.get("show", "")
    shown = Shown(asked) if asked in set(Shown) else Shown.ALL
    fitting = rows.fitting(known, shown)
    last = max((len(fitting) - 1) // PAGE, 0)
    page = min(max(posted_number(request.args.get("page")), 0), last)
    return render_template(
        "deposits/list.html",
        lines=fitting[page * PAGE : (page + 1) * PAGE],
        counts=rows.counts(known),
        filters=rows.names_of_filters(),
        shown=shown,
        page=page,
        last=last,
        level=rows.level,
    )


def account_of(partner_id: int) -> Account:
    """A partner's account, if the person sees the partner; aborts with 404 otherwise."""
    found = accounts(reading(), scope=partners_of(actor()), day=today(), partner_id=partner_id)
    if not found:
        abort(404)
    return found[0]


def states_in_sight() -> frozenset[DeductionState]:
    """A partner sees a deduction from its announcement on."""
    return KNOWN_TO_PARTNER if actor().is_partner else frozenset(DeductionState)


@bp.get("/deposits/<int:partner_id>")
@needs(P.DEPOSIT_VIEW)
def detail(partner_id: int) -> ResponseReturnValue:
    """One account: ledger, deductions, debts, wholesale."""
    session, account = reading(), account_of(partner_id)
    pay = policy_on(session, today()).pay
    return render_template(
        "deposits/detail.html",
        a=account,
        entries=queries.entries_of(session, partner_id),
        deductions=queries.deductions_of(session, partner_id, states_in_sight()),
        debts=queries.debts_of(session, partner_id),
        traffic=queries.traffic_of(session, partner_id, today()) if account.service else [],
        warnings=pay.traffic_warnings if pay else (),
        level=rows.level,
        life=rows.life,
        late=rows.is_late,
        titles=rows.titles(),
    )


@bp.get("/deposits/open")
@needs(P.DEPOSIT_VIEW)
def work() -> ResponseReturnValue:
    """What is to be done: deductions under way and debts that may be deducted."""
    if actor().is_partner:
        abort(404)
    session, scope = reading(), partners_of(actor())
    return render_template(
        "deposits/open.html",
        deductions=queries.open_deductions(session, scope),
        debts=queries.overdue_debts(session, scope, today()),
        titles=rows.titles(),
    )


def deduction_or_404(deduction_id: int) -> Any:
    """A deduction that the person sees; aborts with 404 otherwise."""
    row = queries.deduction_row(reading(), deduction_id, partners_of(actor()))
    if row is None or row.state not in states_in_sight():
        abort(404)
    return row


@bp.get("/deductions/<int:deduction_id>/file")
@needs(P.DEPOSIT_VIEW)
def document(deduction_id: int) -> ResponseReturnValue:
    """The document of a deduction, always as an attachment."""
    found = queries.file_row(reading(), deduction_or_404(deduction_id).file_id)
    if found is None:
        abort(404)
    return attachment(open_stored(config().files, found.storage_key), found)
