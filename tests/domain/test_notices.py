"""What people are told, by which channel and when: rules alone."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.notices import (
    KINDS,
    MOST_TRIES,
    OUTER,
    Channel,
    NoticeKind,
    kinds_for,
    lapse_mark,
    next_try,
    parse_hours,
    plan,
    send_at,
)
from portal.domain.periods import BUSINESS_OFFSET
from portal.domain.roles import Role
from tests.support.clocks import shanghai

START = shanghai("2026-01-01")
instants = st.timedeltas(timedelta(0), timedelta(days=700)).map(lambda passed: START + passed)
hours = st.frozensets(st.integers(0, 23), max_size=6)
kinds = st.sampled_from(NoticeKind)
channels = st.frozensets(st.sampled_from(OUTER))
choices = st.dictionaries(st.sampled_from(OUTER), st.booleans())


def test_every_kind_has_a_rule_and_somebody_who_gets_it():
    assert set(KINDS) == set(NoticeKind)
    assert all(rule.roles for rule in KINDS.values())
    assert {kind for role in Role for kind in kinds_for({role})} == set(NoticeKind)


def test_partner_people_are_not_told_what_is_the_vendors():
    partner = set(kinds_for({Role.PARTNER_REP, Role.PARTNER_ADMIN}))
    assert not partner & {
        *(NoticeKind.ROLLUP_READY, NoticeKind.SUPPORT_ASKED),
        *(NoticeKind.SUPPORT_OVERDUE, NoticeKind.REPORT_LATE_IN),
    }
    assert kinds_for({Role.FINANCE}) == []


@pytest.mark.parametrize(
    ("now", "chosen", "expected"),
    [
        ("2026-03-02 08:59", (9, 17), "2026-03-02 09:00"),
        ("2026-03-02 09:00", (9, 17), "2026-03-02 09:00"),
        ("2026-03-02 09:01", (9, 17), "2026-03-02 17:00"),
        ("2026-03-02 17:01", (9, 17), "2026-03-03 09:00"),
        ("2026-03-02 23:30", (0,), "2026-03-03 00:00"),
        ("2026-03-02 10:10", (), "2026-03-02 10:10"),
    ],
)
def test_a_digest_goes_out_at_the_next_chosen_hour(now: str, chosen: tuple[int, ...], expected: str):
    assert send_at(shanghai(now), chosen, urgent=False) == shanghai(expected)


def test_what_is_urgent_waits_for_no_hour():
    assert send_at(shanghai("2026-03-02 10:10"), (9,), urgent=True) == shanghai("2026-03-02 10:10")


@given(kinds, instants, channels, choices, hours)
def test_a_notice_is_planned_once_for_each_channel_and_never_in_the_past(kind, now, reached, chosen, at):
    planned = plan(kind, now, reached_by=reached, choices=chosen, hours=at)
    assert set(planned) == {
        channel for channel in reached if chosen.get(channel, channel in KINDS[kind].by_default)
    }
    assert Channel.INBOX not in planned
    for due in planned.values():
        assert now <= due <= now + timedelta(days=1)
        assert due == now or due.astimezone(BUSINESS_OFFSET).hour in at


@given(instants, instants, hours.filter(bool))
def test_a_digest_holds_everything_up_to_its_hour(one, other, at):
    """What comes later never goes out sooner, and nothing passes a chosen hour by."""
    first, last = sorted((one, other))
    due = send_at(first, at, urgent=False)
    assert send_at(last, at, urgent=False) >= due
    if last <= due:
        assert send_at(last, at, urgent=False) == due


def test_tries_are_spaced_out_and_end():
    now, waits = shanghai("2026-03-02 10:00"), []
    for tries in range(1, MOST_TRIES + 1):
        again = next_try(tries, now)
        waits.append(None if again is None else (again - now).total_seconds() / 60)
    assert waits == [1, 5, 30, 120, 720, 720, 720, 720, 720, None]
    assert sum(filter(None, waits)) > 2.5 * 24 * 60, "a weekend"


@pytest.mark.parametrize(("left", "mark"), [(8, None), (7, 7), (4, 7), (3, 3), (1, 3), (0, 3), (-1, None)])
def test_a_lapse_is_announced_by_its_closest_mark(left: int, mark: int | None):
    assert lapse_mark(left, (7, 3)) == mark


def test_hours_are_hours_of_a_day():
    assert parse_hours(["17", "9", "9", "24", "-1", "x", "٣", " 8"]) == (9, 17)
