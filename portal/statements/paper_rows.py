"""The words and figures on the paper of a statement, in one language, ready to be set."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from portal.domain.periods import Period
from portal.statements.paper import HASH_SHOWN, PaperLine, StatementPaper, Subtotal
from portal.statements.paper_widths import in_one_row
from portal.statements.setting import qr_svg
from portal.statements.word_rows import (
    basis,
    notes,
    period_words,
    plain,
    product_words,
    state_words,
    subtotal_words,
    year_words,
)
from portal.web.language import gettext as _
from portal.web.language import in_language, locale

# A run of letters without a space, past which no line could be broken; Chinese breaks anywhere.
_LONG = re.compile(r"[^\s\u2e80-\U0003ffff]{15,}")
_FAST = "\u00a0"
"""A space at which no row ends."""
TOGETHER = 5
"""Lines that are set at a time; a page break falls between such groups."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a statement is from, in both languages, the sign of its currency, and where a paper is checked."""

    name: str
    name_en: str
    sign: str
    verify_at: str


def written(paper: StatementPaper, sender: Sender, *, together: int = 1) -> dict[str, Any]:
    """A paper in the language of the moment, as the template wants it.

    `together`: how many lines may be set at a time. One by one a screen reader finds its way about the
    table; five look the same on paper and are set in half the time.
    """
    return {
        "vendor": [plain(sender.name), plain(sender.name_en)],
        "title": _both("Commission statement"),
        "facts": _facts(paper),
        "figures": _figures(paper, sender.sign),
        "reason": _("New in this revision: %(reason)s", reason=plain(paper.reason)) if paper.reason else "",
        "head": [
            "#", _("Received on"), _("Customer"), _("Product"), _("Year"),
            *(_with_sign(text, sender.sign) for text in (_("Received"), "", _("Commission"))),
        ],
        "lines": list(_groups(paper.lines, together)),
        "sums": [
            [subtotal_words(each), _figure(each.received), _figure(each.commission)]
            for each in paper.subtotals
        ],
        "total": [_("Total"), _figure(paper.received), _figure(paper.total)],
        "capital": _both("Total in capitals")[0] + "：" + paper.capital_total,
        "policies": _policies(paper),
        "missing": {
            "title": _("Not on this statement, because"),
            "head": [
                *(_("Received on"), _("Customer"), _("Product")),
                *(_with_sign(_("Received"), sender.sign), _("Why")),
            ],
            "rows": [_missing(line) for line in paper.withheld],
        },
        "sign": [_("Partner (stamp)"), _("Signature"), _("Date")],
        "foot": _foot(paper, sender),
        "qr": qr_svg(verify_link(sender.verify_at, paper)),
    }  # fmt: skip


def verify_link(verify_at: str, paper: StatementPaper) -> str:
    """The address that the QR code leads to: number, revision and the beginning of the hash."""
    known = {"n": paper.number, "r": paper.revision, "h": paper.content_hash[:HASH_SHOWN]}
    return f"{verify_at}?{urlencode(known)}"


def grouped(code: str) -> str:
    """The beginning of a hash in fours, as a person reads it out."""
    return " ".join(code[start : start + 4] for start in range(0, HASH_SHOWN, 4))


def _groups(lines: Sequence[PaperLine], most: int) -> Iterator[dict[str, Any]]:
    """Lines by groups of up to `most` that need one row of text each; any other line by itself."""
    waiting: list[list[str]] = []
    for line in lines:
        cells, note = _line(line), notes(line)
        fits = not note and in_one_row(cells)
        if waiting and (not fits or len(waiting) == most):
            yield _group(waiting)
            waiting = []
        if fits:
            waiting.append(cells)
        else:
            yield _group([cells]) | {"fits": False, "note": note}
    if waiting:
        yield _group(waiting)


def _group(lines: Sequence[Sequence[str]]) -> dict[str, Any]:
    columns = [list(column) for column in zip(*lines, strict=True)]
    return {"fits": True, "note": "", "count": len(lines), "cells": columns}


def _line(line: PaperLine) -> list[str]:
    return [
        str(line.number), _day(line.received_on), _name(line.customer), _product(line),
        year_words(line.year), _figure(line.amount), basis(line), _figure(line.commission),
    ]  # fmt: skip


def _missing(line: PaperLine) -> list[str]:
    name = _name(line.customer) or _name(line.contract_no)
    return [_day(line.received_on), name, _product(line), _figure(line.amount), notes(line)]


def _product(line: PaperLine) -> str:
    """The product and its minutes, which go to the next row together or not at all."""
    words = product_words(line.product).replace(" ", _FAST)
    if line.minutes is None:
        return words
    said = _("%(product)s %(minutes)s min", product=words, minutes=f"{line.minutes:,}").replace(" ", _FAST)
    return said.replace(words + _FAST, words + " ", 1)


def _facts(paper: StatementPaper) -> list[list[str]]:
    return [
        [_("Number"), paper.number],
        [_("Revision"), str(paper.revision)],
        [_("Partner"), f"{paper.partner_code} {_name(paper.partner_name)}"],
        [_("State"), state_words(paper.station)],
        [_("Period"), _period(paper.period)],
        [_("Made on"), paper.made_on.isoformat()],
    ]  # fmt: skip


def _period(period: Period) -> str:
    days = f"{period.first} – {period.last}"
    return _("%(period)s (%(days)s)", period=period_words(period), days=days)


def _lines(number: int) -> str:
    return _("1 line") if number == 1 else _("%(count)s lines", count=number)


def _figures(paper: StatementPaper, sign: str) -> list[list[str]]:
    by_year = {each.year: each for each in paper.subtotals}
    first, second = (by_year.get(year, Subtotal(year, 0, Decimal(0), Decimal(0))) for year in (1, 2))
    return [
        [_("Commission"), _money(paper.total, sign), _lines(len(paper.lines))],
        [_("Received"), _money(paper.received, sign), _("cash received in the period")],
        [_("Year 1 commission"), _money(first.commission, sign), _lines(first.lines)],
        [_("Year 2 commission"), _money(second.commission, sign), _lines(second.lines)],
    ]


def _policies(paper: StatementPaper) -> str:
    if not paper.policies:
        return ""
    said = "；" if locale() == "zh" else "; "
    return _("Computed by policy:") + " " + said.join(
        _("version %(version)s, in force from %(day)s", version=version, day=day.isoformat())
        for version, day in paper.policies
    )  # fmt: skip


def _foot(paper: StatementPaper, sender: Sender) -> dict[str, str]:
    return {
        "reference": _(
            "No. %(number)s · revision %(revision)s", number=paper.number, revision=paper.revision
        ),
        # The template puts in the numbers: only setting the pages tells how many there are.
        "page": _("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
        "code-label": _("Check code"),
        "code": grouped(paper.content_hash),
        "hash-label": "SHA-256",
        "hash": paper.content_hash,
        "how": _(
            "Scan to check this paper, or type number and check code at %(address)s", address=sender.verify_at
        ),
        "qr": _("QR code to check this paper"),
    }  # fmt: skip


def _both(text: str) -> list[str]:
    """A title in both languages, Chinese first."""
    said = []
    for language in ("zh", "en"):
        with in_language(language):
            said.append(_TITLES[text]())
    return said


_TITLES: Mapping[str, Any] = {
    "Commission statement": lambda: _("Commission statement"),
    "Total in capitals": lambda: _("Total in capitals"),
}


def _with_sign(text: str, sign: str) -> str:
    if not text:
        return _("Rate")
    return _("%(figure)s (%(sign)s)", figure=text, sign=_("yuan") if sign == "¥" else sign)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _figure(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:,.2f}"


def _money(amount: Decimal, sign: str) -> str:
    return f"{'-' if amount < 0 else ''}{sign}{abs(amount):,.2f}"


def _name(text: str) -> str:
    """The same; what is written without any space may be broken, or it would run out of its cell."""
    return _LONG.sub(lambda found: "\u200b".join(found.group()), plain(text))
