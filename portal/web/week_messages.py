"""What refusals say that are about the channel's week, and what its words are called."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.reports import ReportState
from portal.domain.weekly import Change, Group

WEEK: Mapping[str, Any] = {
    "import.report_there": _l("%(partner)s has another report of this week already."),
    "import.unknown_customer": _l(
        "The partner has no project, or more than one, that this name means: the line is kept by the name."
    ),
    "import.week_not_over": _l("“%(value)s” is not over yet: only past weeks are imported."),
    "report.closed": _l("This week is closed: its report could be sent until %(last)s."),
    "report.day_without_step": _l("Say what happens on that day, or leave the day empty."),
    "report.future": _l("This week has not begun: its report can be written from %(first)s on."),
    "report.lost": _l(
        "%(customers)s: not yours any more, nothing is reported of it. The rest is saved: look at it, "
        "then send."
    ),
    "report.not_yours": _l("The project is not yours any more: nothing is reported of it."),
    "report.reason_needed": _l("Nothing was recorded this week: say why, or what happened."),
    "report.step_in_the_past": _l("That day has passed: give the day of the next step."),
    "sheet.gone": _l("%(customer)s: the project chosen for it is not yours any more. Choose again."),
    "sheet.no_file": _l("Choose a file."),
    "sheet.no_heads": _l("No row names the columns. Understood are: %(known)s."),
    "sheet.too_long": _l("The sheet has more than %(most)s customers: leave out what is over."),
    "sheet.twice": _l("Two rows are for the same project: leave one of them."),
    "support.closed": _l("This request is over already: nothing was changed."),
    "support.due_in_the_past": _l("It cannot be due before today."),
    "support.due_needs_reason": _l("Say why the day is moved: whoever asked reads it."),
    "support.due_not_yours": _l("By when it is due is for the vendor to say."),
    "support.due_passed": _l(
        "It was due on %(day)s: a day that has passed is not moved. Give the support, or decline it."
    ),
    "support.due_required": _l("Say by when it is due."),
    "support.no_day": _l("“%(value)s” is no day: write it as 27 Nov, 11-27 or Fri."),
    "support.nobody": _l("“@%(name)s” is not one of those who can take it: %(known)s."),
    "support.not_yours": _l("This is not yours to ask for or to answer."),
    "support.owner": _l("Only a person of ours who gives support can take it."),
    "check.rollup_missing": _l("The roll-up of the week %(week)s was made, and is not there."),
    "check.rollup_sums": _l("Its sums are not those of the week %(week)s as it was kept."),
    "check.rollup_text": _l("It is not the text of its week and region."),
    "rollup.later_made": _l(
        "The roll-up of the week %(week)s is made already: an earlier week cannot be made after it."
    ),
    "rollup.none": _l("No roll-up is made yet up to that day."),
    "rollup.too_early": _l("The week is not over: its roll-up can be made from %(day)s on."),
    "week.form": _l("“%(value)s” is not a reporting week: name it by its Thursday, as 2026-11-26."),
}
ACTS: Mapping[str, Any] = {
    "week.kept": _l("Wrote down the end of a week"),
    "weekly.sent": _l("Sent a weekly report"),
}
SUBJECTS: Mapping[str, Any] = {
    "week": _l("Week"),
    "weekly_report": _l("Weekly report"),
}
LABELS: tuple[tuple[Any, Any], ...] = (
    (ReportState.IN, _l("In")),
    (ReportState.LATE, _l("Late")),
    (ReportState.WRITING, _l("Being written")),
    (ReportState.DUE, _l("Not begun")),
    (ReportState.MISSING, _l("Not sent in")),
    (ReportState.NOT_NEEDED, _l("Nothing to report")),
    (Change.NEW, _l("New")),
    (Change.ADVANCED, _l("Moved up")),
    (Change.FELL_BACK, _l("Fell back")),
    (Change.SAME, _l("No change")),
    (Change.GONE, _l("Not owned any more")),
    (Group.NEW, _l("New")),
    (Group.ADVANCED, _l("Moved up")),
    (Group.FELL_BACK, _l("Fell back")),
    (Group.LAPSING, _l("Protection about to lapse, or lapsed")),
    (Group.STUCK, _l("Stuck")),
    (Group.SAME, _l("No change")),
    (Group.GONE, _l("Not owned any more")),
)
