"""Who is asking. Default deny: every page needs a person and a permission, unless listed here."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, current_user

from portal.domain.access import Permission, allows
from portal.domain.roles import Actor, Role
from portal.models import tables as t
from portal.web.carry import pack, still_carried
from portal.web.htmx import is_htmx, with_toast
from portal.web.request import reading

PUBLIC = frozenset(
    {"static", "auth.login_form", "auth.login", "auth.set_password_form", "auth.set_password",
     "auth.choose_language", "auth.health", "auth.logo", "verify.page"}
)  # fmt: skip
SESSION_KEY = "session_key"
_View = TypeVar("_View", bound=Callable[..., Any])
MOST_UNREAD = 99
# Of the person alone, not of every row: counted once, and no further than the bell shows.
_UNREAD = (
    sa.select(sa.func.count())
    .select_from(
        sa.select(t.notice.c.id)
        .where(t.notice.c.user_id == sa.bindparam("id"), t.notice.c.read_at.is_(None))
        .limit(MOST_UNREAD + 1)
        .subquery()
    )
    .scalar_subquery()
)
_PERSON = (
    sa.select(
        t.user.c.id, t.user.c.name, t.user.c.email, t.user.c.partner_id, t.user.c.region, t.user.c.locale,
        t.user.c.theme, t.user.c.session_stamp, t.partner.c.name.label("partner_name"), t.user_role.c.role,
        _UNREAD.label("unread"),
    )
    .select_from(t.user)
    .join(t.partner, t.partner.c.id == t.user.c.partner_id, isouter=True)
    .join(t.user_role, t.user_role.c.user_id == t.user.c.id, isouter=True)
    .where(t.user.c.id == sa.bindparam("id"), t.user.c.active)
    .where(~sa.exists().where(t.ended_session.c.key == sa.bindparam("session")))
)  # fmt: skip
_SAFE_NEXT = re.compile(r"/(?![/\\])[^\x00-\x1f\\]*")


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of this request, read with one query."""

    actor: Actor
    email: str
    locale: str | None
    theme: str
    partner_name: str | None
    stamp: str
    unread: int = 0

    def get_id(self) -> str:
        """The id kept in the cookie; a new password changes the stamp and ends other sessions."""
        return f"{self.actor.user_id}:{self.stamp}"


def needs(permission: Permission, *, quiet: bool = False) -> Callable[[_View], _View]:
    """Declare the permission a view needs; a view without one is closed to everybody.

    `quiet`: pages post to it by themselves while a person types, so it never takes the page away.
    """

    def mark(view: _View) -> _View:
        view.permission = permission  # type: ignore[attr-defined]
        view.quiet = quiet  # type: ignore[attr-defined]
        return view

    return mark


def init_app(app: Flask) -> None:
    """Wire flask-login and the default deny."""
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(load_user)
    app.before_request(_refuse_strangers)

    def can(permission: str) -> bool:
        return "actor" in g and allows(g.actor, Permission(permission))

    app.jinja_env.globals["can"] = can
    app.jinja_env.globals["here"] = here


def load_user(cookie_id: str) -> SignedIn | None:
    """The person whose cookie this is; None when it is gone, switched off, outdated or logged out."""
    user_id, _, stamp = cookie_id.partition(":")
    if not user_id.isdigit():
        return None
    key = session.get(SESSION_KEY, "")
    rows = reading().execute(_PERSON, {"id": int(user_id), "session": key}).all()
    if not rows or rows[0].session_stamp != stamp:
        session.pop("_user_id", None)  # no later answer may sign this cookie anew
        return None
    row = rows[0]
    roles = frozenset(Role(each.role) for each in rows if each.role)
    actor = Actor(row.id, row.name, roles, row.partner_id, row.region)
    return SignedIn(actor, row.email, row.locale, row.theme, row.partner_name, row.session_stamp, row.unread)


def _refuse_strangers() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint == "static":
        return None
    person: Any = current_user._get_current_object()
    if person.is_authenticated:
        g.actor = person.actor
    if endpoint is None or endpoint in PUBLIC:
        return None
    if not person.is_authenticated:
        return ask_to_sign_in()
    view = current_app.view_functions[endpoint]
    permission = cast(Permission | None, getattr(view, "permission", None))
    if permission is None or not allows(g.actor, permission):
        g.missing_permission = permission
        abort(403)
    return None


def ask_to_sign_in() -> ResponseReturnValue:
    """Send a stranger to the login page and back afterwards; what was posted goes along.

    htmx gets the same page for the whole body; for a mere look-up it gets a word in passing, and
    the form on the screen stays as it is.
    """
    view = current_app.view_functions[request.endpoint or "static"]
    if request.method == "POST" and not (is_htmx() and getattr(view, "quiet", False)):
        public = request.endpoint in PUBLIC
        page = render_template(
            "auth/login.html",
            next=safe_next(request.form.get("next")) if public else _came_from(),
            email=request.form.get("email") if public else None,
            expired=True,
            carried=still_carried() if public else pack(),
        )
        return page, 401, {"HX-Retarget": "body", "HX-Reswap": "innerHTML"} if is_htmx() else {}
    if is_htmx():
        text = gettext("You were logged out. What is on the screen is kept when you send it.")
        return with_toast(("", 204), text, bad=True)
    return redirect(url_for("auth.login_form", next=safe_next(request.full_path.rstrip("?"))), 303)


def _came_from() -> str | None:
    """The page on which the form stands."""
    url = request.headers.get("HX-Current-URL") or request.referrer or ""
    return safe_next(re.sub(r"^https?://[^/]+", "", url))


def here() -> str:
    """The address that shows this page again: after another language or theme was chosen."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return _came_from() or "/"


def safe_next(path: str | None) -> str | None:
    """`path` if it stays on this site, else None (no open redirect)."""
    return path if path and _SAFE_NEXT.fullmatch(path) else None
