"""The ownership fold and the naive second model must tell the same story, always."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.conflicts import replay
from portal.domain.facts import Pause, Standing, Timeline
from portal.domain.periods import business_date
from portal.domain.protection import end_on
from tests.model.histories import START, UNTIL, History, claim_id, facts_of, histories, instants, ref_of
from tests.model.naive_ownership import Picture, Row, pictures


def told(history: History, until: datetime = UNTIL) -> Timeline:
    return replay(facts_of(history.story), history.policies, until, history.pauses)


def imagined(history: History, until: datetime = UNTIL) -> list[Picture]:
    return pictures(history.story, until, limit=history.limit, paused=history.paused)


def row(standing: Standing) -> Row:
    return Row(
        state=standing.state.value,
        stage=standing.stage.value,
        highest=standing.highest.value,
        position=standing.queue_position,
        protected_until=standing.protected_until,
        owned_since=standing.owned_since,
        progressed_at=standing.last_progress_at,
    )


@settings(max_examples=300, deadline=None)
@given(histories(), st.data())
def test_the_fold_and_the_model_agree_as_of_any_instant(history: History, data: st.DataObject) -> None:
    until = data.draw(instants())
    timeline, seen = told(history, until), imagined(history, until)
    if not seen:
        assert (timeline.owner, dict(timeline.claims)) == (None, {})
        return
    picture = seen[-1]
    assert ref_of(timeline.owner) == picture.owner
    assert {ref_of(claim): row(each) for claim, each in timeline.claims.items()} == picture.rows
    if picture.owner:
        assert timeline.intervals[-1].rule == picture.why


@settings(max_examples=120, deadline=None)
@given(histories())
def test_the_whole_time_line_agrees_at_every_midnight_and_event(history: History) -> None:
    timeline = told(history)
    for picture in imagined(history):
        assert ref_of(timeline.owner_at(picture.at)) == picture.owner
        if picture.owner:
            why = [i.rule for i in timeline.intervals if i.start <= picture.at][-1]
            assert why == picture.why
        for ref, seen in picture.rows.items():
            standing = timeline.claims.get(claim_id(ref))
            if standing is not None:  # it has not left for another customer since
                assert [c.state for c in standing.history if c.at <= picture.at][-1] == seen.state


@settings(max_examples=300, deadline=None)
@given(histories(), st.integers(0, 100), instants())
def test_they_agree_while_the_vendor_owes_something(history: History, days: int, until: datetime) -> None:
    """A clock that stands is one of which every day since does not count, seen from the day asked about."""
    today, first = business_date(until), START + timedelta(days=days)
    over = [pause for pause in history.pauses if pause.last is not None and pause.last <= today]
    timeline = replay(
        facts_of(history.story), history.policies, until, [*over, Pause(first, None, "support")]
    )
    owed = [Pause(first, today, "support")] if first <= today else []
    paused = frozenset(
        pause.first + timedelta(days=offset)
        for pause in (*over, *owed)
        if pause.last is not None
        for offset in range((pause.last - pause.first).days + 1)
    )
    seen = pictures(history.story, until, limit=history.limit, paused=paused)
    if not seen:
        return
    assert ref_of(timeline.owner) == seen[-1].owner
    for claim, standing in timeline.claims.items():
        expected, stands = seen[-1].rows[ref_of(claim) or ""], row(standing)
        if standing.protected_until is not None:
            last = end_on(standing.protected_until, standing.paused_from, today)
            stands = replace(stands, protected_until=last)
        assert stands == expected
