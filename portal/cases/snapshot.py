"""What a decision rested on, kept as it was on that day: figures, rule, policy version (C8)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.cases.files import claim_of, waiting_for
from portal.conflicts.pauses import pauses_of
from portal.domain.cases import Outcome, deciding_rule
from portal.domain.facts import Rule
from portal.domain.periods import business_date
from portal.domain.protection import end_on, is_lapsed, reassignable_from
from portal.models import tables as t
from portal.policy.service import policy_on


def decision_of(
    session: Session, case: Any, outcome: Outcome, *, next_owner: int | None, now: datetime
) -> dict[str, Any]:
    """The decision as plain JSON, without a name in it: both parties read it.

    `asked` says how many waited before the claim that takes over; the rest are the days and
    figures that the rule was applied to.
    """
    owner, challenger = claim_of(session, case.owner_id), claim_of(session, case.challenger_id)
    waiting = [each.claim for each in waiting_for(session, case) if each.active]
    earliest = next_owner is None or waiting[:1] == [next_owner]
    today = business_date(now)
    policy = policy_on(session, today)
    until = owner.protected_until and end_on(owner.protected_until, owner.paused_from, today)
    lapsed = is_lapsed(owner.protected_until, owner.paused_from, today)
    rules = [deciding_rule(outcome, earliest=earliest)]
    if outcome is Outcome.REASSIGNED:
        rules = [*rules, Rule.LAPSED, Rule.NEW_CLOCK]
    taken = {
        "outcome": outcome,
        "rules": rules,
        "policy_version": policy.version,
        "policy_from": policy.effective_from,
        "protection_days": policy.protection_days,
        "appeal_days": policy.appeal_days,
        "refile_days": policy.refile_days,
        "reopen_days": policy.reopen_days,
        "owner": _claim(owner)
        | {
            "pauses": [
                {"first": pause.first, "last": pause.last, "cause": pause.cause}
                for pause in pauses_of(session, [owner.id], now).get(owner.id, [])
            ],
            "owned_since": owner.owned_since,
            "last_progress_at": owner.last_progress_at,
            "protected_until": until,
            "lapsed_on": reassignable_from(owner.protected_until) if lapsed else None,
        },
        "challenger": _claim(challenger),
        "next_owner": None if next_owner is None else _claim(claim_of(session, next_owner)),
        "next_is_challenger": next_owner == case.challenger_id,
        "earliest": earliest,
        "opened_at": case.opened_at,
        "answer_due": case.answer_due,
        "answered_at": case.answered_at,
        "decided_at": now,
        "votes": _votes(session, case.id),
    }
    plain: dict[str, Any] = audit.plain(taken)
    return plain


def _claim(row: Any) -> dict[str, Any]:
    return {
        "filed_at": row.filed_at,
        "stage": row.stage,
        "ports": row.ports,
        "place": row.queue_position,
    }


def _votes(session: Session, case_id: int) -> Sequence[dict[str, Any]]:
    c = t.case_vote.c
    query = sa.select(c.side, c.agrees, c.reason, c.at).where(c.case_id == case_id).order_by(c.id)
    return [dict(row._mapping) for row in session.execute(query)]
