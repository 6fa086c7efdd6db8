"""Versions made ready to be read: figures in words, with their units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext

from portal.domain.figures import FIGURES, GROUPS, PAID_BY_SHARE, flat
from portal.domain.terms import Tier
from portal.domain.versions import Change, changes
from portal.policy.service import completed
from portal.web import labels
from portal.web.figures import GROUPS as GROUP_WORDS
from portal.web.figures import figure_value, figure_words

_SAID_WHEN_MISSING = frozenset({"rates", "floor_prices"})


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One figure that differs, in words."""

    words: str
    before: str
    after: str


def change_rows(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangeRow]:
    """What differs between two versions, figure by figure; one row where every tier's rate moves alike."""
    found = changes(completed(dict(before)), completed(dict(after)))
    by_name = {each.figure.name: each for each in found}
    rows = []
    for change in found:
        product = change.figure.path[1] if change.figure.path[0] == "rates" else ""
        alike = _alike(by_name, product) if change.figure.path[-1] != "second_year" else False
        if alike and change.figure.path[-1] != Tier.GOLD:
            continue
        words = figure_words(change.figure)
        if alike:
            name = next(labels.label(each) for each in PAID_BY_SHARE if each == product)
            words = gettext("%(product)s, every tier, year 1", product=name)
        value = change.figure
        rows.append(ChangeRow(words, figure_value(value, change.before), figure_value(value, change.after)))
    return rows


def _alike(found: Mapping[str, Change], product: str) -> bool:
    of_tiers = [found.get(f"rates.{product}.{tier}") for tier in Tier]
    return len({each and (each.before, each.after) for each in of_tiers}) == 1 and of_tiers[0] is not None


def figure_rows(body: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """All figures of a version by parts, in words; what is not limited is left out."""
    figures = flat(completed(dict(body)))
    parts = []
    for group in GROUPS:
        rows = [
            (figure_words(figure), figure_value(figure, figures.get(name)))
            for name, figure in FIGURES.items()
            if figure.group == group
            and (name in figures or (group in _SAID_WHEN_MISSING and not name.endswith("second_year")))
        ]
        parts.append((str(GROUP_WORDS[group]), rows))
    return parts


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version on the list: from and until when, by whom, what it changed."""

    id: int
    effective_from: date
    until: date | None
    state: str
    author: str | None
    created_at: Any
    reason: str
    body: Mapping[str, Any]
    changes: list[ChangeRow] | None


def version_rows(rows: list[Any], today: date) -> list[VersionRow]:
    """Versions, the newest first, each beside the one before."""
    found = []
    for place, row in enumerate(rows):
        newer = rows[place - 1] if place else None
        older = rows[place + 1] if place + 1 < len(rows) else None
        until = newer.effective_from - timedelta(days=1) if newer else None
        state = "coming" if row.effective_from > today else "past" if until and until < today else "now"
        found.append(
            VersionRow(
                row.id, row.effective_from, until, state, row.author, row.created_at, row.reason, row.body,
                change_rows(older.body, row.body) if older else None,
            )
        )  # fmt: skip
    return found
