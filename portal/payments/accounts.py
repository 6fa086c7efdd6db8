"""Partners' bank accounts: stated by one person, verified by another; payment waits meanwhile (M16)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import lock_registry
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.payments import AccountState, masked, parse_account_number
from portal.domain.roles import Actor, Role
from portal.models import BankAccount
from portal.models import tables as t

FIELDS = ("partner_id", "holder", "bank", "branch")


def propose_account(
    session: Session, *, actor: Actor, now: datetime, partner_id: int, values: Mapping[str, str]
) -> int:
    """State an account of a partner; answers its id. Payment to the partner waits until it is verified.

    One that was still waiting is withdrawn by it.

    :raises RuleViolation: ``account.number``; ``account.same`` it is the verified one already;
        ``account.not_yours``.
    """
    lock_registry(session)
    if actor.is_partner and actor.partner_id != partner_id:
        raise RuleViolation("account.not_yours")
    stated: dict[str, Any] = {name: values[name] for name in ("holder", "bank", "branch")}
    stated["number"] = parse_account_number(values["number"])
    current, waiting = _standing(session, partner_id)
    if current is not None and all(getattr(current, name) == value for name, value in stated.items()):
        raise RuleViolation("account.same", "number")
    if waiting is not None:
        _decide(session, waiting, AccountState.WITHDRAWN, actor, now, "")
    account = BankAccount(
        **stated, partner_id=partner_id, state=AccountState.PROPOSED, proposed_at=now,
        proposed_by_id=actor.user_id,
    )  # fmt: skip
    session.add(account)
    session.flush()
    assert account.id is not None  # noqa: S101 - flushed
    after = {name: getattr(account, name) for name in FIELDS} | _number(account)
    after |= {"state": account.state, "proposed_at": now, "proposed_by_id": actor.user_id}
    audit.record(
        session, actor=actor, action="account.proposed", at=now, subject=("account", account.id), after=after
    )
    return account.id


def _number(account: BankAccount) -> dict[str, str]:
    """The trail has many readers: the number stands in it by its last figures and a digest."""
    return {"masked": masked(account.number), "digest": audit.digest({"number": account.number})}


def _standing(session: Session, partner_id: int) -> tuple[BankAccount | None, BankAccount | None]:
    """The partner's verified account, and the one that waits."""
    states = (AccountState.VERIFIED, AccountState.PROPOSED)
    c = t.bank_account.c
    ids = session.execute(
        sa.select(c.state, c.id).where(c.partner_id == partner_id, c.state.in_(states))
    ).all()
    found = {row.state: session.get(BankAccount, row.id, with_for_update=True) for row in ids}
    return found.get(AccountState.VERIFIED), found.get(AccountState.PROPOSED)


def verify_account(
    session: Session, *, actor: Actor, now: datetime, account_id: int, version: int, how: str
) -> None:
    """A second person says that the account is the partner's, and how that was found out (M16).

    It takes the place of the one before; payment goes on.

    :raises RuleViolation: ``account.two_people`` its proposer; ``account.how``; ``account.not_waiting``.
    :raises StaleVersion: somebody was quicker.
    """
    account = _waiting(session, account_id, version, actor)
    if account.proposed_by_id == actor.user_id:
        raise RuleViolation("account.two_people")
    if not how.strip():
        raise RuleViolation("account.how", "word")
    current, _waits = _standing(session, account.partner_id)
    if current is not None:
        current.state, current.replaced_at = AccountState.REPLACED, now
        session.flush()  # one verified account at any moment
        after: dict[str, Any] = {"state": current.state, "replaced_at": now}
        audit.record(
            session,
            actor=actor,
            action="account.replaced",
            at=now,
            subject=("account", current.id),
            after=after,
        )
    _decide(session, account, AccountState.VERIFIED, actor, now, how.strip())


def refuse_account(
    session: Session, *, actor: Actor, now: datetime, account_id: int, version: int, reason: str
) -> None:
    """It is not taken over; the one before stays and payment goes on.

    :raises RuleViolation: ``reason.required``; ``account.not_waiting``.
    :raises StaleVersion: somebody was quicker.
    """
    account = _waiting(session, account_id, version, actor)
    if not reason.strip():
        raise RuleViolation("reason.required", "word")
    _decide(session, account, AccountState.REFUSED, actor, now, reason.strip())


def _waiting(session: Session, account_id: int, version: int, actor: Actor) -> BankAccount:
    lock_registry(session)
    if Role.FINANCE not in actor.effective_roles:
        raise RuleViolation("account.not_yours")
    account = session.get(BankAccount, account_id, with_for_update=True)
    if account is None or account.state is not AccountState.PROPOSED:
        raise RuleViolation("account.not_waiting")
    if account.version != version:
        raise StaleVersion("stale")
    return account


def _decide(
    session: Session, account: BankAccount, state: AccountState, actor: Actor, now: datetime, word: str
) -> None:
    account.state, account.decided_at, account.word = state, now, word
    after: dict[str, Any] = {"state": state, "decided_at": now, "word": word}
    if state is AccountState.VERIFIED:
        account.verified_by_id = after["verified_by_id"] = actor.user_id
    elif state is AccountState.REFUSED:
        account.refused_by_id = after["refused_by_id"] = actor.user_id
    session.flush()
    audit.record(
        session, actor=actor, action=f"account.{state}", at=now, subject=("account", account.id), reason=word,
        after=after,
    )  # fmt: skip
