"""In words what an act on a deposit leads to, and how a partner's account is listed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from portal.deposits.accounts import Account
from portal.domain.deposits import DeductionAct, DeductionState, EntryKind, is_overdue
from portal.domain.periods import business_date
from portal.domain.rates import PayFigures
from portal.domain.wholesale import Service
from portal.web import labels
from portal.web.filters import money
from portal.web.language import gettext as _


class Shown(StrEnum):
    """Which partners are listed."""

    ALL = "all"
    SHORT = "short"
    OWING = "owing"
    OVERDUE = "overdue"
    WHOLESALE = "wholesale"
    SUSPENDED = "suspended"


_FITS: Mapping[Shown, Callable[[Account], bool]] = {
    Shown.ALL: lambda _account: True,
    Shown.SHORT: lambda account: account.shortfall > 0,
    Shown.OWING: lambda account: account.open_debt > 0,
    Shown.OVERDUE: lambda account: account.overdue_debt > 0,
    Shown.WHOLESALE: lambda account: account.service is not None,
    Shown.SUSPENDED: lambda account: account.service is Service.SUSPENDED,
}


def fitting(rows: Sequence[Account], shown: Shown) -> list[Account]:
    """The accounts of a filter."""
    return [each for each in rows if _FITS[shown](each)]


def counts(rows: Sequence[Account]) -> dict[str, int]:
    """How many accounts each filter has."""
    return {shown.value: len(fitting(rows, shown)) for shown in Shown}


def names_of_filters() -> list[tuple[str, str]]:
    """The filters with their words."""
    return [
        ("all", _("All")),
        ("short", _("Deposit too low")),
        ("owing", _("With debts")),
        ("overdue", _("Overdue debts")),
        ("wholesale", _("Wholesale")),
        ("suspended", _("Suspended")),
    ]


def level(account: Account) -> str:
    """How the meter of a wholesale partner looks."""
    if account.service is Service.SUSPENDED:
        return "bad"
    return "warn" if account.warned is not None else "ok"


def is_late(debt: Any, today: date) -> bool:
    """Whether a debt may be deducted today."""
    return is_overdue(debt.state, debt.due_on, today)


def life(row: Any) -> list[tuple[str, date]]:
    """The days of a deduction's life so far, and the one on which it takes effect."""
    days = [
        (_("proposed"), row.proposed_at), (_("approved"), row.approved_at),
        (_("announced"), row.announced_at), (_("objected"), row.objected_at),
        (_("decided"), row.decided_at),
    ]  # fmt: skip
    found = [(what, business_date(at)) for what, at in days if at is not None]
    if row.effective_on is not None:
        found.append((_("took effect"), row.effective_on))
    elif row.state is DeductionState.ANNOUNCED:
        found.append((_("takes effect"), row.takes_effect_on))
    return found


def of_paid_in(account: Account, kind: EntryKind, amount: Any) -> list[str]:
    """What booking money for the deposit leads to."""
    after = account.balance + amount
    said = [
        _("%(kind)s of %(amount)s for %(partner)s.", kind=labels.label(kind), amount=money(amount),
          partner=account.name),
        _("The deposit goes from %(before)s to %(after)s.", before=money(account.balance),
          after=money(after)),
    ]  # fmt: skip
    if account.required is not None and after < account.required:
        missing = money(account.required - after)
        said.append(_("%(missing)s are still missing to the required deposit.", missing=missing))
    if account.service is Service.SUSPENDED:
        said.append(_resumes() if after > account.unpaid else _stays_suspended())
    return [*said, _forever()]


def of_traffic_payment(account: Account, amount: Any) -> list[str]:
    """What booking a payment for traffic leads to."""
    after = max(account.unpaid - amount, account.unpaid * 0)
    said = [
        _("Unpaid traffic of %(partner)s goes from %(before)s to %(after)s.", partner=account.name,
          before=money(account.unpaid), after=money(after)),
    ]  # fmt: skip
    if account.service is Service.SUSPENDED:
        said.append(_resumes() if account.balance > after else _stays_suspended())
    return [*said, _forever()]


def _resumes() -> str:
    return _("Wholesale service runs again at once.")


def _stays_suspended() -> str:
    return _("Wholesale service stays suspended: unpaid traffic still reaches the deposit.")


def _forever() -> str:
    return _("It cannot be changed afterwards.")


def of_proposal(name: str, amount: Any) -> list[str]:
    """What proposing a deduction leads to."""
    return [
        _("A deduction of %(amount)s from the deposit of %(partner)s is proposed.", amount=money(amount),
          partner=name),
        _("The channel manager approves it or not. The partner learns of it when it is announced."),
    ]  # fmt: skip


def of_deduction_act(row: Any, act: DeductionAct, pay: PayFigures) -> list[str]:
    """What an act on a deduction leads to."""
    amount = money(row.amount)
    days = pay.deposit_objection_working_days
    told: dict[DeductionAct, list[str]] = {
        DeductionAct.APPROVE: [
            _("The deduction of %(amount)s is approved. Finance announces it.", amount=amount)
        ],
        DeductionAct.REFUSE: [
            _("The deduction of %(amount)s is not approved. Finance reads your reason.", amount=amount)
        ],
        DeductionAct.ANNOUNCE: [
            _("The partner sees the deduction of %(amount)s with its document.", amount=amount),
            _("It can object within %(days)s working days; after that it takes effect.", days=days),
        ],
        DeductionAct.OBJECT: [
            _("The deduction of %(amount)s waits until the channel manager has decided.", amount=amount),
            _("You can object once. Everybody who decides reads your reason."),
        ],
        DeductionAct.UPHOLD: [
            _("The deduction of %(amount)s takes effect, today at the earliest.", amount=amount),
            _("What the deposit does not cover stays owed. The partner reads your reason."),
        ],
        DeductionAct.DROP: [
            _("Nothing is deducted. What is owed stays owed. The partner reads your reason.")
        ],
    }
    return told[act]


def titles() -> dict[str, str]:
    """What each act is called, on its button and above its form."""
    return {
        "payment": _("Record a deposit"),
        "top_up": _("Record a top-up"),
        "traffic": _("Record a payment for traffic"),
        "arrears": _("Propose a deduction for arrears"),
        "return": _("Return the deposit on exit"),
        "waive": _("Waive the shortfall"),
        "end": _("Take the waiver back"),
        "deduct": _("Propose deduction"),
        "cash": _("Record a payment of the debt"),
        "write_off": _("Write the debt off"),
        "approve": _("Approve the deduction"),
        "refuse": _("Do not approve it"),
        "announce": _("Announce to the partner"),
        "object": _("Object"),
        "uphold": _("Uphold the deduction"),
        "drop": _("Drop the deduction"),
    }


def of_exit(key: str) -> str:
    """An item of the checklist of an exit."""
    return {
        "debts": _("No debt is open"),
        "deductions": _("No deduction is under way"),
        "statements": _("All statements are closed"),
        "traffic": _("All traffic is paid"),
    }[key]
