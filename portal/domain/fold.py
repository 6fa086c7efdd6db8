"""The moving parts of the ownership fold: who owns, who waits, whose clock runs until when."""

from bisect import insort
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from portal.domain.facts import (
    Change,
    Ignored,
    Interval,
    Joined,
    Pause,
    Rule,
    Standing,
    State,
    Timeline,
)
from portal.domain.periods import business_date, day_start
from portal.domain.pipeline import Stage
from portal.domain.policy import Policies
from portal.domain.protection import lapses_at, run_clock, started_on
from portal.domain.terms import KEY_ACCOUNTS

Rank = tuple[date, bool, datetime, str]


def rank(filed_at: datetime, ref: str, party: str) -> Rank:
    """A claim's place among all claims on the customer; the smallest is first (C1, C2).

    By calendar day, then partners before key accounts, then the instant of filing; references
    break ties, so that no two filings are ever equal (G3).
    """
    return (business_date(filed_at), party == KEY_ACCOUNTS, filed_at, ref)


class Fold:
    """The state of one replay; what a fact does with it stands in `domain/conflicts.py`.

    While a case against the owner is open, `contested` is the owner's claim and `challenger` who
    asked; `unheard` says that progress came meanwhile, `refused` that a case against this owner
    ended without a change. `taken` are the claims that a decision took the customer from: whose,
    and when.
    """

    def __init__(self, policies: Policies, pauses: Sequence[Pause]) -> None:
        self.policies = policies
        self.pauses = pauses
        self.claims: dict[int, Standing] = {}
        self.filings: dict[int, Joined] = {}
        self.ranks: dict[int, Rank] = {}
        self.taken: dict[int, tuple[str, datetime]] = {}
        self.owner: int | None = None
        self.queue: list[int] = []
        self.intervals: list[Interval] = []
        self.ignored: list[Ignored] = []
        self.contested: int | None = None
        self.challenger: int | None = None
        self.unheard = self.refused = False

    def place(self, filing: Joined) -> Rank:
        """Where a filing stands; whoever lost the customer by decision cannot come before its time.

        Its other filings stand as if made on the first day on which it may file again (C6).
        """
        filed_at = filing.filed_at
        lost = max((at for party, at in self.taken.values() if party == filing.party), default=None)
        if lost is not None:
            days = timedelta(days=self.policies.at(business_date(lost)).refile_days)
            filed_at = max(filed_at, day_start(business_date(lost) + days))
        return rank(filed_at, filing.ref, filing.party)

    def keep_back(self, claim_id: int, party: str, since: datetime, at: datetime) -> None:
        """A decision took the customer from a party: its other claims step back (C6)."""
        self.taken[claim_id] = (party, since)
        self.reorder(party, at, Rule.NEW_CLOCK)

    def forget_taken(self, claim_id: int, at: datetime, rule: Rule) -> None:
        """The loss does not count any more: the party's claims stand where they were filed."""
        party, _since = self.taken.pop(claim_id, ("", at))
        self.reorder(party, at, rule)

    def reorder(self, party: str, at: datetime, rule: Rule) -> None:
        for claim_id, filing in self.filings.items():
            place = self.place(filing) if filing.party == party else self.ranks[claim_id]
            if place == self.ranks[claim_id]:
                continue
            waits = claim_id in self.queue
            if waits:
                self.queue.remove(claim_id)
            self.ranks[claim_id] = place
            if waits:
                insort(self.queue, claim_id, key=self.ranks.__getitem__)
                self.change(self.claims[claim_id], at, State.WAITING, rule)

    def own(self, claim_id: int, at: datetime, rule: Rule, since: datetime | None = None) -> None:
        claim = self.claims[claim_id]
        if claim_id in self.queue:
            self.queue.remove(claim_id)
        self.owner = claim_id
        claim.owned_since = since or at
        claim.ever_owned = True
        self.intervals.append(Interval(claim_id, at, None, rule))
        if claim.stage is Stage.SIGNED:
            self.change(claim, at, State.SIGNED, Rule.SIGNED)
        else:
            self.change(claim, at, State.ACTIVE, rule)
            self.restart(claim)

    def wait(self, claim_id: int, at: datetime, rule: Rule) -> None:
        claim = self.claims[claim_id]
        claim.owned_since = None
        claim.unprotect()
        insort(self.queue, claim_id, key=self.ranks.__getitem__)
        self.change(claim, at, State.WAITING, rule)

    def restart(self, claim: Standing) -> None:
        day = started_on(claim.owned_since, claim.last_progress_at)
        days = self.policies.at(day).protection_days
        mine = [pause for pause in self.pauses if pause.claim in (None, self.owner)]
        clock = run_clock(day, days, mine)
        claim.protected_until, claim.paused_from = clock.protected_until, clock.paused_from

    def lapse(self, now: datetime) -> None:
        """Let the owner's protection run out if it did so before or at `now` (C3)."""
        claim = self.claims[self.owner] if self.owner is not None else None
        if claim is None or claim.state is not State.ACTIVE:
            return
        over = _over_at(claim)
        if over is not None and over <= now:
            self.change(claim, max(over, claim.since), State.LAPSED, Rule.LAPSED)

    def promote(self, at: datetime, rule: Rule) -> None:
        """The earliest waiting claim becomes owner at that instant, with a fresh clock (C9)."""
        if self.queue:
            self.own(self.queue[0], at, rule)

    def regain(self, claim_id: int, at: datetime, since: datetime, among: Collection[int]) -> None:
        """Give the customer back after an un-merge, unless somebody else came to own it meanwhile."""
        owner, claim = self.owner, self.claims.get(claim_id)
        if owner is None or claim is None or claim.state in (State.RELEASED, State.LOST):
            return
        passed_now = self.intervals[-1].start == at and owner in among
        if not passed_now or (owner != claim_id and self.claims[owner].state is State.SIGNED):
            return
        self.close(at)
        if owner != claim_id:
            self.wait(owner, at, Rule.MERGED)
        self.own(claim_id, at, Rule.MERGED, since)

    def close(self, at: datetime) -> None:
        """End the owner's interval; who owned for no time at all did not own."""
        last = self.intervals.pop()
        if last.start < at:
            self.intervals.append(Interval(last.claim, last.start, at, last.rule))
        self.owner = self.contested = self.challenger = None
        self.unheard = self.refused = False

    def change(self, claim: Standing, at: datetime, state: State, rule: Rule) -> None:
        claim.state, claim.rule, claim.since = state, rule, at
        claim.history.append(Change(at, state, rule))

    def timeline(self) -> Timeline:
        if self.owner is not None:
            self.claims[self.owner].queue_position = 0
        for position, claim in enumerate(self.queue, start=1):
            self.claims[claim].queue_position = position
        return Timeline(self.intervals, self.claims, self.ignored, self.contested)

    def uncontest(self, at: datetime) -> None:
        """The case is over and the owner stays: progress made meanwhile counts from its own day."""
        if self.contested is None:
            return
        claim = self.claims[self.contested]
        self.contested = self.challenger = None
        if self.unheard:
            self.unheard = False
            self.restart(claim)
            over = _over_at(claim)
            if over is None or over > at:
                self.change(claim, at, State.ACTIVE, Rule.RENEWED)


def _over_at(claim: Standing) -> datetime | None:
    """When an owner's protection is over; None: never, as things stand: no clock runs, or it stands."""
    if claim.protected_until is None or claim.paused_from is not None:
        return None
    return lapses_at(claim.protected_until)
