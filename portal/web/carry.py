"""A form sent after log-out, or with an outdated token, is kept: nothing that was typed is lost.

Signed out, its fields travel through the login page. Signed in, the person sees them and sends
them again. Forms that another site sent are never kept.
"""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template, request
from itsdangerous import BadData, URLSafeSerializer

from portal.web.words import FIELDS

_LARGEST = 64 * 1024
_CARRIED = "carried"
_NOT_CARRIED = frozenset({"csrf_token", "password", "current", _CARRIED})
_OWN_SITES = ("same-origin", "none")


def typed() -> dict[str, Any] | None:
    """The posted fields; None when there is nothing to keep, too much, or another site sent it."""
    if not _from_this_site():
        return None
    fields = {
        name: values if len(values) > 1 else values[0]
        for name, values in request.form.lists()
        if name not in _NOT_CARRIED
    }
    if not fields or sum(len(str(value)) for value in fields.values()) > _LARGEST:
        return None
    return fields


def _from_this_site() -> bool:
    """Browsers say where a form stands: without TLS only by its origin, tools not at all."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in _OWN_SITES
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def still_carried() -> str | None:
    """What the login form brought along; a form on another site brings nothing."""
    return request.form.get(_CARRIED) if _from_this_site() else None


def pack() -> str | None:
    """What was posted, signed, for a hidden field of the login form; what it carried already stays."""
    if _CARRIED in request.form:
        return still_carried()
    fields = typed()
    return str(_serializer().dumps({"path": request.path, "fields": fields})) if fields else None


def unpack() -> tuple[str, dict[str, Any]] | None:
    """Path and fields of the form that the login page carried along, if any."""
    packed = still_carried()
    if not packed:
        return None
    try:
        held = _serializer().loads(packed)
    except BadData:
        return None
    return held["path"], held["fields"]


def again(path: str, fields: dict[str, Any]) -> str:
    """A page that shows what was typed and sends it to `path` when the person says so."""
    pairs = pairs_of(fields)
    shown = [(FIELDS[name], value) for name, value in pairs if name in FIELDS and value]
    return render_template("errors/again.html", path=path, pairs=pairs, shown=shown)


def pairs_of(fields: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every name with each of its values."""
    return [
        (name, value)
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="carried-form")
