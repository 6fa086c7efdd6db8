"""Payment (step 7, M11, M14, M16): accounts, what is paid of a statement, what stands in the way."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean

ZERO = Decimal("0.00")
_NUMBER = re.compile(r"[0-9A-Z]{6,34}")
_SHOWN = 4


class AccountState(StrEnum):
    """How a stated bank account stands; one that was replaced stays in the history."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


class BatchState(StrEnum):
    """How a payment batch stands; withdrawn before its file went to the bank."""

    PREPARED = "prepared"
    RELEASED = "released"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class ItemState(StrEnum):
    """What came of paying one statement."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class Hindrance(StrEnum):
    """Why a statement whose turn it is cannot be put into a payment batch."""

    IN_BATCH = "in_batch"
    DISPUTED = "disputed"
    NOTHING_DUE = "nothing_due"
    OWED = "owed"
    NO_ACCOUNT = "no_account"
    FROZEN = "frozen"
    FOUR_EYES = "four_eyes"


class Result(StrEnum):
    """The bank's word on one payment."""

    PAID = "paid"
    FAILED = "failed"


RESULT_WORDS: Mapping[str, Result] = {
    **dict.fromkeys(("paid", "success", "succeeded", "成功", "已付款", "已支付", "支付成功"), Result.PAID),
    **dict.fromkeys(("failed", "failure", "失败", "付款失败", "支付失败", "退票"), Result.FAILED),
}


def parse_account_number(text: str) -> str:
    """An account number as banks compare it: width folded, no blanks or hyphens, capitals.

    Checked loosely: companies' accounts have no check digit in common, and some are abroad.

    :raises RuleViolation: ``account.number``.
    """
    number = re.sub(r"[\s\-–—_.]", "", clean(text[:200])).upper()
    if not _NUMBER.fullmatch(number) or sum(char.isdigit() for char in number) < _SHOWN:
        raise RuleViolation("account.number", "number", value=text[:40])
    return number


def masked(number: str) -> str:
    """An account number for people who need not know it: its last four characters."""
    return f"•••• {number[-_SHOWN:]}"


def folded(name: str) -> str:
    """A name for comparing a holder or title with another: width, case, blanks and brackets do not matter."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s()\[\]【】〔〕·.,，。]", "", plain)


def parse_result(text: str) -> Result:
    """The result in a bank's answer.

    :raises RuleViolation: ``payment.result``.
    """
    found = RESULT_WORDS.get(clean(text[:40]).casefold())
    if found is None:
        raise RuleViolation("payment.result", "result", value=text[:40])
    return found


class Debt(NamedTuple):
    """What a partner owes, as far as it is open, in yuan (M11); in order of age."""

    id: int
    open: Decimal


@dataclass(frozen=True, slots=True)
class Split:
    """A statement's total taken apart: `set_off` against debts (`now` of it anew), `paid` by the bank; yuan.

    Below zero it becomes a debt of `owed`, and `set_off` is the total: paid and set off always come to it.
    """

    total: Decimal
    set_off: Decimal
    paid: Decimal
    owed: Decimal
    now: tuple[tuple[int, Decimal], ...]


def split(total: Decimal, before: Decimal, debts: Sequence[Debt]) -> Split:
    """What is paid of a statement of which `before` has been set off in an earlier try (M11, M14).

    A payment that the bank could not make leaves its set-offs standing: the debts are settled, and what is
    left is paid by the next batch.
    """
    left = total - before
    if left < 0:
        return Split(total, total, ZERO, -left, ())
    anew: list[tuple[int, Decimal]] = []
    for debt in debts:
        amount = min(debt.open, left)
        if amount > 0:
            anew.append((debt.id, amount))
            left -= amount
    return Split(total, total - left, left, ZERO, tuple(anew))


class Case(NamedTuple):
    """What decides whether a statement can be paid now."""

    in_batch: bool
    disputes: int
    account: bool
    frozen: bool
    own_approval: bool


def hindrance(case: Case, parts: Split) -> Hindrance | None:
    """What stands in the way of paying, the first thing that a person has to see to; None: nothing."""
    if case.in_batch:
        return Hindrance.IN_BATCH
    if case.disputes:
        return Hindrance.DISPUTED
    if parts.owed:
        return Hindrance.OWED
    if not parts.paid:
        return Hindrance.NOTHING_DUE
    # A change under way freezes the old account too: it may be the very one that was given up (M16).
    if case.frozen:
        return Hindrance.FROZEN
    if not case.account:
        return Hindrance.NO_ACCOUNT
    return Hindrance.FOUR_EYES if case.own_approval else None


class Answered(NamedTuple):
    """The bank's answer to one line, or what is kept of it."""

    result: Result
    paid_on: str
    bank_ref: str
    reason: str


def check_answer(new: Answered, known: Answered | None) -> bool:
    """Whether an answer is news; False for the very same one again.

    :raises RuleViolation: ``payment.answered_otherwise``.
    """
    if known is None:
        return True
    if known != new:
        raise RuleViolation("payment.answered_otherwise", "result", known=known.result)
    return False
