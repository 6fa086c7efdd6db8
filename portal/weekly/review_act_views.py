"""What those who hold the Thursday review do (W3): verdicts, notes, done, the order of the meeting."""

from typing import Any

from flask import abort, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.reviewing import LONGEST_SENTENCE
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week
from portal.web import forms
from portal.web.htmx import is_htmx
from portal.web.language import gettext as _
from portal.web.login import needs
from portal.web.marks import look
from portal.web.request import actor, now, reading, transaction
from portal.weekly import review_queries as queries
from portal.weekly import review_rows as rows
from portal.weekly import reviewing as service
from portal.weekly.meeting_order import move_in_meeting
from portal.weekly.review_page_views import (
    address,
    bp,
    frame_of,
    load,
    meeting_of,
    page,
    week_or_404,
)
from portal.weekly.review_refusal_rows import Refusal
from portal.weekly.review_scope import partners_reviewed

__all__ = ["bp"]


def _text(name: str, longest: int) -> str:
    return str(forms.bounded(longest)(request.form.get(name, "")))


def _act(week: str, partner_id: int) -> dict[str, Any]:
    """What every act is handed; the partner may have been taken from the person, but it exists."""
    which = week_or_404(week)
    if not queries.partner_exists(reading(), partner_id):
        abort(404)
    return {"actor": actor(), "now": now(), "week": which, "partner_id": partner_id}


def _sees(partner_id: int) -> bool:
    """Whether the partner is still one whose reviews the person sees."""
    return queries.partner_exists(reading(), partner_id, partners_reviewed(actor()))


def _refused(given: dict[str, Any], refusal: Refusal) -> ResponseReturnValue:
    """The page with why and what was typed; where the partner is not the person's any more, only that."""
    if not _sees(given["partner_id"]):
        name = "weekly/_refused.html" if is_htmx() else "weekly/refused.html"
        return render_template(name, refusal=refusal), refusal.status
    return page(given["week"], given["partner_id"], refusal)


@bp.post("/thursday/<week>/<int:partner_id>/lines/<int:registration_id>")
@needs(P.REVIEW_HOLD)
def decide(week: str, partner_id: int, registration_id: int) -> ResponseReturnValue:
    """Give a project its verdict."""
    given = _act(week, partner_id)
    verdict, sentence = request.form.get("verdict", ""), request.form.get("sentence", "")
    try:
        if verdict not in set(LineVerdict):
            raise RuleViolation("choice", "verdict")
        text = _text("sentence", LONGEST_SENTENCE)
        with transaction() as session:
            service.decide_line(
                session, **given, registration_id=registration_id, verdict=LineVerdict(verdict), sentence=text
            )
    except RuleViolation as error:
        return _line_answer(given, registration_id, Refusal(error, registration_id, verdict, sentence))
    return _line_answer(given, registration_id)


@bp.post("/thursday/<week>/<int:partner_id>/lines/<int:registration_id>/take-back")
@needs(P.REVIEW_HOLD)
def take_back(week: str, partner_id: int, registration_id: int) -> ResponseReturnValue:
    """Take an own verdict of today back."""
    given = _act(week, partner_id)
    try:
        with transaction() as session:
            service.take_back(session, **given, registration_id=registration_id)
    except RuleViolation as error:
        return _line_answer(given, registration_id, Refusal(error, registration_id))
    return _line_answer(given, registration_id)


def _line_answer(
    given: dict[str, Any], registration_id: int, refusal: Refusal | None = None
) -> ResponseReturnValue:
    """For htmx the line's verdict as it stands, else the page with the line in sight."""
    week, partner_id = given["week"], given["partner_id"]
    status = refusal.status if refusal else 200
    if not is_htmx():
        if refusal:
            return _refused(given, refusal)
        more = {"show": "all"} if request.form.get("show") == "all" else {}
        return redirect(address(week, partner_id, _anchor=f"r-{registration_id}", **more), 303)
    if not _sees(partner_id):
        return _refused(given, refusal) if refusal else abort(404)
    if refusal and refusal.problem.code == "review.is_done":
        # Somebody ended it meanwhile: the page shows that, with the way to open it again.
        answer = make_response(page(week, partner_id, refusal))
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#partner", "innerHTML"
        return answer
    loaded = load(week, partner_id, news=True)
    line = next((each for each in loaded.lines if each.id == registration_id), None)
    if line is None:
        return render_template("weekly/_refused.html", refusal=refusal), status
    row = rows.row_of(line, loaded.sheet, (), loaded.reader, look())
    return render_template("weekly/_line.html", row=row, **frame_of(loaded, refusal=refusal)), status


@bp.post("/thursday/<week>/<int:partner_id>/notes")
@needs(P.REVIEW_HOLD)
def notes(week: str, partner_id: int) -> ResponseReturnValue:
    """Keep the notes: for the page's script the words beside them, else the page."""
    given = _act(week, partner_id)
    # `over` comes with the choice between two versions alone: nothing else overwrites another's notes.
    over = request.form.get("over") or request.form.get("version")
    text, version = _typed_notes(), forms.posted_number(over)
    refusal = None
    try:
        with transaction() as session:
            service.save_notes(session, **given, notes=text, version=version)
    except RuleViolation as error:
        refusal = Refusal(error, notes=text)
    if not is_htmx():
        return _refused(given, refusal) if refusal else redirect(address(given["week"], partner_id), 303)
    sheet = queries.sheet_of(reading(), partner_id, given["week"])
    text = render_template(
        "weekly/_notes_state.html",
        sheet=sheet,
        version=sheet.version or service.FIRST_VERSION,
        refusal=refusal,
        seen=_sees(partner_id),
        week=given["week"],
        partner_id=partner_id,
    )
    return text, refusal.status if refusal else 200


def _typed_notes() -> str:
    """As typed: only line ends are made the same, which forms send as they please."""
    return request.form.get("notes", "").replace("\r\n", "\n")


@bp.post("/thursday/<week>/<int:partner_id>/done")
@needs(P.REVIEW_HOLD)
def done(week: str, partner_id: int) -> ResponseReturnValue:
    """Keep the notes, mark the partner as reviewed, and go on to the next one."""
    given = _act(week, partner_id)
    text, version = _typed_notes(), forms.posted_number(request.form.get("version"))
    try:
        with transaction() as session:
            service.save_notes(session, **given, notes=text, version=version)
            service.finish(session, **given)
    except RuleViolation as error:
        return _refused(given, Refusal(error, notes=text))
    following = meeting_of(given["week"]).next_to_do(partner_id)
    if following is None:
        flash(_("All partners of this meeting are reviewed."))
    return _go(given["week"], following or partner_id)


def _go(week: Week, partner_id: int) -> ResponseReturnValue:
    """Show a partner: as a part for htmx, which changes the address too, else by a redirect."""
    if not is_htmx():
        return redirect(address(week, partner_id), 303)
    answer = make_response(page(week, partner_id, after_act=True))
    answer.headers["HX-Push-Url"] = address(week, partner_id)
    return answer


@bp.post("/thursday/<week>/<int:partner_id>/reopen")
@needs(P.REVIEW_HOLD)
def reopen(week: str, partner_id: int) -> ResponseReturnValue:
    """Go on with a review that was done."""
    given = _act(week, partner_id)
    try:
        with transaction() as session:
            service.reopen(session, **given)
    except RuleViolation as error:
        return _refused(given, Refusal(error))
    return _go(given["week"], partner_id)


@bp.post("/thursday/<week>/<int:partner_id>/place")
@needs(P.REVIEW_HOLD)
def place(week: str, partner_id: int) -> ResponseReturnValue:
    """Take a partner earlier or later in the meeting."""
    given = _act(week, partner_id)
    try:
        with transaction() as session:
            move_in_meeting(
                session, actor=given["actor"], now=given["now"], partner_id=partner_id,
                earlier=request.form.get("to") == "earlier",
            )  # fmt: skip
    except RuleViolation as error:
        return _refused(given, Refusal(error))
    return _go(given["week"], partner_id)
