"""Acts on deductions: finance announces, the channel manager decides, the partner objects (B3)."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.deposits import deductions, rows
from portal.deposits import forms as f
from portal.deposits.act_views import Doing, page_of, run
from portal.deposits.views import deduction_or_404
from portal.domain.access import Permission as P
from portal.domain.deposits import WITH_REASON, DeductionAct
from portal.domain.errors import RuleViolation
from portal.files import Sent
from portal.policy.service import policy_on
from portal.web import labels
from portal.web.filters import money
from portal.web.forms import posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, now, reading, today, transaction

bp = Blueprint("deductions", __name__)
_DECIDE = "<any(approve, refuse, uphold, drop):what>"


def _acting(deduction_id: int, what: str) -> Doing:
    row, act = deduction_or_404(deduction_id), DeductionAct(what)
    pay = policy_on(reading(), today()).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    seen = {"version": str(row.version)}
    form: Any = (f.ReasonForm if act in WITH_REASON else f.SureForm)(request.form or None, data=seen)
    facts = [
        (_("Cause"), labels.label(row.cause)),
        (_("Document"), row.document),
        (_("Amount"), money(row.amount)),
        (_("Stands"), labels.label(row.state)),
    ]
    if row.note:
        facts.append((_("Note"), row.note))
    if row.objection:
        facts.append((_("Objection"), row.objection))
    return Doing(
        what, row.partner_id, row.name, form, lambda: rows.of_deduction_act(row, act, pay),
        lambda session, about: deductions.act_on(
            session, deduction_id=deduction_id, version=posted_number(form.version.data), act=act,
            reason=form.reason.data if act in WITH_REASON else "", **about,
        ),
        facts,
    )  # fmt: skip


@bp.get(f"/deductions/<int:deduction_id>/{_DECIDE}")
@needs(P.DEPOSIT_DECIDE)
def decide_form(deduction_id: int, what: str) -> ResponseReturnValue:
    """What the channel manager decides."""
    return page_of(_acting(deduction_id, what))


@bp.post(f"/deductions/<int:deduction_id>/{_DECIDE}")
@needs(P.DEPOSIT_DECIDE)
def decide(deduction_id: int, what: str) -> ResponseReturnValue:
    """Confirm and decide."""
    return run(_acting(deduction_id, what))


@bp.get("/deductions/<int:deduction_id>/announce")
@needs(P.DEPOSIT_BOOK)
def announce_form(deduction_id: int) -> ResponseReturnValue:
    """What is announced."""
    return page_of(_acting(deduction_id, "announce"))


@bp.post("/deductions/<int:deduction_id>/announce")
@needs(P.DEPOSIT_BOOK)
def announce(deduction_id: int) -> ResponseReturnValue:
    """Confirm and announce."""
    return run(_acting(deduction_id, "announce"))


@bp.get("/deductions/<int:deduction_id>/object")
@needs(P.DEPOSIT_OBJECT)
def object_form(deduction_id: int) -> ResponseReturnValue:
    """Why the partner objects."""
    return page_of(_acting(deduction_id, "object"))


@bp.post("/deductions/<int:deduction_id>/object")
@needs(P.DEPOSIT_OBJECT)
def object_to(deduction_id: int) -> ResponseReturnValue:
    """Confirm and object."""
    return run(_acting(deduction_id, "object"))


@bp.post("/deductions/<int:deduction_id>/file")
@needs(P.DEPOSIT_BOOK)
def add_document(deduction_id: int) -> ResponseReturnValue:
    """Add the document that the deduction names."""
    row, upload = deduction_or_404(deduction_id), request.files.get("file")
    sent = Sent(upload.filename or "", upload.read()) if upload else Sent("", b"")
    version = posted_number(request.form.get("version"))
    try:
        with transaction() as session:
            deductions.add_document(
                session, actor=actor(), now=now(), deduction_id=deduction_id, version=version, sent=sent,
                folder=config().files,
            )  # fmt: skip
    except RuleViolation as error:
        flash(labels.message(error), "bad")
    else:
        flash(_("The document is added."))
    return go_to(url_for("deposits.detail", partner_id=row.partner_id))
