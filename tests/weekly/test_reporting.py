"""A weekly report: drafted from the week's facts, sent once, corrected by revisions (W2)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.errors import RuleViolation, RuleViolations, StaleVersion, problems_of
from portal.domain.pipeline import Stage
from portal.domain.reports import Happening, Promise, Typed, differences
from portal.domain.terms import EventKind
from portal.domain.weekly import Change
from portal.models import tables as t
from portal.pipeline.service import release
from portal.registrations.work import edit_details, set_next_step
from portal.weekly.reporting import write_line
from portal.weekly.reports import load_entry
from tests.weekly.desk import WEEK, Desk

Filed = Callable[..., int]


def kinds(engine: sa.Engine, registration_id: int) -> list[EventKind]:
    e = t.registration_event.c
    with db.reading(engine) as session:
        query = sa.select(e.kind).where(e.registration_id == registration_id).order_by(e.at, e.id)
        return list(session.scalars(query))


def test_the_draft_says_what_happened_since_last_week(desk: Desk, filed: Filed, at: Any) -> None:
    old = filed("2026-02-24 10:00", "夜鹭商贸有限公司")
    new = filed("2026-03-02 10:00")
    desk.move(at("2026-03-03 09:00"), old, Stage.MEETING)
    draft = desk.draft(at("2026-03-04 09:00"))
    lines = {line.registration_id: line for line in draft.lines}
    assert lines[new].compared.change is Change.NEW
    assert lines[old].compared.change is Change.ADVANCED
    assert lines[old].compared.before
    assert lines[old].compared.before.stage is Stage.INTEREST
    moved = Happening(EventKind.MOVED, at("2026-03-03 09:00"), Stage.MEETING, "苏晓")
    assert lines[old].happenings == [moved]
    assert not any(line.unchanged for line in draft.lines)


def test_a_project_to_which_nothing_happened_wants_a_reason(desk: Desk, filed: Filed, at: Any) -> None:
    number, now = filed("2026-02-24 10:00"), at("2026-03-04 10:00")
    with pytest.raises(RuleViolations) as refused:
        desk.send(now)
    assert [(each.code, each.field) for each in problems_of(refused.value)] == [
        ("report.reason_needed", f"{number}-reason")
    ]
    assert desk.sent() == []
    assert EventKind.REPORTED not in kinds(desk.engine, number)
    desk.write(now, number, reason="客户放假")
    assert desk.send(now).is_new
    (sent,) = desk.sent()
    assert sent.content["lines"][0]["reason"] == "客户放假"
    assert kinds(desk.engine, number)[-1] is EventKind.REPORTED


def test_sending_tells_the_projects_what_the_report_states(desk: Desk, filed: Filed, at: Any) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-04 10:00")
    desk.write(
        now, number, happened="约了总经理", support="一起拜访", next_step="拜访总经理",
        next_step_on=date(2026, 3, 10), ports=80, yearly_revenue=Decimal("28800.00"),
    )  # fmt: skip
    assert desk.send(now).revision == 1
    with db.reading(desk.engine) as session:
        row = session.execute(sa.select(t.registration).where(t.registration.c.id == number)).one()
    assert (row.ports, row.yearly_revenue) == (80, Decimal("28800.00"))
    assert (row.next_step, row.next_step_on) == ("拜访总经理", date(2026, 3, 10))
    assert row.support_note == "一起拜访"
    (line,) = desk.sent()[0].content["lines"]
    assert (line["ports"], line["yearly_revenue"], line["happened"]) == (80, "28800.00", "约了总经理")
    told = [EventKind.EDITED, EventKind.NEXT_STEP, EventKind.SUPPORT_ASKED, EventKind.REPORTED]
    assert kinds(desk.engine, number)[-4:] == told


def test_sending_twice_is_sending_once(desk: Desk, filed: Filed, at: Any) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-04 10:00")
    desk.write(now, number, happened="约了总经理", support="一起拜访", next_step="拜访总经理")
    assert desk.send(now).is_new
    again = desk.send(at("2026-03-04 10:00:30"))
    assert (again.revision, again.is_new) == (1, False)
    assert len(desk.sent()) == 1
    assert kinds(desk.engine, number).count(EventKind.REPORTED) == 1
    assert kinds(desk.engine, number).count(EventKind.SUPPORT_ASKED) == 1


def test_a_correction_is_a_new_revision_with_the_difference(desk: Desk, filed: Filed, at: Any) -> None:
    one, other = filed("2026-03-02 10:00"), filed("2026-03-02 11:00", "夜鹭商贸有限公司")
    version = desk.write(at("2026-03-04 10:00"), one, happened="打了电话")
    desk.send(at("2026-03-04 11:00"))
    desk.write(at("2026-03-05 09:00"), one, version, happened="打了电话，约到下周")
    outcome = desk.send(at("2026-03-05 09:30"))
    assert (outcome.revision, outcome.late) == (2, True)
    second, first = desk.sent()
    found = differences(first.content, second.content)
    assert [(each.registration_id, each.field, each.before, each.after) for each in found] == [
        (one, "happened", "打了电话", "打了电话，约到下周")
    ]
    # What was in time stays in time; only the project that changed is told of again.
    with db.reading(desk.engine) as session:
        report = session.execute(sa.select(t.weekly_report)).one()
    assert (report.late, report.submitted_at) == (False, at("2026-03-04 11:00"))
    assert kinds(desk.engine, one).count(EventKind.REPORTED) == 2
    assert kinds(desk.engine, other).count(EventKind.REPORTED) == 1


def stands(engine: sa.Engine, number: int) -> tuple[Any, ...]:
    """Ports and next step of a project now."""
    c = t.registration.c
    with db.reading(engine) as session:
        query = sa.select(c.ports, c.next_step, c.next_step_on).where(c.id == number)
        return tuple(session.execute(query).one())


def test_a_late_report_takes_nothing_back_that_was_stated_since_its_week(
    desk: Desk, filed: Filed, at: Any
) -> None:
    number = filed("2026-03-02 10:00")
    desk.act(edit_details, at("2026-03-06 09:00"), number, values={"ports": 90})
    desk.write(at("2026-03-06 10:00"), number, happened="约了总经理")
    desk.send(at("2026-03-06 10:00"))
    assert desk.sent()[0].content["lines"][0]["ports"] == 60
    assert stands(desk.engine, number)[0] == 90


def test_a_correction_takes_nothing_back_that_was_stated_since_the_report(
    desk: Desk, filed: Filed, at: Any
) -> None:
    number = filed("2026-03-02 10:00")
    said = {"ports": 80, "next_step": "拜访", "next_step_on": date(2026, 3, 10)}
    version = desk.write(at("2026-03-04 10:00"), number, **said)
    desk.send(at("2026-03-04 10:00"))
    desk.act(edit_details, at("2026-03-04 11:00"), number, values={"ports": 90})
    desk.act(set_next_step, at("2026-03-04 11:00"), number, step="签约", due=date(2026, 3, 12))
    version = desk.write(at("2026-03-04 12:00"), number, version, happened="约了总经理", **said)
    desk.send(at("2026-03-04 12:00"))
    assert stands(desk.engine, number) == (90, "签约", date(2026, 3, 12))
    desk.write(at("2026-03-04 13:00"), number, version, ports=70, next_step="再拜访")
    desk.send(at("2026-03-04 13:00"))
    assert stands(desk.engine, number) == (70, "再拜访", None)


@pytest.mark.parametrize(
    ("when", "late"), [("2026-03-04 18:00", False), ("2026-03-04 18:01", True), ("2026-03-09 10:00", True)]
)
def test_what_comes_after_wednesday_six_o_clock_is_late(
    desk: Desk, filed: Filed, at: Any, when: str, late: bool
) -> None:
    filed("2026-03-02 10:00")
    assert desk.send(at(when)).late is late
    assert desk.sent()[0].late is late


@pytest.mark.parametrize(
    ("when", "code"), [("2026-02-26 23:00", "report.future"), ("2026-03-11 18:01", "report.closed")]
)
def test_a_week_that_has_not_begun_or_is_long_over_is_refused(
    desk: Desk, filed: Filed, at: Any, when: str, code: str
) -> None:
    filed("2026-02-24 10:00")
    with pytest.raises(RuleViolation, match=code):
        desk.send(at(when))
    assert desk.sent() == []


def test_a_late_report_says_how_things_stood_at_the_end_of_its_week(
    desk: Desk, filed: Filed, at: Any
) -> None:
    number = filed("2026-03-02 10:00")
    desk.move(at("2026-03-06 09:00"), number, Stage.MEETING)
    desk.send(at("2026-03-09 10:00"))
    (line,) = desk.sent()[0].content["lines"]
    assert line["stage"] == "interest"
    assert [each["kind"] for each in line["facts"]] == ["filed"]


def test_a_late_report_takes_back_no_figure_that_was_edited_since(desk: Desk, filed: Filed, at: Any) -> None:
    number = filed("2026-03-02 10:00")
    desk.act(edit_details, at("2026-03-06 09:00"), number, values={"ports": 90})
    desk.write(at("2026-03-09 09:00"), number, happened="约了总经理", yearly_revenue=Decimal("28800.00"))
    desk.send(at("2026-03-09 10:00"))
    with db.reading(desk.engine) as session:
        row = session.execute(sa.select(t.registration).where(t.registration.c.id == number)).one()
    # It tells of the 60 ports of its week; only what was typed is stated anew.
    assert (row.ports, row.yearly_revenue) == (90, Decimal("28800.00"))
    assert desk.sent()[0].content["lines"][0]["ports"] == 60


def test_two_who_write_about_one_project_do_not_overwrite_each_other(
    desk: Desk, filed: Filed, at: Any
) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-04 10:00")
    version = desk.write(now, number, happened="甲写的")
    assert desk.write(now, number, version, happened="甲又写的") == 2
    with pytest.raises(StaleVersion):
        desk.write(now, number, version, happened="乙写的")
    # The same text again is nobody's loss.
    assert desk.write(now, number, version, happened="甲又写的") == 2
    assert desk.draft(now).lines[0].typed.happened == "甲又写的"


@pytest.mark.parametrize("kept", ["", "老的"])
def test_of_two_that_read_before_either_wrote_only_the_one_with_other_words_is_refused(
    desk: Desk, filed: Filed, at: Any, kept: str
) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-04 10:00")
    version = desk.write(now, number, happened=kept) if kept else 0
    with db.reading(desk.engine) as session:
        read: Any = load_entry(
            session, partner_id=desk.partner(session).id, week=WEEK, registration_id=number, now=now
        )
    desk.write(now, number, version, happened="新的")
    with db.transaction(desk.engine) as session:
        about: dict[str, Any] = {
            "actor": desk.people["alice"].actor, "now": now, "report_id": 1, "entry": read.entry,
            "version": version,
        }  # fmt: skip
        assert write_line(session, **about, typed=Typed(happened="新的")) == version + 1
        with pytest.raises(StaleVersion):
            write_line(session, **about, typed=Typed(happened="别的"))
    assert desk.draft(now).lines[0].typed.happened == "新的"


def test_last_weeks_promise_stands_beside_this_weeks_fact(desk: Desk, filed: Filed, at: Any) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-04 10:00")
    desk.write(now, number, next_step="拜访总经理", next_step_on=date(2026, 3, 10))
    desk.send(now)
    desk.week = WEEK.next
    (line,) = desk.draft(at("2026-03-11 09:00")).lines
    assert line.promise == Promise("拜访总经理", date(2026, 3, 10))
    # The day has passed: the draft proposes the step, not the day.
    assert (line.typed.next_step, line.typed.next_step_on) == ("拜访总经理", None)
    assert line.unchanged


def test_what_the_partner_lost_is_told_of_and_asks_for_nothing(desk: Desk, filed: Filed, at: Any) -> None:
    number = filed("2026-02-24 10:00")
    desk.act(release, at("2026-03-04 10:00"), number, reason="暂缓")
    desk.send(at("2026-03-04 11:00"))
    (line,) = desk.sent()[0].content["lines"]
    assert (line["change"], line["stage"], line["stage_before"]) == ("gone", None, "interest")
    assert EventKind.REPORTED not in kinds(desk.engine, number)


def test_a_partner_without_projects_may_send_an_empty_report(desk: Desk, at: Any) -> None:
    assert desk.send(at("2026-03-04 10:00")).is_new
    assert desk.sent()[0].content["lines"] == []


def test_a_revision_is_never_changed(desk: Desk, filed: Filed, at: Any) -> None:
    filed("2026-03-02 10:00")
    desk.send(at("2026-03-04 10:00"))
    with pytest.raises(sa.exc.DBAPIError, match="never changed"), desk.engine.begin() as connection:
        connection.execute(sa.update(t.weekly_revision).values(content="{}"))
