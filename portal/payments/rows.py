"""What people are told before an act about money is done, and what a masked number looks like."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.domain.payments import Hindrance, folded, masked
from portal.domain.roles import Actor, Role
from portal.payments.due import Due
from portal.web.filters import money

_KEPT_OUT = ("csrf_token", "look")


def confirm_page(*, title: str, lead: str, said: Sequence[str], button: str, back: str, **more: Any) -> str:
    """The page between an act and its doing; the same form, sent again from there, does it."""
    kept = [
        (name, value)
        for name in request.form
        if name not in _KEPT_OUT
        for value in request.form.getlist(name)
    ]
    return render_template(
        "payments/confirm.html",
        title=title,
        lead=lead,
        said=said,
        button=button,
        back=back,
        kept=kept,
        **more,
    )


def only_looks() -> bool:
    """Whether the person first wants to see what the act does."""
    return request.form.get("look") == "1"


def picks() -> list[tuple[int, int]]:
    """The statements ticked on a list, each with the version seen; what is no pair is passed over."""
    found = []
    for text in request.form.getlist("pick"):
        statement, _colon, version = text.partition(":")
        if all(part.isascii() and part.isdigit() and len(part) < 10 for part in (statement, version)):
            found.append((int(statement), int(version)))
    return list(dict.fromkeys(found))


def number_for(actor: Actor, account: Any) -> str:
    """An account's number: whole for finance and the partner's own administrator, else its last figures."""
    own = Role.PARTNER_ADMIN in actor.effective_roles and actor.partner_id == account.partner_id
    if own or Role.FINANCE in actor.effective_roles:
        return str(account.number)
    return masked(account.number)


def other_holder(account: Any) -> bool:
    """Whether the holder is called otherwise than the partner."""
    return folded(account.holder) != folded(account.partner)


def holder_warning(holder: str, partner: str) -> str:
    """What is said of an account in another name."""
    return str(
        _(
            "The holder is “%(holder)s”, the partner is “%(partner)s”: banks send such payments back.",
            holder=holder,
            partner=partner,
        )
    )


def prepared_words(count: int, paid: Decimal, set_off: Decimal) -> list[str]:
    """What preparing a batch does."""
    said = [
        ngettext(
            "%(num)d statement goes into one batch; %(paid)s is to be paid.",
            "%(num)d statements go into one batch; together %(paid)s is to be paid.",
            count,
            paid=money(paid),
        )
    ]
    if set_off:
        said.append(_("%(amount)s is set off against what the partners owe.", amount=money(set_off)))
    said.append(_("Nothing is paid yet: another person of finance has to release the batch."))
    return said


def released_words(batch: Any, anew: Decimal) -> list[str]:
    """What releasing a batch does."""
    said = [
        ngettext(
            "The bank file with %(num)d payment of %(paid)s can be handed out.",
            "The bank file with %(num)d payments, together %(paid)s, can be handed out.",
            batch.payments,
            paid=money(batch.amount),
        )
    ]
    if anew:
        said.append(
            _(
                "%(amount)s of debts is settled at once. That stands even if the bank cannot make a payment.",
                amount=money(anew),
            )
        )
    said.append(_("You answer for it: each statement will show you as the person who paid."))
    return said


def withdrawn_words(batch: Any) -> list[str]:
    """What withdrawing a batch does."""
    said = [
        ngettext(
            "Nothing is paid; %(num)d statement is free for another batch.",
            "Nothing is paid; %(num)d statements are free for another batch.",
            batch.payments,
        )
    ]
    if batch.released_at and batch.set_off:
        said.append(_("Debts that the release settled stay settled; the next batch pays what is left."))
    return said


def settled_words(due: Due) -> list[str]:
    """What settling a statement without a payment does."""
    said = []
    if due.parts.owed:
        said.append(
            _(
                "%(partner)s owes %(amount)s: it becomes a debt and is deducted from coming payments.",
                partner=due.row.partner,
                amount=money(due.parts.owed),
            )
        )
    else:
        said.append(_("Nothing is paid to %(partner)s.", partner=due.row.partner))
        if due.parts.now:
            amount = money(sum((each for _debt, each in due.parts.now), Decimal("0.00")))
            said.append(_("%(amount)s is set off against what it owes.", amount=amount))
    said.append(_("The statement counts as paid, and you as the person who paid."))
    return said


def hindered(due: Sequence[Due]) -> list[Due]:
    """Those that cannot be put into a batch and are not settled without one either."""
    settled = (Hindrance.NOTHING_DUE, Hindrance.OWED)
    return [each for each in due if each.hindrance is not None and each.hindrance not in settled]
