"""Friday's roll-ups (W4): the list, one of them as it was frozen, the running week, and the file."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from portal import exports
from portal.domain.access import Permission as P
from portal.domain.access import rollup_regions
from portal.domain.errors import RuleViolation
from portal.domain.letters import one_line
from portal.domain.weeks import Week, parse_week_name, week_of
from portal.policy.service import policy_on
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction
from portal.weekly import rollup_queries as queries
from portal.weekly import rollup_rows as rows
from portal.weekly.rollup import make_rollups, preview, weeks_due
from portal.weekly.rollup_sheet_rows import sheets_of

bp = Blueprint("rollups", __name__)
_EACH = 20
_SHORT = 8
_LONGEST_NAME = 20


@bp.get("/rollups")
@needs(P.ROLLUP_VIEW)
def list_page() -> ResponseReturnValue:
    """Every Friday, the newest first."""
    own, session = _own(), reading()
    page = queries.list_rollups(session, own, request.args.get("page"))
    figures = {}
    if page.rows:
        newest = queries.rollup_of(session, Week(page.rows[0].week), own)
        figures = rows.weeks_listed(newest.text["history"]) if newest else {}
    due = weeks_due(session, now(), by_hand=True)
    running = week_of(today())
    return render_template(
        "weekly/rollups.html",
        page=page,
        weeks=[(each, Week(each.week), figures.get(each.week)) for each in page.rows],
        due=due,
        made_at=_made_at(due[0] if due else running),
        region=own,
        link=lambda cursor: url_for(".list_page", page=cursor),
    )


def _own() -> str:
    """The region of a regional person, '' for those who read all."""
    own = rollup_regions(actor())
    if own is None:
        abort(404)
    return own


def _asked() -> str:
    """The region that the page is asked for; one that is not the person's does not exist."""
    own, asked = _own(), request.args.get("region", "")[:40]
    if own and asked not in ("", own):
        abort(404)
    return own or asked


@bp.get("/rollups/running")
@needs(P.ROLLUP_VIEW)
def running() -> ResponseReturnValue:
    """What Friday's roll-up would say now."""
    region, session, week = _asked(), reading(), week_of(today())
    found = {each["region"]: each for each in preview(session, now())}
    if region not in found:
        abort(404)
    before = week.before
    return render_template(
        "weekly/rollup.html",
        live=True,
        later=queries.came_later(session, before, region),
        regions=[] if _own() else sorted(each for each in found if each),
        before=before if queries.rollup_of(session, before, region) else None,
        after=None,
        made=None,
        **_shown(found[region], week),
    )


@bp.get("/rollups/newest")
@needs(P.ROLLUP_VIEW)
def newest() -> ResponseReturnValue:
    """To the newest roll-up: first pages lead here, which need not ask which one it is."""
    week = queries.newest_week(reading(), today())
    return redirect(url_for(".detail", name=week.thursday) if week else url_for(".list_page"))


@bp.get("/rollups/<name>")
@needs(P.ROLLUP_VIEW)
def detail(name: str) -> ResponseReturnValue:
    """A Friday's roll-up, rendered from its frozen text alone."""
    frozen = _frozen(name)
    before, after = queries.neighbours(reading(), frozen.week, frozen.region)
    return render_template(
        "weekly/rollup.html",
        live=False,
        later=[],
        regions=[] if _own() else queries.regions_of(reading(), frozen.week),
        before=before,
        after=after,
        made=frozen,
        **_shown(frozen.text, frozen.week),
    )


def _frozen(name: str) -> queries.Frozen:
    """The roll-up of the address; where there is none the page says why, and where to go."""
    region, week = _asked(), None
    with suppress(RuleViolation):
        week = parse_week_name(name)
    found = queries.rollup_of(reading(), week, region) if week else None
    if found is None:
        abort(_none(name, week, region))
    return found


def _none(name: str, week: Week | None, region: str) -> Response:
    page = render_template(
        "weekly/rollup_none.html",
        name=one_line(name, _LONGEST_NAME),
        week=week,
        region=region,
        over=week is not None and week.end < now(),
        is_running=week == week_of(today()),
        made_at=_made_at(week) if week else None,
    )
    return make_response(page, 404)


def _made_at(week: Week) -> datetime | None:
    """From when on a week's roll-up is made by itself; None where it is made, left out, or not known yet."""
    session, running = reading(), week_of(today())
    if week < running and week not in weeks_due(session, now(), by_hand=True):
        return None
    policy = policy_on(session, week.next.first).week
    return week.rollup_at(policy) if policy else None


def _shown(text: dict[str, Any], week: Week) -> dict[str, Any]:
    """What a page of a text needs, whether frozen or not."""
    page = max(1, request.args.get("page", 1, type=int) or 1)
    key = text["key"]
    last = max(1, -(-len(key) // _EACH))
    page = min(page, last)
    return {
        "text": text,
        "week": week,
        "friday": week.thursday + timedelta(days=1),
        "headline": rows.headline(text),
        "changes": rows.changes(text),
        "funnel": list(rows.funnel(text)),
        "ports": rows.stacks(text, "ports"),
        "weighted": rows.stacks(text, "weighted"),
        "closings": rows.closings(text),
        "conversion": rows.conversion(text),
        "key": list(rows.projects(key[(page - 1) * _EACH : page * _EACH])),
        "page": page,
        "last": last,
        "listed": {
            name: (list(rows.projects(found[:_SHORT])), len(found))
            for name, found in (
                ("expected", text["closings"]["listed"]),
                ("signed", text["signed_listed"]),
                ("gone", text["gone_key"]),
                ("lapsed", text["lapsed_listed"]),
            )
        },
        "support": list(rows.support(text["support"][:_SHORT])),
        "cases": list(rows.cases(text["cases"]["listed"][:_SHORT])),
        "short": _SHORT,
    }


@bp.get("/rollups/<name>/xlsx")
@needs(P.ROLLUP_VIEW)
def download(name: str) -> ResponseReturnValue:
    """All and each region as sheets; a regional person's own region."""
    frozen = _frozen(name)
    own, session = _own(), reading()
    regions = [own] if own else ["", *queries.regions_of(session, frozen.week)]
    texts = [found.text for each in regions if (found := queries.rollup_of(session, frozen.week, each))]
    content = exports.xlsx_book([exports.Sheet(**each) for each in sheets_of(texts)])
    disposition = f'attachment; filename="rollup-{frozen.week.thursday}.xlsx"'
    return Response(
        content, mimetype=exports.MEDIA_TYPES["xlsx"], headers={"Content-Disposition": disposition}
    )


@bp.post("/rollups/make")
@needs(P.ROLLUP_MAKE)
def make() -> ResponseReturnValue:
    """Friday's roll-up now: every week that is over and has none yet."""
    made = []
    for week in weeks_due(reading(), now(), by_hand=True):
        with transaction() as session:
            if make_rollups(session, week, now=now(), actor=actor()):
                made.append(week)
    if not made:
        flash(gettext("Nothing was due: the roll-ups of every week that is over are made."))
        return redirect(url_for(".list_page"))
    flash(ngettext("Made the roll-up of %(num)d week.", "Made the roll-ups of %(num)d weeks.", len(made)))
    return redirect(url_for(".detail", name=made[-1].thursday))
