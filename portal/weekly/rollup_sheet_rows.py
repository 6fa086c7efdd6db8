"""A week's roll-ups as sheets of a workbook: figures of all and of each region, and the lists beside them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.cases import CaseKind, Outcome
from portal.domain.pipeline import STAGES, Stage
from portal.web.labels import label
from portal.web.language import gettext as _
from portal.weekly.rollup_rows import change_words

Text = Mapping[str, Any]
Sheet = dict[str, Any]
# What no spreadsheet takes in the name of a sheet.
_UNTITLED = re.compile(r"[\[\]:*?/\\\x00-\x1f']")
_MONEY, _COUNT, _DAY = "#,##0.00", "#,##0", "yyyy-mm-dd"
_MORE = {"count": "+#,##0;-#,##0;0", "money": "+#,##0.00;-#,##0.00;0.00"}


def sheets_of(texts: Sequence[Text]) -> list[Sheet]:
    """A sheet of figures for each text, then what all of them list: the first text is the widest."""
    if not texts:
        return []
    widest = texts[0]
    return [
        *(_figures(text) for text in texts),
        _projects(_("Key projects"), widest["key"]),
        _projects(_("Signed this week"), widest["signed_listed"]),
        _projects(_("Expected to close this month"), widest["closings"]["listed"]),
        _projects(_("Lapsed this week"), widest["lapsed_listed"]),
        _projects(_("Key projects gone"), widest["gone_key"]),
        _support(widest["support"]),
        _reports(widest["reports"]),
        _cases(widest["cases"]["listed"]),
    ]


def _figures(text: Text) -> Sheet:
    return {
        "title": _UNTITLED.sub("-", text["region"]) or _("All regions"),
        "header": [
            _("What"), _("Projects"), _("Change"), _("Ports"), _("Change"), _("Revenue a year"),
            _("Weighted revenue a year"), _("Change"),
        ],
        "rows": list(_rows(text)),
        "formats": {
            1: _COUNT, 2: _MORE["count"], 3: _COUNT, 4: _MORE["count"], 5: _MONEY, 6: _MONEY,
            7: _MORE["money"],
        },
        "widths": (34, 11, 11, 11, 11, 20, 24, 18),
    }  # fmt: skip


def _rows(text: Text) -> Iterator[list[Any]]:
    before = text["before"]
    for stage in STAGES:
        yield _sum_row(label(stage), text["stages"][stage.value], before and before["stages"][stage.value])
    yield _sum_row(_("Open projects"), text["open"], before and before["open"])
    yield _sum_row(_("Signed this week"), text["signed"], before and before["signed"])
    yield [_("Key projects"), text["open"]["key"], before and text["open"]["key"] - before["open"]["key"]]
    words, past = change_words(), before and before["changes"]
    for name, word in words.items():
        number = text["changes"][name]
        yield [word, number, past and number - past[name]]
    told = text["closings"]
    yield _sum_row(_("Expected to close in %(month)s", month=told["month"]), told["expected"], None)
    yield _sum_row(_("Signed in %(month)s", month=told["month"]), told["closed"], None)
    last = told["last_month"]
    yield _sum_row(_("Signed in %(month)s", month=last["month"]), last["closed"], None)
    yield [_("Reports due"), text["reports"]["due"]]
    yield [_("Reports in time"), text["reports"]["in_time"]]
    yield [_("Conflicts opened"), text["cases"]["opened"]]
    yield [_("Conflicts decided"), text["cases"]["decided"]]


def _sum_row(name: str, now: Text, before: Text | None) -> list[Any]:
    """A row of sums, beside those of the Friday before."""
    weighted = Decimal(now["weighted"]) if "weighted" in now else None
    return [
        name,
        now["projects"],
        now["projects"] - before["projects"] if before else None,
        now["ports"],
        now["ports"] - before["ports"] if before else None,
        Decimal(now["revenue"]),
        weighted,
        weighted - Decimal(before["weighted"]) if before and weighted is not None else None,
    ]


def _projects(title: str, rows: Sequence[Text]) -> Sheet:
    words = change_words()
    return {
        "title": title,
        "header": [
            _("Reference"), _("Customer"), _("Partner"), _("Partner's name"), _("Stage a week ago"),
            _("Stage"), _("Ports"), _("Revenue a year"), _("Protected until"), _("Trial until"),
            _("Next step"), _("Next step on"), _("Marks"),
        ],
        "rows": [
            [
                row["ref"], row["customer"], row["partner"], row["partner_name"],
                label(Stage(row["before"])) if row["before"] else "", label(Stage(row["stage"])),
                row["ports"], Decimal(row["revenue"]), _day(row["protected_until"]),
                _day(row["trial_ends_on"]), row["next_step"], _day(row["next_on"]),
                " ".join(words[mark] for mark in row["marks"]),
            ]
            for row in rows
        ],
        "formats": {6: _COUNT, 7: _MONEY, 8: _DAY, 9: _DAY, 11: _DAY},
        "widths": (18, 32, 12, 26, 14, 12, 10, 16, 14, 14, 40, 14, 18),
    }  # fmt: skip


def _day(day: str) -> date | None:
    return date.fromisoformat(day) if day else None


def _support(rows: Sequence[Text]) -> Sheet:
    return {
        "title": _("Support needed"),
        "header": [
            _("Reference"), _("Customer"), _("Partner"), _("Stage"), _("Needs support"), _("Since"),
            _("Days"),
        ],
        "rows": [
            [
                row["ref"], row["customer"], row["partner_name"], label(Stage(row["stage"])), row["need"],
                _day(row["since"]), row["days"],
            ]
            for row in rows
        ],
        "formats": {5: _DAY, 6: _COUNT},
        "widths": (18, 32, 26, 12, 50, 14, 8),
    }  # fmt: skip


def _reports(told: Text) -> Sheet:
    stands = ((_("missing"), told["missing"]), (_("late"), told["late"]))
    return {
        "title": _("Who did not report"),
        "header": [_("Partner"), _("Partner's name"), _("Region"), _("Report")],
        "rows": [
            [each["code"], each["name"], each["region"], word] for word, rows in stands for each in rows
        ],
        "widths": (14, 32, 14, 12),
    }


def _cases(rows: Sequence[Text]) -> Sheet:
    return {
        "title": _("Conflicts of the week"),
        "header": [_("Case"), _("Customer"), _("Partner"), _("Kind"), _("Outcome")],
        "rows": [
            [
                row["ref"], row["customer"], row["partner_name"], label(CaseKind(row["kind"])),
                label(Outcome(row["outcome"])) if row["outcome"] else _("Opened"),
            ]
            for row in rows
        ],
        "widths": (16, 32, 26, 14, 40),
    }  # fmt: skip
