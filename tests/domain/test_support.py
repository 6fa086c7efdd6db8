"""Support requests (L2): what their facts tell, by when they are owed, and which days they cost (C3)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.facts import Pause
from portal.domain.periods import day_end, day_start
from portal.domain.protection import end_on, is_lapsed, run_clock, stands
from portal.domain.roles import Role
from portal.domain.support import (
    DEPARTMENTS,
    SupportKind,
    SupportState,
    check_plan,
    default_due,
    department_of,
    install_due,
    kinds_of,
    pause_of,
    requests_told,
)
from portal.domain.terms import EventKind
from tests.support.clocks import shanghai

START = date(2026, 3, 2)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fact:
    """A fact as the fold reads it."""

    id: int
    kind: EventKind
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)


def asked(number: int, at: str, name: str = "", **data: Any) -> Fact:
    told = ({"request": name} if name else {}) | data
    return Fact(number, EventKind.SUPPORT_ASKED, shanghai(at), told)


def then(number: int, kind: EventKind, at: str, **data: Any) -> Fact:
    return Fact(number, kind, shanghai(at), data)


def pauses(*facts: Fact) -> list[Pause | None]:
    return [pause_of(1, request) for request in requests_told(facts)]


class TestWhatFactsTell:
    def test_the_due_day_and_the_owner_are_those_said_last(self):
        [told] = requests_told(
            [
                then(3, EventKind.SUPPORT_PLANNED, "2026-03-05", request="a", due="2026-03-12", owner=7),
                asked(1, "2026-03-02", "a", due="2026-03-05", owner=None),
                then(2, EventKind.SUPPORT_PLANNED, "2026-03-03", request="a", due="2026-03-09", owner=5),
            ]
        )
        assert (told.due, told.owner_id, told.state) == (date(2026, 3, 12), 7, SupportState.OPEN)

    def test_each_fact_is_about_the_request_that_it_names(self):
        first, second = requests_told(
            [
                asked(1, "2026-03-02", "a", due="2026-03-05"),
                asked(2, "2026-03-03", "b", due="2026-03-06"),
                then(3, EventKind.SUPPORT_DONE, "2026-03-04", request="b", state="declined"),
            ]
        )
        assert (first.state, second.state) == (SupportState.OPEN, SupportState.DECLINED)

    def test_nothing_changes_a_request_that_is_over(self):
        [told] = requests_told(
            [
                asked(1, "2026-03-02", "a", due="2026-03-05"),
                then(2, EventKind.SUPPORT_DONE, "2026-03-04", request="a", state="done"),
                then(3, EventKind.SUPPORT_PLANNED, "2026-03-05", request="a", due="2026-03-20", owner=1),
                then(4, EventKind.SUPPORT_DONE, "2026-03-06", request="a", state="declined"),
            ]
        )
        assert (told.due, told.state) == (date(2026, 3, 5), SupportState.DONE)
        assert told.closed is not None
        assert told.closed.id == 2

    def test_facts_from_before_requests_had_names_are_one_after_the_other(self):
        first, second = requests_told(
            [
                asked(1, "2026-03-02"),
                then(2, EventKind.SUPPORT_DONE, "2026-03-04"),
                asked(3, "2026-03-05"),
            ]
        )
        assert (first.state, second.state) == (SupportState.DONE, SupportState.OPEN)
        assert first.due is second.due is None

    def test_one_without_a_name_is_meant_by_the_fact_that_asked(self):
        first, second, named = requests_told(
            [
                asked(1, "2026-03-02"),
                asked(2, "2026-03-03"),
                asked(3, "2026-03-03", "c", due="2026-03-06"),
                then(4, EventKind.SUPPORT_PLANNED, "2026-03-04", asked=2, due="2026-03-10", owner=3),
                then(5, EventKind.SUPPORT_DONE, "2026-03-05", asked=1, state="done"),
            ]
        )
        assert (first.state, second.state, named.state) == (
            SupportState.DONE, SupportState.OPEN, SupportState.OPEN,
        )  # fmt: skip
        assert (second.due, second.owner_id) == (date(2026, 3, 10), 3)


class TestDaysOwed:
    def test_from_the_day_after_it_was_due_to_the_day_it_was_given(self):
        told = (
            asked(1, "2026-03-05", "a", due="2026-03-10", kind="solution"),
            then(2, EventKind.SUPPORT_DONE, "2026-03-14 10:00", request="a", state="done"),
        )
        assert pauses(*told) == [Pause(date(2026, 3, 11), date(2026, 3, 14), "support", 1)]

    def test_declined_nothing_is_owed_from_that_day_on(self):
        told = (
            asked(1, "2026-03-05", "a", due="2026-03-10", kind="price"),
            then(2, EventKind.SUPPORT_DONE, "2026-03-14 10:00", request="a", state="declined"),
        )
        assert pauses(*told) == [Pause(date(2026, 3, 11), date(2026, 3, 13), "support", 1)]

    @pytest.mark.parametrize("state", ["done", "declined"])
    def test_given_in_time_it_costs_nothing(self, state: str):
        told = (
            asked(1, "2026-03-05", "a", due="2026-03-10"),
            then(2, EventKind.SUPPORT_DONE, "2026-03-10 23:59", request="a", state=state),
        )
        assert pauses(*told) == [None]

    def test_declined_on_the_day_after_it_was_due_it_costs_nothing(self):
        told = (
            asked(1, "2026-03-05", "a", due="2026-03-10"),
            then(2, EventKind.SUPPORT_DONE, "2026-03-11", request="a", state="declined"),
        )
        assert pauses(*told) == [None]

    def test_still_owed_it_has_no_last_day_and_says_what_it_is(self):
        told = asked(1, "2026-03-05", "a", due="2026-03-10", kind="trial_install")
        assert pauses(told) == [Pause(date(2026, 3, 11), None, "trial_install", 1)]

    def test_without_a_due_day_nothing_is_late(self):
        assert pauses(asked(1, "2026-03-05")) == [None]


class TestDueDays:
    def test_working_days_after_it_was_asked_for(self):
        assert default_due(date(2026, 3, 5), 3) == date(2026, 3, 10)  # Thursday: Friday, Monday, Tuesday

    def test_an_install_is_due_when_agreed_but_not_before_it_can_be_done(self):
        assert install_due(date(2026, 3, 20), date(2026, 3, 5), 2) == date(2026, 3, 20)
        assert install_due(date(2026, 3, 1), date(2026, 3, 5), 2) == date(2026, 3, 9)

    DUE = date(2026, 3, 10)

    def test_it_is_moved_until_it_has_passed_with_a_reason(self):
        check_plan(self.DUE, date(2026, 3, 12), reason="等设备", today=self.DUE)
        check_plan(None, date(2026, 3, 12), reason="", today=self.DUE)
        check_plan(self.DUE, self.DUE, reason="", today=date(2026, 3, 20))

    @pytest.mark.parametrize(
        ("due", "planned", "reason", "today", "code"),
        [
            (DUE, date(2026, 3, 12), "等设备", date(2026, 3, 11), "support.due_passed"),
            (DUE, date(2026, 3, 12), "", date(2026, 3, 9), "support.due_needs_reason"),
            (DUE, date(2026, 3, 8), "早些", date(2026, 3, 9), "support.due_in_the_past"),
            (None, date(2026, 3, 8), "", date(2026, 3, 9), "support.due_in_the_past"),
            (DUE, None, "取消", date(2026, 3, 9), "support.due_required"),
        ],
    )
    def test_lateness_is_not_stretched_away(
        self, due: date | None, planned: date | None, reason: str, today: date, code: str
    ):
        with pytest.raises(RuleViolation) as refused:
            check_plan(due, planned, reason=reason, today=today)
        assert refused.value.code == code


def test_every_kind_has_a_department_and_installs_are_customer_services():
    assert set(DEPARTMENTS) == set(SupportKind)
    assert kinds_of([Role.CUSTOMER_SERVICE]) == (SupportKind.TRIAL_INSTALL, SupportKind.PRODUCTION_INSTALL)
    assert department_of(SupportKind.SOLUTION, of_partner=True) is Role.CHANNEL_SALES
    assert department_of(SupportKind.SOLUTION, of_partner=False) is Role.CHANNEL_MANAGER


def test_owner_since_2_march_support_due_on_the_10th_and_given_on_the_14th_protects_until_3_april():
    given_late = Pause(date(2026, 3, 11), date(2026, 3, 14), "support", 1)
    clock = run_clock(START, 28, [given_late])
    assert (clock.protected_until, clock.paused_from) == (date(2026, 4, 3), None)


class TestARunningPause:
    OWED = Pause(date(2026, 3, 11), None, "support", 1)

    def test_the_clock_stands_and_the_last_day_moves_on_with_every_day(self):
        clock = run_clock(START, 28, [self.OWED])
        assert (clock.protected_until, clock.paused_from) == (date(2026, 3, 30), date(2026, 3, 11))
        for today, last in ((10, 30), (11, 31)):
            assert end_on(clock.protected_until, clock.paused_from, date(2026, 3, today)) == date(
                2026, 3, last
            )
        late = date(2026, 6, 1)
        assert not is_lapsed(clock.protected_until, clock.paused_from, late)
        assert stands(clock.paused_from, late)

    def test_what_is_due_after_the_clock_ran_out_stops_nothing(self):
        clock = run_clock(START, 28, [Pause(date(2026, 3, 31), None, "support", 1)])
        assert clock.paused_from is None
        assert is_lapsed(clock.protected_until, clock.paused_from, date(2026, 3, 31))

    def test_what_is_owed_since_before_the_clock_started_stops_it_from_its_first_day(self):
        clock = run_clock(START, 28, [Pause(date(2026, 2, 1), None, "support", 1)])
        assert clock.paused_from == date(2026, 3, 3)
        assert end_on(clock.protected_until, clock.paused_from, date(2026, 3, 10)) == date(2026, 4, 7)


def naive(start: date, days: int, found: list[Pause], today: date) -> tuple[bool, date]:
    """Day by day: whether protection is over on `today`, and its last day if nothing were owed after it."""

    def counts(day: date) -> bool:
        return not any(pause.first <= day <= (today if pause.last is None else pause.last) for pause in found)

    day, used = start, 0
    while used < days:
        day += _DAY
        used += counts(day)
    return day < today, day


@st.composite
def _pauses(draw: st.DrawFn) -> list[Pause]:
    offsets = st.integers(-10, 60)
    firsts = draw(st.lists(offsets, max_size=5))
    found = []
    for first in firsts:
        length = draw(st.one_of(st.none(), st.integers(0, 20)))
        begins = START + first * _DAY
        found.append(Pause(begins, None if length is None else begins + length * _DAY, "support", 1))
    return found


@given(_pauses(), st.integers(0, 40), st.integers(0, 120))
def test_the_clock_is_what_counting_day_by_day_says(found: list[Pause], days: int, later: int):
    today = START + later * _DAY
    # What is over on the day asked about is over by then: nobody knows of pauses that lie ahead.
    known = [pause for pause in found if pause.last is None or pause.last <= today]
    clock = run_clock(START, days, known)
    lapsed, last = naive(START, days, known, today)
    assert is_lapsed(clock.protected_until, clock.paused_from, today) is lapsed
    assert end_on(clock.protected_until, clock.paused_from, today) == last


@given(_pauses(), st.integers(1, 40), st.integers(0, 60), st.integers(0, 60))
def test_what_has_not_lapsed_never_lapses_for_a_day_that_is_past(
    found: list[Pause], days: int, later: int, further: int
):
    """Whether a claim had lapsed by a day is the same seen from that day and from any later one."""
    then_, now = START + later * _DAY, START + (later + further) * _DAY

    def seen(today: date) -> list[Pause]:
        """What is owed, with what was not over yet as owed still."""
        return [
            Pause(each.first, None if each.last and each.last > today else each.last, each.cause, each.claim)
            for each in found
        ]

    _lapsed, last = naive(START, days, [p for p in seen(now) if p.first <= now], now)
    lapsed_then, _last = naive(START, days, [p for p in seen(then_) if p.first <= then_], then_)
    assert (last < then_) is lapsed_then
    clock = run_clock(START, days, seen(then_))
    assert is_lapsed(clock.protected_until, clock.paused_from, then_) is lapsed_then


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 40), st.booleans())
def test_a_request_pauses_exactly_the_days_after_its_due_day(due: int, took: int, at: int, declined: bool):
    """Seen from any instant: from the day after it is due to the day it is given or the one asked about."""
    due_on, closed_on, today = START + due * _DAY, START + took * _DAY, START + at * _DAY
    facts = [
        Fact(1, EventKind.SUPPORT_ASKED, day_start(START), {"request": "a", "due": due_on.isoformat()}),
        Fact(
            2, EventKind.SUPPORT_DONE, day_end(closed_on),
            {"request": "a", "state": "declined" if declined else "done"},
        ),
    ]  # fmt: skip
    known = [fact for fact in facts if fact.at <= day_end(today)]
    [pause] = [pause_of(1, each) for each in requests_told(known)]
    owed = {
        day
        for offset in range(100)
        if (day := START + offset * _DAY) > due_on
        and day <= today
        and (day < closed_on or (day == closed_on and not declined))
    }
    paused = {
        day
        for offset in range(100)
        if pause and (day := START + offset * _DAY) >= pause.first and day <= (pause.last or today)
    }
    assert paused == owed
