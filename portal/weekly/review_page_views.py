"""The page of the Thursday review (W3): what it is made of, for its views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.domain.access import Permission as P
from portal.domain.access import allows, can_see
from portal.domain.errors import RuleViolation
from portal.domain.policy import Policy
from portal.domain.reviewing import can_be_held, is_known, is_late
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week, parse_week_name, week_of
from portal.policy.service import policy_on
from portal.support.queries import requests_in_week
from portal.web.htmx import wants_fragment
from portal.web.request import actor, now, reading, today, transaction
from portal.weekly import review_line_rows as marks
from portal.weekly import review_queries as queries
from portal.weekly import review_rows as rows
from portal.weekly.meeting_queries import Seat, counted, roster
from portal.weekly.review_refusal_rows import Choice, Refusal
from portal.weekly.review_scope import holds, partners_reviewed
from portal.weekly.review_support_rows import panel
from portal.weekly.reviewing import FIRST_VERSION, digest_of
from portal.weekly.snapshots import keep_week

bp = Blueprint("thursday", __name__)
# How far back a meeting can be looked at: a year.
_OLDEST = 53


@dataclass(frozen=True)
class Meeting:
    """A week's meeting as a person sees it."""

    week: Week
    seats: Sequence[Seat]
    live: bool

    @property
    def done(self) -> int:
        """How many partners are reviewed."""
        return sum(seat.is_done for seat in self.seats)

    def seat(self, partner_id: int) -> Seat:
        """A partner's; 404 where the person does not see it."""
        found = next((seat for seat in self.seats if seat.id == partner_id), None)
        return found or abort(404)

    def beside(self, partner_id: int) -> tuple[int | None, int | None]:
        """Who comes before and after it."""
        order = [seat.id for seat in self.seats]
        here = order.index(partner_id)
        after = order[here + 1] if here + 1 < len(order) else None
        return order[here - 1] if here else None, after

    def next_to_do(self, partner_id: int | None = None) -> int | None:
        """The next partner that is not reviewed, from after `partner_id` on and round; None: all are."""
        order = list(self.seats)
        here = next((place for place, seat in enumerate(order) if seat.id == partner_id), -1)
        return next((seat.id for seat in order[here + 1 :] + order[: here + 1] if not seat.is_done), None)


def week_or_404(name: str) -> Week:
    """The week of an address: one that has begun, and not longer ago than a year."""
    try:
        week = parse_week_name(name)
    except RuleViolation:
        abort(404)
    oldest = week_of(today()).thursday.toordinal() - 7 * _OLDEST
    if not is_known(week, today()) or week.thursday.toordinal() < oldest:
        abort(404)
    return week


def meeting_of(week: Week, *, policy: Policy | None = None) -> Meeting:
    """The meeting; the ends of the weeks that it compares are written down first where they are not.

    With a `policy` also what the week did to each partner's projects.
    """
    scope, live = partners_reviewed(actor()), week == week_of(today())
    found = roster(reading(), scope, week)
    over = {week.before} if live else {week.before, week}
    missing = [each for each in sorted(over) if each.thursday not in found.kept] if found.seats else []
    for each in missing:
        with transaction() as session:
            keep_week(session, each, now=now())
    seats = found.seats
    if policy is not None and seats:
        seats = counted(reading(), scope, seats, week, live=live, today=day_of(week, live), policy=policy)
    return Meeting(week, seats, live)


def day_of(week: Week, live: bool) -> date:
    """The day that protection is counted from: today, or the week's last."""
    return today() if live else week.thursday


@dataclass(frozen=True)
class Loaded:
    """Everything that one partner's page is made of."""

    meeting: Meeting
    seat: Seat
    sheet: queries.Sheet
    lines: Sequence[queries.Line]
    facts: Mapping[int, Sequence[Any]]
    requests: Sequence[Any]
    policy: Policy
    reader: rows.Reader

    @property
    def state(self) -> str:
        """What the page shows of others' work on this partner, in short: it asks for news with it."""
        told = [f"{line.id}{line.verdict.verdict.value}" for line in self.lines if line.verdict]
        told.append(str(self.sheet.version or FIRST_VERSION))
        return digest_of(" ".join(told))[:16]

    @property
    def list_state(self) -> str:
        """The same of the list of partners, which stays as it is from step to step."""
        told = (
            f"{each.id}{'d' if each.is_done else ''}{'r' if each.submitted_at else ''}"
            for each in self.meeting.seats
        )
        return digest_of(" ".join(told))[:16]


def load(week: Week, partner_id: int, *, counts: bool = False, news: bool = False) -> Loaded:
    """One partner in the meeting; `counts`: with what the list of partners says of each.

    `news`: without what the polled part does not show.
    """
    policy = policy_on(reading(), today())
    meeting = meeting_of(week, policy=policy if counts else None)
    session = reading()  # only now: what the meeting writes down ends the one before
    seat, day = meeting.seat(partner_id), day_of(week, meeting.live)
    sheet = queries.sheet_of(session, partner_id, week)
    lines = queries.lines_of(session, partner_id, week, sheet, live=meeting.live, today=day, policy=policy)
    until = min(week.end, now())
    facts = {} if news else queries.facts_of(session, partner_id, week.start, until)
    requests = [] if news else requests_in_week(session, week.start, until, partner_id=partner_id)
    may = is_held_by(seat) and can_be_held(week, today())
    reader = rows.Reader(actor().user_id, may, today(), week.end, day)
    return Loaded(meeting, seat, sheet, lines, facts, requests, policy, reader)


def is_held_by(seat: Seat) -> bool:
    """Whether the person holds this partner's reviews."""
    return holds(actor(), region=seat.region, manager_id=seat.manager_id)


def page(
    week: Week,
    partner_id: int,
    refusal: Refusal | None = None,
    choice: Choice | None = None,
    *,
    after_act: bool = False,
) -> ResponseReturnValue:
    """The whole page; for htmx the meeting, or only the partner, which is all that a step changes.

    `after_act`: the marks in the list may have changed with it.
    """
    name = _template()
    loaded = load(week, partner_id, counts=name != _STEP)
    shown = context(loaded, refusal=refusal, choice=choice)
    text = render_template(name, **shown, after_act=after_act or bool(refusal))
    return text, refusal.status if refusal else 200


_STEP = "weekly/_step.html"


def _template() -> str:
    if not wants_fragment():
        return "weekly/thursday.html"
    return "weekly/_meeting.html" if request.headers.get("HX-Target") == "meeting" else _STEP


def context(
    loaded: Loaded, *, refusal: Refusal | None = None, choice: Choice | None = None
) -> dict[str, Any]:
    """What the templates of the page show."""
    meeting, seat, sheet, lines = loaded.meeting, loaded.seat, loaded.sheet, loaded.lines
    frame = frame_of(loaded, refusal=refusal, choice=choice)
    before, after = meeting.beside(seat.id)
    return {
        **frame,
        "base": frame["spot"][: -len(str(seat.id))],
        "place": [each.id for each in meeting.seats].index(seat.id) + 1,
        "sections": rows.sections(lines, sheet, loaded.facts, loaded.reader, everything=frame["everything"]),
        "moves": is_held_by(seat),
        "late": is_late(meeting.week, today()),
        "before": before,
        "after": after,
        **support_of(loaded, refusal),
    }


def frame_of(
    loaded: Loaded, *, refusal: Refusal | None = None, choice: Choice | None = None
) -> dict[str, Any]:
    """What also the small parts need that change alone: a verdict, the news."""
    seat, everything = loaded.seat, request.values.get("show") == "all"
    sees = allows(actor(), P.REGISTRATION_VIEW) and can_see(actor(), partner_id=seat.id, region=seat.region)
    spot, figures = address(loaded.meeting.week, seat.id), loaded.policy.week
    due = loaded.meeting.week.due_at(figures) if figures else None
    is_due = due is None or now() >= due  # only then a report that is not there is said in red
    return {
        "meeting": loaded.meeting,
        "week": loaded.meeting.week,
        "seat": seat,
        "spot": spot,
        "sheet": loaded.sheet,
        "version": loaded.sheet.version or FIRST_VERSION,
        "figures": rows.figures(loaded.lines),
        "everything": everything,
        "holds": loaded.reader.holds,
        "due": due,
        "is_due": is_due,
        "week_of_seat": partial(marks.week, due=is_due),
        "state": loaded.state,
        "list_state": loaded.list_state,
        "fragment": wants_fragment(),
        "refusal": refusal,
        "choice": choice,
        **_writers(marks.view_of(spot, everything=everything, sees=sees), refusal, choice),
    }


def support_of(loaded: Loaded, refusal: Refusal | None = None) -> dict[str, Any]:
    """What the panel of support shows."""
    refused = refusal is not None and refusal.support is not None
    return {
        "support": panel(
            loaded.requests, loaded.lines, loaded.seat, week=loaded.meeting.week, refused=refused
        ),
        "needs": rows.needs_of(loaded.lines, loaded.sheet, loaded.requests),
    }


def _writers(view: marks.View, refusal: Refusal | None, choice: Choice | None) -> dict[str, Any]:
    """What the templates write lines and marks with; a line with a form or a refusal is not kept."""

    def verdict_of(row: rows.Row, **how: Any) -> Markup:
        mine = refusal if refusal and refusal.registration_id == row.id else None
        chosen = choice.verdict if choice and choice.registration_id == row.id else ""
        open_ = mine.verdict if mine else chosen
        known = open_ if open_ in (LineVerdict.PROGRESS, LineVerdict.RETURNED) else ""
        return marks.verdict(row, view, refusal=mine, open=known, **how)

    special = {each.registration_id for each in (refusal, choice) if each}

    def line_of(row: rows.Row) -> Markup:
        return marks.line(row, view) if row.id not in special else marks.line_with(row, view, verdict_of(row))

    return {"line_of": line_of, "verdict_of": verdict_of, "mark_of": marks.mark}


def address(week: Week, partner_id: int, **more: Any) -> str:
    """Where one partner's page is."""
    return url_for("thursday.show", week=week.thursday.isoformat(), partner_id=partner_id, **more)
