"""A partner's own weekly sheet (W2): customer, ports, revenue, stage, support, under whatever heads. Pure.

Rows of text in, projects' lines out: which row is about which project is proposed, people confirm it.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.domain.errors import RuleViolation
from portal.domain.money import parse_count, parse_yuan
from portal.domain.names import keys_of
from portal.domain.pipeline import Stage

_TITLES = 15
_MOST = 500
_LONGEST = {"customer": 200, "happened": 2000, "support": 500, "next_step": 500, "stage": 40}
_JOINED = ("happened", "support", "next_step")


@dataclass(slots=True)
class SheetRow:
    """One customer of a sheet; `wrong` names the cells that could not be read, with what stood there."""

    number: int
    customer: str
    ports: int | None = None
    yearly_revenue: Decimal | None = None
    stage: Stage | None = None
    happened: str = ""
    support: str = ""
    next_step: str = ""
    wrong: dict[str, str] = field(default_factory=dict)


def read_sheet(
    rows: Iterable[Sequence[str]], words: Mapping[str, Sequence[str]], stage_of: Callable[[str], Stage]
) -> list[SheetRow]:
    """The customers of a sheet. Titles may stand above the heads; a merged customer goes on below itself.

    `words`: what the heads may be called, by what they name; `stage_of` reads a stage or refuses it.

    :raises RuleViolation: ``sheet.no_heads``: no row within the first few names a customer column;
        ``sheet.too_long``.
    """
    by_word = {_plain(word): key for key, known in words.items() for word in known}
    heads: dict[int, str] = {}
    found: list[SheetRow] = []
    for number, cells in enumerate(rows, start=1):
        if not heads:
            heads = _heads(cells, by_word)
            if not heads and number >= _TITLES:
                break
            continue
        told = {key: cells[at].strip() for at, key in heads.items() if at < len(cells)}
        if not any(told.values()):
            continue
        if told.get("customer"):
            if len(found) >= _MOST:
                raise RuleViolation("sheet.too_long", most=_MOST)
            found.append(SheetRow(number, told["customer"][: _LONGEST["customer"]]))
        if found:
            _take(found[-1], told, stage_of)
    if not heads:
        raise RuleViolation("sheet.no_heads", known="、".join(known[0] for known in words.values()))
    return found


def _heads(cells: Sequence[str], by_word: Mapping[str, str]) -> dict[int, str]:
    """Which column is which, where this row names the customer's; the first of two alike."""
    found: dict[int, str] = {}
    for at, cell in enumerate(cells):
        key = by_word.get(_plain(cell))
        if key is not None and key not in found.values():
            found[at] = key
    return found if "customer" in found.values() and len(found) > 1 else {}


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in folded.partition("(")[0] if each.isalnum())


def _take(row: SheetRow, told: Mapping[str, str], stage_of: Callable[[str], Stage]) -> None:
    """Add a line's cells to its customer: texts are joined, the first figure counts."""
    for name in _JOINED:
        if text := told.get(name, ""):
            joined = f"{getattr(row, name)}；{text}" if getattr(row, name) else text
            setattr(row, name, joined[: _LONGEST[name]])
    parsers: Mapping[str, Callable[[str], Any]] = {
        "ports": _ports, "yearly_revenue": parse_yuan, "stage": stage_of,
    }  # fmt: skip
    for name, parse in parsers.items():
        text = told.get(name, "")
        if not text or getattr(row, name) is not None:
            continue
        try:
            setattr(row, name, parse(text))
        except RuleViolation:
            row.wrong[name] = text[:40]


def _ports(text: str) -> int:
    typed = unicodedata.normalize("NFKC", text).strip().casefold()
    for unit in ("端口", "ports", "port", "个", "线"):
        typed = typed.removesuffix(unit).strip()
    return parse_count(typed.removesuffix(".0"))


def match_names(names: Iterable[str], projects: Mapping[int, str]) -> dict[str, int | None]:
    """Which of one's own projects each name means: the same name, else the only one alike; None: unknown.

    Alike is what is the same without legal form and region.
    """
    full: dict[str, list[int]] = {}
    core: dict[str, list[int]] = {}
    for number, name in projects.items():
        keys = keys_of(name)
        full.setdefault(keys.full, []).append(number)
        if keys.core:
            core.setdefault(keys.core, []).append(number)
    found: dict[str, int | None] = {}
    for name in names:
        keys = keys_of(name)
        near = full.get(keys.full) or core.get(keys.core or "") or []
        found[name] = near[0] if len(near) == 1 else None
    return found
