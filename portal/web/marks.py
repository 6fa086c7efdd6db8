"""Small marks that stand on every row of a list, made once per language and then looked up.

A macro call costs a page as much as a query does when it is made fifty times; these are plain
functions with a cache, and what they make is the same HTML that the macros would.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, cast

from flask import Flask, current_app, g
from flask_babel import gettext, ngettext
from markupsafe import Markup

from portal.domain.facts import State
from portal.domain.protection import end_on, is_lapsed, stands
from portal.web import filters, labels, request, templating
from portal.web.language import locale

_LOOKS = {
    State.HELD: ("warn", "hourglass"),
    State.ACTIVE: ("ok", "shield-check"),
    State.WAITING: ("info", "clock"),
    State.LAPSED: ("bad", "shield-off"),
    State.RELEASED: ("", "arrow-back-up"),
    State.SIGNED: ("acc", "lock"),
    State.LOST: ("", "x"),
}
_WEEK = 7
_WEEKS = 4
_NOTHING = Markup("")


class Look:
    """How values look in one request: its language and day are asked for once, not for every value."""

    def __init__(self, language: str, today: date, sprite: str, sign: str) -> None:
        self.language, self.today, self.year = language, today, today.year
        self._sprite, self._sign = sprite, sign

    def label(self, value: StrEnum | None) -> str:
        """The word for an enum member; empty for none."""
        return "" if value is None else labels.word(type(value), value.value, self.language)

    def day(self, value: date | datetime | None) -> str:
        """A day as `filters.day` writes it."""
        return "" if value is None else filters.day_in(value, self.language, self.year)

    def whole_money(self, amount: Decimal) -> str:
        """A sum without fen: ¥126,000."""
        return f"{self._sign}{amount:,.0f}"

    def icon(self, name: str) -> Markup:
        """An icon of the sprite."""
        return _icon(self._sprite, name)

    def state(self, value: Any) -> Markup:
        """The pill of a state."""
        return _state(str(value), self.language, self._sprite)

    def guard(self, state: Any, until: date | None, paused_from: date | None) -> Markup:
        """The protection bar: what is left of it on this day, or that the clock stands."""
        signed = state == State.SIGNED
        if until is None and not signed:
            return _NOTHING
        if until and stands(paused_from, self.today):
            return _stopped_mark(self.language, self._sprite)
        days = (until - self.today).days if until and not signed else 0
        return _guard_mark(signed, max(days, -1), self.language, self._sprite)


def look() -> Look:
    """This request's `Look`."""
    kept = g.get("look")
    if kept is None:
        sprite = str(current_app.jinja_env.globals["sprite"])
        kept = g.look = Look(locale(), request.today(), sprite, filters.sign())
    return cast(Look, kept)


def init_app(app: Flask) -> None:
    """Give templates `state_mark` and `guard_mark`; `look` for rows that are made in Python."""
    app.jinja_env.globals["state_mark"] = lambda value: look().state(value)
    app.jinja_env.globals["state_today"] = state_today
    app.jinja_env.globals["until_today"] = until_today
    app.jinja_env.globals["guard_mark"] = lambda *claim: look().guard(*claim)


def state_today(claim: Any) -> Any:
    """The state of a claim's row as it is today: a lapse counts even where no tick wrote it down."""
    late = is_lapsed(claim.protected_until, claim.paused_from, request.today())
    return State.LAPSED if claim.state == State.ACTIVE and late else claim.state


def until_today(claim: Any) -> date | None:
    """The last protected day of a claim's row as things stand today (C3)."""
    if claim.protected_until is None:
        return None
    return end_on(claim.protected_until, claim.paused_from, request.today())


@lru_cache(maxsize=256)
def _icon(sprite: str, name: str) -> Markup:
    return templating.icon(sprite, name)


@lru_cache(maxsize=64)
def _state(value: str, _language: str, sprite: str) -> Markup:
    kind, name = _LOOKS[State(value)]
    text = Markup.escape(str(labels.label(State(value))))
    return Markup(f'<span class="pill {kind}">{_icon(sprite, name)}{text}</span>')  # noqa: S704 - escaped above


@lru_cache(maxsize=512)
def _guard_mark(signed: bool, days: int, _language: str, sprite: str) -> Markup:
    kind, sign, text = _guard(signed, days, partial(_icon, sprite))
    return Markup(f'<span class="guard {kind}">{sign}{Markup.escape(text)}</span>')  # noqa: S704 - escaped


@lru_cache(maxsize=8)
def _stopped_mark(_language: str, sprite: str) -> Markup:
    text = Markup.escape(gettext("Clock stands"))
    return Markup(f'<span class="guard p">{_icon(sprite, "hourglass")}{text}</span>')  # noqa: S704 - escaped


def _guard(signed: bool, days: int, icon: Any) -> tuple[str, str, str]:
    """Kind, sign and words of the protection bar; `days` left, −1 once it has lapsed."""
    if signed:
        return "k", icon("lock"), gettext("Locked")
    if days < 0:
        return "d", icon("shield-off"), gettext("Lapsed")
    if days == 0:
        return "d", icon("clock"), gettext("Lapses today")
    kind = "d" if days <= 3 else "w" if days <= _WEEK else ""
    return kind, _bar(days), ngettext("%(num)d day left", "%(num)d days left", days)


def _bar(days: int) -> str:
    """Four segments, one a week; filled as far as days are left."""
    parts = []
    for week in range(_WEEKS):
        filled = min(max((days - week * _WEEK) / _WEEK, 0), 1)
        place = f'x="{week * 13.4:.1f}" height="5" rx="1.5"'
        parts.append(f'<rect {place} width="11.8"/>')
        if filled:
            parts.append(f'<rect class="on" {place} width="{11.8 * filled:.1f}"/>')
    return f'<svg viewBox="0 0 52 5" aria-hidden="true">{"".join(parts)}</svg>'
