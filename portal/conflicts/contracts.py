"""Keep what signed moves stated as rows of `contract`: the contracts that receipts name (M1, M7)."""

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.contracts import key_of
from portal.domain.pipeline import Stage
from portal.domain.terms import EventKind
from portal.models import tables as t

COLUMNS = (
    "registration_id", "number_key", "event_id", "number", "signed_at", "starts_on", "restated_at", "ports",
    "yearly_amount",
)  # fmt: skip


def keep_contracts(session: Session, registrations: Collection[int]) -> None:
    """Bring the contracts of these registrations in line with their moves and with who owned what when.

    After ownership is settled: a move of a claim that owned nothing then states no contract (S6).
    """
    for part in chunks(registrations):
        stored = {
            (row.registration_id, row.number_key): row
            for row in session.execute(sa.select(t.contract).where(t.contract.c.registration_id.in_(part)))
        }
        wanted = {(row["registration_id"], row["number_key"]): row for row in stated(session, part)}
        stale = [
            row.id
            for key, row in stored.items()
            if key not in wanted or any(getattr(row, name) != wanted[key][name] for name in COLUMNS)
        ]
        kept = {key for key, row in stored.items() if row.id not in stale}
        if stale:
            session.execute(sa.delete(t.contract).where(t.contract.c.id.in_(stale)))
        if fresh := [row for key, row in wanted.items() if key not in kept]:
            session.execute(sa.insert(t.contract), fresh)


def stated(session: Session, part: Collection[int]) -> Iterator[dict[str, Any]]:
    """What the contracts of these registrations are by the facts; the last move of a number tells it."""
    e, o = t.registration_event.c, t.ownership.c
    undone = sa.select(e.about_id).where(e.kind == EventKind.UNDONE, e.registration_id.in_(part))
    owned = sa.exists().where(
        o.registration_id == e.registration_id,
        o.starts_at <= e.at,
        sa.or_(o.ends_at.is_(None), o.ends_at > e.at),
    )
    query = (
        sa.select(e.registration_id, e.id, e.at, e.data)
        .where(
            e.registration_id.in_(part),
            e.kind == EventKind.MOVED,
            e.stage == Stage.SIGNED,
            e.id.not_in(undone.where(e.about_id.is_not(None))),
            owned,
        )
        .order_by(e.at, e.id)
    )
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for row in session.execute(query):
        number, stated_day = row.data.get("contract_no") or "", row.data.get("contract_date")
        key = (row.registration_id, key_of(number))
        if not key[1] or not stated_day:
            continue
        day, before = date.fromisoformat(stated_day), found.get(key)
        restated_at = before["restated_at"] if before else None
        found[key] = {
            "registration_id": row.registration_id,
            "number_key": key[1],
            "event_id": row.id,
            "number": number[:60],
            # Who signed a number first bears it, even when the move is stated again.
            "signed_at": before["signed_at"] if before else row.at,
            "starts_on": day,
            "restated_at": row.at if before and before["starts_on"] != day else restated_at,
            "ports": int(row.data.get("ports") or 0),
            "yearly_amount": Decimal(row.data.get("yearly_amount") or 0),
        }
    yield from found.values()
