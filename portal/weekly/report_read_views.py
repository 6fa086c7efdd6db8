"""Who reported what: the vendor's list of a week, a report as it was sent; a partner's own to write (W2)."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.reports import ReportState, differences
from portal.domain.weeks import Week, week_of
from portal.policy.service import policy_on
from portal.web import forms
from portal.web.access import partner_or_404, partners_of
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today
from portal.weekly import report_queries, report_rows
from portal.weekly.report_views import bp, figures_of, keep_compared, week_or_404
from portal.weekly.report_write_views import write_page
from portal.weekly.reports import sent_revisions

__all__ = ["bp"]


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
    return write_page(found)


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
