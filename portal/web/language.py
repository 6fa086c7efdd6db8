"""Language and theme: the person's own, else the browser's, else English (DESIGN.md §8)."""

from functools import cache
from typing import Any, cast

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_translations
from flask_login import current_user

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


def _install_quick_gettext(app: Flask) -> None:
    """Give templates the same texts without asking Flask-Babel's context for every single one."""

    @cache
    def catalogue(_locale: str) -> Any:
        return get_translations()

    # Jinja's own newstyle wrapper fills in the placeholders and escapes them.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue(locale()).ugettext(text),
        lambda one, many, number: catalogue(locale()).ungettext(one, many, number),
        newstyle=True,
    )


def locale() -> str:
    """``zh`` or ``en`` for this request; the default outside of one."""
    if not has_request_context():
        return DEFAULT
    if "locale" not in g:
        g.locale = _negotiated()
    return cast(str, g.locale)


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
