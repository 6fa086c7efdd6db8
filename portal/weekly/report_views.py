"""What the pages of the weekly report share: the week they name, the partner's own report of it (W2)."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort

from portal.domain.errors import RuleViolation
from portal.domain.policy import Policy
from portal.domain.reports import Draft
from portal.domain.weeks import Week, WeekFigures, parse_week_name
from portal.policy.service import policy_on
from portal.web.request import actor, now, reading, today, transaction
from portal.weekly import report_queries
from portal.weekly.reporting import keep_ends
from portal.weekly.reports import PartnerRow, Sent, load_draft, newest_sent, report_row
from portal.weekly.snapshots import is_kept

bp = Blueprint("weekly", __name__, url_prefix="/weekly")


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


def keep_compared(week: Week) -> None:
    """Write down the ends that the report compares, where nobody has yet."""
    over = [each for each in (week.before, week) if now() > each.end]
    if not is_kept(reading(), *over):
        with transaction() as writing:
            keep_ends(writing, week, now())


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
