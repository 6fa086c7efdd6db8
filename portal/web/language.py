"""Language and theme: the person's own, else the browser's, else English (DESIGN.md §8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, force_locale, get_translations
from flask_login import current_user
from markupsafe import Markup

LOCALES = ("zh", "en")
DEFAULT = "en"
THEMES = ("auto", "light", "dark")


def init_app(app: Flask) -> None:
    """Wire Flask-Babel; templates get `locale`, `other_locale` and `theme`."""
    Babel(app, locale_selector=locale)
    _install_quick_gettext(app)

    @app.context_processor
    def language() -> dict[str, str]:
        chosen = locale()
        return {"locale": chosen, "other_locale": "en" if chosen == "zh" else "zh", "theme": theme()}


@cache
def _catalogue(_locale: str) -> Any:
    return get_translations()


def gettext(text: str, /, **values: Any) -> str:
    """`text` in the language of this request, without asking Flask-Babel's context every time."""
    found: str = _catalogue(locale()).ugettext(text)
    return found % values if values else found


def _install_quick_gettext(app: Flask) -> None:
    """Give templates the same texts, as quickly."""

    def quick_gettext(text: str, /, **values: Any) -> Markup:
        return Markup(_catalogue(locale()).ugettext(text)) % values  # noqa: S704 - values are escaped

    def quick_ngettext(one: str, many: str, number: int, /, **values: Any) -> Markup:
        text = _catalogue(locale()).ungettext(one, many, number)
        return Markup(text) % {"num": number, **values}  # noqa: S704 - values are escaped

    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]
    # Jinja's own wrappers make a new context for every text inside a loop.
    app.jinja_env.globals.update(_=quick_gettext, gettext=quick_gettext, ngettext=quick_ngettext)


def locale() -> str:
    """``zh`` or ``en`` for this request; the default outside of one."""
    try:
        return cast(str, g.locale)  # asked for dozens of times a page: nothing else comes first
    except (AttributeError, RuntimeError):
        if not has_request_context():
            return DEFAULT
    g.locale = _negotiated()
    return cast(str, g.locale)


@contextmanager
def in_language(chosen: str) -> Iterator[None]:
    """Everything inside is said in one language, whatever the person reads otherwise."""
    before = locale()
    with force_locale(chosen):
        g.locale = chosen
        try:
            yield
        finally:
            g.locale = before


def _negotiated() -> str:
    if current_user and current_user.is_authenticated and current_user.locale in LOCALES:
        return cast(str, current_user.locale)
    if session.get("locale") in LOCALES:
        return cast(str, session["locale"])
    return request.accept_languages.best_match(["en", "zh"]) or DEFAULT


def theme() -> str:
    """``auto``, ``light`` or ``dark`` as the person chose."""
    if current_user and current_user.is_authenticated:
        return cast(str, current_user.theme)
    return "auto"
