"""The partner register."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.terms import PartnerKind
from portal.partners import queries, service
from portal.partners.forms import PartnerForm, TierForm
from portal.web.access import partner_or_404, partners_of
from portal.web.forms import posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("partners", __name__)


@bp.get("/partners")
@needs(P.PARTNER_VIEW)
def list_page() -> ResponseReturnValue:
    """The partners in sight."""
    text = request.args.get("q", "").strip()[:100]
    rows = queries.list_partners(reading(), scope=partners_of(actor()), text=text, today=today())
    return render_template("partners/list.html", rows=rows, text=text)


@bp.get("/partners/new")
@needs(P.PARTNER_EDIT)
def new_form() -> ResponseReturnValue:
    """An empty partner."""
    return _form_page(PartnerForm(), None), 200


def _form_page(form: PartnerForm, partner: Any) -> str:
    form.offer_managers(queries.managers(reading()))
    return render_template(
        "partners/form.html", form=form, partner=partner, regions=queries.regions(reading())
    )


@bp.post("/partners")
@needs(P.PARTNER_EDIT)
def create() -> ResponseReturnValue:
    """Add it."""
    form = PartnerForm(request.form)
    form.offer_managers(queries.managers(reading()))
    if form.validate():
        try:
            with transaction() as session:
                partner_id = service.add_partner(
                    session, actor=actor(), now=now(), values={"code": form.code.data, **form.values()}
                )
        except RuleViolation as error:
            form.refuse(error)
        else:
            flash(_("The partner is in the register."))
            return go_to(url_for(".detail", partner_id=partner_id))
    return _form_page(form, None), 422


@bp.get("/partners/<int:partner_id>")
@needs(P.PARTNER_VIEW)
def detail(partner_id: int) -> ResponseReturnValue:
    """One partner: facts, tier terms, people, projects."""
    return _detail_page(partner_or_404(partner_id), TierForm()), 200


def _detail_page(partner: Any, form: TierForm) -> str:
    return render_template(
        "partners/detail.html",
        p=partner,
        terms=queries.tier_terms(reading(), partner.id),
        people=queries.people_of(reading(), partner.id),
        projects=queries.projects_of(reading(), partner.id),
        form=form,
        wholesale=partner.kind is PartnerKind.WHOLESALE,
    )


@bp.get("/partners/<int:partner_id>/edit")
@needs(P.PARTNER_EDIT)
def edit_form(partner_id: int) -> ResponseReturnValue:
    """The partner's facts to change."""
    partner = partner_or_404(partner_id)
    data = {**partner._mapping, "manager_id": str(partner.manager_id or "")}
    return _form_page(PartnerForm(data=data), partner), 200


@bp.post("/partners/<int:partner_id>/edit")
@needs(P.PARTNER_EDIT)
def edit(partner_id: int) -> ResponseReturnValue:
    """Store them."""
    partner = partner_or_404(partner_id)
    form = PartnerForm(request.form)
    form.code.required = False
    form.offer_managers(queries.managers(reading()))
    if form.validate():
        try:
            with transaction() as session:
                service.change_partner(
                    session,
                    actor=actor(),
                    now=now(),
                    partner_id=partner_id,
                    version=posted_number(form.version.data),
                    values=form.values(),
                )
        except RuleViolation as error:
            form.refuse(error)
            return _form_page(form, partner), 409 if error.code == "stale" else 422
        return go_to(url_for(".detail", partner_id=partner_id))
    return _form_page(form, partner), 422


@bp.post("/partners/<int:partner_id>/tiers")
@needs(P.TIER_EDIT)
def add_tier(partner_id: int) -> ResponseReturnValue:
    """Add a tier term."""
    partner = partner_or_404(partner_id)
    form = TierForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                service.add_tier_term(
                    session,
                    actor=actor(),
                    now=now(),
                    partner_id=partner_id,
                    tier=form.tier.member,
                    starts_on=form.starts_on.data,
                    ends_on=form.ends_on.data,
                )
        except RuleViolation as error:
            form.refuse(error)
        else:
            return go_to(url_for(".detail", partner_id=partner_id))
    return _detail_page(partner, form), 422
