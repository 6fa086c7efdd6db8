"""The held queue, and the customer record with its claims and merge."""

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.conflicts import decisions, queries
from portal.conflicts.preview import preview_merge
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.names import normalise
from portal.web import forms, labels
from portal.web.access import registration_or_404
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

bp = Blueprint("held", __name__)


@bp.get("/held")
@needs(P.HELD_DECIDE)
def queue() -> ResponseReturnValue:
    """Filings that wait for "same or different", oldest first."""
    filings = queries.held_filings(reading())
    return render_template("conflicts/held.html", filings=filings, total=queries.count_held(reading()))


@bp.get("/held/<int:registration_id>")
@needs(P.HELD_DECIDE)
def decide_form(registration_id: int) -> ResponseReturnValue:
    """Filing and suspect side by side."""
    return _decide_page(registration_or_404(registration_id)), 200


def _decide_page(row: object, problem: RuleViolation | None = None) -> str:
    suspect = queries.customer_sheet(reading(), row.suspect_id) if row.suspect_id else None  # type: ignore[attr-defined]
    return render_template(
        "conflicts/decide.html",
        r=row,
        suspect=suspect,
        aliases=queries.aliases(reading(), suspect.id) if suspect else [],
        claims=queries.filings_of(reading(), suspect.id) if suspect else [],
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
        states=State,
        match_words=labels.match_words,
    )


@bp.post("/held/<int:registration_id>")
@needs(P.HELD_DECIDE)
def decide(registration_id: int) -> ResponseReturnValue:
    """Same or different; settles every claim it touches."""
    row = registration_or_404(registration_id)
    same = request.form.get("verdict") == "same"
    try:
        with transaction() as session:
            state = decisions.decide_held(
                session,
                actor=actor(),
                now=now(),
                registration_id=row.id,
                version=_number("version"),
                customer_id=_number("customer_id"),
                same=same,
                reason=forms.bounded(1000)(request.form.get("reason", "")),
            )
    except RuleViolation as error:
        status = 409 if error.code in ("stale", "held.not_held") else 422
        return _decide_page(registration_or_404(registration_id), error), status
    said = {
        State.ACTIVE: _("Decided: %(ref)s owns the customer and is protected from today.", ref=row.ref),
        State.WAITING: _("Decided: %(ref)s waits in its place.", ref=row.ref),
        State.HELD: _("Decided; %(ref)s is also like another customer and stays held.", ref=row.ref),
    }
    flash(said.get(state) or _("Decided."))
    return go_to(url_for("held.queue"))


def _number(name: str) -> int:
    return forms.posted_number(request.form.get(name))


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
        aliases=queries.aliases(reading(), customer_id),
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
