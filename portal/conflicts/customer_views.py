"""The customer record: names, claims, who owned it when; merge with another one."""

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.conflicts import decisions, queries
from portal.conflicts.preview import preview_merge
from portal.conflicts.views import bp
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.names import normalise
from portal.web import forms, labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

__all__ = ["bp"]


@bp.get("/customers/<int:customer_id>")
@needs(P.CUSTOMER_MERGE)
def customer(customer_id: int) -> ResponseReturnValue:
    """A customer: names, code, all claims, who owned it when."""
    sheet = queries.customer_sheet(reading(), customer_id)
    if sheet is None:
        abort(404)
    text = request.args.get("q", "").strip()[:100]
    found = queries.find_customers(reading(), text, normalise(text)) if text else []
    return render_template(
        "conflicts/customer.html",
        c=sheet,
        names=queries.names_of(reading(), customer_id),
        claims=queries.filings_of(reading(), customer_id),
        owners=queries.owners_of(reading(), customer_id),
        found=[each for each in found if each.id != customer_id],
        text=text,
    )


@bp.get("/customers/<int:customer_id>/merge/<int:other_id>")
@needs(P.CUSTOMER_MERGE)
def merge_form(customer_id: int, other_id: int) -> ResponseReturnValue:
    """What a merge would change, before it is done (C12)."""
    return _merge_page(customer_id, other_id), 200


def _merge_page(customer_id: int, other_id: int, problem: RuleViolation | None = None) -> str:
    changes = None
    try:
        rows = decisions.check_merge(reading(), loser=other_id, winner=customer_id)
        changes = preview_merge(reading(), loser=other_id, winner=customer_id, now=now())
    except RuleViolation as error:
        rows, problem = {}, problem or error
    return render_template(
        "conflicts/merge.html",
        winner=rows.get(customer_id),
        loser=rows.get(other_id),
        changes=changes,
        customer_id=customer_id,
        other_id=other_id,
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
    )


@bp.post("/customers/<int:customer_id>/merge/<int:other_id>")
@needs(P.CUSTOMER_MERGE)
def merge(customer_id: int, other_id: int) -> ResponseReturnValue:
    """Merge `other_id` into `customer_id`."""
    try:
        with transaction() as session:
            decisions.merge_customers(
                session,
                actor=actor(),
                now=now(),
                loser=other_id,
                winner=customer_id,
                reason=forms.bounded(1000)(request.form.get("reason", "")),
            )
    except RuleViolation as error:
        return _merge_page(customer_id, other_id, error), 422
    flash(_("Merged. All claims are ordered by filing now."))
    return go_to(url_for("held.customer", customer_id=customer_id))
