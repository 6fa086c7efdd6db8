"""What holds of every time line, whatever happened (C1, C3, C11)."""

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.conflicts import rank, replay
from portal.domain.facts import OWNING_STATES, Fact, Joined, Moved, Pause, Rule, State, Timeline
from portal.domain.periods import day_end
from portal.domain.pipeline import Stage
from portal.domain.protection import protected_until
from tests.model.histories import START, UNTIL, History, facts_of, histories
from tests.model.naive_ownership import day_of, midnight

START_AT = midnight(START)
relaxed = settings(max_examples=150, deadline=None)


def told(history: History, facts: list[Fact] | None = None, until: datetime = UNTIL) -> Timeline:
    return replay(facts or facts_of(history.story), history.policies, until, history.pauses)


@relaxed
@given(histories())
def test_at_every_instant_at_most_one_owner(history: History):
    timeline = told(history)
    for before, after in zip(timeline.intervals, timeline.intervals[1:], strict=False):
        assert before.end is not None
        assert before.start < before.end <= after.start
    owners = [claim for claim, each in timeline.claims.items() if each.state in OWNING_STATES]
    assert owners == ([] if timeline.owner is None else [timeline.owner])


@relaxed
@given(histories())
def test_while_somebody_waits_somebody_owns(history: History):
    timeline = told(history)
    waiting = [each for each in timeline.claims.values() if each.state is State.WAITING]
    assert timeline.owner is not None or not waiting


@relaxed
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_come_in_does_not_matter(history: History, random: object):
    shuffled = facts_of(history.story)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert told(history, shuffled) == told(history)


@relaxed
@given(histories())
def test_the_queue_stands_in_order_of_rank_without_gaps(history: History):
    facts = {fact.claim: fact for fact in facts_of(history.story) if isinstance(fact, Joined)}
    claims = told(history).claims
    back: dict[str, datetime] = {}  # from when on a party counts that lost the customer by decision (C6)
    for claim, each in claims.items():
        if (each.state, each.rule) == (State.RELEASED, Rule.NEW_CLOCK):
            again, party = midnight(day_of(each.since) + timedelta(days=28)), facts[claim].party
            back[party] = max(again, back.get(party, again))
    places = {
        each.queue_position: rank(max(fact.filed_at, back.get(fact.party, START_AT)), fact.ref, fact.party)
        for claim, each in claims.items()
        if (fact := facts[claim]) and each.queue_position
    }
    assert sorted(places) == list(range(1, len(places) + 1))
    assert [places[place] for place in sorted(places)] == sorted(places.values())


@relaxed
@given(histories(), st.integers(0, 130))
def test_the_end_of_any_day_reads_the_same_then_and_later(history: History, days: int):
    until = day_end(START + timedelta(days=days))
    then, later = told(history, until=until), told(history)
    assert then.owner == later.owner_at(until)
    for claim, standing in later.claims.items():
        states = [change.state for change in standing.history if change.at <= until]
        was = then.claims[claim].state if claim in then.claims else None
        assert was == (states[-1] if states else None)


@relaxed
@given(histories())
def test_what_others_do_never_shortens_protection(history: History):
    """Filings that wait, and what is done to them, leave the owner's clock alone."""
    timeline = told(history)
    owner = timeline.owner
    if owner is None:
        return
    start = timeline.intervals[-1].start
    waiters = [
        Joined(900 + i, start + timedelta(days=i), start + timedelta(days=i), f"R9{i}", "P9", Stage.TRIAL)
        for i in range(1, 4)
    ]
    moves = [Moved(901, start + timedelta(days=5), Stage.SIGNED)]
    crowded = told(history, [*facts_of(history.story), *waiters, *moves])
    if crowded.owner == owner:
        assert crowded.claims[owner].protected_until == timeline.claims[owner].protected_until


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(-20, 90), st.integers(0, 20)), max_size=4),
)
def test_a_pause_only_ever_lengthens_protection_by_the_days_it_covers(
    start: date, days: int, spans: list[tuple[int, int]]
):
    pauses = [
        Pause(start + timedelta(days=first), start + timedelta(days=first + length), "support")
        for first, length in spans
    ]
    last = protected_until(start, days, pauses)
    covered = {
        day
        for day in (start + timedelta(days=i) for i in range(1, (last - start).days + 1))
        if any(pause.first <= day <= pause.last for pause in pauses)
    }
    assert last == start + timedelta(days=days + len(covered))
    assert last not in covered
    assert protected_until(start, days, pauses[1:]) <= last
