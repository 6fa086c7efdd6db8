"""People (partner managers: their own; administrators: everybody) and the audit trail."""

from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.admin import queries
from portal.admin.forms import UserForm
from portal.auth import people, service
from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.errors import RuleViolation
from portal.domain.roles import PARTNER_ROLES, Role
from portal.partners.queries import partner_choices
from portal.web import labels
from portal.web.access import partners_of
from portal.web.forms import posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

bp = Blueprint("admin", __name__)


def _may_manage() -> bool:
    """Whether the person manages everybody; aborts when it manages nobody."""
    if allows(actor(), P.USER_MANAGE_ALL):
        return True
    if not allows(actor(), P.USER_MANAGE_OWN):
        g.missing_permission = P.USER_MANAGE_OWN
        abort(403)
    return False


def _person_or_404(user_id: int) -> Any:
    everybody = _may_manage()
    row = queries.one_user(reading(), user_id)
    if row is None or not (everybody or row.partner_id == actor().partner_id):
        abort(404)
    return row


def _offer(form: UserForm) -> UserForm:
    if _may_manage():
        form.offer(list(Role), partner_choices(reading(), partners_of(actor())))
    else:
        form.offer(sorted(PARTNER_ROLES), [])
    return form


@bp.get("/people")
@needs(P.PROFILE)
def users() -> ResponseReturnValue:
    """Who may sign in."""
    everybody = _may_manage()
    rows = queries.list_users(reading(), partner_id=None if everybody else actor().partner_id)
    return render_template("admin/users.html", rows=rows, everybody=everybody)


@bp.get("/people/new")
@needs(P.PROFILE)
def new_user_form() -> ResponseReturnValue:
    """A new person."""
    form = _offer(UserForm(data={"active": True, "roles": []}))
    return render_template("admin/user.html", form=form, person=None, everybody=_may_manage())


@bp.post("/people")
@needs(P.PROFILE)
def add_user() -> ResponseReturnValue:
    """Add the person and show the one-time link for the password."""
    everybody = _may_manage()
    form = _offer(UserForm(request.form))
    if form.validate():
        try:
            with transaction() as session:
                user_id = people.add_user(
                    session,
                    actor=actor(),
                    now=now(),
                    email=form.email.data,
                    name=form.name.data,
                    roles=form.chosen_roles(),
                    partner_id=form.chosen_partner() if everybody else actor().partner_id,
                    region=form.region.data if everybody else None,
                )
                secret = service.make_link(session, actor=actor(), user_id=user_id, now=now())
        except RuleViolation as error:
            form.refuse(error)
        else:
            return _link_page(form.name.data, secret)
    return render_template("admin/user.html", form=form, person=None, everybody=everybody), 422


def _link_page(name: str, secret: str) -> str:
    link = url_for("auth.set_password_form", secret=secret, _external=True)
    return render_template("admin/link.html", name=name, link=link, days=service.LINK_LIFETIME.days)


@bp.get("/people/<int:user_id>")
@needs(P.PROFILE)
def user_form(user_id: int) -> ResponseReturnValue:
    """A person to change."""
    person = _person_or_404(user_id)
    roles = [role.value for role in queries.roles_of(reading(), user_id)]
    data = {**person._mapping, "partner_id": str(person.partner_id or ""), "roles": roles}
    form = _offer(UserForm(data=data))
    return render_template("admin/user.html", form=form, person=person, everybody=_may_manage())


@bp.post("/people/<int:user_id>")
@needs(P.PROFILE)
def change_user(user_id: int) -> ResponseReturnValue:
    """Store it."""
    person, everybody = _person_or_404(user_id), _may_manage()
    form = _offer(UserForm(request.form))
    form.email.required = False
    if form.validate():
        try:
            with transaction() as session:
                people.change_user(
                    session,
                    actor=actor(),
                    now=now(),
                    user_id=user_id,
                    version=posted_number(form.version.data),
                    name=form.name.data,
                    roles=form.chosen_roles(),
                    region=form.region.data if everybody else person.region,
                    active=bool(form.active.data),
                )
        except RuleViolation as error:
            form.refuse(error)
            status = 409 if error.code == "stale" else 422
            page = render_template("admin/user.html", form=form, person=person, everybody=everybody)
            return page, status
        return go_to(url_for(".users"))
    return render_template("admin/user.html", form=form, person=person, everybody=everybody), 422


@bp.post("/people/<int:user_id>/link")
@needs(P.PROFILE)
def make_link(user_id: int) -> ResponseReturnValue:
    """A new one-time link; earlier ones end."""
    person = _person_or_404(user_id)
    with transaction() as session:
        secret = service.make_link(session, actor=actor(), user_id=user_id, now=now())
    return _link_page(person.name, secret)


@bp.get("/audit")
@needs(P.AUDIT_VIEW)
def audit() -> ResponseReturnValue:
    """Who did what, when, why."""
    text = request.args.get("q", "").strip()[:60]
    page = queries.audit_page(reading(), text=text, cursor=request.args.get("from"))
    return render_template(
        "admin/audit.html",
        page=page,
        text=text,
        act_words=labels.act_words,
        subject_words=labels.subject_words,
        link=lambda cursor: url_for(".audit", q=text or None, **{"from": cursor}),
    )
