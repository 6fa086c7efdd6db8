"""Who owns a customer: the rules of §5 and §6 written a second time, slowly and from the text.

It shares nothing with `portal.domain.conflicts` but the words for stages, states and rules. It
remembers no queue, no clock and no lapse: it walks through every midnight and every instant at
which something was told, and at each it finds everything out anew from what was told so far.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cmp_to_key
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
STAGES = ["interest", "meeting", "solution", "trial", "signed"]


@dataclass(frozen=True)
class Brought:
    """What a claim had reached on another customer before a merge or a correction."""

    stage: str
    highest: str
    progressed_at: datetime | None = None
    owned_since: datetime | None = None


@dataclass(frozen=True)
class Told:
    """One thing that became known: ``filed moved progress released lost gone contested settled
    reassigned restored brought``. `other` is the claim that asks for a takeover, or that gets the
    customer; ``brought`` is a claim that a decision took from `party` elsewhere, at `filed_at`.

    `filed` is told at the instant at which the claim is known to be on this customer; `how` is
    the rule by which it came (or by which it is `gone`).
    """

    at: datetime
    what: str
    ref: str
    stage: str = "interest"
    party: str = ""
    filed_at: datetime | None = None
    how: str = "C1"
    brought: Brought | None = None
    other: str = ""


@dataclass
class Claim:
    ref: str
    party: str
    filed_at: datetime
    stage: str
    reached: list[str]
    progress: list[datetime]
    ended: str = ""
    taken: bool = False
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Row:
    """How one claim stands at an instant."""

    state: str
    stage: str
    highest: str
    position: int | None
    protected_until: date | None
    owned_since: datetime | None
    progressed_at: datetime | None


@dataclass(frozen=True)
class Picture:
    """How a customer stands at an instant: who owns it, by which rule, and every claim on it."""

    at: datetime
    owner: str | None
    why: str | None
    rows: dict[str, Row]


@dataclass
class Customer:
    limit: Callable[[date], int]
    paused: frozenset[date]
    owed: Callable[[str], Collection[date]] = lambda _ref: ()
    claims: dict[str, Claim] = field(default_factory=dict)
    owner: str | None = None
    since: datetime | None = None
    why: str | None = None
    case_of: str | None = None
    case_since: datetime | None = None
    meanwhile: list[datetime] = field(default_factory=list)
    refused: bool = False
    refile: int = 28
    brought: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def hear(self, told: Told) -> None:
        if told.what == "brought":
            assert told.filed_at is not None
            self.brought[told.ref] = (told.party, told.filed_at)
            return
        if told.what == "gone" and told.ref not in self.claims:
            self.brought.pop(told.ref, None)
        if told.what == "filed":
            self.enter(told)
            return
        claim = self.claims.get(told.ref)
        if told.what == "restored" and claim is not None and claim.taken:
            self.give_back(claim, told)
        if claim is None or claim.ended or told.what == "restored":
            return
        owns, signed = self.owner == told.ref, claim.stage == "signed"
        if told.what in ("gone", "released") and not owns and self.case_of == told.ref:
            self.end_case()
        if told.what == "gone":
            del self.claims[told.ref]
            if owns:
                self.hand_on(told.at, told.how)
        elif told.what == "released" and not (owns and signed):
            claim.ended = "released"
            if owns:
                self.hand_on(told.at, "C9")
        elif told.what == "lost" and owns and not signed:
            claim.ended = "lost"
            self.hand_on(told.at, "C9")
        elif told.what == "progress" and owns:
            self.note_progress(claim, told.at)
        elif told.what == "moved" and owns:
            if all(STAGES.index(told.stage) > STAGES.index(before) for before in claim.reached):
                self.note_progress(claim, told.at)
            claim.reached.append(told.stage)
            claim.stage = told.stage
            if told.stage == "signed":
                self.end_case()
        elif owns and not signed:
            self.hear_case(told, claim)

    def hear_case(self, told: Told, claim: Claim) -> None:
        other = self.claims.get(told.other)
        waits = other is not None and not other.ended and told.other != self.owner
        if told.what == "contested" and self.case_of is None and waits and self.lapsed(told.at):
            self.case_of, self.case_since = told.other, told.at
        elif told.what == "settled" and self.case_of is not None:
            self.end_case()
            self.refused = True
        elif told.what == "reassigned" and waits:
            agreed, appeal = told.how == "C9", told.how == "C8"
            if agreed or self.case_of is not None or (appeal and self.refused):
                claim.ended, claim.taken = "released", not agreed
                claim.taken_at = None if agreed else told.at
                self.new_owner(told.other, told.at, told.how)

    def note_progress(self, claim: Claim, at: datetime) -> None:
        """While a case is open progress is only noted (C7)."""
        (claim.progress if self.case_of is None else self.meanwhile).append(at)

    def end_case(self) -> None:
        """The owner stays: what was noted meanwhile counts from its own day."""
        if self.owner is not None:
            self.claims[self.owner].progress += self.meanwhile
        self.case_of, self.meanwhile = None, []

    def new_owner(self, ref: str | None, since: datetime | None, why: str | None) -> None:
        if self.owner in self.claims:
            self.end_case()
        self.owner, self.since, self.why = ref, since, why
        self.case_of, self.meanwhile, self.refused = None, [], False

    def give_back(self, claim: Claim, told: Told) -> None:
        if self.owner is None or self.claims[self.owner].stage != "signed":
            claim.ended, claim.taken, claim.taken_at = "", False, None
            self.brought.pop(claim.ref, None)
            self.new_owner(told.ref, told.at, "C8")

    def lapsed(self, at: datetime) -> bool:
        start = self.clock_day()
        return self.counted(start, day_of(at)) >= self.limit(start)

    def enter(self, told: Told) -> None:
        assert told.filed_at is not None
        brought = told.brought or Brought(told.stage, told.stage)
        progress = [brought.progressed_at] if brought.progressed_at else []
        new = Claim(told.ref, told.party, told.filed_at, brought.stage, [brought.highest], progress)
        self.claims[told.ref] = new
        since = brought.owned_since or told.at
        if self.owner is None:
            self.owner, self.since, self.why = told.ref, since, told.how
            return
        owner = self.claims[self.owner]
        if owner.stage == "signed":
            return
        signed_already = new.stage == "signed" and brought.owned_since is not None
        if self.goes_first(new, owner) or signed_already:
            earlier = (self.counts_from(new), new.ref) < (self.counts_from(owner), owner.ref)
            why = "C10" if not self.goes_first(new, owner) else "C1" if earlier else "C2"
            self.new_owner(told.ref, since, "C12" if told.how == "C12" else why)

    def hand_on(self, at: datetime, why: str) -> None:
        self.new_owner(None, None, None)
        for claim in self.waiting()[:1]:
            self.owner, self.since, self.why = claim.ref, at, why

    def waiting(self) -> list[Claim]:
        there = [claim for claim in self.claims.values() if not claim.ended and claim.ref != self.owner]
        return sorted(there, key=cmp_to_key(lambda one, other: -1 if self.goes_first(one, other) else 1))

    def counts_from(self, claim: Claim) -> datetime:
        """Its filing, but for a party that lost the customer by decision the end of its waiting time."""
        losses = [each.taken_at for each in self.claims.values() if each.party == claim.party and each.taken]
        losses += [at for party, at in self.brought.values() if party == claim.party]
        returns = [midnight(day_of(at) + timedelta(days=self.refile)) for at in losses if at is not None]
        return max([claim.filed_at, *returns])

    def goes_first(self, one: Claim, other: Claim) -> bool:
        first, second = (replace(claim, filed_at=self.counts_from(claim)) for claim in (one, other))
        return goes_first(first, second)

    def clock_day(self) -> date:
        assert self.owner is not None
        assert self.since is not None
        return max(day_of(instant) for instant in [self.since, *self.claims[self.owner].progress])

    def counted(self, after: date, before: date) -> int:
        """Days that count strictly between two days: on which nothing is owed to the owner."""
        assert self.owner is not None
        days, owed = range(1, (before - after).days), self.owed(self.owner)
        return sum(
            day not in self.paused and day not in owed
            for day in (after + timedelta(days=each) for each in days)
        )

    def picture(self, at: datetime) -> Picture:
        places = {claim.ref: place for place, claim in enumerate(self.waiting(), start=1)}
        rows = {}
        for claim in self.claims.values():
            state, until, since, place = claim.ended or "waiting", None, None, places.get(claim.ref)
            if claim.ref == self.owner:
                place, since = 0, self.since
                start = self.clock_day()
                state = "signed" if claim.stage == "signed" else "lapsed" if self.lapsed(at) else "active"
                until = None if state == "signed" else self.last_day(start)
            highest = max(claim.reached, key=STAGES.index)
            noted = self.meanwhile if claim.ref == self.owner else []
            newest = max([*claim.progress, *noted], default=None)
            rows[claim.ref] = Row(state, claim.stage, highest, place, until, since, newest)
        return Picture(at, self.owner, self.why, rows)

    def last_day(self, start: date) -> date:
        """The first day with enough counted days up to and with it."""
        day = start
        while self.counted(start, day + timedelta(days=1)) < self.limit(start):
            day += timedelta(days=1)
        return day


def goes_first(one: Claim, other: Claim) -> bool:
    """C2 on one calendar day, otherwise C1; the reference breaks ties (G3)."""
    if day_of(one.filed_at) == day_of(other.filed_at) and (one.party == "KA") != (other.party == "KA"):
        return other.party == "KA"
    return (one.filed_at, one.ref) < (other.filed_at, other.ref)


def day_of(instant: datetime) -> date:
    return instant.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def pictures(
    story: Iterable[Told],
    until: datetime,
    *,
    limit: Callable[[date], int] = lambda _day: 28,
    paused: frozenset[date] = frozenset(),
) -> list[Picture]:
    """The customer at every midnight and at every instant at which something was told."""
    known = [told for told in story if told.at <= until]
    if not known:
        return []
    first = min(told.at for told in known)
    days = (day_of(until) - day_of(first)).days
    midnights = {midnight(day_of(first) + timedelta(days=each)) for each in range(1, days + 1)}
    customer, seen = Customer(limit, paused), []
    for instant in sorted(midnights | {told.at for told in known} | {until}):
        for told in in_order([told for told in known if told.at == instant]):
            customer.hear(told)
        seen.append(customer.picture(instant))
    return seen


def in_order(at_once: list[Told]) -> list[Told]:
    """What is told at one instant: filings in their order, what was done, cases, what ended."""
    brought = [told for told in at_once if told.what == "brought"]
    filings = [told for told in at_once if told.what == "filed"]
    filings.sort(key=cmp_to_key(lambda one, other: -1 if _filed_first(one, other) else 1))
    done = [told for told in at_once if told.what in ("progress", "moved")]
    done.sort(key=lambda told: (told.ref, 0 if told.what == "progress" else STAGES.index(told.stage) + 1))
    ends = [told for told in at_once if told.what in ("released", "lost")]
    ends.sort(key=lambda told: (told.ref, told.what))
    gone = sorted((told for told in at_once if told.what == "gone"), key=lambda told: told.ref)
    steps = [["contested"], ["settled"], ["reassigned"], ["restored"]]
    cases = [
        told
        for step in steps
        for told in sorted(at_once, key=lambda told: (told.ref, told.other))
        if told.what in step
    ]
    return brought + filings + done + cases + ends + gone


def _filed_first(one: Told, other: Told) -> bool:
    assert one.filed_at is not None
    assert other.filed_at is not None
    sides = [Claim(each.ref, each.party, each.filed_at, "", [], []) for each in (one, other)]  # type: ignore[arg-type]
    return goes_first(*sides)
