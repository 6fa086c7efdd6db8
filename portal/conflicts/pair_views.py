"""Known customers that may be one: a pair side by side, "not the same" for one or for several at once."""

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.conflicts import held, pairs, queries
from portal.conflicts.family_views import bp
from portal.conflicts.views import queue_page, review_days
from portal.domain.access import Permission as P
from portal.domain.differences import Likeness, Sides, compare_sides
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.suspicions import Settled
from portal.web import forms, labels, matches
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction
from portal.web.words import field_names

__all__ = ["bp"]

_COMPARED = ("customer_name_en", "city", "website", "phone", "contact")


@bp.get("/held/pairs/<int:pair_id>")
@needs(P.HELD_DECIDE)
def pair(pair_id: int) -> ResponseReturnValue:
    """Two known customers side by side."""
    return _pair_page(pair_id), 200


def _pair_page(pair_id: int, problem: RuleViolation | None = None) -> str:
    session, row = reading(), _pair_or_404(pair_id)
    settled = pairs.settled(session, row)
    sides = [_side(row.one_id), _side(row.other_id)]
    before, after = pairs.neighbours(session, row)
    told = pairs.told_apart(session, row) if settled is Settled.TOLD_APART else []
    return render_template(
        "conflicts/pair.html",
        p=row,
        settled=settled,
        can_take_back=bool(told),
        lines=_lines(row, sides),
        sides=sides,
        merge=pairs.winner_and_loser(row) if settled is None else None,
        due=held.decide_by(row.found_at, review_days()),
        before=before,
        after=after,
        problem=labels.message(problem) if problem else None,
        reason=request.form.get("reason", ""),
        states=State,
        likeness=Likeness,
        likeness_words=matches.likeness_words,
        settled_words=matches.SETTLED,
        field_names=field_names,
    )


def _side(customer_id: int | None) -> tuple[list[Any], list[str]]:
    """The claims on a customer and the names it is known by."""
    if customer_id is None:
        return [], []
    names = [each.name for each in queries.names_of(reading(), customer_id)]
    return queries.filings_of(reading(), customer_id), names


def _lines(row: Any, sides: list[tuple[list[Any], list[str]]]) -> list[Sides]:
    """Everything known of the two, field by field."""
    (claims, names), (other_claims, other_names) = sides
    lines = [
        compare_sides(
            "customer_name",
            [row.one_name, row.one_known, *names],
            [row.other_name, row.other_known, *other_names],
            nearest=row.one_name,
        ),
        compare_sides("uscc", [row.one_uscc], [row.other_uscc]),
    ]
    for field in _COMPARED:
        known = ([getattr(each, field) for each in side] for side in (claims, other_claims))
        lines.append(compare_sides(field, *known))
    return lines


@bp.post("/held/pairs/<int:pair_id>")
@needs(P.HELD_DECIDE)
def tell_apart(pair_id: int) -> ResponseReturnValue:
    """Not the same; goes on to the next pair."""
    _pair_or_404(pair_id)
    try:
        with transaction() as session:
            pairs.tell_apart(
                session, actor=actor(), now=now(), pair_id=pair_id,
                version=forms.posted_number(request.form.get("version")), reason=_reason(),
            )  # fmt: skip
    except RuleViolation as error:
        return _pair_page(pair_id, error), 409 if error.code in ("stale", "pair.settled") else 422
    flash(_("Told apart. They are not asked about again."))
    return next_pair(pair_id)


@bp.get("/held/pairs/<int:pair_id>/next")
@needs(P.HELD_DECIDE)
def next_pair(pair_id: int) -> ResponseReturnValue:
    """The pair that is to be looked at after this one; the queue when there is none."""
    following = pairs.next_pair(reading(), _pair_or_404(pair_id))
    if following is None:
        return go_to(url_for("held.queue"))
    return go_to(url_for("held.pair", pair_id=following))


@bp.post("/held/pairs/<int:pair_id>/undo")
@needs(P.HELD_DECIDE)
def take_pair_back(pair_id: int) -> ResponseReturnValue:
    """Take back that the two were told apart."""
    _pair_or_404(pair_id)
    try:
        with transaction() as session:
            pairs.take_back(session, actor=actor(), now=now(), pair_id=pair_id, reason=_reason())
    except RuleViolation as error:
        return _pair_page(pair_id, error), 409 if error.code == "pair.not_told_apart" else 422
    flash(_("Taken back. They are compared anew."))
    return go_to(url_for("held.pair", pair_id=pair_id))


@bp.post("/held/pairs/many")
@needs(P.HELD_DECIDE)
def tell_many_apart() -> ResponseReturnValue:
    """Not the same, for all ticked pairs and one reason; what changed meanwhile is left and named."""
    try:
        with transaction() as session:
            done, left = pairs.tell_many_apart(
                session, actor=actor(), now=now(), picks=_picks(), reason=_reason()
            )
    except RuleViolation as error:
        return queue_page(pair_problem=error), 422
    flash(ngettext("%(num)d pair told apart.", "%(num)d pairs told apart.", done))
    for names in left:
        flash(_("Left alone, since it changed meanwhile: %(names)s", names=names))
    return go_to(url_for("held.queue"))


def _picks() -> list[pairs.Pick]:
    """The ticked pairs as ``id:version``; what is not in this form is none."""
    picks = []
    for text in request.form.getlist("pair")[: held.PAGE_SIZE]:
        numbers = [forms.posted_number(each) for each in text.split(":")]
        if len(numbers) == 2:
            picks.append(pairs.Pick(*numbers))
    return picks


def _pair_or_404(pair_id: int) -> Any:
    row = pairs.pair_row(reading(), pair_id)
    if row is None:
        abort(404)
    return row


def _reason() -> str:
    return forms.bounded(1000)(request.form.get("reason", ""))
