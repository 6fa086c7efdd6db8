"""The Thursday review (W3): the screen that the meeting is run on."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.reviewing import to_do_next
from portal.domain.weeks import week_of
from portal.web.htmx import is_htmx
from portal.web.login import needs
from portal.web.marks import look
from portal.web.request import actor, reading, today
from portal.weekly import review_rows as rows
from portal.weekly.meeting_queries import roster
from portal.weekly.review_page_views import address, bp, frame_of, load, meeting_of, page, week_or_404
from portal.weekly.review_refusal_rows import Choice
from portal.weekly.review_scope import partners_reviewed

__all__ = ["bp"]


@bp.get("/thursday")
@needs(P.REVIEW_VIEW)
def start() -> ResponseReturnValue:
    """To the week and the partner that are to be done next."""
    last = week_of(today()).before
    found = roster(reading(), partners_reviewed(actor()), last)
    week = to_do_next(today(), last_is_done=all(seat.is_done for seat in found.seats))
    return redirect(url_for(".week", week=week.thursday.isoformat()))


@bp.get("/thursday/<week>", endpoint="week")
@needs(P.REVIEW_VIEW)
def week_page(week: str) -> ResponseReturnValue:
    """To the partner of a week that is to be done next."""
    which = week_or_404(week)
    meeting = meeting_of(which)
    if not meeting.seats:
        return render_template("weekly/nobody.html", week=which)
    partner_id = meeting.next_to_do() or meeting.seats[0].id
    return redirect(address(which, partner_id))


@bp.get("/thursday/<week>/<int:partner_id>")
@needs(P.REVIEW_VIEW)
def show(week: str, partner_id: int) -> ResponseReturnValue:
    """One partner in the meeting."""
    return page(week_or_404(week), partner_id)


@bp.get("/thursday/<week>/<int:partner_id>/lines/<int:registration_id>")
@needs(P.REVIEW_HOLD)
def choose(week: str, partner_id: int, registration_id: int) -> ResponseReturnValue:
    """A verdict's small form, opened in its line; without one the choices again."""
    which, choice = week_or_404(week), Choice(registration_id, request.args.get("verdict", ""))
    if not is_htmx():
        return page(which, partner_id, choice=choice)
    loaded = load(which, partner_id, news=True)
    line = next((each for each in loaded.lines if each.id == registration_id), None)
    if line is None:
        abort(404)
    row = rows.row_of(line, loaded.sheet, (), loaded.reader, look())
    return render_template("weekly/_line.html", row=row, **frame_of(loaded, choice=choice))


@bp.get("/thursday/<week>/<int:partner_id>/news")
@needs(P.REVIEW_VIEW)
def news(week: str, partner_id: int) -> ResponseReturnValue:
    """What others did meanwhile: marks of partners, verdicts, newer notes. 204: nothing."""
    which = week_or_404(week)
    loaded = load(which, partner_id, news=True)
    known = (request.args.get("state"), request.args.get("list"))
    if known == (loaded.state, loaded.list_state):
        return "", 204
    shown = [rows.row_of(line, loaded.sheet, (), loaded.reader, look()) for line in loaded.lines]
    return render_template("weekly/_news.html", rows=shown, **frame_of(loaded))
