"""Invoices (steps 8 and 9, M16): what is compared, and how long one is missing."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.domain.calendar import add_working_days, working_days_late
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean, parse_uscc
from portal.domain.payments import folded

_TAX_NO = re.compile(r"[0-9A-Z]{15,20}")
_NUMBER = re.compile(r"[0-9A-Z]{4,40}")
_CREDIT_CODE = 18


class Compared(StrEnum):
    """What of an invoice is compared (M16)."""

    REFERENCE = "reference"
    TITLE = "title"
    TAX_NO = "tax_no"
    AMOUNT = "amount"


class InvoiceState(StrEnum):
    """How an entered invoice stands: the one that counts, or sent back."""

    CURRENT = "current"
    RETURNED = "returned"


class Age(StrEnum):
    """How long a paid statement lacks its invoice."""

    IN_TIME = "in_time"
    LATE = "late"
    LATER = "later"
    LATEST = "latest"


AGES: tuple[tuple[Age, int], ...] = ((Age.IN_TIME, 0), (Age.LATE, 5), (Age.LATER, 20))
"""Up to so many working days overdue; beyond the last it is `Age.LATEST`."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """To whom invoices are made out. Empty where the deployer has not said: then it is not compared."""

    title: str
    tax_no: str


class Stated(NamedTuple):
    """What an invoice says, or should say."""

    reference: str
    title: str
    tax_no: str
    amount: Decimal


class Difference(NamedTuple):
    """One thing that an invoice says otherwise than it should."""

    what: Compared
    stated: str | Decimal
    wanted: str | Decimal


def expected(number: str, total: Decimal, vendor: Vendor) -> Stated:
    """What the invoice for a statement has to say."""
    return Stated(number, vendor.title, vendor.tax_no, total)


def differences(stated: Stated, wanted: Stated) -> tuple[Difference, ...]:
    """Where an invoice differs; width, case, blanks and brackets do not matter (M16)."""
    found = []
    if folded(stated.reference) != folded(wanted.reference):
        found.append(Difference(Compared.REFERENCE, stated.reference, wanted.reference))
    if wanted.title and folded(stated.title) != folded(wanted.title):
        found.append(Difference(Compared.TITLE, stated.title, wanted.title))
    if wanted.tax_no and plain(stated.tax_no) != plain(wanted.tax_no):
        found.append(Difference(Compared.TAX_NO, stated.tax_no, wanted.tax_no))
    if stated.amount != wanted.amount:
        found.append(Difference(Compared.AMOUNT, stated.amount, wanted.amount))
    return tuple(found)


def plain(text: str) -> str:
    """A number for comparing: width folded, no blanks or hyphens, capitals."""
    return re.sub(r"[\s\-–—_.]", "", clean(text[:200])).upper()


def parse_tax_no(text: str) -> str:
    """A taxpayer's number: a credit code of 18 with its check digit, or an older one of 15 to 20.

    :raises RuleViolation: ``uscc.*``, ``invoice.tax_no``.
    """
    number = plain(text)
    if len(number) == _CREDIT_CODE:
        return parse_uscc(number) or number
    if not _TAX_NO.fullmatch(number) or not any(char.isdigit() for char in number):
        raise RuleViolation("invoice.tax_no", "tax_no", value=text[:40])
    return number


def parse_invoice_number(text: str) -> str:
    """An invoice's number (with its code before it, where it has one).

    :raises RuleViolation: ``invoice.number``.
    """
    number = plain(text)
    if not _NUMBER.fullmatch(number) or not any(char.isdigit() for char in number):
        raise RuleViolation("invoice.number", "number", value=text[:40])
    return number


def due_on(paid_on: date, within: int) -> date:
    """The last day for the invoice of a statement paid on a day, `within` so many working days."""
    return add_working_days(paid_on, within)


def age_of(paid_on: date, today: date, within: int) -> tuple[Age, int]:
    """How long the invoice is missing, and by how many working days it is overdue."""
    late = working_days_late(due_on(paid_on, within), today)
    return next((age for age, most in AGES if late <= most), Age.LATEST), late
