"""Every error as a page in the person's language: what happened, what to do, a reference."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from flask import Flask, current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.domain.errors import RuleViolation, StaleVersion, problems_of
from portal.web import labels
from portal.web.carry import pairs_of, typed
from portal.web.htmx import is_htmx
from portal.web.login import PUBLIC
from portal.web.logs import log, place, reference

_PAGES = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})


def init_app(app: Flask) -> None:
    """Answer errors of every kind."""
    app.register_error_handler(RuleViolation, on_rule)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(DBAPIError, on_database)
    app.register_error_handler(TimeoutError, on_database)
    app.register_error_handler(Exception, on_bug)


def page(status: int, messages: list[str] | None = None) -> ResponseReturnValue:
    """The error page for `status`; a bare note when htmx asks for a part."""
    if status >= 500:
        _ask_the_database_nothing_more()
    shown = status if status in _PAGES else (500 if status >= 500 else 400)
    missing = g.get("missing_permission")
    context = {
        "status": shown,
        "messages": messages or [],
        "reference": reference(),
        "missing": labels.right(missing) if missing else None,
        "holders": labels.holders(missing) if missing else None,
        "kept": _kept() if status >= 500 else None,
    }
    if is_htmx():
        return render_template("errors/_note.html", **context), status
    try:  # the frame itself may be what fails
        return render_template("errors/page.html", **context), status
    except Exception as error:
        log.error("error_page", path=place(), reference=reference(), exc_info=error)
        return render_template("errors/frameless.html", **context), status


def _kept() -> dict[str, Any] | None:
    """What was typed into the form that met the fault, to be sent again from the error page."""
    if request.method != "POST" or request.endpoint in PUBLIC or request.files:
        return None
    fields = typed()
    return {"path": request.path, "pairs": pairs_of(fields)} if fields else None


def on_rule(error: RuleViolation) -> ResponseReturnValue:
    """A refusal that no form took: 409 when outdated, else 422."""
    messages = [str(labels.message(problem)) for problem in problems_of(error)]
    return page(409 if isinstance(error, StaleVersion) else 422, messages)


def on_http(error: HTTPException) -> ResponseReturnValue:
    """404, 403, 413 and their like."""
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    if isinstance(error, MethodNotAllowed) and request.method == "GET" and (above := _page_above()):
        return redirect(above)
    answer = make_response(page(error.code or 500))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _page_above() -> str | None:
    """The page whose form posts to this address: where a refusal showed it, it may be opened again."""
    adapter = current_app.create_url_adapter(request)
    above = request.path
    while adapter is not None and (above := above.rpartition("/")[0]):
        with suppress(HTTPException):
            adapter.match(above, method="GET")
            return quote(above)
    return None


def on_database(error: DBAPIError | TimeoutError) -> ResponseReturnValue:
    """The database is locked, busy or gone: nothing was done, and the person can try again."""
    log.error("database", path=place(), reference=reference(), error=str(error))
    return page(503 if isinstance(error, OperationalError | TimeoutError) else 500)


def _ask_the_database_nothing_more() -> None:
    """Let the error page be drawn without the database: it is what failed."""
    if (session := g.pop("reading", None)) is not None:
        with suppress(DBAPIError):
            session.close()
    if "_login_user" not in g:
        g._login_user = AnonymousUserMixin()


def on_bug(error: Exception) -> ResponseReturnValue:
    """Anything else is our fault; the log has the whole story under the reference."""
    log.error("bug", path=place(), reference=reference(), exc_info=error)
    return page(500)
