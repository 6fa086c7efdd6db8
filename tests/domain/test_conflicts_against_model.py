"""The ownership fold and the naive second model must tell the same story, always."""

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.conflicts import replay
from portal.domain.facts import Standing, Timeline
from tests.model.histories import UNTIL, History, claim_id, facts_of, histories, instants, ref_of
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
