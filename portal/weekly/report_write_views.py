"""A partner's people write their weekly report and send it (W2)."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.errors import RuleViolation, problems_of
from portal.domain.reports import Entry, Line, Typed, check_open, lacking, state_of
from portal.domain.weeks import Week, WeekFigures, week_of
from portal.policy.service import policy_on
from portal.web import forms
from portal.web.access import partner_or_404
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction
from portal.weekly import report_queries, report_rows
from portal.weekly.report_forms import LineForm, form_of
from portal.weekly.report_views import bp, figures_of, keep_compared, own_report, week_or_404
from portal.weekly.reporting import Outcome, begin, open_report, send_report, write_line, write_remark
from portal.weekly.reports import Writing, load_entry

__all__ = ["bp"]
PAGE = 60
"""Projects on one page of a report; a form takes only so many fields."""


def write_page(
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
    lines, missing = [line for line in draft.lines if not line.is_gone], lacking(draft.lines, today())
    last = max((len(lines) - 1) // PAGE, 0)
    pages = {line.registration_id: at // PAGE for at, line in enumerate(lines)}
    page = min(max(forms.posted_number(request.values.get("page")), 0), last)
    if missing and problem and problem.code in {each.code for each in missing}:
        page = pages[_project(missing[0])]
    ways = {each.field: _way(week, each, pages[_project(each)], page) for each in missing}
    shown = lines[page * PAGE : (page + 1) * PAGE]
    made = {
        line.registration_id: (posted or {}).get(line.registration_id) or form_of(line.entry)
        for line in shown
    }
    rows = report_rows.line_rows(shown, made)
    closed = None
    try:
        check_open(week, now(), figures)
    except RuleViolation as error:
        closed = error
    body = render_template(
        "weekly/write.html", week=week, figures=figures, rows=rows, page=page, last=last, closed=closed,
        gone=[line for line in draft.lines if line.is_gone], sent=own.sent,
        counts=report_rows.change_counts(draft.lines), lacking=missing,
        projects=len(lines), remark=draft.remark if remark is None else remark, problem=problem,
        weeks=own.weeks, this_week=week_of(today()),
        state=state_of(
            submitted_at=report.submitted_at if report else None, late=bool(report and report.late),
            begun=report is not None, projects=len(lines), week=week, now=now(), figures=figures,
        ),
        happening=report_rows.happening_words, may_send=allows(actor(), P.REPORT_SEND),
        way=ways.get, elsewhere=sum(not each.startswith("#") for each in ways.values()),
    )  # fmt: skip
    return body, code


def _project(missing: RuleViolation) -> int:
    """The project on which something is missing."""
    return int((missing.field or "").partition("-")[0])


def _way(week: Week, missing: RuleViolation, page: int, here: int) -> str:
    """Where what is missing can be typed; a reason can be tapped."""
    place = (missing.field or "").replace("-reason", "-quick")
    return f"#{place}" if page == here else url_for(".week", week=week.thursday, page=page, _anchor=place)


@bp.post("/<week>/lines/<int:registration_id>")
@needs(P.REPORT_WRITE, quiet=True)
def write(week: str, registration_id: int) -> ResponseReturnValue:
    """Keep one project's fields while they are typed; answers its small state."""
    found = week_or_404(week)
    if now() > found.end:
        keep_compared(found)
    writing = load_entry(
        reading(), partner_id=actor().partner_id or 0, week=found, registration_id=registration_id, now=now()
    )
    if writing is None:
        abort(404)
    entry = writing.entry
    form = form_of(entry, request.form)
    drawn_from = forms.posted_number(form.version.data)
    if not form.validate():
        return _state(entry, form, version=drawn_from, code=422)
    try:
        version = _keep(found, writing, form.typed(entry), drawn_from)
    except RuleViolation as error:
        # What stands there now is shown; sending once more puts the own words in its place.
        form.refuse(error)
        stale = error.code == "stale"
        return _state(
            entry, form, version=entry.version, theirs=entry if stale else None, code=409 if stale else 422
        )
    return _state(entry, form, version=version, saved=True)


def _keep(week: Week, writing: Writing, typed: Typed, version: int) -> int:
    """Keep a line without the draft around it; answers its new version."""
    if writing.entry.now is None:
        raise RuleViolation("report.not_yours")
    if not week.start <= now() <= week.end:  # while it runs it can be written whatever the policy says
        check_open(week, now(), figures_of(policy_on(reading(), today())))
    with transaction() as session:
        report_id = writing.report_id
        if report_id is None:
            report_id = begin(session, partner_id=actor().partner_id or 0, week=week, now=now())
        return write_line(
            session, actor=actor(), now=now(), report_id=report_id, entry=writing.entry, version=version,
            typed=typed,
        )  # fmt: skip


def _state(
    entry: Entry, form: LineForm, *, version: int, code: int = 200, **more: Any
) -> ResponseReturnValue:
    """What became of a line that was typed, and the version that the next words are drawn from."""
    number = entry.registration_id
    return render_template("weekly/_state.html", number=number, form=form, version=version, **more), code


def _save(week: Week, figures: WeekFigures, lines: list[tuple[Line, LineForm]], remark: str) -> None:
    """Keep what was typed, all of it or nothing."""
    partner_id = actor().partner_id or 0
    with transaction() as session:
        report = open_report(session, partner_id=partner_id, week=week, now=now(), figures=figures)
        for line, form in lines:
            try:
                write_line(
                    session, actor=actor(), now=now(), report_id=report.id, entry=line.entry,
                    version=forms.posted_number(form.version.data), typed=form.typed(line.entry),
                )  # fmt: skip
            except RuleViolation as error:
                error.field = f"{line.registration_id}-happened"
                raise
        write_remark(session, report_id=report.id, remark=remark)


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
        (line, form_of(line.entry, request.form))
        for line in own.draft.lines
        if not line.is_gone and f"{line.registration_id}-version" in request.form
    ]
    made = {line.registration_id: form for line, form in on_page}
    try:
        remark = forms.bounded(4000)(request.form.get("remark", ""))
    except RuleViolation as error:
        return write_page(found, posted=made, problem=error, remark=request.form["remark"], code=422)
    valid = [form.validate() for form in made.values()]
    if not all(valid):
        return write_page(found, posted=made, remark=remark, code=422)
    try:
        _save(found, figures, on_page, remark)
        _refuse_lost(made)
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
        return write_page(
            found,
            posted=made,
            problem=error,
            remark=remark,
            code=_code_of(error),
        )
    flash(_told(outcome))
    return go_to(url_for(".sent", week=week, partner_id=partner.id))


def _code_of(error: RuleViolation) -> int:
    """409 where things have changed meanwhile, 422 where something typed is wrong or missing."""
    return 409 if error.code in ("stale", "report.lost") else 422


def _refuse_lost(made: Mapping[int, LineForm]) -> None:
    """Say it if a project on the page is not the partner's any more: what was typed of it is not reported."""
    posted = {forms.posted_number(name.partition("-")[0]) for name in request.form if "-version" in name}
    lost = posted - made.keys()
    names = report_queries.customers_of(reading(), actor().partner_id or 0, lost) if lost else []
    if names:
        raise RuleViolation("report.lost", customers=str(_(", ")).join(names))


def _told(outcome: Outcome) -> str:
    number = outcome.revision
    if not outcome.is_new:
        return str(_("Nothing has changed since revision %(number)s: it stays as sent.", number=number))
    if number > 1:
        return str(_("The correction is sent: revision %(number)s.", number=number))
    if outcome.late:
        return str(_("The report is sent, after the deadline."))
    return str(_("The report is sent, in time."))
