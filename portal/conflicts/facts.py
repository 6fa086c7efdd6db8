"""Load what the ownership fold needs: placements and facts of whole customers, in bulk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.dossiers import ClaimRow, EventRow, claims_query, events_query, stays_query
from portal.conflicts.unmerged import undone_merges
from portal.db import chunks
from portal.domain.conflicts import replay
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
    Regained,
    Restored,
    Rule,
    Settled,
    State,
    Taken,
    Timeline,
)
from portal.domain.periods import business_date
from portal.domain.policy import Policies
from portal.domain.protection import late_review
from portal.domain.support import SUPPORT_KINDS, pause_of, requests_told
from portal.domain.terms import KEY_ACCOUNTS, EventKind
from portal.models import tables as t

_TICK = timedelta(microseconds=1)
_ENDINGS = {EventKind.RELEASED: State.RELEASED, EventKind.LOST: State.LOST}
_ENDED = (State.RELEASED, State.LOST)


class Ending(NamedTuple):
    """A claim came to its end; `taken_at` when a decision took the customer from it (C6)."""

    taken_at: datetime | None = None


@dataclass
class Dossier:
    """Everything known of a set of registrations, and who is on which customer."""

    claims: dict[int, ClaimRow]
    placements: dict[int, list[Any]]
    events: dict[int, list[EventRow]]
    members: dict[int, set[int]]
    support: dict[int, list[EventRow]] = field(default_factory=dict)
    _kept: dict[tuple[int, datetime], Timeline] = field(default_factory=dict)

    def timeline(self, customer: int, policies: Policies, until: datetime) -> Timeline:
        """Replay one customer up to `until`."""
        pauses = self.pauses(self.members.get(customer, ()), policies, until)
        return replay(self.facts(customer, policies, until), policies, until, pauses)

    def pauses(self, claims: Iterable[int], policies: Policies, until: datetime) -> list[Pause]:
        """The days on which the vendor owed these claims the next step (C3), as known at `until`.

        The one place that feeds the clock: every further cause is added here.
        """
        found = [pause for claim in claims for pause in self._late_reviews(claim, policies, until)]
        if self.support:
            found += [pause for claim in claims for pause in self._late_support(claim, until)]
        return found

    def _late_support(self, claim: int, until: datetime) -> Iterator[Pause]:
        known = [fact for fact in self.support.get(claim, ()) if fact.at <= until]
        for request in requests_told(known):
            found = pause_of(claim, request)
            if found is not None:
                yield found

    def _late_reviews(self, claim: int, policies: Policies, until: datetime) -> Iterator[Pause]:
        stays = self.placements[claim]
        for index, stay in enumerate(stays):
            if stay.customer_id is not None or stay.at > until:
                continue
            ends = [stays[index + 1].at] if index + 1 < len(stays) else []
            ends += [released] if (released := self.released_at(claim)) else []
            held, decided = business_date(stay.at), business_date(min([*ends, until]))
            found = late_review(claim, held, decided, policies.at(held).held_review_working_days)
            if found is not None:
                yield found

    def _earlier(self, customer: int, policies: Policies, before: datetime) -> Timeline:
        """The same for a moment before `before`; asked for once for every claim that came from there."""
        if (customer, before) not in self._kept:
            self._kept[customer, before] = self.timeline(customer, policies, before - _TICK)
        return self._kept[customer, before]

    def present(self, customer: int, now: datetime) -> datetime:
        """`now`, or the latest fact of a customer where imported facts lie ahead of it."""
        latest = now
        for claim in self.members.get(customer, ()):
            for stay in self.placements[claim]:
                latest = max(latest, stay.at)
            for event in self.events.get(claim, ()):
                latest = max(latest, event.at)
            for event in self.support.get(claim, ()) if self.support else ():
                latest = max(latest, event.at)
        return latest

    def facts(self, customer: int, policies: Policies, until: datetime) -> list[Fact]:
        """All facts of one customer up to `until`, in no order."""
        claims = self.members.get(customer, ())
        facts = [fact for claim in claims for fact in self._facts_of(claim, customer, policies, until)]
        return facts + list(self._regained(customer, policies, until))

    def _regained(self, customer: int, policies: Policies, until: datetime) -> Iterator[Regained]:
        """Whom un-merges up to `until` give the customer back to: its owner before each merge (C12)."""
        undone = {
            pair
            for claim in self.members.get(customer, ())
            for pair in undone_merges(self.placements[claim], customer)
            if pair[1] <= until
        }
        for merged_at, at in sorted(undone):
            before = self._earlier(customer, policies, merged_at)
            owner = before.owner
            since = before.claims[owner].owned_since if owner is not None else None
            if owner is not None and since is not None:
                yield Regained(owner, at, since, frozenset(before.claims))

    def released_at(self, claim: int) -> datetime | None:
        """When a claim was first given up. (`lost` of a claim that is no owner is a note, S6.)"""
        released = EventKind.RELEASED
        return min((each.at for each in self.events.get(claim, ()) if each.kind is released), default=None)

    def _facts_of(self, claim: int, customer: int, policies: Policies, until: datetime) -> Iterator[Fact]:
        row, stays = self.claims[claim], self.placements[claim]
        for index, stay in enumerate(stays):
            # A claim may come back to a customer it left: what lies ahead must not be asked for here.
            if stay.customer_id != customer or stay.at > until:
                continue
            before = self._before(claim, index, policies)
            after = stays[index + 1] if index + 1 < len(stays) else None
            if isinstance(before, Ending):  # it never enters; the waiting time of its party does
                if before.taken_at is not None:
                    yield Taken(claim, stay.at, row.party, before.taken_at)
                    if after is not None:
                        yield Left(claim, after.at, after.rule)
                continue
            yield Joined(
                claim,
                stay.at,
                row.filed_at,
                row.ref,
                row.party,
                row.filed_stage,
                stay.rule,
                before,
            )
            for event in self.events.get(claim, ()):
                if event.at >= stay.at and (after is None or event.at < after.at):
                    yield _as_fact(claim, event)
            if after is not None:
                yield Left(claim, after.at, after.rule)

    def _before(self, claim: int, index: int, policies: Policies) -> Carried | Ending | None:
        """How the claim stood a moment before its stay `index`: what it brings, or how it ended."""
        if not index:
            return None
        stays, released = self.placements[claim], self.released_at(claim)
        if stays[0].customer_id is None and released is not None and released <= stays[1].at:
            return Ending()
        before = stays[index - 1].customer_id
        if before is None:
            return None
        earlier = self._before(claim, index - 1, policies)
        if isinstance(earlier, Ending):
            return earlier  # it never entered the customer before this one, and it does not come back
        old = self._earlier(before, policies, stays[index].at).claims.get(claim)
        if old is None:
            return None
        if old.state in _ENDED:
            return Ending(old.since if old.rule is Rule.NEW_CLOCK else None)
        return Carried(
            old.stage, old.highest, old.stage_since, old.last_progress_at, old.owned_since, old.ever_owned
        )


def _as_fact(claim: int, event: EventRow) -> Fact:
    if event.kind is EventKind.MOVED and event.stage is not None:
        return Moved(claim, event.at, event.stage)
    if event.kind is EventKind.PROGRESS:
        return Progressed(claim, event.at)
    if event.kind is EventKind.CASE_OPENED and event.data:
        return Contested(claim, event.at, int(event.data["by"]))
    if event.kind is EventKind.REASSIGNED and event.data:
        return Reassigned(claim, event.at, int(event.data["to"]), Rule(event.data["rule"]))
    if event.kind is EventKind.CASE_CLOSED:
        return Settled(claim, event.at)
    if event.kind is EventKind.RESTORED:
        return Restored(claim, event.at)
    return Ended(claim, event.at, _ENDINGS[event.kind])


def load_dossier(session: Session, customers: Iterable[int] | None) -> Dossier:
    """Facts of all claims that ever were on `customers`; None: of every customer.

    A claim that came from or went to another customer brings that customer along, since its
    clock is carried over.
    """
    if customers is None:
        return _read(session, None)
    wanted = set(customers)
    seen: set[int] = set()
    claims: set[int] = set()
    while wanted - seen:
        fresh, seen = wanted - seen, seen | wanted
        for part in chunks(fresh):
            found = sa.select(t.placement.c.registration_id).where(t.placement.c.customer_id.in_(part))
            claims.update(session.scalars(found))
        for part in chunks(claims):
            linked = sa.select(t.placement.c.customer_id).where(
                t.placement.c.registration_id.in_(part),
                t.placement.c.customer_id.is_not(None),
            )
            wanted.update(session.scalars(linked))
    return _read(session, claims)


def load_claims(session: Session, claims: Iterable[int]) -> Dossier:
    """The same for given registrations alone."""
    return _read(session, set(claims))


def _read(session: Session, claims: set[int] | None) -> Dossier:
    parts: Iterable[Sequence[int] | None] = [None] if claims is None else chunks(claims)
    rows: dict[int, ClaimRow] = {}
    stays: defaultdict[int, list[Any]] = defaultdict(list)
    events: defaultdict[int, list[EventRow]] = defaultdict(list)
    support: defaultdict[int, list[EventRow]] = defaultdict(list)
    members: defaultdict[int, set[int]] = defaultdict(set)
    for part in parts:
        for row in session.execute(claims_query(part)):
            rows[row.id] = ClaimRow(row.id, row.ref, row.filed_at, row.filed_stage, row.code or KEY_ACCOUNTS)
        for stay in session.execute(stays_query(part)):
            stays[stay.registration_id].append(stay)
            if stay.customer_id is not None:
                members[stay.customer_id].add(stay.registration_id)
        undone: set[int] = set()
        for event in session.execute(events_query(part)):
            if event.kind is EventKind.UNDONE:
                undone.add(event.about_id)
            else:
                told = support if event.kind in SUPPORT_KINDS else events
                told[event.registration_id].append(EventRow(*event[1:]))
        if undone:
            for told in (events, support):
                for claim, list_ in told.items():
                    told[claim] = [event for event in list_ if event.id not in undone]
    return Dossier(rows, stays, events, members, support)
