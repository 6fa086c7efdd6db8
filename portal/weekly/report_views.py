"""The weekly report: the partner writes and sends it, the vendor reads who reported what (W2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.errors import RuleViolation, problems_of
from portal.domain.policy import Policy
from portal.domain.reports import (
    Draft,
    Line,
    ReportState,
    check_open,
    differences,
    lacking,
    state_of,
)
from portal.domain.weeks import Week, WeekFigures, parse_week_name, week_of
from portal.policy.service import policy_on
from portal.web import forms
from portal.web.access import partner_or_404, partners_of
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction
from portal.weekly import report_queries, report_rows
from portal.weekly.report_forms import LineForm, form_of
from portal.weekly.reporting import Outcome, keep_ends, open_report, send_report, write_line, write_remark
from portal.weekly.reports import (
    PartnerRow,
    Sent,
    load_draft,
    newest_sent,
    report_row,
    sent_revisions,
)
from portal.weekly.snapshots import is_kept

bp = Blueprint("weekly", __name__, url_prefix="/weekly")
PAGE = 60
"""Projects on one page of a report; a form takes only so many fields."""


def week_or_404(name: str) -> Week:
    """The week that an address names by its Thursday."""
    try:
        return parse_week_name(name)
    except RuleViolation:
        abort(404)


def figures_of(policy: Policy) -> WeekFigures:
    """The policy's figures of the week."""
    assert policy.week is not None  # noqa: S101 - every policy has them
    return policy.week


@bp.get("")
@needs(P.REPORT_VIEW)
def start() -> ResponseReturnValue:
    """The running week: a partner's own report, the vendor's list."""
    return go_to(url_for(".week", week=week_of(today()).thursday.isoformat()))


@bp.get("/<week>")
@needs(P.REPORT_VIEW)
def week(week: str) -> ResponseReturnValue:
    """A partner's people write their report; the vendor's people see who reported."""
    found = week_or_404(week)
    if not actor().is_partner:
        return _list(found)
    keep_compared(found)
    return _write(found)


def keep_compared(week: Week) -> None:
    """Write down the ends that the report compares, where nobody has yet."""
    over = [each for each in (week.before, week) if now() > each.end]
    if not is_kept(reading(), *over):
        with transaction() as writing:
            keep_ends(writing, week, now())


def _list(week: Week) -> str:
    figures = figures_of(policy_on(reading(), today()))
    rows = report_queries.partners_of_week(
        reading(), partners_of(actor()), week=week, now=now(), figures=figures
    )
    asked = request.args.get("state", "")
    shown = [row for row in rows if not asked or row.state == asked]
    return render_template(
        "weekly/list.html", week=week, figures=figures, rows=shown, asked=asked, this_week=week_of(today()),
        counts={state: sum(row.state is state for row in rows) for state in ReportState}, total=len(rows),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnReport:
    """The own partner's report of a week: the draft, its row, what was sent, the newest weeks."""

    draft: Draft
    report: Any
    policy: Policy
    sent: Sent | None
    weeks: list[Any]


def own_report(week: Week) -> OwnReport:
    """The same for the person who asks."""
    session, policy = reading(), policy_on(reading(), today())
    partner_id = actor().partner_id or 0
    weeks = report_queries.own_weeks(session, partner_id)
    partner = PartnerRow(partner_id, weeks[0].code, weeks[0].name, weeks[0].region)
    begun = [each for each in weeks if each.id is not None]
    report = next((each for each in begun if each.week == week.thursday), None)
    if report is None and len(begun) == report_queries.WEEKS:
        report = report_row(session, partner_id, week)
    papers = newest_sent(session, partner_id, week, week.before)
    draft = load_draft(
        session, partner=partner, week=week, now=now(), policy=policy, report=report,
        promised=papers.get(week.before),
    )  # fmt: skip
    return OwnReport(draft, report, policy, papers.get(week), begun)


def _write(
    week: Week,
    *,
    posted: Mapping[int, LineForm] | None = None,
    problem: RuleViolation | None = None,
    remark: str | None = None,
    code: int = 200,
) -> ResponseReturnValue:
    """The report as it can be written now; `posted` are forms with something wrong in them."""
    own = own_report(week)
    draft, report, figures = own.draft, own.report, figures_of(own.policy)
    lines = [line for line in draft.lines if not line.is_gone]
    last = max((len(lines) - 1) // PAGE, 0)
    page = min(max(forms.posted_number(request.values.get("page")), 0), last)
    shown = lines[page * PAGE : (page + 1) * PAGE]
    made = {line.registration_id: (posted or {}).get(line.registration_id) or form_of(line) for line in shown}
    rows = report_rows.line_rows(shown, made)
    closed = None
    try:
        check_open(week, now(), figures)
    except RuleViolation as error:
        closed = error
    body = render_template(
        "weekly/write.html", week=week, figures=figures, rows=rows, page=page, last=last, closed=closed,
        gone=[line for line in draft.lines if line.is_gone], sent=own.sent,
        counts=report_rows.change_counts(draft.lines), lacking=lacking(draft.lines, today()),
        projects=len(lines), remark=draft.remark if remark is None else remark, problem=problem,
        weeks=own.weeks, this_week=week_of(today()),
        state=state_of(
            submitted_at=report.submitted_at if report else None, late=bool(report and report.late),
            begun=report is not None, projects=len(lines), week=week, now=now(), figures=figures,
        ),
        happening=report_rows.happening_words, may_send=allows(actor(), P.REPORT_SEND),
    )  # fmt: skip
    return body, code


@bp.post("/<week>/lines/<int:registration_id>")
@needs(P.REPORT_WRITE, quiet=True)
def write(week: str, registration_id: int) -> ResponseReturnValue:
    """Keep one project's fields while they are typed; answers its small state."""
    found, line = week_or_404(week), None
    own = own_report(found)
    line = next((each for each in own.draft.lines if each.registration_id == registration_id), None)
    if line is None or line.is_gone:
        abort(404)
    form = form_of(line, request.form)
    if not form.validate():
        return _state(line, form, version=forms.posted_number(form.version.data), code=422)
    try:
        version = _save(found, figures_of(own.policy), [(line, form)]).get(registration_id, line.version)
    except RuleViolation as error:
        # What stands there now is shown; sending once more puts the own words in its place.
        form.refuse(error)
        stale = error.code == "stale"
        return _state(
            line, form, version=line.version, theirs=line if stale else None, code=409 if stale else 422
        )
    return _state(line, form, version=version, saved=True)


def _state(line: Line, form: LineForm, *, version: int, code: int = 200, **more: Any) -> ResponseReturnValue:
    page = render_template(
        "weekly/_state.html", number=line.registration_id, form=form, version=version, **more
    )
    return page, code


def _save(
    week: Week, figures: WeekFigures, lines: list[tuple[Line, LineForm]], remark: str | None = None
) -> dict[int, int]:
    """Keep what was typed, all of it or nothing; answers the new versions."""
    partner_id, versions = actor().partner_id or 0, {}
    with transaction() as session:
        report = open_report(session, partner_id=partner_id, week=week, now=now(), figures=figures)
        for line, form in lines:
            typed = form.typed(line)
            if line.version == 0 and typed == line.typed:
                continue
            try:
                versions[line.registration_id] = write_line(
                    session, actor=actor(), now=now(), report_id=report.id,
                    registration_id=line.registration_id, typed=typed,
                    version=forms.posted_number(form.version.data),
                )  # fmt: skip
            except RuleViolation as error:
                error.field = f"{line.registration_id}-happened"
                raise
        if remark is not None:
            write_remark(session, report_id=report.id, remark=remark)
    return versions


@bp.post("/<week>")
@needs(P.REPORT_WRITE)
def send(week: str) -> ResponseReturnValue:
    """Save the page's lines; with ``act=send`` also send the whole report."""
    found = week_or_404(week)
    own = own_report(found)
    figures, sending = figures_of(own.policy), request.form.get("act") == "send"
    if sending and not allows(actor(), P.REPORT_SEND):
        g.missing_permission = P.REPORT_SEND
        abort(403)
    on_page = [
        (line, form_of(line, request.form))
        for line in own.draft.lines
        if not line.is_gone and f"{line.registration_id}-version" in request.form
    ]
    made = {line.registration_id: form for line, form in on_page}
    try:
        remark = forms.bounded(4000)(request.form.get("remark", ""))
    except RuleViolation as error:
        return _write(found, posted=made, problem=error, remark=request.form["remark"], code=422)
    valid = [form.validate() for form in made.values()]
    if not all(valid):
        return _write(found, posted=made, remark=remark, code=422)
    try:
        _save(found, figures, on_page, remark)
        if not sending:
            flash(_("Saved. It is not sent yet."))
            return go_to(url_for(".week", week=week, page=forms.posted_number(request.form.get("page"))))
        with transaction() as session:
            partner = partner_or_404(actor().partner_id or 0)
            outcome = send_report(
                session, actor=actor(), now=now(), partner=partner, week=found, policy=own.policy
            )
    except RuleViolation as error:
        for each in problems_of(error):
            number = forms.posted_number((each.field or "").partition("-")[0])
            if number in made:
                made[number].refuse(each)
        return _write(
            found, posted=made, problem=error, remark=remark, code=409 if error.code == "stale" else 422
        )
    flash(_told(outcome))
    return go_to(url_for(".sent", week=week, partner_id=partner.id))


def _told(outcome: Outcome) -> str:
    number = outcome.revision
    if not outcome.is_new:
        return str(_("Nothing has changed since revision %(number)s: it stays as sent.", number=number))
    if number > 1:
        return str(_("The correction is sent: revision %(number)s.", number=number))
    if outcome.late:
        return str(_("The report is sent, after the deadline."))
    return str(_("The report is sent, in time."))


@bp.get("/<week>/<int:partner_id>")
@needs(P.REPORT_VIEW)
def sent(week: str, partner_id: int) -> ResponseReturnValue:
    """A report as it was sent, any revision of it, and what each changed."""
    found, partner = week_or_404(week), partner_or_404(partner_id)
    revisions = sent_revisions(reading(), partner.id, found)
    if not revisions:
        if partner.id == actor().partner_id:
            return go_to(url_for(".week", week=week))
        figures = figures_of(policy_on(reading(), today()))
        return render_template("weekly/none.html", week=found, partner=partner, figures=figures)
    number = forms.posted_number(request.args.get("revision"))
    place = next((at for at, each in enumerate(revisions) if each.revision == number), 0)
    shown = revisions[place]
    older = revisions[place + 1] if place + 1 < len(revisions) else None
    changed = differences(older.content, shown.content) if older else []
    return render_template(
        "weekly/sent.html", week=found, partner=partner, shown=shown, revisions=revisions, older=older,
        changed=report_rows.difference_rows(changed), happenings=report_rows.sent_happenings,
        value=report_rows.value_words, own=partner.id == actor().partner_id,
    )  # fmt: skip
