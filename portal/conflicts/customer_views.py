"""The customer record: names, claims, who owned it when; merge, link, and take either back."""

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.conflicts import belonging, decisions, known, linking, naming, pairs, queries, records, unmerging
from portal.conflicts.preview import Change, preview_merge, preview_unmerge
from portal.conflicts.views import bp
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.domain.facts import State
from portal.domain.names import normalise
from portal.domain.terms import EventKind, NameKind
from portal.matching.apart import told_apart
from portal.web import forms, labels, matches
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction

__all__ = ["bp"]


@bp.get("/customers/<int:customer_id>")
@needs(P.CUSTOMER_MERGE)
def customer(customer_id: int) -> ResponseReturnValue:
    """A customer: names, identifiers, all claims, who owned it when, what was decided about it."""
    return customer_page(customer_id), 200


def customer_page(customer_id: int, problem: RuleViolation | None = None, **typed: str) -> str:
    """The record as it stands, with what was wrong and what was typed."""
    session = reading()
    sheet = queries.customer_sheet(session, customer_id)
    if sheet is None:
        abort(404)
    text = request.args.get("q", "").strip()[:100]
    found = queries.find_customers(session, text, normalise(text)) if text else []
    claims = queries.filings_of(session, customer_id)
    names = naming.names_with_source(session, customer_id)
    merged = records.merged_into(session, customer_id)
    return render_template(
        "conflicts/customer.html",
        c=sheet,
        names=names,
        branches=[each.name for each in names if queries.is_branch(each.name)],
        name_kinds=naming.STATABLE,
        typed_name=request.form if "name" in request.form else {},
        is_branch=queries.is_branch,
        identifiers=known.identifiers(session, customer_id, claims),
        identifier_kinds=IdentifierKind,
        typed=typed,
        family=belonging.family_of(session, customer_id),
        claims=claims,
        owners=queries.owners_of(session, customer_id),
        merged=merged,
        alike=pairs.pairs_of(session, [sheet.founder_key, *(each.founder_key for each in merged)]),
        links=linking.links_of(session, customer_id),
        decided=records.decisions(session, customer_id),
        different=records.found_different_from(session, customer_id),
        cases=records.cases_of(session, customer_id),
        found=[each for each in found if each.id != customer_id],
        text=text,
        states=State,
        kinds=EventKind,
        problem=labels.message(problem) if problem else None,
    )


@bp.get("/customers/<int:customer_id>/merge/<int:other_id>")
@needs(P.CUSTOMER_MERGE)
def merge_form(customer_id: int, other_id: int) -> ResponseReturnValue:
    """What a merge would change, before it is done (C12)."""
    return _merge_page(customer_id, other_id), 200


def _merge_page(customer_id: int, other_id: int, problem: RuleViolation | None = None) -> str:
    changes: list[Change] | None = None
    rows: dict[int, Any] = {}
    try:
        rows = decisions.check_merge(reading(), loser=other_id, winner=customer_id)
        with transaction() as session:
            changes = preview_merge(session, loser=other_id, winner=customer_id, now=now())
    except RuleViolation as error:
        problem = problem or error
    return render_template(
        "conflicts/merge.html",
        winner=rows.get(customer_id),
        loser=rows.get(other_id),
        changes=changes,
        customer_id=customer_id,
        other_id=other_id,
        can_link=problem is not None and problem.code == "merge.both_signed",
        told_apart=told_apart(reading(), customer_id, other_id),
        pair=_pair(),
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
                session, actor=actor(), now=now(), loser=other_id, winner=customer_id, reason=_reason()
            )
    except RuleViolation as error:
        return _merge_page(customer_id, other_id, error), 422
    flash(_("Merged. All claims are ordered by filing now."))
    if (pair := _pair()) is not None:
        return go_to(url_for("held.next_pair", pair_id=pair))
    return _to(customer_id)


@bp.get("/customers/<int:customer_id>/unmerge")
@needs(P.CUSTOMER_MERGE)
def unmerge_form(customer_id: int) -> ResponseReturnValue:
    """What taking a merge back would change, before it is done."""
    return _unmerge_page(customer_id), 200


def _unmerge_page(customer_id: int, problem: RuleViolation | None = None) -> str:
    loser = queries.customer_sheet(reading(), customer_id)
    if loser is None or loser.merged_into_id is None:
        abort(404)
    winner = queries.customer_sheet(reading(), loser.merged_into_id)
    changes: list[Change] | None = None
    try:
        with transaction() as session:
            changes = preview_unmerge(session, loser=loser.id, winner=winner.id, now=now())
    except RuleViolation as error:
        problem = problem or error
    return render_template(
        "conflicts/unmerge.html",
        loser=loser,
        winner=winner,
        changes=changes,
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
    )


@bp.post("/customers/<int:customer_id>/unmerge")
@needs(P.CUSTOMER_MERGE)
def unmerge(customer_id: int) -> ResponseReturnValue:
    """Take the merge of this customer into another one back."""
    try:
        with transaction() as session:
            unmerging.unmerge_customer(session, actor=actor(), now=now(), loser=customer_id, reason=_reason())
    except RuleViolation as error:
        if error.code == "unmerge.not_merged":
            return customer_page(customer_id, error), 409
        return _unmerge_page(customer_id, error), 422
    flash(_("Taken apart. Each customer has its own claims and its owner again."))
    return _to(customer_id)


@bp.post("/customers/<int:customer_id>/link/<int:other_id>")
@needs(P.CUSTOMER_MERGE)
def link(customer_id: int, other_id: int) -> ResponseReturnValue:
    """Link two customers that both signed (C12), or take that back."""
    act = linking.unlink_customers if request.form.get("undo") else linking.link_customers
    try:
        with transaction() as session:
            act(session, actor=actor(), now=now(), one=customer_id, other=other_id, reason=_reason())
    except RuleViolation as error:
        return customer_page(customer_id, error), 422
    flash(_("Unlinked.") if request.form.get("undo") else _("Linked. Each keeps what it signed."))
    return _to(customer_id)


@bp.post("/customers/<int:customer_id>/names")
@needs(P.CUSTOMER_MERGE)
def add_name(customer_id: int) -> ResponseReturnValue:
    """State what else the customer is called; says which other customers the name is like."""
    name, kind = request.form.get("name", ""), request.form.get("kind", "")
    try:
        if kind not in naming.STATABLE:
            raise RuleViolation("choice", "kind")
        with transaction() as session:
            if queries.customer_sheet(session, customer_id) is None:
                abort(404)
            naming.state_name(
                session, actor=actor(), now=now(), customer_id=customer_id, kind=NameKind(kind), name=name,
                reason=_reason(),
            )  # fmt: skip
            near = naming.also_like(session, customer_id, name)
    except RuleViolation as error:
        return customer_page(customer_id, error), 422
    flash(_("Known by this name too from now on: filings are compared with it."))
    if near:
        told = (f"{each.name} ({matches.likeness_words(each.alike.why, each.alike.score)})" for each in near)
        flash(_("Also like: %(names)s", names=_("; ").join(told)))
    return _to(customer_id)


@bp.post("/customers/<int:customer_id>/names/<int:event_id>/take-back")
@needs(P.CUSTOMER_MERGE)
def take_name_back(customer_id: int, event_id: int) -> ResponseReturnValue:
    """Take a name back that somebody stated."""
    try:
        with transaction() as session:
            naming.take_name_back(
                session, actor=actor(), now=now(), customer_id=customer_id, event_id=event_id,
                reason=_reason(),
            )  # fmt: skip
    except RuleViolation as error:
        return customer_page(customer_id, error), 409
    flash(_("Taken back: nothing is compared with this name any more."))
    return _to(customer_id)


def _pair() -> int | None:
    """The pair from whose page somebody came to merge: there the work goes on."""
    number = forms.posted_number(request.args.get("pair"))
    return number if number > 0 and pairs.pair_row(reading(), number) is not None else None


def _reason() -> str:
    return forms.bounded(1000)(request.form.get("reason", ""))


def _to(customer_id: int) -> ResponseReturnValue:
    return go_to(url_for("held.customer", customer_id=customer_id))
