"""Which filing is on which customer, replayed from filings and decisions in order of instant.

A customer is named by its founding filing. So an import that brings older filings after newer
ones ends where filing them live in order would have ended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.domain.facts import Rule
from portal.domain.identity_customers import Customers, Stirred
from portal.domain.identity_events import (
    Corrected,
    DecidedDifferent,
    DecidedSame,
    Filed,
    FilingHistory,
    IdentityEvent,
    Merged,
    Merger,
    Placed,
    Unmerged,
    filing_of,
    founder_keys,
)
from portal.domain.matching import Keys, KnownCustomer, Match, MatchReason, Outcome, compare, match
from portal.domain.unmerging import undo_merge

__all__ = [
    "Assignment", "Corrected", "DecidedDifferent", "DecidedSame", "Filed", "FilingHistory", "IdentityEvent",
    "Merged", "Placed", "Unmerged", "assign",
]  # fmt: skip


_ORDER: dict[type[IdentityEvent], int] = dict(
    zip((Filed, Corrected, DecidedSame, DecidedDifferent, Merged, Unmerged), (0, 1, 2, 2, 3, 4), strict=True)
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The outcome: every filing's history, every customer's keys, and merged customers."""

    filings: Mapping[int, FilingHistory]
    customers: Mapping[int, KnownCustomer]
    merged: Mapping[int, int]


def assign(events: Iterable[IdentityEvent]) -> Assignment:
    """Replay the events in order of instant, whatever order they come in."""
    replay = Replay()
    for event in sorted(events, key=_place):
        replay.take(event)
    return Assignment(replay.filings, replay.customers, replay.merged)


def _place(event: IdentityEvent) -> tuple[object, ...]:
    ref = event.ref if isinstance(event, Filed) else ""
    filing = event.loser if isinstance(event, Merged | Unmerged) else event.filing
    return (event.at, _ORDER[type(event)], ref, filing)


_NOTHING = Match(Outcome.DIFFERENT, None, MatchReason.NOTHING_ALIKE)


class Replay(Customers):
    """The state of one replay."""

    def __init__(self) -> None:
        super().__init__()
        self.filings: dict[int, FilingHistory] = {}
        self.merged: dict[int, int] = {}
        self.held: list[int] = []
        self.ranks: dict[int, tuple[object, ...]] = {}
        self.mergers: dict[int, Merger] = {}

    def take(self, event: IdentityEvent) -> None:
        if isinstance(event, Filed):
            self.ranks[event.filing] = (event.at, event.ref)
            history = FilingHistory(
                event.keys, _NOTHING, borne=[event.keys], likely=event.likely, related=event.related
            )
            self.filings[event.filing] = history
            self.settle(event.filing, self.find(history), event.at, Rule.FIRST)
        elif isinstance(event, Merged):
            self.merge(event)
        elif isinstance(event, Unmerged):
            undo_merge(self, event)
        elif isinstance(event, Corrected):
            self.correct(event)
        else:
            self.decide(event)
        self.stirred.clear()

    def find(self, history: FilingHistory, but: int | None = None) -> Match:
        """Compare with the customers that share a key; `but` is left out even where its code is equal.

        Where none of them is it, one that was found likely by its name makes the filing wait for a
        person, unless it was ruled out since or a code says otherwise.
        """
        keys = history.keys
        near = [self.customers[each] for each in self.sharing(keys) - {but}]
        ruled_out = {self.alive(each) for each in history.excluded} - {None}
        found = match(keys, near, ruled_out)
        if found.outcome is not Outcome.DIFFERENT:
            return found
        likely = dict.fromkeys(self.alive(each) for each in history.likely)
        for founder in likely:
            if founder is None or founder == but or founder in ruled_out:
                continue
            if compare(keys, self.customers[founder])[1] is not MatchReason.OTHER_CODE:
                return Match(Outcome.POSSIBLY, founder, MatchReason.LIKELY_NAME, (founder,))
        if history.related:
            return Match(Outcome.RELATED, None, MatchReason.RELATED_NAME)
        return found

    def settle(self, filing: int, found: Match, at: datetime, rule: Rule) -> None:
        """Put a filing where the comparison says: on a customer, on a new one, or held."""
        history = self.filings[filing]
        history.match = found
        if found.outcome is Outcome.POSSIBLY:
            history.suspect = found.customer
            if filing not in self.held:
                self.held.append(filing)
            self.place(filing, Placed(at, None, Rule.HELD))
            return
        founder = found.customer
        if founder is None:
            taken = {*self.customers, *self.merged}
            founder = next(each for each in founder_keys(filing) if each not in taken)
            self.customers[founder] = KnownCustomer(founder, self.rank(founder))
        self.enter(filing, founder, at, rule)

    def rank(self, founder: int) -> tuple[object, ...]:
        """The earliest founded customer is smallest."""
        return (*self.ranks[filing_of(founder)], -founder)

    def enter(self, filing: int, founder: int, at: datetime, rule: Rule) -> None:
        """Put a filing on a customer; unless that is merged, what it bore elsewhere stays behind."""
        history = self.filings[filing]
        if rule is not Rule.MERGED:
            history.borne = [history.keys]
        self.learn(founder, history.keys)
        if filing in self.held:
            self.held.remove(filing)
        history.suspect = None
        self.place(filing, Placed(at, founder, rule))

    def place(self, filing: int, placed: Placed) -> None:
        """Note where a filing stands from now on; it was not where it was for no time at all."""
        stays = self.filings[filing].placed
        if not stays or stays[-1].founder != placed.founder:
            self.stirred.add(("filing", filing))
        if stays and stays[-1].at == placed.at:
            stays.pop()
        if not stays or stays[-1].founder != placed.founder:
            stays.append(placed)

    def decide(self, event: DecidedSame | DecidedDifferent) -> None:
        """Follow a decision, unless a code has come to light that says otherwise (§6)."""
        history = self.filings[event.filing]
        if event.filing not in self.held:
            self.follow_unheld(event)
            return
        founder = self.alive(event.founder)
        same = isinstance(event, DecidedSame)
        if founder is not None and not same:
            # What became part of it is meant too, should the merge be undone.
            history.excluded |= {founder, *(each for each in self.merged if self.alive(each) == founder)}
        found = self.find(history)
        if founder is not None and same and not self.code_denies(history.keys, founder, found):
            history.match = Match(Outcome.SAME, founder, history.match.reason)
            self.enter(event.filing, founder, event.at, Rule.HELD)
        else:
            self.settle(event.filing, found, event.at, Rule.HELD)
        self.match_held_again(event.at)

    def follow_unheld(self, event: DecidedSame | DecidedDifferent) -> None:
        """Follow "the same" about a filing that by today's rules founded a customer of its own.

        The rules of its day held it: what a person decided then is not undone by better rules.
        """
        placed = self.filings[event.filing].placed[-1].founder
        if isinstance(event, DecidedSame) and placed is not None and filing_of(placed) == event.filing:
            self.merge(Merged(event.at, placed, event.founder))

    def code_denies(self, keys: Keys, founder: int, found: Match) -> bool:
        """Whether a filing's code says that it is not on this customer."""
        elsewhere = found.reason is MatchReason.SAME_CODE and found.customer != founder
        return elsewhere or compare(keys, self.customers[founder])[1] is MatchReason.OTHER_CODE

    def correct(self, event: Corrected) -> None:
        """Compare anew; a filing whose correction contradicts its customer moves out of it."""
        history = self.filings[event.filing]
        history.keys, history.likely, history.related = event.keys, event.likely, event.related
        history.borne.append(event.keys)
        placed = history.placed[-1].founder
        if placed is not None:
            others = self.on(placed) - {event.filing}
            if not others:
                self.correct_alone(event, placed)
                return
            # What only this filing had brought goes with the correction.
            self.know(placed, others)
        found = self.find(history)
        if placed is not None and not self.code_denies(event.keys, placed, found):
            self.know(placed, self.on(placed))
        else:
            self.settle(event.filing, found, event.at, Rule.CORRECTED)
        self.match_held_again(event.at)

    def correct_alone(self, event: Corrected, placed: int) -> None:
        """Nobody else filed this customer: it takes the correction on, or proves to be another."""
        history = self.filings[event.filing]
        found = self.find(history, but=placed)
        if found.outcome is not Outcome.SAME or found.customer is None:
            self.know(placed, {event.filing})
        else:
            self.forget(placed)
            self.merged[placed] = found.customer
            self.settle(event.filing, found, event.at, Rule.CORRECTED)
        self.match_held_again(event.at)

    def on(self, founder: int) -> set[int]:
        """The filings that are on a customer now."""
        return {each for each, history in self.filings.items() if history.placed[-1].founder == founder}

    def know(self, founder: int, filings: Iterable[int]) -> None:
        """Know a customer by these filings and nothing else."""
        if founder in self.customers:
            self.forget(founder)
        self.customers[founder] = KnownCustomer(founder, self.rank(founder))
        for filing in filings:
            history = self.filings[filing]
            for keys in history.borne:
                self.learn(founder, Keys(history.keys.uscc, keys.full, keys.core))

    def merge(self, event: Merged) -> None:
        loser, winner = self.alive(event.loser), self.alive(event.winner)
        if loser is None or winner is None or loser == winner:
            return
        if len({self.customers[each].code for each in (loser, winner)} - {None}) > 1:
            return  # two valid codes are two companies, also where the second came to light later
        merger = Merger(event.at, loser, frozenset(self.on(loser)), frozenset(self.held))
        self.mergers |= {event.loser: merger, loser: merger}
        self.merged[loser] = winner
        gone = self.forget(loser)
        for filing, history in self.filings.items():
            if history.placed[-1].founder == loser:
                self.enter(filing, winner, event.at, Rule.MERGED)
            elif history.suspect == loser:
                history.suspect = winner
        for full in gone.fulls:
            self.learn(winner, Keys(gone.code, full, None))
        for core in gone.cores:
            self.learn_core(winner, core)
        self.match_held_again(event.at)

    def alive(self, founder: int) -> int | None:
        """The customer meant: merged since, or founded by an older filing that came to light since."""
        while founder in self.merged:
            founder = self.merged[founder]
        if founder in self.customers:
            return founder
        history = self.filings.get(filing_of(founder))
        return history.placed[-1].founder if history else None

    def match_held_again(self, at: datetime) -> None:
        """What was decided may have settled what other held filings are on (§6): the oldest first.

        Only those are compared again that hang together with what it changed. Otherwise what anybody
        decides about other companies would say when a filing has its turn.
        """
        waiting: set[int] = set()
        while True:
            waiting |= {filing for filing in self.held if self.is_stirred(self.filings[filing])}
            waiting &= set(self.held)
            self.stirred.clear()
            if not waiting:
                return
            filing = min(waiting, key=lambda each: self.ranks[each])
            waiting.remove(filing)
            history = self.filings[filing]
            found = self.find(history)
            if found.outcome is Outcome.POSSIBLY:
                history.match, history.suspect = found, found.customer
            else:
                self.settle(filing, found, at, Rule.HELD)

    def is_stirred(self, history: FilingHistory) -> bool:
        """Whether anything changed that a held filing shares a key with, or was likened to or told from."""
        keys = history.keys
        links: set[Stirred] = {("uscc", keys.uscc), ("full", keys.full), ("core", keys.core)}
        links.add(("customer", history.suspect))
        for founder in (*history.likely, *history.excluded):
            links |= {("filing", filing_of(founder)), ("customer", self.alive(founder))}
        return not links.isdisjoint(self.stirred)
