"""The ownership fold (§6): one customer's facts under a policy, replayed into who owned it when.

Nothing else in the portal decides ownership. Filing, import, "as of" and `portal check` all
ask `replay`, with other facts or another instant.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from portal.domain.facts import (
    Change,
    Ended,
    Fact,
    Ignored,
    Interval,
    Joined,
    Left,
    Moved,
    Pause,
    Progressed,
    Rule,
    Standing,
    State,
    Timeline,
)
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.policy import Policies
from portal.domain.protection import lapses_at, protected_until, started_on
from portal.domain.terms import KEY_ACCOUNTS

__all__ = ["Rule", "State", "rank", "replay"]

Rank = tuple[date, bool, datetime, str]
_ORDER: dict[type[Fact], int] = {Joined: 0, Moved: 1, Progressed: 1, Ended: 2, Left: 3}


def rank(filed_at: datetime, ref: str, party: str) -> Rank:
    """A claim's place among all claims on the customer; the smallest is first (C1, C2).

    By calendar day, then partners before key accounts, then the instant of filing; references
    break ties, so that no two filings are ever equal (G3).
    """
    return (business_date(filed_at), party == KEY_ACCOUNTS, filed_at, ref)


def replay(
    facts: Iterable[Fact],
    policies: Policies,
    until: datetime,
    pauses: Sequence[Pause] = (),
) -> Timeline:
    """Replay one customer's facts up to and including `until`, whatever order they come in."""
    known = [fact for fact in facts if fact.at <= until]
    refs = {fact.claim: fact.ref for fact in known if isinstance(fact, Joined)}
    known.sort(key=lambda fact: _place(fact, refs))
    fold = _Fold(policies, pauses)
    for fact in known:
        fold.lapse(fact.at)
        fold.take(fact)
    fold.lapse(until)
    return fold.timeline()


def _place(fact: Fact, refs: dict[int, str]) -> tuple[object, ...]:
    """Facts of one instant: joins by rank, then moves, then endings; by reference, then by stage.

    By rank, so that of claims that enter together (a merge, an import of whole days) none owns
    the customer for no time at all before a better one.
    """
    if isinstance(fact, Joined):
        return (fact.at, _ORDER[Joined], *rank(fact.filed_at, fact.ref, fact.party))
    detail = fact.stage.number if isinstance(fact, Moved) else 0
    ending = fact.state.value if isinstance(fact, Ended) else ""
    return (fact.at, _ORDER[type(fact)], refs.get(fact.claim, ""), detail, ending, fact.claim)


class _Fold:
    """The state of one replay."""

    def __init__(self, policies: Policies, pauses: Sequence[Pause]) -> None:
        self.policies = policies
        self.pauses = pauses
        self.claims: dict[int, Standing] = {}
        self.ranks: dict[int, Rank] = {}
        self.owner: int | None = None
        self.queue: list[int] = []
        self.intervals: list[Interval] = []
        self.ignored: list[Ignored] = []

    def take(self, fact: Fact) -> None:
        """Apply one fact."""
        if isinstance(fact, Joined):
            self.join(fact)
            return
        claim = self.claims.get(fact.claim)
        if claim is None or claim.state in (State.RELEASED, State.LOST):
            if isinstance(fact, Left):
                return  # what has ended stays on the time line where it ended
            self.ignored.append(Ignored(fact, "ended" if claim else "not_owner"))
        elif isinstance(fact, Left):
            self.leave(fact, claim)
        elif isinstance(fact, Ended):
            self.end(fact, claim)
        elif fact.claim != self.owner:
            self.ignored.append(Ignored(fact, "not_owner"))
        elif isinstance(fact, Moved):
            self.move(fact, claim)
        else:
            self.progress(claim, fact.at)

    def join(self, fact: Joined) -> None:
        carried = fact.carried
        self.claims[fact.claim] = claim = Standing(
            state=State.WAITING,
            rule=fact.via,
            since=fact.at,
            stage=carried.stage if carried else fact.stage,
            highest=carried.highest if carried else fact.stage,
            stage_since=carried.stage_since if carried else fact.filed_at,
            last_progress_at=carried.last_progress_at if carried else None,
            ever_owned=carried.ever_owned if carried else False,
        )
        place = self.ranks[fact.claim] = rank(fact.filed_at, fact.ref, fact.party)
        if self.owner is None:
            self.own(fact.claim, fact.at, fact.via, carried.owned_since if carried else None)
            return
        owner = self.claims[self.owner]
        signed_comes = claim.stage is Stage.SIGNED and carried is not None and carried.owned_since is not None
        if owner.state is not State.SIGNED and (place < self.ranks[self.owner] or signed_comes):
            rule = self.passing_rule(fact.via, place)
            displaced = self.owner
            self.close(fact.at)
            self.wait(displaced, fact.at, rule)
            self.own(fact.claim, fact.at, rule, carried.owned_since if carried else None)
        else:
            signed = owner.state is State.SIGNED
            self.wait(fact.claim, fact.at, Rule.SIGNED if signed else fact.via)

    def passing_rule(self, via: Rule, place: Rank) -> Rule:
        """Why a newcomer goes before the owner: merged, filed first, the same day, or signed."""
        assert self.owner is not None  # noqa: S101 - the caller has looked
        other = self.ranks[self.owner]
        if via is Rule.MERGED:
            return via
        if place > other:
            return Rule.SIGNED
        return Rule.FIRST if place[2:] < other[2:] else Rule.SAME_DAY

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
        claim.owned_since = claim.protected_until = None
        insort(self.queue, claim_id, key=self.ranks.__getitem__)
        self.change(claim, at, State.WAITING, rule)

    def move(self, fact: Moved, claim: Standing) -> None:
        if fact.stage is claim.stage:
            self.ignored.append(Ignored(fact, "same_stage"))
            return
        was_signed = claim.state is State.SIGNED
        claim.stage, claim.stage_since = fact.stage, fact.at
        if fact.stage.number > claim.highest.number:
            claim.highest = fact.stage
            claim.last_progress_at = fact.at
        if fact.stage is Stage.SIGNED:
            claim.protected_until = None
            self.change(claim, fact.at, State.SIGNED, Rule.SIGNED)
        elif was_signed:
            self.change(claim, fact.at, State.ACTIVE, Rule.MOVED_BACK)
            self.restart(claim)
        elif claim.last_progress_at == fact.at:
            self.renew(claim, fact.at)

    def progress(self, claim: Standing, at: datetime) -> None:
        claim.last_progress_at = at
        if claim.state is not State.SIGNED:
            self.renew(claim, at)

    def renew(self, claim: Standing, at: datetime) -> None:
        """Progress renews protection, also after the lapse while no case is open (C3, C7)."""
        if claim.state is State.LAPSED:
            self.change(claim, at, State.ACTIVE, Rule.RENEWED)
        self.restart(claim)

    def restart(self, claim: Standing) -> None:
        day = started_on(claim.owned_since, claim.last_progress_at)
        days = self.policies.at(day).protection_days
        claim.protected_until = protected_until(day, days, self.pauses)

    def lapse(self, now: datetime) -> None:
        """Let the owner's protection run out if it did so before or at `now` (C3)."""
        claim = self.claims[self.owner] if self.owner is not None else None
        if claim is None or claim.state is not State.ACTIVE or claim.protected_until is None:
            return
        over = lapses_at(claim.protected_until)
        if over <= now:
            self.change(claim, max(over, claim.since), State.LAPSED, Rule.LAPSED)

    def end(self, fact: Ended, claim: Standing) -> None:
        owns = fact.claim == self.owner
        if owns and claim.state is State.SIGNED:
            self.ignored.append(Ignored(fact, "signed"))
            return
        if not owns and fact.state is State.LOST:
            self.ignored.append(Ignored(fact, "not_owner"))
            return
        if owns:
            self.close(fact.at)
        else:
            self.queue.remove(fact.claim)
        claim.protected_until = claim.owned_since = None
        self.change(claim, fact.at, fact.state, Rule.VOLUNTARY)
        if owns:
            self.promote(fact.at, Rule.VOLUNTARY)

    def leave(self, fact: Left, claim: Standing) -> None:
        owns = fact.claim == self.owner
        if owns:
            self.close(fact.at)
        else:
            self.queue.remove(fact.claim)
        del self.claims[fact.claim], self.ranks[fact.claim]
        if owns:
            self.promote(fact.at, fact.rule)

    def promote(self, at: datetime, rule: Rule) -> None:
        """The earliest waiting claim becomes owner at that instant, with a fresh clock (C9)."""
        if self.queue:
            self.own(self.queue[0], at, rule)

    def close(self, at: datetime) -> None:
        """End the owner's interval; who owned for no time at all did not own."""
        last = self.intervals.pop()
        if last.start < at:
            self.intervals.append(Interval(last.claim, last.start, at, last.rule))
        self.owner = None

    def change(self, claim: Standing, at: datetime, state: State, rule: Rule) -> None:
        claim.state, claim.rule, claim.since = state, rule, at
        claim.history.append(Change(at, state, rule))

    def timeline(self) -> Timeline:
        if self.owner is not None:
            self.claims[self.owner].queue_position = 0
        for position, claim in enumerate(self.queue, start=1):
            self.claims[claim].queue_position = position
        return Timeline(self.intervals, self.claims, self.ignored)
