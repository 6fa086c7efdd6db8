"""Running totals of owned projects per party and stage, kept in step with every change."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import chunks
from portal.domain.pipeline import Stage
from portal.models import tables as t

KEY_ACCOUNTS_ID = 0
_COLUMNS = ("projects", "ports", "yearly_revenue", "reached")
_ADDED = tuple(f"more_{name}" for name in _COLUMNS)
_ADD = (
    sa.update(t.pipeline_stat)
    .where(t.pipeline_stat.c.party_id == sa.bindparam("party"), t.pipeline_stat.c.stage == sa.bindparam("at"))
    .values({name: t.pipeline_stat.c[name] + sa.bindparam(f"more_{name}") for name in _COLUMNS})
)
_Totals = list[Any]


def _none() -> _Totals:
    return [0, 0, Decimal(0), 0]


class Delta:
    """Collects what changes, then adds it to the stored totals."""

    def __init__(self) -> None:
        self.totals: defaultdict[tuple[int, Stage], _Totals] = defaultdict(_none)

    def change(self, row: Any, wanted: Mapping[str, Any]) -> None:
        """Take `row` (a registration as stored) out and put it in as `wanted`."""
        self._add(row, {}, -1)
        self._add(row, wanted, 1)

    def _add(self, row: Any, wanted: Mapping[str, Any], sign: int) -> None:
        def value(column: str) -> Any:
            return wanted[column] if column in wanted else getattr(row, column)

        party = row.partner_id or KEY_ACCOUNTS_ID
        if value("is_owner"):
            totals = self.totals[party, value("stage")]
            totals[0] += sign
            totals[1] += sign * value("ports")
            totals[2] += sign * value("yearly_revenue")
        if value("ever_owned"):
            self.totals[party, value("highest_stage")][3] += sign

    def apply(self, session: Session) -> None:
        """Add what was collected to the stored rows: three statements, however many parties."""
        table = t.pipeline_stat
        changed = {key: totals for key, totals in self.totals.items() if any(totals)}
        if not changed:
            return
        parties = {party for party, _stage in changed}
        stored: set[tuple[int, Stage]] = set()
        for part in chunks(parties):
            rows = session.execute(
                sa.select(table.c.party_id, table.c.stage).where(table.c.party_id.in_(part))
            )
            stored.update((row.party_id, row.stage) for row in rows)
        fresh = [
            {"party_id": party, "stage": stage, **dict(zip(_COLUMNS, _none(), strict=True))}
            for party, stage in changed
            if (party, stage) not in stored
        ]
        if fresh:
            session.execute(sa.insert(table), fresh)
        session.connection().execute(
            _ADD,
            [
                {"party": party, "at": stage, **dict(zip(_ADDED, totals, strict=True))}
                for (party, stage), totals in changed.items()
            ],
        )


def recount(session: Session) -> dict[tuple[int, Stage], tuple[Any, ...]]:
    """The totals counted afresh from the registrations (`portal check`)."""
    counted: defaultdict[tuple[int, Stage], _Totals] = defaultdict(_none)
    party = sa.func.coalesce(t.registration.c.partner_id, KEY_ACCOUNTS_ID)
    owned = (
        sa.select(
            party,
            t.registration.c.stage,
            sa.func.count(),
            sa.func.sum(t.registration.c.ports),
            sa.func.sum(t.registration.c.yearly_revenue),
        )
        .where(t.registration.c.is_owner)
        .group_by(party, t.registration.c.stage)
    )
    for party_id, stage, projects, ports, revenue in session.execute(owned):
        counted[party_id, stage][:3] = [projects, int(ports), revenue]
    reached = (
        sa.select(party, t.registration.c.highest_stage, sa.func.count())
        .where(t.registration.c.ever_owned)
        .group_by(party, t.registration.c.highest_stage)
    )
    for party_id, stage, number in session.execute(reached):
        counted[party_id, stage][3] = number
    return {key: tuple(totals) for key, totals in counted.items()}
