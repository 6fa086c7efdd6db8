"""Running totals of owned projects per party and stage, kept in step with every change."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.pipeline import Stage
from portal.models import tables as t

KEY_ACCOUNTS_ID = 0
_COLUMNS = ("projects", "ports", "yearly_revenue", "reached")
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
        """Add what was collected to the stored rows."""
        table = t.pipeline_stat
        for (party, stage), totals in self.totals.items():
            if not any(totals):
                continue
            values = dict(zip(_COLUMNS, totals, strict=True))
            updated: Any = session.execute(
                sa.update(table)
                .where(table.c.party_id == party, table.c.stage == stage)
                .values({name: table.c[name] + value for name, value in values.items()})
            )
            if not updated.rowcount:
                session.execute(sa.insert(table), [{"party_id": party, "stage": stage, **values}])


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
