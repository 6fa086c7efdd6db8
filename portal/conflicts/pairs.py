"""Known customers that may be one: what waits, until when, side by side; "not the same", and taken back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant
from portal.conflicts.held import PAGE_SIZE, overdue_edge
from portal.db import lock_registry, part
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.identity_events import filing_of
from portal.domain.roles import Actor
from portal.domain.suspicions import Settled
from portal.domain.terms import EventKind
from portal.matching.apart import pair_of, part_of, said_of
from portal.matching.pairs import judged, refresh_customers
from portal.matching.suspicions import ask_again
from portal.models import tables as t
from portal.paging import Page, page_by_key

_ONE, _OTHER = t.customer.alias("one_customer"), t.customer.alias("other_customer")


def is_open() -> Any:
    """The condition in the statement itself, in the words of the index: see `held.is_held`."""
    column = t.suspicion.c.is_open
    return column == sa.literal(True, column.type, literal_execute=True)


@lru_cache(maxsize=1)
def _queue() -> Any:
    c = t.suspicion.c
    return (
        sa.select(
            c.id, c.version, c.one, c.other, c.one_name, c.other_name, c.score, c.why, c.found_at,
            _ONE.c.id.label("one_id"), _OTHER.c.id.label("other_id"),
        )
        .join(_ONE, _ONE.c.founder_key == c.one)
        .join(_OTHER, _OTHER.c.founder_key == c.other)
        .where(is_open())
    )  # fmt: skip


def open_pairs(session: Session, *, cursor: str | None, size: int = PAGE_SIZE) -> Page:
    """One page of the pairs that somebody has to decide, oldest first."""
    c = t.suspicion.c
    return page_by_key(
        session, _queue(), column=c.found_at, key=c.id, descending=False, size=size, cursor=cursor
    )


def count_pairs(session: Session, *, today: date, working_days: int) -> tuple[int, int]:
    """How many pairs wait, and how many of them too long already: the days of held filings (G4)."""
    edge = overdue_edge(today, working_days)
    row = session.execute(_counts(), {"edge": edge}).one()
    return int(row.waiting), int(row.overdue or 0)


@lru_cache(maxsize=1)
def _counts() -> Any:
    c = t.suspicion.c
    late = c.found_at < sa.bindparam("edge", type_=c.found_at.type)
    return sa.select(
        sa.func.count().label("waiting"), sa.func.sum(sa.case((late, 1), else_=0)).label("overdue")
    ).where(is_open())


def pair_row(session: Session, pair_id: int) -> Any:
    """A pair as it was found, with the customers that bear it now; None: there is no such pair."""
    c = t.suspicion.c
    return session.execute(
        sa.select(
            t.suspicion, _ONE.c.id.label("one_id"), _OTHER.c.id.label("other_id"),
            _ONE.c.merged_into_id.label("one_into"), _OTHER.c.merged_into_id.label("other_into"),
            _ONE.c.name.label("one_known"), _OTHER.c.name.label("other_known"),
            _ONE.c.uscc.label("one_uscc"), _OTHER.c.uscc.label("other_uscc"),
            _ONE.c.founder_at.label("one_since"), _OTHER.c.founder_at.label("other_since"),
            _ONE.c.founder_ref.label("one_ref"), _OTHER.c.founder_ref.label("other_ref"),
        )
        .join(_ONE, _ONE.c.founder_key == c.one, isouter=True)
        .join(_OTHER, _OTHER.c.founder_key == c.other, isouter=True)
        .where(c.id == pair_id)
    ).first()  # fmt: skip


def settled(session: Session, row: Any) -> Settled | None:
    """What has settled a pair meanwhile; None: it is open."""
    return next(why for _row, why in judged(session, [row]))


def neighbours(session: Session, row: Any) -> tuple[int | None, int | None]:
    """The open pairs before and after this one."""
    c = t.suspicion.c
    here, place = (row.found_at, row.id), sa.tuple_(c.found_at, c.id)
    waiting = sa.select(c.id).where(is_open()).limit(1)
    before = session.scalar(waiting.where(place < here).order_by(c.found_at.desc(), c.id.desc()))
    after = session.scalar(waiting.where(place > here).order_by(c.found_at, c.id))
    return before, after


def next_pair(session: Session, row: Any) -> int | None:
    """The pair to look at after this one: the next that is open, else the oldest."""
    c = t.suspicion.c
    after = neighbours(session, row)[1]
    others = sa.select(c.id).where(is_open(), c.id != row.id).order_by(c.found_at, c.id).limit(1)
    return after or session.scalar(others)


def winner_and_loser(row: Any) -> tuple[int, int]:
    """Which customer the other one would become part of: the one that was known first stays."""
    one, other = (row.one_since, row.one_ref), (row.other_since, row.other_ref)
    return (row.one_id, row.other_id) if one <= other else (row.other_id, row.one_id)


@dataclass(frozen=True, slots=True)
class Alike:
    """Another customer that one was once suspected to be, and how that stands."""

    pair_id: int
    name: str
    found_at: datetime
    is_open: bool


def pairs_of(session: Session, founders: Collection[int]) -> list[Alike]:
    """The pairs that a customer, or what became part of it, is or was one of; the open ones first."""
    c = t.suspicion.c
    rows = session.execute(
        sa.select(t.suspicion)
        .where(sa.or_(c.one.in_(founders), c.other.in_(founders)))
        .order_by(c.is_open.desc(), c.found_at, c.id)
        .limit(PAGE_SIZE)
    )
    return [
        Alike(row.id, row.other_name if row.one in founders else row.one_name, row.found_at, row.is_open)
        for row in rows
    ]


def tell_apart(
    session: Session, *, actor: Actor, now: datetime, pair_id: int, version: int, reason: str
) -> None:
    """Say that the two customers of a pair are not the same (§6). Remembered for good; no claim moves.

    It holds for what either is merged into as well, and after that is taken back.

    :raises StaleVersion: the pair was found anew or settled since the person looked.
    :raises RuleViolation: ``pair.settled``, ``reason.required``.
    """
    lock_registry(session)
    row = pair_row(session, pair_id)
    if row is None or not row.is_open:
        raise RuleViolation("pair.settled")
    if row.version != version:
        raise StaleVersion("stale")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    sides = ((row.one, row.one_id), (row.other, row.other_id))
    say_apart(session, actor=actor, now=next_instant(session, now), sides=sides, reason=reason)


def say_apart(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    sides: tuple[tuple[int, int], tuple[int, int]],
    reason: str,
) -> None:
    """Note that two customers, each by its founder and its id, are not the same."""
    (one, one_id), (other, other_id) = sides
    fact = journal.fact(
        filing_of(one), EventKind.TOLD_APART, at=now, now=now, actor=actor, reason=reason,
        data={
            "founder": one, "other": other, "here_id": one_id, "other_id": other_id,
            "with": part_of(session, one_id), "other_with": part_of(session, other_id),
        },
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)
    refresh_customers(session, [one_id, other_id])


@dataclass(frozen=True, slots=True)
class Pick:
    """A pair as somebody saw it when ticking it."""

    pair_id: int
    version: int


def tell_many_apart(
    session: Session, *, actor: Actor, now: datetime, picks: Iterable[Pick], reason: str
) -> tuple[int, list[str]]:
    """Tell several pairs apart for one reason; how many, and the names of those that changed meanwhile.

    :raises RuleViolation: ``reason.required``; ``pair.nothing_ticked``.
    """
    lock_registry(session)
    ticked = sorted(set(picks), key=lambda pick: pick.pair_id)
    if not ticked:
        raise RuleViolation("pair.nothing_ticked")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    done, left = 0, list[str]()
    for pick in ticked:
        try:
            with part(session):
                tell_apart(
                    session, actor=actor, now=now, pair_id=pick.pair_id, version=pick.version, reason=reason
                )
        except RuleViolation:
            row = pair_row(session, pick.pair_id)
            left += [f"{row.one_name} · {row.other_name}"] if row is not None else []
        else:
            done += 1
    return done, left


def take_back(session: Session, *, actor: Actor, now: datetime, pair_id: int, reason: str) -> None:
    """Take back that a pair was told apart: they are compared anew, and may be asked about again.

    :raises RuleViolation: ``pair.not_told_apart``: it was not, or a held filing was decided so;
        ``reason.required``.
    """
    lock_registry(session)
    row = pair_row(session, pair_id)
    told = told_apart(session, row) if row is not None else []
    if not told:
        raise RuleViolation("pair.not_told_apart")
    if not reason:
        raise RuleViolation("reason.required", "reason")
    now = next_instant(session, now)
    facts = [
        journal.fact(
            seat, EventKind.UNDONE, at=now, now=now, actor=actor, reason=reason, about_id=event
        )
        for event, seat in told
    ]  # fmt: skip
    journal.write(session, facts, actor=actor)
    ask_again(session, _now_called(row), now=now)


def told_apart(session: Session, row: Any) -> list[tuple[int, int]]:
    """The facts that tell the two of a pair apart, each with the filing on which it stands."""
    if row.one_id is None or row.other_id is None:
        return []
    both = _now_called(row)
    pair = pair_of(*both)
    return [
        (said.event_id, said.registration_id)
        for said in said_of(session, both)
        if said.kind is EventKind.TOLD_APART and pair in set(said.pairs)
    ]


def _now_called(row: Any) -> tuple[int, int]:
    return row.one_into or row.one_id, row.other_into or row.other_id
