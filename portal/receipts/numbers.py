"""Contract numbers on receipts: which are known, what finance says they mean (M7, M14)."""

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.models import tables as t


def starts_of(session: Session, keys: Collection[str]) -> dict[str, date]:
    """The first day of the contracts that numbers stand for, by key; unknown numbers are left out."""
    meant = matches(session)
    targets = {key: meant.get(key, (None, key)) for key in keys}
    c = t.contract.c
    bearers: dict[tuple[int | None, str], date] = {}
    for part in chunks({key for _claim, key in targets.values()}):
        query = sa.select(c.registration_id, c.number_key, c.starts_on).where(c.number_key.in_(part))
        for row in session.execute(query.order_by(c.signed_at, c.id)):
            bearers[row.registration_id, row.number_key] = row.starts_on
            bearers.setdefault((None, row.number_key), row.starts_on)  # of several, the one signed first
    return {key: bearers[target] for key, target in targets.items() if target in bearers}


def matches(session: Session) -> dict[str, tuple[int, str]]:
    """What finance says numbers mean, by key: a claim and its contract; the newest word on each holds."""
    c = t.contract_match.c
    said: dict[str, tuple[int, str] | None] = {}
    query = sa.select(c.number_key, c.registration_id, c.contract_key).order_by(c.id)
    for row in session.execute(query):
        known = row.registration_id is not None and row.contract_key is not None
        said[row.number_key] = (row.registration_id, row.contract_key) if known else None
    return {key: target for key, target in said.items() if target is not None}
