"""Small marks that stand on every row of a list, made once per language and then looked up.

A macro call costs a page as much as a query does when it is made fifty times; these are plain
functions with a cache, and what they make is the same HTML that the macros would.
"""

from datetime import date
from functools import lru_cache
from typing import Any

from flask import Flask
from flask_babel import gettext, ngettext
from markupsafe import Markup

from portal.domain.facts import State
from portal.web import labels, request
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


def init_app(app: Flask) -> None:
    """Give templates `state_mark`, `guard_mark` and `stage_mark`."""
    sprite = str(app.jinja_env.globals["sprite"])

    def icon(name: str) -> str:
        use = f'<use href="{sprite}#i-{name}"/>'
        return f'<svg class="ico " viewBox="0 0 24 24" aria-hidden="true">{use}</svg>'

    @lru_cache(maxsize=64)
    def state(value: str, _locale: str) -> Markup:
        kind, name = _LOOKS[State(value)]
        text = Markup.escape(str(labels.label(State(value))))
        return Markup(f'<span class="pill {kind}">{icon(name)}{text}</span>')  # noqa: S704 - escaped above

    @lru_cache(maxsize=512)
    def guard(signed: bool, days: int, _locale: str) -> Markup:
        kind, sign, text = _guard(signed, days, icon)
        return Markup(f'<span class="guard {kind}">{sign}{Markup.escape(text)}</span>')  # noqa: S704 - escaped

    def state_mark(value: Any) -> Markup:
        return state(str(value), locale())

    def guard_mark(value: Any, until: date | None) -> Markup:
        signed = str(value) == State.SIGNED
        if until is None and not signed:
            return Markup("")
        days = (until - request.today()).days if until and not signed else 0
        return guard(signed, max(days, -1), locale())

    app.jinja_env.globals["state_mark"] = state_mark
    app.jinja_env.globals["guard_mark"] = guard_mark


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
