"""Forged and outdated forms. A form sent after log-out is carried through the login."""

from typing import Any

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import BadData, URLSafeSerializer

from portal.web.htmx import is_htmx

_LARGEST = 64 * 1024
_CARRIED = "carried"


def init_app(app: Flask) -> None:
    """Protect every post; on failure lose nothing that was typed."""
    CSRFProtect(app)
    app.register_error_handler(CSRFError, _refuse)


def _refuse(error: CSRFError) -> ResponseReturnValue:
    if current_user.is_authenticated:
        if is_htmx():
            return "", 204, {"HX-Refresh": "true"}
        return render_template("errors/csrf.html", reason=error.description), 400
    if is_htmx():
        return "", 204, {"HX-Refresh": "true"}
    return render_template("auth/login.html", next=None, expired=True, carried=pack()), 401


def pack() -> str | None:
    """The posted fields, signed, for a hidden field of the login form; None when too large."""
    fields = {
        name: values if len(values) > 1 else values[0]
        for name, values in request.form.lists()
        if name not in ("csrf_token", "password", _CARRIED)
    }
    if not fields or sum(len(str(value)) for value in fields.values()) > _LARGEST:
        return None
    return str(_serializer().dumps({"path": request.path, "fields": fields}))


def unpack() -> tuple[str, dict[str, Any]] | None:
    """Path and fields of the form that the login page carried along, if any."""
    packed = request.form.get(_CARRIED)
    if not packed:
        return None
    try:
        held = _serializer().loads(packed)
    except BadData:
        return None
    return held["path"], held["fields"]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="carried-form")
