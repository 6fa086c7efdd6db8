"""What a merge would change, found by the same fold, before anything is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.facts import load_dossier
from portal.domain.conflicts import replay
from portal.domain.facts import Carried, Joined, Left, Rule, State
from portal.models import tables as t
from portal.policy.service import load_policies


@dataclass(frozen=True, slots=True)
class Change:
    """One claim before and after."""

    ref: str
    party: str
    before: State
    before_position: int | None
    after: State
    after_position: int | None


def preview_merge(session: Session, *, loser: int, winner: int, now: datetime) -> list[Change]:
    """How every claim on the two customers would stand after the merge; writes nothing."""
    policies = load_policies(session)
    dossier = load_dossier(session, {loser, winner})
    old = {customer: dossier.timeline(customer, policies, now) for customer in (loser, winner)}
    facts: list[Any] = list(dossier.facts(winner, policies))
    for claim, standing in old[loser].claims.items():
        row = dossier.claims[claim]
        carried = Carried(
            standing.stage,
            standing.highest,
            standing.stage_since,
            standing.last_progress_at,
            standing.owned_since,
        )
        if standing.state not in (State.RELEASED, State.LOST):
            facts.append(
                Joined(claim, now, row.filed_at, row.ref, row.party, row.filed_stage, Rule.MERGED, carried)
            )
    after = replay([fact for fact in facts if not isinstance(fact, Left)], policies, now)
    names = _party_names(session, list(dossier.claims))
    changes = []
    for customer in (winner, loser):
        for claim, before in old[customer].claims.items():
            then = after.claims.get(claim, before)
            changes.append(
                Change(
                    dossier.claims[claim].ref,
                    names.get(claim, ""),
                    before.state,
                    before.queue_position,
                    then.state,
                    then.queue_position,
                )
            )
    return changes


def _party_names(session: Session, claims: list[int]) -> dict[int, str]:
    rows = session.execute(
        sa.select(t.registration.c.id, t.partner.c.name)
        .join(t.partner, t.partner.c.id == t.registration.c.partner_id)
        .where(t.registration.c.id.in_(claims))
    )
    return {row.id: row.name for row in rows}
