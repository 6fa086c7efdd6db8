"""Who is told what of the channel's week: reminders, who did not report, verdicts, roll-ups (W2–W4).

Each is told in the transaction of what happened, or by the tick; told again it changes nothing.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.notices import NoticeKind
from portal.domain.periods import business_date
from portal.domain.reports import ReportState
from portal.domain.roles import Actor, Role
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week, WeekFigures, week_of
from portal.models import tables as t
from portal.notices.people import holders, holders_by_region, parties
from portal.notices.service import Note, tell, tell_many
from portal.policy.service import policy_on
from portal.weekly.report_queries import PartnerWeek, partners_of_week

_UNSENT = (ReportState.DUE, ReportState.WRITING, ReportState.MISSING)
_NAMED = 20


def tell_of_reports(session: Session, *, now: datetime) -> int:
    """Remind who has not reported, and name them on the morning of the review; answers how many heard.

    A reminder that nobody ticked for in time is told with the next one that is due, once.
    """
    week = week_of(business_date(now))
    figures = policy_on(session, business_date(now)).week
    if figures is None or now < week.reminders(figures)[0]:
        return 0
    found = partners_of_week(session, sa.true(), week=week, now=now, figures=figures)
    unsent = [each for each in found if each.state in _UNSENT]
    if not unsent:
        return 0
    if now >= week.missing_at(figures):
        return _name_missing(session, week, unsent, now)
    return _remind(session, week, figures, unsent, now)


def _remind(
    session: Session, week: Week, figures: WeekFigures, unsent: Collection[PartnerWeek], now: datetime
) -> int:
    told = sum(now >= each for each in week.reminders(figures))
    people = parties(session, {each.partner_id for each in unsent})
    about = {"week": week.thursday, "due_on": week.due_on, "due_hour": figures.report_due_hour}
    notes = [
        Note(people[each.partner_id].everybody, about, _page(week), f"report:{week.thursday}:{told}")
        for each in unsent
    ]
    return tell_many(session, now=now, kind=NoticeKind.REPORT_REMINDER, notes=notes)


def _name_missing(session: Session, week: Week, unsent: Collection[PartnerWeek], now: datetime) -> int:
    """To each partner that it is missing; to whoever looks after partners one list of all of theirs."""
    people, key = parties(session, {each.partner_id for each in unsent}), f"missing:{week.thursday}"
    notes = [
        Note(
            people[each.partner_id].everybody, {"partner": each.name, "week": week.thursday}, _page(week), key
        )
        for each in unsent
    ]
    lists: defaultdict[int, list[str]] = defaultdict(list)
    channel = holders(session, [Role.CHANNEL_MANAGER])[Role.CHANNEL_MANAGER]
    for each in unsent:
        for person in channel | people[each.partner_id].after:
            lists[person].append(each.name)
    link = f"{_page(week)}?state=missing"
    notes += [
        Note([person], {"partner": _listed(names), "week": week.thursday}, link, key)
        for person, names in lists.items()
    ]
    return tell_many(session, now=now, kind=NoticeKind.REPORT_MISSING, notes=notes)


def _listed(names: Collection[str]) -> list[str]:
    """The first of them, and how many more there are; its reader's language says what stands between two."""
    more = len(names) - _NAMED
    return [*sorted(names)[:_NAMED], *([f"+{more}"] if more > 0 else [])]


def tell_late_report(session: Session, *, now: datetime, partner: Any, week: Week) -> None:
    """Tell whoever looks after a partner that its report came after the deadline."""
    tell(
        session, now=now, people=parties(session, [partner.id])[partner.id].after,
        kind=NoticeKind.REPORT_LATE_IN, about={"partner": partner.name, "week": week.thursday},
        link=f"{_page(week)}/{partner.id}", key=f"late:{week.thursday}:{partner.id}",
    )  # fmt: skip


def tell_verdict(
    session: Session, *, now: datetime, registration_id: int, verdict: LineVerdict, sentence: str, key: str
) -> None:
    """Tell whoever works a project what the review accepted as progress (S3) or returned.

    Who answers for the partner hears of a single line only where nobody works it; of all of them together
    everybody hears when the review is done (`tell_review`).
    """
    if verdict is LineVerdict.NOTED:
        return
    c = t.registration.c
    row = session.execute(
        sa.select(c.customer_name, c.partner_id, c.worker_id, c.protected_until).where(
            c.id == registration_id
        )
    ).one()
    returned = verdict is LineVerdict.RETURNED
    kind = NoticeKind.LINE_RETURNED if returned else NoticeKind.PROGRESS_ACCEPTED
    more: Mapping[str, Any] = {"reason": sentence} if returned else {"until": row.protected_until}
    party = parties(session, [row.partner_id])[row.partner_id]
    tell(
        session, now=now, people=party.everybody & {row.worker_id} or party.answering, kind=kind,
        about={"customer": row.customer_name, **more}, link=f"/registrations/{registration_id}", key=key,
    )  # fmt: skip


def tell_review(session: Session, *, now: datetime, actor: Actor, review: Any) -> None:
    """Tell a partner's people once what came of all their lines, when the review is done (W3).

    A review that is taken up and done again is told of again only if something else came of it than what
    they heard last; one in which nothing was decided is no news.
    """
    c, n = t.review_line.c, t.notice.c
    lines = session.execute(
        sa.select(c.registration_id, c.verdict, c.sentence).where(c.review_id == review.id)
        .order_by(c.registration_id)
    ).all()  # fmt: skip
    content = hashlib.sha256(repr([(each[0], each[1].value, each[2]) for each in lines]).encode()).hexdigest()
    name = f"review:{review.week}:{review.partner_id}:"
    told = session.scalar(
        sa.select(n.key).where(n.kind == NoticeKind.REVIEW_DONE, n.key.startswith(name, autoescape=True))
        .order_by(n.id.desc()).limit(1)
    )  # fmt: skip
    if told.endswith(content) if told else not lines:
        return
    number = Counter(each.verdict for each in lines)
    week = week_of(review.week)
    tell(
        session, now=now, people=parties(session, [review.partner_id])[review.partner_id].everybody,
        kind=NoticeKind.REVIEW_DONE,
        about={
            "week": week.thursday, "who": actor.name, "looked_at": number[LineVerdict.NOTED],
            "accepted": number[LineVerdict.PROGRESS], "returned": number[LineVerdict.RETURNED],
        },
        link=_page(week), key=f"{name}{now:%d%H%M%S%f}:{content}",
    )  # fmt: skip


def tell_rollup(session: Session, *, now: datetime, week: Week, regions: Iterable[str]) -> None:
    """Tell the readers of Friday's roll-ups that they are there: of a region, or of all (W4)."""
    local = holders_by_region(session, Role.REGIONAL_MANAGER)
    everything = set[int]().union(*holders(session, [Role.CHANNEL_MANAGER, Role.PRODUCT_MARKETING]).values())
    link, notes = f"/rollups/{week.thursday}", []
    for region in regions:
        where = f"{link}?region={region}" if region else link
        about = {"region": region, "week": week.thursday}
        notes.append(
            Note(local.get(region, set()) if region else everything, about, where, f"rollup:{week.thursday}")
        )
    tell_many(session, now=now, kind=NoticeKind.ROLLUP_READY, notes=notes)


def _page(week: Week) -> str:
    return f"/weekly/{week.thursday}"
