"""Log in and out, set a password, choose language and theme."""

import secrets

from flask import Blueprint, abort, flash, g, redirect, render_template, request, send_file, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user

from portal.auth import service
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.registrations.drafts import keep_carried
from portal.web import language
from portal.web.carry import again, still_carried, unpack
from portal.web.forms import PortalForm, text_field
from portal.web.login import SESSION_KEY, load_user, needs, safe_next
from portal.web.request import actor, config, now, reading, transaction

bp = Blueprint("auth", __name__)


class PasswordForm(PortalForm):
    """A new password, by link."""

    current = None
    password = text_field(_l("New password"), 200, required=True)


class ChangePasswordForm(PortalForm):
    """A new password beside the present one."""

    current = text_field(_l("Present password"), 200, required=True)
    password = text_field(_l("New password"), 200, required=True)


@bp.get("/health")
def health() -> ResponseReturnValue:
    """For load balancers: whether the database answers."""
    service.ping(reading())
    return {"status": "ok"}


@bp.get("/logo")
def logo() -> ResponseReturnValue:
    """The deployer's own logo (PORTAL_LOGO)."""
    path = config().logo
    if path is None:
        abort(404)
    return send_file(path, max_age=3600)


@bp.get("/login")
def login_form() -> ResponseReturnValue:
    """The login page."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next")) or url_for("home.today"))
    return render_template("auth/login.html", next=safe_next(request.args.get("next")))


@bp.post("/login")
def login() -> ResponseReturnValue:
    """Sign in; a form that was sent after log-out becomes a draft."""
    email = request.form.get("email", "")
    address = request.remote_addr or ""
    with transaction() as db_session:
        tried = service.begin_sign_in(db_session, email=email, address=address, now=now())
    cookie_id = None
    if tried:
        fits = service.password_fits(tried, request.form.get("password", ""))
        with transaction() as db_session:
            cookie_id = service.end_sign_in(db_session, tried=tried, fits=fits, now=now())
    if cookie_id is None:
        throttled = tried is None
        error = (
            _("Too many tries. Wait a quarter of an hour, then try again.")
            if throttled
            else _("E-mail or password is wrong, or the account is switched off.")
        )
        page = render_template(
            "auth/login.html",
            error=error,
            email=email,
            next=safe_next(request.form.get("next")),
            carried=still_carried(),
        )
        return page, 429 if throttled else 401
    carried = unpack()
    _begin(cookie_id)
    target = safe_next(request.form.get("next")) or url_for("home.today")
    if carried:
        kept = _keep(carried)
        if kept is None:
            return again(*carried)
        target = kept
    return redirect(target, 303)


def _begin(cookie_id: str) -> None:
    """A fresh session: whatever an attacker planted before the login is gone."""
    chosen = session.get("locale")
    session.clear()
    session[SESSION_KEY] = secrets.token_hex(16)
    person = load_user(cookie_id)
    # In the cookie too: pages that say that the database is gone are in the person's language.
    chosen = (person.locale if person else None) or chosen
    if chosen:
        session["locale"] = chosen
    login_user(person)
    g.actor = person.actor if person else None


def _keep(carried: tuple[str, dict[str, object]]) -> str | None:
    with transaction() as db_session:
        target = keep_carried(db_session, actor=actor(), now=now(), path=carried[0], fields=carried[1])
    if target:
        flash(_("What you had typed before you were logged out is still here."))
    return target


@bp.post("/logout")
@needs(P.PROFILE)
def logout() -> ResponseReturnValue:
    """Sign out here; a copy of the cookie is worth nothing afterwards."""
    chosen = language.locale()
    if key := session.get(SESSION_KEY):
        with transaction() as db_session:
            service.end_session(db_session, key=key, now=now())
    logout_user()
    session.clear()
    session["locale"] = chosen
    return redirect(url_for("auth.login_form"), 303)


@bp.get("/password/<secret>")
def set_password_form(secret: str) -> ResponseReturnValue:
    """Set a password with a one-time link."""
    _id, name, _email = service.link_owner(reading(), secret, now())
    return render_template("auth/password.html", form=PasswordForm(), who=name)


@bp.post("/password/<secret>")
def set_password(secret: str) -> ResponseReturnValue:
    """Store it and sign in."""
    form = PasswordForm(request.form)
    if form.validate():
        try:
            with transaction() as db_session:
                cookie_id = service.set_password_by_link(
                    db_session, secret=secret, password=form.password.typed or "", now=now()
                )
        except RuleViolation as error:
            if error.code == "password.link_used":
                raise
            form.refuse(error)
        else:
            _begin(cookie_id)
            return redirect(url_for("home.today"), 303)
    return render_template("auth/password.html", form=form), 422


@bp.get("/password")
@needs(P.PROFILE)
def password_form() -> ResponseReturnValue:
    """Change one's own password."""
    return render_template("auth/password.html", form=ChangePasswordForm())


@bp.post("/password")
@needs(P.PROFILE)
def change_password() -> ResponseReturnValue:
    """Store it; sessions elsewhere end."""
    form = ChangePasswordForm(request.form)
    if form.validate():
        # Whoever sits down at a session left open must not guess the present password either.
        with transaction() as db_session:
            tried = service.begin_sign_in(
                db_session, email=current_user.email, address=request.remote_addr or "", now=now()
            )
        if tried is None:
            form.form_errors.append(_("Too many tries. Wait a quarter of an hour, then try again."))
            return render_template("auth/password.html", form=form), 429
        try:
            with transaction() as db_session:
                cookie_id = service.change_password(
                    db_session,
                    actor=actor(),
                    tried=tried,
                    current=form.current.typed or "",
                    password=form.password.typed or "",
                    now=now(),
                )
        except RuleViolation as error:
            form.refuse(error)
            if error.code != "password.wrong":
                with transaction() as db_session:
                    service.forget_try(db_session, tried)
        else:
            _begin(cookie_id)
            flash(_("Your password is changed. Other devices are logged out."))
            return redirect(url_for("home.today"), 303)
    return render_template("auth/password.html", form=form), 422


@bp.post("/language")
def choose_language() -> ResponseReturnValue:
    """Change the language and stay on the page."""
    chosen = request.form.get("locale")
    if chosen in language.LOCALES:
        session["locale"] = chosen
        if current_user.is_authenticated:
            _store(locale=chosen)
    return redirect(safe_next(request.form.get("next")) or "/", 303)


@bp.post("/theme")
@needs(P.PROFILE)
def choose_theme() -> ResponseReturnValue:
    """Change the theme and stay on the page."""
    chosen = request.form.get("theme")
    if chosen in language.THEMES:
        _store(theme=chosen)
    return redirect(safe_next(request.form.get("next")) or "/", 303)


def _store(**values: str) -> None:
    with transaction() as db_session:
        service.keep_preference(db_session, actor=actor(), **values)
