"""Reads for the board: all columns in one query, each column one page by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts import clocks
from portal.domain.facts import State
from portal.domain.pipeline import STAGES, Stage
from portal.domain.protection import is_lapsed
from portal.models import tables as t

COLUMN_SIZE = 20
# What has lapsed already must not push down what still can be kept.
LAPSED_SIZE = 7
_STATEMENTS = 400


@dataclass(frozen=True)
class Column:
    """One stage of the board: its cards, its totals, and whether more lie beneath."""

    stage: Stage
    cards: list[Any]
    total: "Total"
    more: bool


def board(
    session: Session,
    *,
    scope: Any,
    today: date,
    user_id: int,
    show: str,
    soon: int,
    totals: Mapping[Stage, "Total"],
) -> list[Column]:
    """The owned projects by stage: what lapses first on top, then what stands, at the bottom what has lapsed.

    `show` narrows the cards: all, mine, lapsing (within `soon` days), support.
    """
    values = {"user": user_id, "today": today, "soon": today + timedelta(days=soon)}
    found: dict[tuple[Stage, bool], list[Any]] = {
        (stage, late): [] for stage in STAGES for late in (False, True)
    }
    for card in session.execute(_cards(scope, show), values).all():
        late = is_lapsed(card.protected_until, card.paused_from, today)
        found[card.stage, late].append(card)
    columns = []
    for stage in STAGES:
        running, lapsed = found[stage, False], found[stage, True]
        cards = running[:COLUMN_SIZE] + lapsed[:LAPSED_SIZE]
        columns.append(Column(stage, cards, totals[stage], more=len(cards) < len(running) + len(lapsed)))
    return columns


@lru_cache(maxsize=_STATEMENTS)
def _cards(scope: Any, show: str) -> Any:
    c, today = t.registration.c, sa.bindparam("today", type_=sa.Date())
    parts = []
    for stage in STAGES:
        of_stage = _CARD.where(scope, c.is_owner, c.stage == stage, *_shown(show))
        if stage is Stage.SIGNED:
            parts.append(of_stage.order_by(c.filed_at.desc(), c.id.desc()).limit(COLUMN_SIZE + 1))
            continue
        running = of_stage.where(clocks.running(today)).order_by(c.protected_until, c.id)
        standing = of_stage.where(clocks.standing(today)).order_by(c.paused_from, c.id)
        lapsed = of_stage.where(clocks.lapsed(today)).order_by(c.protected_until.desc(), c.id.desc())
        parts += [
            *(part.limit(COLUMN_SIZE + 1) for part in (running, standing)), lapsed.limit(LAPSED_SIZE + 1),
        ]  # fmt: skip
    return sa.union_all(*(sa.select(part.subquery()) for part in parts))


# In the order in which `rows.card_rows` takes a card apart.
_CARD = (
    sa.select(
        *(
            t.registration.c[name]
            for name in (
                "id", "customer_name", "ports", "yearly_revenue", "stage", "state", "protected_until",
                "paused_from",
                "next_step", "next_step_on", "support_note", "support_since", "contract_on",
            )
        ),
        t.user.c.name.label("worker"),
        t.partner.c.name.label("partner_name"),
    )
    .join(t.user, t.user.c.id == t.registration.c.worker_id, isouter=True)
    .join(t.partner, t.partner.c.id == t.registration.c.partner_id, isouter=True)
)  # fmt: skip


def _shown(show: str) -> tuple[Any, ...]:
    c = t.registration.c
    if show == "mine":
        return (c.worker_id == sa.bindparam("user"),)
    if show == "lapsing":
        due = (c.state.in_((State.ACTIVE, State.LAPSED)), c.protected_until <= sa.bindparam("soon"))
        return (*due, sa.not_(clocks.standing(sa.bindparam("today", type_=sa.Date()))))
    if show == "support":
        return (c.support_since.is_not(None),)
    return ()


@dataclass(frozen=True)
class Total:
    """A stage's projects, their ports and yearly revenue; how many projects ever got that far."""

    projects: int = 0
    ports: int = 0
    yearly_revenue: Decimal = Decimal(0)
    reached: int = 0


def stage_totals(session: Session, parties: Any) -> dict[Stage, Total]:
    """Every stage's totals, from the running ones."""
    rows = {row.stage: row for row in session.execute(_totals(parties)).all()}
    totals: dict[Stage, Total] = {}
    got_here = 0
    for stage in reversed(STAGES):
        row = rows.get(stage)
        got_here += int(row.reached) if row else 0
        n, ports, revenue = (row.projects, row.ports, row.yearly_revenue) if row else (0, 0, Decimal(0))
        totals[stage] = Total(int(n), int(ports), revenue, got_here)
    return {stage: totals[stage] for stage in STAGES}


@lru_cache(maxsize=_STATEMENTS)
def _totals(parties: Any) -> Any:
    c = t.pipeline_stat.c
    sums = (sa.func.sum(each).label(each.name) for each in (c.projects, c.ports, c.yearly_revenue, c.reached))
    return sa.select(c.stage, *sums).where(parties).group_by(c.stage)
