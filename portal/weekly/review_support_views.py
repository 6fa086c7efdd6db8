"""Support in the Thursday review (W3, L2): asked for in one line, ticked off with what came of it."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.reviewing import check_time
from portal.domain.short_ask import read_short_ask
from portal.domain.support import LONGEST_NEED, LONGEST_RESULT, SupportKind, SupportState
from portal.domain.weeks import Week
from portal.support import service
from portal.support.queries import givers, requests_in_week
from portal.web import forms
from portal.web.htmx import is_htmx
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction
from portal.weekly.review_page_views import (
    address,
    bp,
    frame_of,
    load,
    page,
    support_of,
    week_or_404,
)
from portal.weekly.review_refusal_rows import Refusal
from portal.weekly.review_support_rows import KINDS

__all__ = ["bp"]


@bp.post("/thursday/<week>/<int:partner_id>/support")
@needs(P.REVIEW_HOLD)
def add_support(week: str, partner_id: int) -> ResponseReturnValue:
    """Ask for support in one line: what, @who, when."""
    which, typed = week_or_404(week), request.form.get("support", "")
    region = load(which, partner_id, news=True).seat.region

    def ask() -> None:
        check_time(which, today())
        about, kind = _about(which, partner_id), request.form.get("kind", "")
        if kind not in set(KINDS):
            raise RuleViolation("choice", "support")
        people = {each.name: each.id for each in givers(reading(), region)}
        said = read_short_ask(typed, today=today(), people=people, me=actor().user_id)
        need = forms.bounded(LONGEST_NEED)(said.need)
        with transaction() as session:
            service.ask(
                session, actor=actor(), now=now(), **about, kind=SupportKind(kind), need=need, due=said.due,
                owner_id=said.owner_id, week=which.thursday, request_key=_key(),
            )  # fmt: skip

    return _answer(which, partner_id, ask, support=typed)


def _about(week: Week, partner_id: int) -> dict[str, int | None]:
    """The partner, or the project of it that was chosen.

    :raises RuleViolation: ``support.not_yours`` for a project that is not this partner's any more.
    """
    chosen = request.form.get("registration_id", "")
    if not chosen:
        return {"partner_id": partner_id}
    number = forms.posted_number(chosen)
    if not any(line.id == number and line.is_owner for line in load(week, partner_id, news=True).lines):
        raise RuleViolation("support.not_yours", "support")
    return {"registration_id": number}


def _key() -> str | None:
    """What tells a form that is sent twice, or nothing where somebody made it up."""
    try:
        return str(uuid.UUID(request.form.get("request_key", "")))
    except ValueError:
        return None


@bp.post("/thursday/<week>/<int:partner_id>/support/<int:request_id>/done")
@needs(P.REVIEW_HOLD)
def support_done(week: str, partner_id: int, request_id: int) -> ResponseReturnValue:
    """Tick a request off, with what came of it."""
    which, typed = week_or_404(week), request.form.get("result", "")
    load(which, partner_id, news=True)
    shown = requests_in_week(reading(), which.start, now(), partner_id=partner_id)
    row = next((each for each in shown if each.id == request_id), None) or abort(404)

    def finish() -> None:
        result = str(forms.bounded(LONGEST_RESULT)(typed))
        if (row.state, row.result, row.closed_by_id) == (SupportState.DONE, result, actor().user_id):
            return  # a second click, or the page sent again
        with transaction() as session:
            service.finish(
                session, actor=actor(), now=now(), request_id=request_id,
                version=forms.posted_number(request.form.get("version")), result=result,
            )  # fmt: skip

    return _answer(which, partner_id, finish, support=typed, request_id=request_id)


def _answer(week: Week, partner_id: int, act: Callable[[], None], **typed: Any) -> ResponseReturnValue:
    """For htmx the panel as it stands now, else the page; refused, with what was typed."""
    refused = None
    try:
        act()
    except RuleViolation as error:
        refused = Refusal(error, **typed)
    if not is_htmx():
        if refused:
            return page(week, partner_id, refused)
        return redirect(address(week, partner_id, _anchor="support"), 303)
    loaded = load(week, partner_id)
    shown = {**frame_of(loaded, refusal=refused), **support_of(loaded, refused)}
    return render_template("weekly/_support_part.html", **shown), refused.status if refused else 200
