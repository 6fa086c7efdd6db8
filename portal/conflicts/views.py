"""The held queue: filings that wait for "same customer or not", one by one or several at once.

Beside them known customers that may be one; what is done about those is `pair_views`' business.
"""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.conflicts import decisions, held, pairs, queries
from portal.db import trial
from portal.domain.access import Permission as P
from portal.domain.differences import Likeness
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.policy.service import policy_on
from portal.web import forms, labels, matches
from portal.web.access import registration_or_404
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction
from portal.web.words import field_names

bp = Blueprint("held", __name__)
_ASKABLE = ("customer_name", "uscc", "customer_name_en", "website", "phone", "city", "contact")


@bp.get("/held")
@needs(P.HELD_DECIDE)
def queue() -> ResponseReturnValue:
    """Filings that wait for "same or different", and customers that may be one; oldest first."""
    return queue_page(), 200


def queue_page(problem: RuleViolation | None = None, *, pair_problem: RuleViolation | None = None) -> str:
    """The queue as it stands now, with what was wrong with what was asked of it."""
    days, session = review_days(), reading()
    place, pair_place = request.args.get("page"), request.args.get("pairs")
    page, pair_page = held.held_page(session, cursor=place), pairs.open_pairs(session, cursor=pair_place)
    like = held.found_like(session, page.rows)
    total, overdue = held.count_held(session, today=today(), working_days=days)
    pair_total, pair_overdue = pairs.count_pairs(session, today=today(), working_days=days)
    return render_template(
        "conflicts/held.html",
        page=page,
        total=total,
        overdue=overdue,
        days=days,
        due=lambda at: held.decide_by(at, days),
        link=lambda cursor: url_for("held.queue", page=cursor, pairs=pair_place),
        why=lambda row: matches.words_of(row.match_reason, *like.get(row.id, ())),
        problem=labels.message(problem) if problem else None,
        pair_page=pair_page,
        pair_total=pair_total,
        pair_overdue=pair_overdue,
        pair_link=lambda cursor: url_for("held.queue", page=place, pairs=cursor) + "#pairs",
        pair_problem=labels.message(pair_problem) if pair_problem else None,
        likeness_words=matches.likeness_words,
        reason=request.form.get("reason", ""),
    )


def review_days() -> int:
    """The working days within which a held filing, or a pair that may be one, is to be decided (G4)."""
    return policy_on(reading(), today()).held_review_working_days


@bp.get("/held/<int:registration_id>")
@needs(P.HELD_DECIDE)
def decide_form(registration_id: int) -> ResponseReturnValue:
    """Filing and known customer side by side."""
    return _decide_page(registration_or_404(registration_id)), 200


def _decide_page(row: Any, problem: RuleViolation | None = None) -> str:
    session = reading()
    near = held.candidates(session, row) if row.state is State.HELD else []
    wanted = forms.posted_number(request.form.get("customer_id") or request.args.get("with"))
    chosen = next((each for each in near if each.id == wanted), near[0] if near else None)
    claims = queries.filings_of(session, chosen.id) if chosen else []
    names = [each.name for each in queries.names_of(session, chosen.id)] if chosen else []
    before, after = held.neighbours(session, row)
    return render_template(
        "conflicts/decide.html",
        r=row,
        near=near,
        chosen=chosen,
        lines=held.side_by_side(row, chosen, names, claims) if chosen else [],
        claims=claims,
        due=held.decide_by(row.filed_at, review_days()),
        party=queries.party_name(session, row),
        before=before,
        after=after,
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
        verdict=request.form.get("verdict", ""),
        states=State,
        likeness=Likeness,
        why=lambda near: matches.words_of(near.reason, near.score, near.why, near.names, near.shared),
        match_words=matches.match_words,
        field_names=field_names,
        askable=_ASKABLE,
    )


@bp.post("/held/<int:registration_id>")
@needs(P.HELD_DECIDE)
def decide(registration_id: int) -> ResponseReturnValue:
    """Same or different; settles every claim it touches, and goes on to the next filing."""
    row = registration_or_404(registration_id)
    verdict = request.form.get("verdict")
    try:
        if verdict not in ("same", "different"):
            raise RuleViolation("held.no_verdict")
        with transaction() as session:
            state = decisions.decide_held(
                session,
                actor=actor(),
                now=now(),
                registration_id=row.id,
                version=_number("version"),
                customer_id=_number("customer_id"),
                same=verdict == "same",
                reason=forms.bounded(1000)(request.form.get("reason", "")),
            )
    except RuleViolation as error:
        status = 409 if error.code in ("stale", "held.not_held") else 422
        return _decide_page(registration_or_404(registration_id), error), status
    flash(_said(state, row.ref))
    if state is State.HELD:
        return go_to(url_for("held.decide_form", registration_id=row.id))
    return next_one(registration_id)


def _said(state: State, ref: str) -> str:
    said = {
        State.ACTIVE: _("Decided: %(ref)s owns the customer and is protected from today.", ref=ref),
        State.WAITING: _("Decided: %(ref)s waits in its place.", ref=ref),
        State.HELD: _("Decided; %(ref)s is also like another customer and stays held.", ref=ref),
    }
    return str(said.get(state) or _("Decided."))


@bp.get("/held/<int:registration_id>/next")
@needs(P.HELD_DECIDE)
def next_one(registration_id: int) -> ResponseReturnValue:
    """The filing that is to be looked at after this one; the queue when there is none."""
    following = held.next_held(reading(), registration_or_404(registration_id))
    if following is None:
        return go_to(url_for("held.queue"))
    return go_to(url_for("held.decide_form", registration_id=following))


@bp.post("/held/preview")
@needs(P.HELD_DECIDE)
def preview() -> ResponseReturnValue:
    """What one verdict on the ticked filings would do, found by doing it and taking it back."""
    picks, same = _picks(), request.form.get("verdict") == "same"
    if not picks:
        return queue_page(RuleViolation("held.nothing_ticked")), 422
    with transaction() as session, trial(session):
        foreseen = decisions.decide_many(
            session, actor=actor(), now=now(), picks=picks, same=same, reason="-"
        )  # fmt: skip
    return _many_page(foreseen, same=same), 200


@bp.post("/held/many")
@needs(P.HELD_DECIDE)
def decide_many() -> ResponseReturnValue:
    """One verdict on several filings; each is reported, what changed meanwhile is left and named."""
    picks, same = _picks(), request.form.get("verdict") == "same"
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            done = decisions.decide_many(
                session, actor=actor(), now=now(), picks=picks, same=same, reason=forms.bounded(1000)(reason)
            )
    except RuleViolation as error:
        with transaction() as session, trial(session):
            foreseen = decisions.decide_many(
                session, actor=actor(), now=now(), picks=picks, same=same, reason="-"
            )
        return _many_page(foreseen, same=same, problem=error), 422
    return _many_page(done, same=same, done=True), 200


def _many_page(
    decided: list[decisions.Decided], *, same: bool, done: bool = False, problem: RuleViolation | None = None
) -> str:
    return render_template(
        "conflicts/many.html",
        decided=decided,
        acting=[each for each in decided if not each.problem],
        same=same,
        done=done,
        states=State,
        reason=request.form.get("reason", ""),
        problem=labels.message(problem) if problem else None,
    )


def _picks() -> list[decisions.Pick]:
    """The ticked filings as ``id:version:customer``; what is not in this form is none."""
    picks = []
    for text in request.form.getlist("pick")[: held.PAGE_SIZE]:
        numbers = [forms.posted_number(each) for each in text.split(":")]
        if len(numbers) == 3:
            picks.append(decisions.Pick(*numbers))
    return picks


def _number(name: str) -> int:
    return forms.posted_number(request.form.get(name))
