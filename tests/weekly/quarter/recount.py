"""Every word and figure of a Friday's roll-up anew from the raw facts: loops and sums, nothing else (W4)."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t
from tests.weekly.quarter.facts import DAY, Facts
from tests.weekly.quarter.week import SOON, STAGES, STUCK, WEIGHTS, Known, Text, WeekAnew

POLICY = {"version": 1, "weights": WEIGHTS, "stuck_days": STUCK, "lapsing_days": SOON}
COMPARED = ("week", "stages", "open", "signed", "changes")


class Recount:
    """The roll-ups of a quarter, week by week, of all partners (``""``) and of each region."""

    def __init__(self, session: Session, as_made: Mapping[date, Mapping[int, Any]]) -> None:
        self.facts, self.as_made = Facts(session), as_made
        weeks = (min(as_made) - 7 * DAY, *sorted(as_made))
        self.ends = {thursday: dict(self.facts.lines(thursday)) for thursday in weeks}
        r, v = t.weekly_report.c, t.weekly_revision.c
        query = sa.select(r.partner_id, r.week, v.submitted_at).join(t.weekly_report, r.id == v.report_id)
        self.sent = session.execute(query.order_by(v.submitted_at)).all()
        cases = session.execute(sa.select(t.conflict_case).order_by(t.conflict_case.c.ref)).all()
        self.known = Known(self.facts, self.ends, self.sent, cases)
        self.texts: dict[tuple[date, str], Text] = {}

    def text(self, thursday: date, region: str, made_at: datetime) -> Text:
        """What the roll-up of a week has to say; the weeks before it were asked for already."""
        partners = {
            number: row for number, row in self.as_made[thursday].items() if region in ("", row.region)
        }
        week = WeekAnew(self.known, thursday, partners, made_at)
        before = self.texts.get((thursday - 7 * DAY, region))
        history = [*(before["history"] if before else []), week.entry()][-12:]
        self.texts[thursday, region] = {
            "form": 1,
            "week": thursday.isoformat(),
            "region": region,
            "policy": POLICY,
            **week.figures(),
            "before": before and {name: before[name] for name in COMPARED},
            "key": week.listed(lambda line: line.stage in STAGES[2:4]),
            "signed_listed": week.listed(lambda line: line.stage == "signed"),
            "gone_key": week.gone(),
            "lapsed_listed": week.listed(week.lapsed_now),
            "closings": week.closings(),
            "conversion": conversion(history),
            "support": week.support(),
            "reports": week.reports(),
            "cases": week.cases(),
            "history": history,
        }
        return self.texts[thursday, region]


def conversion(history: list[Text]) -> Text:
    """Of what left a stage in these weeks how much went further, and the median of the days it had stood."""
    found = {}
    for stage in STAGES[:4]:
        further, back, gone = (
            sum(each["flows"][stage][name] for each in history) for name in ("further", "back", "gone")
        )
        days = [
            int(number)
            for each in history
            for number, times in each["days"][stage].items()
            for _ in range(times)
        ]
        found[stage] = {
            "further": further,
            "left": further + back + gone,
            "median_days": f"{Decimal(str(median(days))).normalize():f}" if days else "",
        }
    return found
