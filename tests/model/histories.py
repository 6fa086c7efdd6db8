"""Random histories of one customer, for Hypothesis, and how the fold is told them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from portal.domain.facts import (
    Carried,
    Contested,
    Ended,
    Fact,
    Joined,
    Left,
    Moved,
    Pause,
    Progressed,
    Reassigned,
    Restored,
    Rule,
    Settled,
    State,
)
from portal.domain.pipeline import Stage
from portal.domain.policy import Policies, Policy
from tests.model.naive_ownership import STAGES, Brought, Told, midnight

START = date(2026, 3, 1)
DAYS = 130
UNTIL = midnight(START + timedelta(days=DAYS)).astimezone(UTC)


def policy(days: int = 28, start: date = date(2000, 1, 1), version: int = 1) -> Policy:
    """A policy that protects for `days` from `start` on."""
    weights = dict(zip(STAGES, map(Decimal, ("0.10", "0.25", "0.50", "0.75", "1.00")), strict=True))
    return Policy(version, start, days, 28, 14, 3, 7, 1, 300, 60, (7, 3), weights, {}, None, {})


@dataclass(frozen=True)
class History:
    """What was told about one customer, which days were paused, and what the policies say."""

    story: tuple[Told, ...]
    pauses: tuple[Pause, ...]
    protection: tuple[tuple[date, int], ...]

    @property
    def policies(self) -> Policies:
        return Policies([policy(days, start, i) for i, (start, days) in enumerate(self.protection)])

    @property
    def limit(self) -> Callable[[date], int]:
        return lambda day: [days for start, days in self.protection if start <= day][-1]

    @property
    def paused(self) -> frozenset[date]:
        spans = [(pause.first, (pause.last - pause.first).days) for pause in self.pauses]
        return frozenset(first + timedelta(days=i) for first, length in spans for i in range(length + 1))


def claim_id(ref: str) -> int:
    """A claim's number, falling where references rise: nothing may lean on their order."""
    return 1000 - int(ref[1:])


def ref_of(claim: int | None) -> str | None:
    """The reference of a claim's number."""
    return None if claim is None else f"R{1000 - claim:02d}"


def facts_of(story: Iterable[Told]) -> list[Fact]:
    """The story as the fold is told it."""
    return [_fact(told) for told in story]


def _fact(told: Told) -> Fact:
    claim = claim_id(told.ref)
    if told.what == "moved":
        return Moved(claim, told.at, Stage(told.stage))
    if told.what == "progress":
        return Progressed(claim, told.at)
    if told.what == "gone":
        return Left(claim, told.at, Rule(told.how))
    if told.what in ("released", "lost"):
        return Ended(claim, told.at, State(told.what))
    if told.what == "contested":
        return Contested(claim, told.at, claim_id(told.other))
    if told.what == "settled":
        return Settled(claim, told.at)
    if told.what == "reassigned":
        return Reassigned(claim, told.at, claim_id(told.other), Rule(told.how))
    if told.what == "restored":
        return Restored(claim, told.at)
    assert told.filed_at is not None
    had = told.brought
    carried = had and Carried(
        stage=Stage(had.stage),
        highest=Stage(had.highest),
        stage_since=told.filed_at,
        last_progress_at=had.progressed_at,
        owned_since=had.owned_since,
        ever_owned=had.owned_since is not None,
    )
    rule, stage = Rule(told.how), Stage(told.stage)
    return Joined(claim, told.at, told.filed_at, told.ref, told.party, stage, rule, carried)


# Few different hours, so that instants coincide, and days at both ends of a business day.
_HOURS = st.sampled_from([timedelta(0), timedelta(hours=9), timedelta(hours=10), timedelta(seconds=86399)])
_STAGE = st.sampled_from(STAGES[:4]) | st.sampled_from(STAGES)


@st.composite
def instants(draw: st.DrawFn, first: int = 0, last: int = DAYS - 1) -> datetime:
    """An instant `first` to `last` days after the start, in UTC."""
    day = START + timedelta(days=draw(st.integers(first, last)))
    return (midnight(day) + draw(_HOURS)).astimezone(UTC)


@st.composite
def _filings(draw: st.DrawFn, ref: str) -> list[Told]:
    filed = draw(instants(0, draw(st.sampled_from([3, 60]))))
    party = draw(st.sampled_from(["KA", "P1", "P2", "P3"]))
    how, later = "C1", filed
    if draw(st.integers(0, 3)) == 0:
        how = draw(st.sampled_from(["G4", "G8", "C12"]))
        later = max(filed, draw(instants()))
    brought = draw(_brought(filed, later)) if how in ("G8", "C12") else None
    told = [Told(later, "filed", ref, draw(_STAGE), party, filed, how, brought)]
    if draw(st.integers(0, 7)) == 0:
        told.append(Told(max(later, draw(instants())), "gone", ref, how="C12"))
    return told


@st.composite
def _brought(draw: st.DrawFn, filed: datetime, at: datetime) -> Brought:
    low, high = sorted(draw(st.tuples(_STAGE, _STAGE)), key=STAGES.index)
    span = (at - filed) / 4
    owned = filed + span * draw(st.integers(0, 3)) if draw(st.booleans()) else None
    progressed = filed + span * draw(st.integers(1, 4)) if owned and draw(st.booleans()) else None
    return Brought(low, high, progressed, owned)


@st.composite
def _doings(draw: st.DrawFn, refs: list[str]) -> Told:
    what = draw(st.sampled_from(["moved"] * 6 + ["progress", "released", "lost"]))
    return Told(draw(instants()), what, draw(st.sampled_from(refs)), draw(_STAGE))


_CASES = (
    "contested moved settled moved",
    "contested moved settled reassigned:C8",
    "contested progress reassigned:C4 restored",
    "contested released",
    "settled restored reassigned:C4",
    "reassigned:C9 restored",
    "contested contested reassigned:C4 moved restored moved",
)


@st.composite
def _cases(draw: st.DrawFn, refs: list[str]) -> list[Told]:
    """A case and what follows it, mostly in its order, mostly against the one who filed first."""
    owner, other = draw(st.sampled_from([*refs, refs[0], refs[0]])), draw(st.sampled_from(refs))
    when, told = draw(instants(30, 110)), []
    for what in draw(st.sampled_from(_CASES)).split():
        what, _, how = what.partition(":")
        told.append(Told(when, what, owner, draw(_STAGE), other=other, how=how or "C1"))
        when += timedelta(days=draw(st.sampled_from([0, 1, 4])), hours=draw(st.integers(0, 1)))
    return [each for each in told if each.at <= UNTIL]


@st.composite
def _pauses(draw: st.DrawFn) -> Pause:
    first = START + timedelta(days=draw(st.integers(0, DAYS)))
    return Pause(first, first + timedelta(days=draw(st.integers(0, 9))), "support")


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to six claims that are filed, moved, given up, merged in and out, under two policies."""
    refs = [f"R{number:02d}" for number in range(1, draw(st.integers(1, 6)) + 1)]
    story = [told for ref in refs for told in draw(_filings(ref))]
    story += draw(st.lists(_doings(refs), max_size=20))
    for case in draw(st.lists(_cases(refs), max_size=4)):
        story += case
    changed = START + timedelta(days=draw(st.integers(1, 80)))
    protection = ((date(2000, 1, 1), 28), (changed, draw(st.sampled_from([1, 14, 28, 40]))))
    pauses = draw(st.lists(_pauses(), max_size=3))
    return History(tuple(draw(st.permutations(story))), tuple(pauses), protection)
