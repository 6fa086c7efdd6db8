"""How the figures of a roll-up's text look: formatted, beside last Friday's, and as bars."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from portal.domain.cases import CaseKind, Outcome
from portal.domain.pipeline import STAGES, Stage
from portal.domain.rollup import LEFT_STAGES
from portal.domain.rollup_text import difference
from portal.web.filters import sign
from portal.web.language import gettext as _
from portal.web.marks import look

Text = Mapping[str, Any]
# The charts are drawn in a box of this size and stretched to the place there is.
_WIDE, _HIGH, _GAP = 240.0, 100.0, 0.24
# The funnel's slices: the highest is this high in a box of 88; the last one slopes a little.
_BOX, _HIGHEST, _SLOPE = 88, 80, 0.94
_CHANGES = ("new", "advanced", "fell_back", "gone", "stuck", "lapsing", "lapsed_now")


def money(text: str) -> str:
    """A frozen amount without fen: ¥126,000."""
    return f"{sign()}{Decimal(text):,.0f}"


def _more(number: int | Decimal | None, *, as_money: bool = False) -> str:
    """A difference with its sign; ±0 where there is none."""
    if number is None:
        return ""
    amount = f"{sign()}{abs(number):,.0f}" if as_money else f"{abs(number):,}"
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{amount}"


def _beside(text: Text) -> Mapping[str, Any] | None:
    """How far each figure is from last Friday's; None where there is none to compare with."""
    before = text["before"]
    if before is None:
        return None
    return {name: difference(text[name], before[name]) for name in ("stages", "open", "signed", "changes")}


def headline(text: Text) -> list[tuple[str, str, str]]:
    """The four figures on top: what, how much, how much more than last Friday."""
    now, more = text["open"], _beside(text)
    own = more["open"] if more else None
    return [
        (_("Open projects"), f"{now['projects']:,}", _more(own["projects"] if own else None)),
        (_("Ports expected"), f"{now['ports']:,}", _more(own["ports"] if own else None)),
        (
            _("Weighted revenue a year"),
            money(now["weighted"]),
            _more(own["weighted"] if own else None, as_money=True),
        ),
        (
            _("Signed this week"),
            f"{text['signed']['projects']:,}",
            _more(more["signed"]["projects"] if more else None),
        ),
    ]


def change_words() -> dict[str, str]:
    """What a roll-up calls that which became of projects."""
    return {
        "new": _("New"),
        "advanced": _("Advanced"),
        "fell_back": _("Fell back"),
        "gone": _("Gone"),
        "stuck": _("Stuck"),
        "lapsing": _("About to lapse"),
        "lapsed_now": _("Lapsed this week"),
        "lapsed": _("Lapsed"),
    }


def changes(text: Text) -> list[tuple[str, str, str]]:
    """What the week did: what, how many projects, how many more than in the week before."""
    more, words = _beside(text), change_words()
    return [
        (words[name], f"{text['changes'][name]:,}", _more(more["changes"][name] if more else None))
        for name in _CHANGES
    ]


def funnel(text: Text) -> Iterator[tuple[str, ...]]:
    """For each stage its figures, how they changed, the slice of the funnel, the share that went further."""
    eyes, more = look(), _beside(text)
    most = max(1, *(text["stages"][stage.value]["ports"] for stage in STAGES))
    heights = [text["stages"][stage.value]["ports"] / most * _HIGHEST for stage in STAGES]
    for stage, left, right in zip(STAGES, heights, [*heights[1:], heights[-1] * _SLOPE], strict=True):
        place, top, end = text["stages"][stage.value], f"{_BOX - left:.1f}", f"{_BOX - right:.1f}"
        own = more["stages"][stage.value] if more else None
        yield (
            str(stage.number),
            eyes.label(stage),
            f"{place['projects']:,}",
            _more(own["projects"] if own else None),
            f"{place['ports']:,}",
            _more(own["ports"] if own else None),
            money(place["revenue"]),
            money(place["weighted"]),
            f"M0 {top}C50 {top} 50 {end} 100 {end}V{_BOX}H0Z",
            f"{place['ports'] / most * 100:.1f}",
            _share(text["conversion"][stage.value]) if stage in LEFT_STAGES else "",
        )


def _share(flow: Mapping[str, Any]) -> str:
    return f"{Decimal(flow['further'] * 100) / flow['left']:.0f}%" if flow["left"] else ""


def conversion(text: Text) -> list[tuple[str, str, str, str, str, str, str, str]]:
    """For each stage that can be left: number, word, share, its bar, how many of how many, days, its bar."""
    eyes, flows = look(), text["conversion"]
    longest = max([Decimal(flow["median_days"] or 0) for flow in flows.values()] + [Decimal(1)])
    rows = []
    for stage in LEFT_STAGES:
        flow = flows[stage.value]
        width = Decimal(flow["further"]) / flow["left"] * 100 if flow["left"] else Decimal(0)
        rows.append(
            (
                str(stage.number),
                eyes.label(stage),
                _share(flow) or "–",
                f"{width:.1f}",
                f"{flow['further']:,}",
                f"{flow['left']:,}",
                flow["median_days"] or "–",
                f"{Decimal(flow['median_days'] or 0) / longest * 100:.1f}",
            )
        )
    return rows


def closings(text: Text) -> dict[str, Any]:
    """Expected this month beside closed: figures, and bars as long as they are worth."""
    told = text["closings"]
    expected, closed = told["expected"], told["closed"]
    most = max(Decimal(expected["revenue"]), Decimal(closed["revenue"]), Decimal(1))
    rows = [
        (word, f"{part['projects']:,}", f"{part['ports']:,}", money(part["revenue"]), shade,
         f"{Decimal(part['revenue']) / most * 100:.1f}")
        for word, part, shade in ((_("Still expected"), expected, "4"), (_("Signed so far"), closed, "5"))
    ]  # fmt: skip
    return {"rows": rows, "weighted": money(expected["weighted"]), "last": told["last_month"]}


def stacks(text: Text, name: str) -> dict[str, Any]:
    """Twelve weeks as stacked bars by open stage, of ports or of weighted revenue; the same as a table."""
    history, eyes = text["history"], look()
    rows = [[Decimal(str(each["stages"][stage.value][name])) for stage in LEFT_STAGES] for each in history]
    most = max([sum(row, Decimal(0)) for row in rows] + [Decimal(1)])
    step = _WIDE / 12
    start = _WIDE - step * len(history)
    bars = []
    for place, row in enumerate(rows):
        bottom = _HIGH
        for number, value in enumerate(row, start=1):
            height = float(value / most) * _HIGH
            bottom -= height
            if height:
                bars.append(
                    (str(number), f"{start + step * (place + _GAP / 2):.2f}", f"{bottom:.2f}",
                     f"{step * (1 - _GAP):.2f}", f"{height:.2f}")
                )  # fmt: skip
    shown = money if name == "weighted" else lambda value: f"{int(value):,}"
    return {
        "bars": bars,
        "most": shown(str(most)),
        "weeks": [""] * (12 - len(history)) + [short(each["week"]) for each in history],
        "table": [
            (short(each["week"]), [shown(str(value)) for value in row], shown(str(sum(row, Decimal(0)))))
            for each, row in zip(history, rows, strict=True)
        ],
        "stages": [(str(stage.number), eyes.label(stage)) for stage in LEFT_STAGES],
    }


def short(day: str) -> str:
    """A week as the axis names it: by month and day of its Thursday."""
    return day[5:]


def projects(rows: Sequence[Text]) -> Iterator[tuple[Any, ...]]:
    """For each project of a list its values, in the order of the templates."""
    eyes = look()
    words = change_words()
    for row in rows:
        before = Stage(row["before"]) if row["before"] else None
        yield (
            row["id"], row["customer"], row["ref"], row["partner_name"], row["partner"],
            row["stage"], eyes.label(Stage(row["stage"])),
            eyes.label(before) if before and before.value != row["stage"] else "",
            row["change"], f"{row['ports']:,}", money(row["revenue"]), _day(row["protected_until"]),
            row["next_step"], _day(row["next_on"]), _day(row["trial_ends_on"]),
            [(mark, words[mark]) for mark in row["marks"]],
        )  # fmt: skip


def _day(day: str) -> str:
    """A frozen day by month and day: it reads the same whenever the page is opened."""
    return day[5:] if day else ""


def support(rows: Sequence[Text]) -> Iterator[tuple[Any, ...]]:
    """For each open request for support its values."""
    eyes = look()
    for row in rows:
        yield (
            row["id"], row["customer"], row["partner_name"], eyes.label(Stage(row["stage"])), row["need"],
            row["since"], row["days"],
        )  # fmt: skip


def cases(rows: Sequence[Text]) -> Iterator[tuple[str, ...]]:
    """For each case of the week its values."""
    eyes = look()
    for row in rows:
        outcome = eyes.label(Outcome(row["outcome"])) if row["outcome"] else ""
        yield (
            row["ref"], row["customer"], row["partner_name"], eyes.label(CaseKind(row["kind"])),
            outcome or _("Opened"),
        )  # fmt: skip


def weeks_listed(history: Sequence[Text]) -> dict[date, tuple[str, str, str, str]]:
    """The open projects, ports and weighted revenue of past weeks, and how the ports changed."""
    found: dict[date, tuple[str, str, str, str]] = {}
    sums = []
    for each in history:
        places = [each["stages"][stage.value] for stage in LEFT_STAGES]
        sums.append(
            (
                date.fromisoformat(each["week"]),
                sum(place["projects"] for place in places),
                sum(place["ports"] for place in places),
                sum((Decimal(place["weighted"]) for place in places), Decimal(0)),
            )
        )
    more = [None, *(now[2] - before[2] for before, now in pairwise(sums))]
    for (day, number, ports, weighted), step in zip(sums, more, strict=True):
        found[day] = (f"{number:,}", f"{ports:,}", f"{sign()}{weighted:,.0f}", _more(step))
    return found
