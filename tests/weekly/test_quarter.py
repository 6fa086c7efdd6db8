"""A quarter of the channel at random: report, review, roll-up, every week, and all of it counted anew.

Partners' reps write and send reports, the Thursday review gives its verdicts, the tick makes the roll-ups;
people file, move, merge and contest meanwhile, and the vendor is late with what it owes. At the end a recount
from the raw facts (`quarter/facts.py`, `quarter/recount.py`) writes every roll-up anew, all of its text.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.commands.checking import problems
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week, last_weeks
from portal.models import tables as t
from tests.model.naive_ownership import day_of
from tests.support.people import Person
from tests.weekly.quarter.channel import REGIONS, SEED, WEEKS, Channel
from tests.weekly.quarter.comparing import differences, said
from tests.weekly.quarter.deadlines import FIRST_KNOWN, LAST_KNOWN
from tests.weekly.quarter.facts import end_of, ref_of
from tests.weekly.quarter.living import live
from tests.weekly.quarter.recount import Recount
from tests.weekly.quarter.week import STAGES

LAST = Week(date(2026, 4, 30))
PROTECTED = timedelta(days=28)
ALWAYS_THE_SAME = {
    *("form", "policy.version", "policy.stuck_days", "policy.lapsing_days"),
    *(f"policy.weights.{stage}" for stage in STAGES),
    "before",  # nothing, but once: otherwise it is made of figures
    "history[].flows.interest.back",  # there is no stage before it
    *("key[].signed_on", "support[].signed_on"),  # they are open
}
"""What is the same in every roll-up of a quarter; everything else was seen to change."""
SHORT = ("closings.listed[].", "gone_key[].", "lapsed_listed[].", "signed_listed[].")
"""Lists so short that a quarter may not vary all that they say, in the same words as the long ones."""
LIVED = {
    "filed", "moved", "progress", "released", "lost", "undone", "edited", "next_step", "support_asked",
    "support_planned", "support_done", "correction_asked", "corrected", "merged", "case_asked", "case_opened",
    "case_closed", "reassigned", "reported", "reviewed", "returned",
}  # fmt: skip


def test_a_quarter_of_reports_reviews_and_roll_ups_is_what_a_naive_recount_finds(
    engine: sa.Engine, people: Mapping[str, Person]
) -> None:
    weeks = last_weeks(LAST, WEEKS)
    assert weeks[0].first >= FIRST_KNOWN
    assert LAST.thursday <= LAST_KNOWN
    channel = Channel(engine, people, random.Random(SEED))
    last = live(channel, weeks)
    with db.reading(engine) as session:
        recount = Recount(session, channel.as_made)
        texts = check_texts(session, recount, weeks)
        check_verdicts(channel, recount)
        assert list(problems(session, now=last)) == []
        check_what_was_lived(session, channel, recount)
    assert constants(texts) == set()


def check_texts(session: Session, recount: Recount, weeks: list[Week]) -> list[Any]:
    """Each frozen text is the recount's to the letter, so no key of it is in no recount; answers them all."""
    c, texts = t.rollup.c, []
    rows = session.execute(sa.select(t.rollup).order_by(c.week, c.region)).all()
    assert [(row.week, row.region) for row in rows] == [
        (week.thursday, region) for week in weeks for region in ("", *REGIONS)
    ]
    for row in rows:
        texts.append(json.loads(row.content))
        wanted = recount.text(row.week, row.region, row.made_at)
        assert list(differences(texts[-1], wanted)) == [], (row.week, row.region)
    return texts


def constants(texts: list[Any]) -> set[str]:
    """What every text says alike though it could differ: a recount of it proves nothing."""
    seen: defaultdict[str, set[Any]] = defaultdict(set)
    for text in texts:
        for place, value in said(text):
            seen[place].add(value)
    return {
        place for place, values in seen.items() if len(values) < 2 and not place.startswith(SHORT)
    } - ALWAYS_THE_SAME


def check_verdicts(channel: Channel, recount: Recount) -> None:
    """Progress protects for 28 days from the day of the review (S3, C3), late or not, but not in a case (C7).

    What was noted or returned changes no day.
    """
    for each in channel.given:
        stand = recount.facts.stand(recount.facts.customer_of(each.claim, each.at), each.at)
        renews = each.verdict is LineVerdict.PROGRESS and stand.case_of is None
        assert each.after == (day_of(each.at) + PROTECTED if renews else each.before), each
        row = stand.picture(each.at).rows[ref_of(each.claim)]
        assert each.after == row.protected_until, each


def check_what_was_lived(session: Session, channel: Channel, recount: Recount) -> None:
    """The quarter had everything that the figures could go wrong by."""
    kinds = {fact.kind.value for facts in recount.facts.facts.values() for fact in facts}
    assert LIVED - kinds == set(), channel.refused
    assert {each.verdict for each in channel.given} == set(LineVerdict)
    assert any(each.before and each.before < day_of(each.at) for each in channel.given), "given after a lapse"
    lines = [line for lines in recount.ends.values() for line in lines.values()]
    assert any(line.paused for line in lines)
    assert any(line.until and line.until > line.clock + PROTECTED for line in lines), "a pause was added"
    r, v, w = t.weekly_report.c, t.weekly_revision.c, t.review.c
    sent = session.execute(
        sa.select(v.revision, v.late, r.late.label("first_late"), r.week, v.submitted_at).join(
            t.weekly_report, r.id == v.report_id
        )
    )
    corrected, late, after = Counter[bool](), Counter[bool](), 0
    for row in sent:
        after += row.submitted_at > end_of(row.week)
        late[row.late] += row.revision == 1
        corrected[row.late] += row.revision > 1 and not row.first_late
    assert all((late[True], late[False], corrected[True], corrected[False], after)), (late, corrected, after)
    done = Counter(each is not None for each in session.scalars(sa.select(w.done_at)))
    assert 0 < done[False] < done[True] < len(recount.sent)
