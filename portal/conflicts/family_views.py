"""On the customer record: what a manager states of a customer, and takes back."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.conflicts import belonging, identifying
from portal.conflicts.customer_views import customer_page
from portal.conflicts.views import bp
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.web import forms
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, transaction

__all__ = ["bp"]


@bp.post("/customers/<int:customer_id>/identifiers")
@needs(P.CUSTOMER_MERGE)
def identify(customer_id: int) -> ResponseReturnValue:
    """State a website, a telephone or a tax id of a customer, or take back what was stated."""
    kind, text = request.form.get("kind", ""), request.form.get("value", "")
    try:
        with transaction() as session:
            if request.form.get("undo"):
                identifying.take_back_identifier(
                    session, actor=actor(), now=now(), customer=customer_id, fact=_fact(), reason=_reason()
                )
            else:
                identifying.state_identifier(
                    session, actor=actor(), now=now(), customer=customer_id, kind=_kind(kind), text=text
                )
    except RuleViolation as error:
        return customer_page(customer_id, error, kind=kind, value=text), 422
    flash(
        _("Taken back.") if request.form.get("undo") else _("Noted. Filings are compared with it from now.")
    )
    return go_to(url_for("held.customer", customer_id=customer_id))


@bp.post("/customers/<int:customer_id>/parent")
@needs(P.CUSTOMER_MERGE)
def belong(customer_id: int) -> ResponseReturnValue:
    """State which customer this one belongs to, or take that back."""
    try:
        with transaction() as session:
            if request.form.get("undo"):
                belonging.take_back_parent(
                    session, actor=actor(), now=now(), customer=customer_id, fact=_fact(), reason=_reason()
                )
            else:
                parent = forms.posted_number(request.form.get("parent_id"))
                belonging.state_parent(
                    session, actor=actor(), now=now(), customer=customer_id, parent=parent, reason=_reason()
                )
    except RuleViolation as error:
        return customer_page(customer_id, error), 422
    flash(_("Taken back.") if request.form.get("undo") else _("Noted on both. Nothing else changes."))
    return go_to(url_for("held.customer", customer_id=customer_id))


def _kind(text: str) -> IdentifierKind:
    try:
        return IdentifierKind(text)
    except ValueError as error:
        raise RuleViolation("required", "kind") from error


def _fact() -> int:
    return forms.posted_number(request.form.get("undo"))


def _reason() -> str:
    return forms.bounded(1000)(request.form.get("reason", ""))
