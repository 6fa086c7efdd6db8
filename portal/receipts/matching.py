"""Finance says which contract a number on receipts means, or takes that back (M14); nothing is lost."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.roles import Actor
from portal.models import tables as t

LONGEST_REASON = 500


def match_number(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    number_key: str,
    contract_id: int,
    reason: str,
    seen: int,
) -> None:
    """From now on receipts with this number are of that contract; `seen`: the newest word that was shown.

    :raises StaleVersion: somebody said something else meanwhile.
    :raises RuleViolation: ``reason.required``, ``receipt.unknown_contract_choice``.
    """
    c = t.contract.c
    lock_registry(session)
    query = sa.select(c.registration_id, c.number_key).where(c.id == contract_id)
    contract = session.execute(query).first()
    if contract is None:
        raise RuleViolation("receipt.unknown_contract_choice", "contract")
    row = {"registration_id": contract.registration_id, "contract_key": contract.number_key}
    subject, said = _say(session, actor, now, number_key, reason, seen, row)
    audit.record(
        session, actor=actor, action="receipt.matched", at=now, subject=subject, reason=reason, match=said
    )


def take_match_back(
    session: Session, *, actor: Actor | None, now: datetime, number_key: str, reason: str, seen: int
) -> None:
    """The number means again what it says.

    :raises RuleViolation: ``reason.required``, ``receipt.not_matched``.
    """
    lock_registry(session)
    word = newest_word(session, number_key)
    if word is None or word.registration_id is None:
        raise RuleViolation("receipt.not_matched")
    row = {"registration_id": None, "contract_key": None}
    subject, said = _say(session, actor, now, number_key, reason, seen, row)
    audit.record(
        session, actor=actor, action="receipt.match_taken_back", at=now, subject=subject, reason=reason,
        match=said,
    )  # fmt: skip


def newest_word(session: Session, number_key: str) -> Any:
    """What was said last about a number: its id, the claim and contract, why, by whom, when; or None."""
    c, u = t.contract_match.c, t.user.c
    query = (
        sa.select(c.id, c.registration_id, c.contract_key, c.reason, c.matched_at, u.name.label("by"))
        .join(t.user, u.id == c.matched_by_id, isouter=True)
        .where(c.number_key == number_key)
        .order_by(c.id.desc())
        .limit(1)
    )
    return session.execute(query).first()


def _say(
    session: Session,
    actor: Actor | None,
    now: datetime,
    number_key: str,
    reason: str,
    seen: int,
    said: dict[str, Any],
) -> tuple[tuple[str, int], dict[str, Any]]:
    """Write the word down; answers what the trail is to say: about which row, and the row."""
    if not reason.strip():
        raise RuleViolation("reason.required", "reason")
    if len(reason) > LONGEST_REASON:
        raise RuleViolation("text.too_long", "reason", length=len(reason), longest=LONGEST_REASON)
    word = newest_word(session, number_key)
    if (word.id if word else 0) != seen:
        raise StaleVersion("stale")
    row = said | {
        "number_key": number_key, "reason": reason.strip(), "matched_at": now,
        "matched_by_id": actor.user_id if actor else None,
    }  # fmt: skip
    insert = sa.insert(t.contract_match).values(row).returning(t.contract_match.c.id)
    return ("contract_match", session.execute(insert).scalar_one()), row
