"""The ownership fold (§6): one customer's facts under a policy, replayed into who owned it when.

Nothing else in the portal decides ownership. Filing, import, "as of" and `portal check` all
ask `replay`, with other facts or another instant.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from portal.domain.facts import (
    CaseFact,
    Contested,
    Ended,
    Fact,
    Ignored,
    Joined,
    Left,
    Moved,
    Pause,
    Progressed,
    Reassigned,
    Regained,
    Restored,
    Rule,
    Settled,
    Standing,
    State,
    Taken,
    Timeline,
)
from portal.domain.fold import Fold, Rank, rank
from portal.domain.pipeline import Stage
from portal.domain.policy import Policies

__all__ = ["Rule", "State", "rank", "replay"]

_ORDER: dict[type[Fact], int] = {
    Taken: -1,
    Joined: 0,
    Moved: 1,
    Progressed: 1,
    Contested: 2,
    Settled: 3,
    Reassigned: 4,
    Restored: 5,
    Ended: 6,
    Left: 7,
    Regained: 8,
}


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
    fold = _Replay(policies, pauses)
    for fact in known:
        fold.lapse(fact.at)
        fold.take(fact)
    fold.lapse(until)
    return fold.timeline()


def _place(fact: Fact, refs: dict[int, str]) -> tuple[object, ...]:
    """Facts of one instant: joins by rank, then moves, then cases, then endings; by reference, then stage.

    By rank, so that of claims that enter together (a merge, an import of whole days) none owns
    the customer for no time at all before a better one.
    """
    if isinstance(fact, Joined):
        return (fact.at, _ORDER[Joined], *rank(fact.filed_at, fact.ref, fact.party))
    detail = fact.stage.number if isinstance(fact, Moved) else 0
    ending = fact.state.value if isinstance(fact, Ended) else refs.get(_other(fact), "")
    return (fact.at, _ORDER[type(fact)], refs.get(fact.claim, ""), detail, ending, fact.claim)


def _other(fact: Fact) -> int:
    """The other claim that a case names; 0 for none."""
    return fact.by if isinstance(fact, Contested) else fact.to if isinstance(fact, Reassigned) else 0


class _Replay(Fold):
    """What each kind of fact does."""

    def take(self, fact: Fact) -> None:
        """Apply one fact."""
        if isinstance(fact, Joined):
            self.join(fact)
            return
        if isinstance(fact, Regained):
            self.regain(fact.claim, fact.at, fact.since, fact.among)
            return
        if isinstance(fact, Taken):
            self.keep_back(fact.claim, fact.party, fact.since, fact.at)
            return
        claim = self.claims.get(fact.claim)
        if isinstance(fact, Restored):
            self.restore(fact, claim)
        elif claim is None or claim.state in (State.RELEASED, State.LOST):
            if isinstance(fact, Left):
                if claim is None:
                    self.forget_taken(fact.claim, fact.at, Rule.MERGED)
                return  # what has ended stays on the time line where it ended
            self.ignored.append(Ignored(fact, "ended" if claim else "not_owner"))
        elif isinstance(fact, Left):
            self.leave(fact, claim)
        elif isinstance(fact, Ended):
            self.end(fact, claim)
        elif fact.claim != self.owner:
            self.ignored.append(Ignored(fact, "not_owner"))
        else:
            self.concern_owner(fact, claim)

    def concern_owner(self, fact: Moved | Progressed | CaseFact, claim: Standing) -> None:
        """Apply what only the owner's claim can meet with."""
        if isinstance(fact, Moved):
            self.move(fact, claim)
        elif isinstance(fact, Progressed):
            self.progress(claim, fact.at)
        elif claim.state is State.SIGNED:
            self.ignored.append(Ignored(fact, "signed"))
        elif isinstance(fact, Contested):
            self.contest(fact, claim)
        elif isinstance(fact, Reassigned):
            self.reassign(fact, claim)
        elif self.contested is None:
            self.ignored.append(Ignored(fact, "not_contestable"))
        else:
            self.uncontest(fact.at)
            self.refused = True

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
        self.filings[fact.claim] = fact
        place = self.ranks[fact.claim] = self.place(fact)
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
            later = place != rank(fact.filed_at, fact.ref, fact.party)
            self.wait(fact.claim, fact.at, Rule.SIGNED if signed else Rule.NEW_CLOCK if later else fact.via)

    def passing_rule(self, via: Rule, place: Rank) -> Rule:
        """Why a newcomer goes before the owner: merged, filed first, the same day, or signed."""
        assert self.owner is not None  # noqa: S101 - the caller has looked
        other = self.ranks[self.owner]
        if via is Rule.MERGED:
            return via
        if place > other:
            return Rule.SIGNED
        return Rule.FIRST if place[2:] < other[2:] else Rule.SAME_DAY

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
            claim.unprotect()
            self.contested = self.challenger = None
            self.unheard = False
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
        if self.contested is not None:
            self.unheard = True
            return
        if claim.state is State.LAPSED:
            self.change(claim, at, State.ACTIVE, Rule.RENEWED)
        self.restart(claim)

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
            self.quit(fact.claim, fact.at)
        claim.owned_since = None
        claim.unprotect()
        self.change(claim, fact.at, fact.state, Rule.VOLUNTARY)
        if owns:
            self.promote(fact.at, Rule.VOLUNTARY)

    def leave(self, fact: Left, claim: Standing) -> None:
        owns = fact.claim == self.owner
        if owns:
            self.close(fact.at)
        else:
            self.quit(fact.claim, fact.at)
        del self.claims[fact.claim], self.ranks[fact.claim], self.filings[fact.claim]
        if owns:
            self.promote(fact.at, fact.rule)

    def quit(self, claim_id: int, at: datetime) -> None:
        """Take a waiting claim out of the queue; a case it asked for ends with it."""
        self.queue.remove(claim_id)
        if claim_id == self.challenger:
            self.uncontest(at)

    def contest(self, fact: Contested, claim: Standing) -> None:
        """Open a case: only against a lapsed owner, by a claim that waits, one at a time (C4)."""
        if claim.state is not State.LAPSED or self.contested is not None:
            self.ignored.append(Ignored(fact, "not_contestable"))
        elif fact.by not in self.queue:
            self.ignored.append(Ignored(fact, "not_waiting"))
        else:
            self.contested, self.challenger = fact.claim, fact.by

    def reassign(self, fact: Reassigned, claim: Standing) -> None:
        """Pass the customer on; the new owner's clock starts, receipts stay where they are (C6).

        Against the owner's will only out of an open case, or on appeal against a refusal.
        """
        agreed, on_appeal = fact.rule is Rule.VOLUNTARY, fact.rule is Rule.APPEAL
        if fact.to not in self.queue:
            self.ignored.append(Ignored(fact, "not_waiting"))
        elif agreed or self.contested is not None or (on_appeal and self.refused):
            self.close(fact.at)
            claim.owned_since = None
            claim.unprotect()
            self.change(claim, fact.at, State.RELEASED, Rule.VOLUNTARY if agreed else Rule.NEW_CLOCK)
            self.own(fact.to, fact.at, fact.rule)
            if not agreed:
                self.keep_back(fact.claim, self.filings[fact.claim].party, fact.at, fact.at)
        else:
            self.ignored.append(Ignored(fact, "not_contestable"))

    def restore(self, fact: Restored, claim: Standing | None) -> None:
        """Give a customer back on appeal; who has it now waits again, unless it has signed (C10)."""
        if claim is None or claim.state is not State.RELEASED or claim.rule is not Rule.NEW_CLOCK:
            self.ignored.append(Ignored(fact, "ended"))
            return
        if self.owner is not None:
            if self.claims[self.owner].state is State.SIGNED:
                self.ignored.append(Ignored(fact, "signed"))
                return
            displaced = self.owner
            self.close(fact.at)
            self.wait(displaced, fact.at, Rule.APPEAL)
        self.own(fact.claim, fact.at, Rule.APPEAL)
        self.forget_taken(fact.claim, fact.at, Rule.APPEAL)
