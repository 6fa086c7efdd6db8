"""Bank accounts: a partner's own page, and what waits for a second person (M16)."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.errors import RuleViolation
from portal.domain.payments import AccountState, folded
from portal.payments import accounts, queries
from portal.payments.forms import AccountForm
from portal.payments.rows import confirm_page, holder_warning, number_for, only_looks, other_holder
from portal.web import labels
from portal.web.access import partner_or_404
from portal.web.forms import bounded, posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

bp = Blueprint("accounts", __name__)


@bp.get("/payments/accounts")
@needs(P.PAYMENT_RUN)
def waiting() -> ResponseReturnValue:
    """Accounts that wait for a second person."""
    found = queries.waiting_accounts(reading())
    return render_template("payments/accounts.html", rows=found, other_holder=other_holder)


@bp.get("/partners/<int:partner_id>/account")
@needs(P.PAYMENT_VIEW)
def account(partner_id: int) -> ResponseReturnValue:
    """A partner's account, what waits, and every one before."""
    return _page(partner_or_404(partner_id), AccountForm()), 200


def _page(partner: Any, form: AccountForm, problem: RuleViolation | None = None) -> str:
    found = queries.accounts_of(reading(), partner.id)
    return render_template(
        "payments/account.html",
        p=partner,
        current=next((each for each in found if each.state is AccountState.VERIFIED), None),
        waits=next((each for each in found if each.state is AccountState.PROPOSED), None),
        history=[each for each in found if each.state not in (AccountState.VERIFIED, AccountState.PROPOSED)],
        number=lambda each: number_for(actor(), each),
        other_holder=other_holder,
        states=AccountState,
        form=form,
        may_state=_may_state(partner),
        me=actor().user_id,
        problem=labels.message(problem) if problem else None,
        word=request.form.get("word", ""),
    )


def _may_state(partner: Any) -> bool:
    """Whether the person may state an account of this partner: its own administrator, or finance."""
    own = actor().partner_id in (None, partner.id)
    return own and allows(actor(), P.ACCOUNT_STATE)


@bp.post("/partners/<int:partner_id>/account")
@needs(P.ACCOUNT_STATE)
def state(partner_id: int) -> ResponseReturnValue:
    """State another account; first say what that does."""
    partner = partner_or_404(partner_id)
    form = AccountForm(request.form)
    if not form.validate():
        return _page(partner, form), 422
    if only_looks():
        return _look(partner, form)
    try:
        with transaction() as session:
            accounts.propose_account(
                session, actor=actor(), now=now(), partner_id=partner.id, values=form.values()
            )
    except RuleViolation as error:
        form.refuse(error)
        return _page(partner, form), 422
    flash(_("The account waits for a second person. Payments wait until it is verified."))
    return go_to(url_for(".account", partner_id=partner.id))


def _look(partner: Any, form: AccountForm) -> str:
    said = [
        _("Somebody of finance who did not state it verifies the account, as by calling back."),
        _("Until then no payment goes to %(partner)s, to the old account neither.", partner=partner.name),
    ]
    warnings = []
    if folded(form.holder.data) != folded(partner.name):
        warnings.append(holder_warning(form.holder.data, partner.name))
    facts = [(field.label.text, field.data) for field in (form.holder, form.bank, form.branch, form.number)]
    return confirm_page(
        title=_("State the account"),
        lead=partner.name,
        said=said,
        warnings=warnings,
        facts=facts,
        button=_("State the account"),
        back=url_for(".account", partner_id=partner.id),
    )


@bp.post("/accounts/<int:account_id>/<any(verify, refuse):what>")
@needs(P.PAYMENT_RUN)
def decide(account_id: int, what: str) -> ResponseReturnValue:
    """A second person verifies an account or refuses it; first say what that does."""
    row = queries.account_row(reading(), account_id)
    if row is None:
        abort(404)
    partner = partner_or_404(row.partner_id)
    verify = what == "verify"
    try:
        word = bounded(500)(request.form.get("word", ""))
        if only_looks():
            return _look_at_deciding(row, verify, word)
        given: dict[str, Any] = {
            "actor": actor(), "now": now(), "account_id": account_id,
            "version": posted_number(request.form.get("version")),
        }  # fmt: skip
        with transaction() as session:
            if verify:
                accounts.verify_account(session, **given, how=word)
            else:
                accounts.refuse_account(session, **given, reason=word)
    except RuleViolation as error:
        status = 409 if error.code in ("stale", "account.not_waiting") else 422
        return _page(partner, AccountForm(), error), status
    flash(_("The account is verified; payments go there.") if verify else _("The account is refused."))
    return go_to(url_for(".account", partner_id=row.partner_id))


def _look_at_deciding(row: Any, verify: bool, word: str) -> str:
    if row.state is not AccountState.PROPOSED:
        raise RuleViolation("account.not_waiting")
    if verify and row.proposed_by_id == actor().user_id:
        raise RuleViolation("account.two_people")
    if not word:
        raise RuleViolation("account.how" if verify else "reason.required", "word")
    warnings = []
    if verify:
        said = [_("From now on payments to %(partner)s go to this account.", partner=row.partner)]
        if other_holder(row):
            warnings.append(holder_warning(row.holder, row.partner))
    else:
        said = [_("The account is not taken over; payments go on to the verified one, if there is one.")]
    said.append(_("The partner reads what you wrote: %(word)s", word=word))
    return confirm_page(
        title=_("Verify the account") if verify else _("Refuse the account"),
        lead=row.partner,
        said=said,
        warnings=warnings,
        facts=[
            (_("Account holder"), row.holder),
            (_("Bank"), f"{row.bank} · {row.branch}"),
            (_("Account number"), row.number),
        ],
        button=_("Verify the account") if verify else _("Refuse the account"),
        back=url_for(".account", partner_id=row.partner_id),
    )
