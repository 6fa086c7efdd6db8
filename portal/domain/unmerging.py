"""Undo a merge in the identity fold: each side gets back what was its own (C12).

The loser gets the filings that were on it when it was merged. What came to the merged customer
since goes to the side whose code or name it bears; what fits both alike, or neither, stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.facts import Rule
from portal.domain.identity_events import Merger, Placed, Unmerged, filing_of
from portal.domain.matching import KnownCustomer, MatchReason, compare

if TYPE_CHECKING:
    from portal.domain.identity import Replay

_WEIGHT = {MatchReason.SAME_CODE: 3, MatchReason.SAME_NAME: 2, MatchReason.ALIKE_NAME: 1}


def undo_merge(replay: Replay, event: Unmerged) -> None:
    """Take a merged customer out again; decides nothing where that would leave a side empty.

    Two sides that bear the same code by now are one company (§6): they stay together.
    """
    merger = replay.mergers.get(event.loser)
    winner = replay.alive(merger.loser) if merger else None
    if merger is None or winner is None or merger.loser not in replay.merged:
        return
    there = replay.on(winner)
    ours = {each for each in there if each in merger.filings}
    theirs = {each for each in there if each not in merger.filings and not _came_since(replay, each, merger)}
    settled = _settled_by(replay, merger)
    theirs -= settled
    if not ours or not theirs:
        return
    sides = _known(replay, merger.loser, ours), _known(replay, winner, theirs)
    if sides[0].code and sides[0].code == sides[1].code:
        return
    since = [each for each in there if each not in ours | theirs | settled]
    for filing in sorted(since, key=lambda each: replay.ranks[each]):
        keys = replay.filings[filing].keys
        weights = [_WEIGHT.get(compare(keys, side)[1], 0) for side in sides]
        side = 0 if weights[0] > weights[1] else 1
        sides[side].learn(keys)
        (ours, theirs)[side].add(filing)
    _part(replay, event, merger.loser, winner, ours, theirs)
    for filing in sorted(settled, key=lambda each: replay.ranks[each]):
        _compare_anew(replay, filing, event)
    replay.match_held_again(event.at)


def _compare_anew(replay: Replay, filing: int, event: Unmerged) -> None:
    """Settle a filing that only the merge had settled; a third customer unlearns what it brought."""
    history = replay.filings[filing]
    on = history.placed[-1].founder
    others = replay.on(on) - {filing} if on is not None else set()
    if on is not None and others:
        replay.know(on, others)
    elif on is not None:
        return  # the others left: nobody else says what that customer is
    replay.settle(filing, replay.find(history), event.at, Rule.HELD)


def _came_since(replay: Replay, filing: int, merger: Merger) -> bool:
    """Whether a filing came to the merged customer after the merge."""
    return _came(replay, filing).at > merger.at


def _settled_by(replay: Replay, merger: Merger) -> set[int]:
    """Filings that were held, and that the merge itself put on a customer: they are compared anew.

    One that the merge proved to be a customer of its own stays that.
    """
    settled = set()
    for filing in merger.held:
        came = _came(replay, filing)
        if came.at == merger.at and came.founder is not None and filing_of(came.founder) != filing:
            settled.add(filing)
    return settled


def _came(replay: Replay, filing: int) -> Placed:
    """How a filing came to its customer, merges of the customer apart."""
    stays = replay.filings[filing].placed
    return next((stay for stay in reversed(stays) if stay.rule is not Rule.MERGED), stays[0])


def _part(replay: Replay, event: Unmerged, loser: int, winner: int, ours: set[int], theirs: set[int]) -> None:
    del replay.merged[loser]
    for founder, filings in ((winner, theirs), (loser, ours)):
        replay.know(founder, filings)
    for filing in sorted(ours):
        replay.place(filing, Placed(event.at, loser, Rule.MERGED))


def _known(replay: Replay, founder: int, filings: set[int]) -> KnownCustomer:
    """What a customer is known by from these filings: the names they bore on it, the code they bear."""
    known = KnownCustomer(founder, replay.rank(founder))
    for filing in sorted(filings, key=lambda each: replay.ranks[each]):
        history = replay.filings[filing]
        known.code = known.code or history.keys.uscc
        for keys in history.borne:
            known.fulls.add(keys.full)
            if keys.core:
                known.cores.add(keys.core)
    return known
