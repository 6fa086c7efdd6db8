"""Forged and outdated forms. An honest one that came too late loses nothing."""

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf

from portal.web.carry import again, typed
from portal.web.htmx import is_htmx, with_events
from portal.web.login import ask_to_sign_in


def init_app(app: Flask) -> None:
    """Protect every post."""
    CSRFProtect(app)
    app.register_error_handler(CSRFError, _refuse)


def _refuse(_error: CSRFError) -> ResponseReturnValue:
    if not current_user.is_authenticated:
        return ask_to_sign_in()
    g.actor = current_user.actor  # the page is drawn for this person, though nothing was done
    if is_htmx():
        # The page stays as it is and gets the new token; what was typed is still there to send.
        text = str(gettext("You have logged in again meanwhile. Send it once more."))
        return with_events(("", 204), token=generate_csrf(), toast={"text": text, "bad": True})
    if (fields := typed()) is not None:
        return again(request.path, fields), 400
    return render_template("errors/csrf.html"), 400
