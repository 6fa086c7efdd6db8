"""Reads for the board: all columns in one query, each column one page by key."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.facts import State
from portal.domain.pipeline import STAGES, Stage
from portal.models import tables as t

COLUMN_SIZE = 30


@dataclass(frozen=True)
class Column:
    """One stage of the board: its cards, its totals, and whether more lie beneath."""

    stage: Stage
    cards: list[Any]
    projects: int
    ports: int
    yearly_revenue: Decimal
    more: bool


def board(
    session: Session, *, scope: Any, today: date, user_id: int, show: str, soon: int, parties: Any
) -> list[Column]:
    """The owned projects by stage: what needs support first, then what lapses first.

    `show` narrows the cards: all, mine, lapsing (within `soon` days), support.
    """
    c = t.registration.c
    parts = []
    for stage in STAGES:
        cards = (
            sa.select(
                c.id, c.customer_name, c.ports, c.yearly_revenue, c.stage, c.state, c.protected_until,
                c.next_step, c.next_step_on, c.support_note, c.support_since, c.version, c.partner_id,
                c.contract_on, t.user.c.name.label("worker"), t.partner.c.name.label("partner_name"),
            )
            .join(t.user, t.user.c.id == c.worker_id, isouter=True)
            .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
            .where(scope, c.is_owner, c.stage == stage)
        )  # fmt: skip
        signed = stage is Stage.SIGNED
        order = (c.filed_at.desc(), c.id.desc()) if signed else (c.protected_until, c.id)
        cards = _shown(cards, show, today, user_id, soon)
        parts.append(sa.select(cards.order_by(*order).limit(COLUMN_SIZE + 1).subquery()))
    found: dict[Stage, list[Any]] = {stage: [] for stage in STAGES}
    for card in session.execute(sa.union_all(*parts)):
        found[Stage(card.stage)].append(card)
    totals = stage_totals(session, parties)
    return [
        Column(
            stage,
            found[stage][:COLUMN_SIZE],
            *totals.get(stage, (0, 0, Decimal(0))),
            more=len(found[stage]) > COLUMN_SIZE,
        )
        for stage in STAGES
    ]


def _shown(cards: Any, show: str, today: date, user_id: int, soon: int) -> Any:
    c = t.registration.c
    if show == "mine":
        return cards.where(c.worker_id == user_id)
    if show == "lapsing":
        return cards.where(
            c.state.in_((State.ACTIVE, State.LAPSED)), c.protected_until <= today + timedelta(days=soon)
        )
    if show == "support":
        return cards.where(c.support_since.is_not(None))
    return cards


def stage_totals(session: Session, parties: Any) -> dict[Stage, tuple[int, int, Decimal]]:
    """Projects, ports and yearly revenue by stage, from the running totals."""
    c = t.pipeline_stat.c
    rows = session.execute(
        sa.select(c.stage, sa.func.sum(c.projects), sa.func.sum(c.ports), sa.func.sum(c.yearly_revenue))
        .where(parties)
        .group_by(c.stage)
    )
    return {stage: (int(n), int(ports), revenue) for stage, n, ports, revenue in rows}


def reached(session: Session, parties: Any) -> dict[Stage, int]:
    """How many projects ever got at least as far as each stage."""
    c = t.pipeline_stat.c
    highest = dict(
        session.execute(sa.select(c.stage, sa.func.sum(c.reached)).where(parties).group_by(c.stage)).all()
    )
    counts: dict[Stage, int] = {}
    running = 0
    for stage in reversed(STAGES):
        running += int(highest.get(stage, 0))
        counts[stage] = running
    return counts
