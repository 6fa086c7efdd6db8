"""A quarter of the channel at random, its clock driven by the test: every roll-up against a naive recount.

The recount knows nothing of snapshots, folds or projections. It asks the naive owner model
(`tests/model/naive_ownership.py`) who owned each customer at the end of each week, takes stages, figures and
steps from the facts as they were written, and adds up with nothing but loops.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import db, journal
from portal.cases.decisions import cast_vote
from portal.cases.service import open_case
from portal.conflicts.service import settle, settle_lapses
from portal.domain.cases import CaseKind
from portal.domain.errors import RuleViolation
from portal.domain.periods import BUSINESS_OFFSET
from portal.domain.pipeline import LostReason, Stage
from portal.domain.roles import Actor, Role
from portal.domain.support import SupportKind, SupportState
from portal.domain.terms import EventKind
from portal.domain.weeks import Week, last_weeks
from portal.models import tables as t
from portal.pipeline.service import lose, move_project, release
from portal.registrations.service import file_registration
from portal.registrations.work import edit_details, set_next_step
from portal.support.queries import open_requests_of
from portal.support.service import ask, finish
from portal.weekly.check_rollup import problems as rollup_problems
from portal.weekly.rollup import make_due
from tests.model.naive_ownership import Told, pictures
from tests.support.clocks import shanghai
from tests.support.filings import filing
from tests.support.people import Person, make_partner, make_user

People = Mapping[str, Person]
WEEKS = int(os.environ.get("PORTAL_QUARTER_WEEKS", "13"))
PARTNERS = int(os.environ.get("PORTAL_QUARTER_PARTNERS", "40"))
ACTS_A_WEEK = int(os.environ.get("PORTAL_QUARTER_ACTS", "45"))
LAST = Week(date(2026, 4, 30))
REGIONS = ("east", "north", "south", "west")
STAGES = ("interest", "meeting", "solution", "trial", "signed")
# The shipped policy, written down once more.
WEIGHTS = dict(zip(STAGES, map(Decimal, ("0.10", "0.25", "0.50", "0.75", "1.00")), strict=True))
STUCK, SOON = 14, 7


def send_report(session: Session, partner_id: int, week: Week, *, now: datetime, late: bool) -> None:
    """A partner sends its report of a week."""
    session.execute(
        sa.insert(t.weekly_report).values(
            partner_id=partner_id, week=week.thursday, revision=1, submitted_at=now, late=late, remark="",
            opened_at=now, version=1,
        )
    )  # fmt: skip


def accept_progress(session: Session, row: Any, now: datetime) -> None:
    """The Thursday review accepts progress on a project (S3)."""
    fact = journal.fact(row.id, EventKind.PROGRESS, at=now, now=now, note="客户点头")
    journal.write(session, [fact], actor=None)
    settle(session, {row.customer_id}, now=now)


@dataclass
class Channel:
    """Forty partners of four regions at random; every act goes through a service, at its own instant."""

    engine: sa.Engine
    manager: Actor
    key_accounts: Actor
    dice: random.Random
    actors: dict[int, Actor] = field(default_factory=dict)
    region: dict[int, str] = field(default_factory=dict)
    names: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def found(self) -> None:
        with db.transaction(self.engine) as session:
            for number in range(PARTNERS):
                region = REGIONS[number % len(REGIONS)]
                made = make_partner(session, f"Q{number:03d}", region=region)
                person = make_user(session, f"q{number:03d}", Role.PARTNER_ADMIN, partner_id=made)
                self.actors[made], self.region[made] = person.actor, region

    def live(self, week: Week) -> None:
        """A week of random acts in one transaction, each undone by itself where a rule refuses it."""
        seconds = sorted(self.dice.sample(range(7 * 86400), ACTS_A_WEEK))
        acts = (*6 * [self._file], *7 * [self._move], *2 * [self._edit], self._end, self._end, self._step,
                self._step, self._support, self._accept, self._take_over, self._take_over)  # fmt: skip
        with db.transaction(self.engine) as session:
            db.lock_registry(session)
            for second in seconds:
                now = week.start + timedelta(seconds=second, microseconds=self.dice.randrange(10**6))
                self._in_time(session, now)
                act = self.dice.choice(acts)
                try:
                    with db.part(session):
                        act(session, now)
                except (RuleViolation, IndexError):
                    self.refused[act.__name__] += 1
            settle_lapses(session, now=week.end, today=week.thursday)

    def report(self, week: Week) -> None:
        """Most partners report in time, some late, some not at all."""
        with db.transaction(self.engine) as session:
            for partner in self.actors:
                lot = self.dice.random()
                if lot < 0.8:
                    now = shanghai(f"{week.due_on} {'12:00' if lot < 0.6 else '20:00'}")
                    send_report(session, partner, week, now=now, late=lot >= 0.6)

    def _one(self, session: Session, *conditions: Any) -> Any:
        c = t.registration.c
        return self.dice.choice(
            session.execute(sa.select(t.registration).where(*conditions).order_by(c.id)).all()
        )

    def _owned(self, session: Session) -> Any:
        c = t.registration.c
        return self._one(session, c.is_owner, c.partner_id.in_(self.actors))

    def _on(self, row: Any, now: datetime) -> dict[str, Any]:
        return {
            "actor": self.actors.get(row.partner_id, self.key_accounts), "now": now,
            "registration_id": row.id, "version": row.version,
        }  # fmt: skip

    def _file(self, session: Session, now: datetime) -> None:
        who = self.dice.choice([*self.actors.values(), self.key_accounts, self.key_accounts])
        if self.names and self.dice.random() < 0.35:
            name = self._name(self.dice.randrange(self.names))
        else:
            name, self.names = self._name(self.names), self.names + 1
        ports = self.dice.randint(1, 300)
        revenue = Decimal(self.dice.randint(100, 10**7)).scaleb(-2)
        told = filing(name, ports=ports, yearly_revenue=revenue)
        file_registration(session, actor=who, now=now, filing=told)

    @staticmethod
    def _name(number: int) -> str:
        """Names that are alike to nobody but themselves."""
        digits = "甲乙丙丁戊己庚辛壬癸"
        words = ("慢蜗牛", "夜鹭", "云豆腐", "青鲸", "白帆", "九色鹿", "星河", "竹节虫", "红枫", "旧井")
        return f"{words[number % 10]}{digits[number // 10 % 10]}{digits[number // 100]}{number}有限公司"

    def _move(self, session: Session, now: datetime) -> None:
        row = self._owned(session)
        place = STAGES.index(row.stage.value)
        step = self.dice.choice((1, 1, 1, 1, 2, -1))
        to = Stage(STAGES[max(0, min(4, place + step))])
        day = now.astimezone(BUSINESS_OFFSET).date()
        gate = {
            "met_on": day, "met_with": "苏晓", "solution": "端口", "trial_agreement": "SY",
            "trial_start": day, "trial_end": day + timedelta(days=self.dice.randint(0, 40)),
            "contract_no": f"HT-{row.id}-{now:%j}", "contract_date": day, "ports": row.ports,
            "yearly_amount": row.yearly_revenue,
        }  # fmt: skip
        move_project(session, **self._on(row, now), to=to, gate=gate, reason="客户要求")

    def _edit(self, session: Session, now: datetime) -> None:
        values = {
            "ports": self.dice.randint(1, 300),
            "yearly_revenue": Decimal(self.dice.randint(1, 10**7)).scaleb(-2),
        }
        edit_details(session, **self._on(self._owned(session), now), values=values)

    def _end(self, session: Session, now: datetime) -> None:
        row = self._owned(session)
        if self.dice.random() < 0.5:
            release(session, **self._on(row, now), reason="暂缓")
        else:
            lose(session, **self._on(row, now), why=LostReason.PRICE, note="-")

    def _step(self, session: Session, now: datetime) -> None:
        day = now.astimezone(BUSINESS_OFFSET).date() + timedelta(days=self.dice.randint(0, 30))
        set_next_step(session, **self._on(self._owned(session), now), step="演示", due=day)

    def _support(self, session: Session, now: datetime) -> None:
        row = self._owned(session)
        for request in open_requests_of(session, [row.id]):
            self._give(session, now, request)
            return
        ask(
            session, actor=self.actors[row.partner_id], now=now, registration_id=row.id,
            kind=SupportKind.SOLUTION, need="工程师",
        )  # fmt: skip

    def _give(self, session: Session, now: datetime, request: Any) -> None:
        finish(
            session, actor=self.manager, now=now, request_id=request.id, version=request.version, result="-"
        )

    def _in_time(self, session: Session, now: datetime) -> None:
        """What was asked for is given within two days: no clock stands, the recount knows of none."""
        c = t.support_request.c
        old = sa.select(c.id, c.version).where(
            c.state == SupportState.OPEN, c.asked_at < now - timedelta(days=2)
        )
        for request in session.execute(old).all():
            self._give(session, now, request)

    def _accept(self, session: Session, now: datetime) -> None:
        accept_progress(session, self._owned(session), now)

    def _take_over(self, session: Session, now: datetime) -> None:
        """A waiting claim asks for a lapsed customer; the channel manager decides after the owner's days."""
        c, other = t.registration.c, t.registration.alias()
        lapsed = sa.select(other.c.customer_id).where(
            other.c.state == "lapsed", other.c.partner_id.is_not(None)
        )
        row = self._one(session, c.state == "waiting", c.partner_id.is_not(None), c.customer_id.in_(lapsed))
        case = open_case(
            session, actor=self.actors[row.partner_id], now=now, registration_id=row.id,
            kind=CaseKind.TAKEOVER, reason="客户在催",
        )  # fmt: skip
        session.execute(
            sa.update(t.conflict_case)
            .where(t.conflict_case.c.id == case)
            .values(answer_due=now.date() - timedelta(days=2))
        )
        version = session.scalar(sa.select(t.conflict_case.c.version).where(t.conflict_case.c.id == case))
        cast_vote(
            session, actor=self.manager, now=now + timedelta(seconds=5), case_id=case, version=version,
            agrees=self.dice.random() < 0.7, next_owner_id=None, reason="核实",
        )  # fmt: skip


# The recount


@dataclass(frozen=True)
class Line:
    """A partner's project as the facts say it stood at the end of a week."""

    partner: int
    stage: str
    ports: int
    revenue: Decimal
    until: date | None
    clock: date
    signed: date | None


class Recount:
    """Everything anew from the raw facts."""

    def __init__(self, session: Session, region: Mapping[int, str]) -> None:
        self.region = region
        self.claims = {
            row.id: row
            for row in session.execute(
                sa.select(t.registration.c.id, t.registration.c.partner_id, t.registration.c.filed_at)
            )
        }
        e = t.registration_event.c
        self.facts: dict[int, list[Any]] = {}
        for row in session.execute(sa.select(t.registration_event).order_by(e.at, e.id)):
            self.facts.setdefault(row.registration_id, []).append(row)
        self.customers: dict[int, list[Told]] = {}
        for row in session.execute(sa.select(t.placement).order_by(t.placement.c.at)):
            if row.customer_id is not None:
                self.customers.setdefault(row.customer_id, []).extend(
                    self._story(row.registration_id, row.at)
                )
        self.reports = list(session.execute(sa.select(t.weekly_report)))
        self.cases = list(session.execute(sa.select(t.conflict_case)))
        self.ends: dict[date, dict[int, Line]] = {}

    def _story(self, claim: int, placed: datetime) -> list[Told]:
        row, ref = self.claims[claim], f"{claim:09d}"
        party = str(row.partner_id) if row.partner_id else "KA"
        story = [Told(placed, "filed", ref, "interest", party, row.filed_at)]
        for fact in self.facts[claim]:
            kind, other = fact.kind.value, fact.data.get("to") or fact.data.get("by")
            what = {
                "moved": "moved", "progress": "progress", "released": "released", "lost": "lost",
                "case_opened": "contested", "case_closed": "settled", "reassigned": "reassigned",
            }.get(kind)  # fmt: skip
            if what:
                stage = fact.stage.value if fact.stage else "interest"
                story.append(Told(fact.at, what, ref, stage, other=f"{other:09d}" if other else ""))
        return story

    def end(self, week: Week) -> dict[int, Line]:
        if week.thursday not in self.ends:
            self.ends[week.thursday] = dict(self._lines(week))
        return self.ends[week.thursday]

    def _lines(self, week: Week) -> Any:
        for story in self.customers.values():
            seen = pictures(story, week.end)
            if not seen or seen[-1].owner is None:
                continue
            number = int(seen[-1].owner)
            row, claim = seen[-1].rows[seen[-1].owner], self.claims[number]
            if claim.partner_id is None:
                continue
            told = self.told(number, week)
            signed = self.stage_since(number, week) if row.stage == "signed" else None
            if signed is not None and signed < week.first:
                continue
            clock = max(day_of(each) for each in (row.owned_since, row.progressed_at) if each)
            yield number, Line(
                claim.partner_id, row.stage, told["ports"], told["revenue"],
                None if signed else row.protected_until, clock, signed,
            )  # fmt: skip

    def until(self, number: int, week: Week) -> list[Any]:
        return [fact for fact in self.facts[number] if fact.at <= week.end]

    def told(self, number: int, week: Week) -> dict[str, Any]:
        """What people stated of a claim until the end of a week, fact by fact."""
        found: dict[str, Any] = {"trial": None, "step": None}
        asked: dict[Any, date] = {}
        for fact in self.until(number, week):
            data = fact.data
            if fact.kind is EventKind.FILED:
                found |= {"ports": int(data["ports"]), "revenue": Decimal(data["yearly_revenue"])}
            elif fact.kind is EventKind.EDITED:
                after = data["after"]
                found["ports"] = int(after.get("ports", found["ports"]))
                found["revenue"] = Decimal(after.get("yearly_revenue", found["revenue"]))
            elif fact.kind is EventKind.NEXT_STEP:
                found["step"] = data.get("due")
            elif fact.kind is EventKind.SUPPORT_ASKED:
                asked[data["request"]] = day_of(fact.at)
            elif fact.kind is EventKind.SUPPORT_DONE:
                del asked[data["request"]]
            elif fact.kind is EventKind.MOVED and "trial_end" in data:
                found["trial"] = data["trial_end"]
        return found | {"support": min(asked.values(), default=None)}

    def stage_since(self, number: int, week: Week) -> date:
        moves = [fact for fact in self.until(number, week) if fact.kind is EventKind.MOVED]
        return day_of(moves[-1].at)

    def figures(self, weeks: list[Week], place: int, region: str) -> dict[str, Any]:
        """The roll-up of one week and region, in the words of the frozen text."""
        week = weeks[place]
        mine = [number for number, each in self.region.items() if region in ("", each)]
        now, before = (
            {number: line for number, line in self.end(each).items() if line.partner in mine}
            for each in (week, week.before)
        )
        stages = {stage: [line for line in now.values() if line.stage == stage] for stage in STAGES}
        open_ = [line for line in now.values() if line.stage != "signed"]
        weighted = sum((line.revenue * WEIGHTS[line.stage] for line in open_), Decimal(0))
        known = {n for n, line in before.items() if line.stage != "signed"} | now.keys()
        changes: Counter[str] = Counter()
        for number in known:
            changes[self.change(before.get(number), now.get(number))] += 1
        left = [(line.until - week.thursday).days for line in open_ if line.until]
        month = week.thursday.strftime("%Y-%m")
        expected = [
            line for number, line in now.items()
            if line.stage == "trial" and month in str((self.told(number, week)["trial"] or "-")[:7])
            + "|" + str((self.told(number, week)["step"] or "-")[:7])
        ]  # fmt: skip
        reported = {each.partner_id: each.late for each in self.reports if each.week == week.thursday}
        due = {line.partner for line in open_} | (reported.keys() & set(mine))
        return {
            "stages": {stage: self.sums(lines, WEIGHTS[stage]) for stage, lines in stages.items()},
            "open": self.sums(open_) | {
                "weighted": fen(weighted), "key": sum(line.stage in STAGES[2:] for line in open_),
            },
            "signed": self.sums([line for line in now.values() if line.signed]),
            "changes": {
                **{name: changes[name] for name in ("new", "advanced", "fell_back", "same", "gone")},
                "lapsing": sum(0 <= days <= SOON for days in left),
                "lapsed": sum(days < 0 for days in left),
                "lapsed_now": sum(-7 <= days < 0 for days in left),
                "stuck": sum(
                    (week.thursday - line.clock).days > STUCK and line.until >= week.thursday
                    for line in open_ if line.until
                ),
            },
            "key": {n for n, line in now.items() if line.stage in STAGES[2:4]},
            "gone_key": {n for n, line in before.items() if line.stage in STAGES[2:4] and n not in now},
            "support": {
                n: (week.thursday - self.told(n, week)["support"]).days
                for n, line in now.items() if line.stage != "signed" and self.told(n, week)["support"]
            },
            "expected": self.sums(expected) | {
                "weighted": fen(sum((line.revenue for line in expected), Decimal(0)) * WEIGHTS["trial"])
            },
            "closed": self.sums(self.closed(month, week, mine)),
            "missing": sorted(number for number in due if number not in reported),
            "late": sorted(number for number in due if reported.get(number)),
            "in_time": sum(reported.get(number) is False for number in due),
            "cases": self.case_counts(week, mine),
            "conversion": self.conversion(weeks[max(0, place - 11) : place + 1], mine),
        }  # fmt: skip

    @staticmethod
    def change(before: Line | None, now: Line | None) -> str:
        if before is None or now is None:
            return "new" if now else "gone"
        step = STAGES.index(now.stage) - STAGES.index(before.stage)
        return "same" if not step else "advanced" if step > 0 else "fell_back"

    @staticmethod
    def sums(lines: list[Line], weight: Decimal | None = None) -> dict[str, Any]:
        revenue = sum((line.revenue for line in lines), Decimal(0))
        found = {"projects": len(lines), "ports": sum(line.ports for line in lines), "revenue": fen(revenue)}
        return found if weight is None else found | {"weighted": fen(revenue * weight)}

    def closed(self, month: str, week: Week, mine: list[int]) -> list[Line]:
        """Signed in the month by this week's end, as the last week's end that knows the project has it."""
        newest: dict[int, Line] = {}
        for day in sorted(self.ends):
            if day <= week.thursday:
                newest |= {
                    number: line for number, line in self.ends[day].items()
                    if line.signed or number in newest
                }  # fmt: skip
        return [
            line for line in newest.values()
            if line.signed and line.signed.strftime("%Y-%m") == month and line.partner in mine
        ]  # fmt: skip

    def case_counts(self, week: Week, mine: list[int]) -> tuple[int, int]:
        ours = [each for each in self.cases if self.claims[each.owner_id].partner_id in mine]
        return (
            sum(week.start <= each.opened_at <= week.end for each in ours),
            sum(bool(each.decided_at and week.start <= each.decided_at <= week.end) for each in ours),
        )

    def conversion(self, weeks: list[Week], mine: list[int]) -> dict[str, tuple[int, int, str]]:
        further, gone, days = Counter[str](), Counter[str](), dict[str, list[int]]()
        for week in weeks:
            before, now = self.end(week.before), self.end(week)
            for number, line in before.items():
                if line.stage == "signed" or line.partner not in mine:
                    continue
                became = self.change(line, now.get(number))
                further[line.stage] += became == "advanced"
                gone[line.stage] += became in ("fell_back", "gone")
                if became == "advanced":
                    days.setdefault(line.stage, []).append(self.stood(number, line.stage, week))
        return {
            stage: (
                further[stage],
                further[stage] + gone[stage],
                f"{Decimal(str(median(days[stage]))).normalize():f}" if stage in days else "",
            )
            for stage in STAGES[:4]
        }

    def stood(self, number: int, stage: str, week: Week) -> int:
        """From its last coming to the stage before the week to its first move off it in the week."""
        path = [(each.at, each.stage.value) for each in self.until(number, week)
                if each.kind in (EventKind.FILED, EventKind.MOVED)]  # fmt: skip
        left = next(at for at, to in path if at >= week.start and to != stage)
        came, here = path[0]
        for at, to in path:
            if at < week.start and to != here:
                came, here = at, to
        assert here == stage
        return (day_of(left) - day_of(came)).days


def day_of(instant: datetime) -> date:
    return instant.astimezone(BUSINESS_OFFSET).date()


def fen(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def said(text: dict[str, Any], number_of: Mapping[str, int]) -> dict[str, Any]:
    """A frozen text in the shape of the recount."""
    names = ("stages", "open", "signed", "changes")
    return {name: text[name] for name in names} | {
        "key": {each["id"] for each in text["key"]},
        "gone_key": {each["id"] for each in text["gone_key"]},
        "support": {each["id"]: each["days"] for each in text["support"]},
        "expected": text["closings"]["expected"],
        "closed": text["closings"]["closed"],
        "missing": sorted(number_of[each["code"]] for each in text["reports"]["missing"]),
        "late": sorted(number_of[each["code"]] for each in text["reports"]["late"]),
        "in_time": text["reports"]["in_time"],
        "cases": (text["cases"]["opened"], text["cases"]["decided"]),
        "conversion": {
            stage: (flow["further"], flow["left"], flow["median_days"])
            for stage, flow in text["conversion"].items()
        },
    }


def test_every_figure_of_every_roll_up_is_what_a_naive_recount_finds(
    engine: sa.Engine, people: People
) -> None:
    channel = Channel(engine, people["channel_manager"].actor, people["key_accounts"].actor, random.Random(7))
    channel.found()
    weeks = last_weeks(LAST, WEEKS)
    channel.live(weeks[0].before)
    for week in weeks:
        channel.live(week)
        channel.report(week)
        assert make_due(engine, now=shanghai(f"{week.next.first} 10:00")) == 1
    with db.reading(engine) as session:
        recount = Recount(session, channel.region)
        code = t.partner.c.code
        number_of = {row.code: row.id for row in session.execute(sa.select(t.partner.c.id, code))}
        for place, week in enumerate(weeks):
            recount.end(week.before)
            recount.end(week)
            c = t.rollup.c
            rows = session.execute(sa.select(c.region, c.content).where(c.week == week.thursday)).all()
            assert {row.region for row in rows} == {"", *REGIONS}
            for row in rows:
                text = json.loads(row.content)
                found, naive = said(text, number_of), recount.figures(weeks, place, row.region)
                for name, value in naive.items():
                    assert found[name] == value, (week.thursday, row.region, name)
                assert len(text["history"]) == min(place + 1, 12)
        now = shanghai(f"{LAST.next.first} 11:00")
        assert list(rollup_problems(session, now=now)) == []
    seen = Counter(fact.kind for facts in recount.facts.values() for fact in facts)
    lived = {
        *(EventKind.FILED, EventKind.MOVED, EventKind.PROGRESS, EventKind.EDITED, EventKind.LOST),
        *(EventKind.RELEASED, EventKind.NEXT_STEP, EventKind.SUPPORT_ASKED, EventKind.SUPPORT_DONE),
        *(EventKind.CASE_OPENED, EventKind.REASSIGNED),
    }
    assert lived - seen.keys() == set(), channel.refused
