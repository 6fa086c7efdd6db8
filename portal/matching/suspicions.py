"""Look for known customers that may be one company (§6): whenever one of them learns a name.

A filing is compared when it is filed or corrected. Everything that customers learn otherwise (an
import, a filing that is theirs by its code, a correction, a merge and its undoing) makes them due,
in the same transaction; here they are compared, at once or by the next ticks.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import chunks
from portal.domain.alike import HELD_FROM, TOLD_FROM, Alike, Resemblance
from portal.domain.company import parse
from portal.domain.likeness import likeness
from portal.domain.matching import RULESET, Keys, KnownCustomer, Outcome, compare
from portal.domain.terms import NameKind
from portal.matching.apart import Pair, pair_of, relations
from portal.matching.pairs import due, refresh, refresh_customers
from portal.matching.service import compare_names
from portal.models import tables as t

__all__ = ["ask_again", "due", "left", "look", "look_soon", "rebuild"]

# An act that teaches more customers than a person would wait for leaves them to the next tick.
AT_ONCE = 10
# Of so many customers that bear one name without region and form each is held against the others;
# more of them than that is a word that everybody uses.
_ONE_CORE = 20


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    founder: int
    uscc: str | None
    names: list[Any]


@dataclass(frozen=True, slots=True)
class _Found:
    """Two founders, the lesser first, with the two names that are most alike."""

    one: int
    other: int
    one_name: str
    other_name: str
    alike: Alike

    @property
    def columns(self) -> dict[str, Any]:
        """As columns of `suspicion`."""
        return {
            "one_name": self.one_name, "other_name": self.other_name, "score": round(self.alike.score),
            "why": self.alike.why, "ruleset": RULESET,
        }  # fmt: skip


def look(session: Session, *, now: datetime, most: int) -> int:
    """Compare the next `most` customers that are due with all others; answers how many there were.

    The caller holds the registry lock. Nothing is lost or doubled, however often it is cut short.
    """
    c = t.comparison_due.c
    turn = list(session.scalars(sa.select(c.customer_id).order_by(c.customer_id).limit(most)))
    _compare(session, turn, now)
    return len(turn)


def look_soon(session: Session, customers: Collection[int], *, now: datetime) -> None:
    """Compare what an act has taught, at once where it taught few; the rest is due."""
    if 0 < len(customers) <= AT_ONCE:
        _compare(session, sorted(customers), now)


def ask_again(session: Session, customers: Collection[int], *, now: datetime) -> None:
    """What kept customers apart was taken back: they are compared anew, and what was open is open again."""
    due(session, customers)
    refresh_customers(session, customers)
    look_soon(session, customers, now=now)


def left(session: Session) -> int:
    """How many customers are still to be compared."""
    return session.scalar(sa.select(sa.func.count()).select_from(t.comparison_due)) or 0


def rebuild(session: Session, *, now: datetime) -> int:
    """Have every customer compared anew by the next ticks; how many. The caller holds the registry lock."""
    c = t.customer.c
    session.execute(sa.delete(t.comparison_due))
    every = sa.select(c.id).where(c.merged_into_id.is_(None))
    session.execute(sa.insert(t.comparison_due).from_select(["customer_id"], every))
    refresh(session, None)
    number = left(session)
    audit.record(
        session, actor=None, action="suspicions.rebuilt", at=now, subject=("suspicion", None),
        customers=number,
    )  # fmt: skip
    return number


def _compare(session: Session, customers: Collection[int], now: datetime) -> None:
    if not customers:
        return
    known = _known(session, customers)
    told = relations(session, known)
    best: dict[Pair, _Found] = {}
    for customer in known.values():
        ruled_out = {each for pair in told if customer.id in pair for each in pair}
        for other, found in _alike(session, customer, {customer.id, *ruled_out}):
            pair = pair_of(customer.id, other)
            if pair not in best or found.alike.score > best[pair].alike.score:
                best[pair] = found
    # What was said may stand on the filings of the other side alone.
    told = relations(session, {each for pair in best for each in pair})
    _write(session, [found for pair, found in best.items() if pair not in told], now)
    for part in chunks(customers):
        session.execute(sa.delete(t.comparison_due).where(t.comparison_due.c.customer_id.in_(part)))


def _known(session: Session, customers: Collection[int]) -> dict[int, _Known]:
    c, alias = t.customer.c, t.customer_alias.c
    known: dict[int, _Known] = {}
    for part in chunks(customers):
        rows = session.execute(
            sa.select(c.id, c.founder_key, c.uscc, alias.name, alias.full_key, alias.core_key, alias.kind)
            .join(t.customer_alias, alias.customer_id == c.id)
            .where(c.id.in_(part), c.merged_into_id.is_(None))
            .order_by(c.id, alias.id)
        )
        for row in rows:
            known.setdefault(row.id, _Known(row.id, row.founder_key, row.uscc, [])).names.append(row)
    return known


def _alike(session: Session, customer: _Known, excluded: set[int]) -> Iterator[tuple[int, _Found]]:
    """The customers that bear a name like one of this customer's, as if one of them was filed now."""
    i = t.customer_identifier.c
    rows = session.execute(sa.select(i.kind, i.value).where(i.customer_id == customer.id))
    told = {(row.kind, row.value) for row in rows}
    for name in customer.names:
        for near in compare_names(session, name.name, customer.uscc, excluded, told):
            if near.alike.score >= HELD_FROM:
                yield near.customer, _found(customer, near.founder, name.name, near.name, near.alike)
        if name.core_key and name.kind is NameKind.FILED:
            keys = Keys(customer.uscc, name.full_key, name.core_key)
            for row in _same_core(session, name.core_key, customer.uscc, excluded):
                bearer = KnownCustomer(row.id, (), row.uscc, {row.full_key}, {name.core_key})
                if compare(keys, bearer)[0] is Outcome.DIFFERENT:
                    continue  # from another place
                alike = likeness(parse(name.name), parse(row.name))
                # Held by its key, whatever the comparison of letters makes of it.
                alike = alike if alike.score else Alike(TOLD_FROM, Resemblance.CORE)
                yield row.id, _found(customer, row.founder_key, name.name, row.name, alike)


def _same_core(session: Session, core: str, uscc: str | None, excluded: set[int]) -> list[Any]:
    c, alias = t.customer.c, t.customer_alias.c
    query = (
        sa.select(c.id, c.founder_key, c.uscc, alias.name, alias.full_key)
        .join(t.customer, c.id == alias.customer_id)
        .where(alias.core_key == core, alias.kind == NameKind.FILED)
        .where(c.merged_into_id.is_(None), c.id.not_in(excluded))
        .order_by(c.id, alias.id)
        .limit(_ONE_CORE)
    )
    if uscc:
        query = query.where(sa.or_(c.uscc.is_(None), c.uscc == uscc))
    return list(session.execute(query))


def _found(customer: _Known, founder: int, name: str, other_name: str, alike: Alike) -> _Found:
    if customer.founder < founder:
        return _Found(customer.founder, founder, name, other_name, alike)
    return _Found(founder, customer.founder, other_name, name, alike)


def _write(session: Session, found: Collection[_Found], now: datetime) -> None:
    """Ask about each pair once; one that was asked about before is asked about by its likest names."""
    c = t.suspicion.c
    stored: dict[tuple[int, int], Any] = {}
    for part in chunks({each.one for each in found}):
        rows = session.execute(sa.select(t.suspicion).where(c.one.in_(part)))
        stored |= {(row.one, row.other): row for row in rows}
    fresh: list[dict[str, Any]] = []
    for each in found:
        row = stored.get((each.one, each.other))
        if row is None:
            fresh.append({"one": each.one, "other": each.other, "found_at": now, **each.columns})
        elif not row.is_open or round(each.alike.score) > row.score:
            change = {**each.columns, "is_open": True, "version": c.version + 1}
            session.execute(sa.update(t.suspicion).where(c.id == row.id).values(change))
    if fresh:
        session.execute(sa.insert(t.suspicion), [{"is_open": True, "version": 1, **row} for row in fresh])
