"""The live check of the filing form (G4, G6): three outcomes, masked, counted, audited."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import is_postgres
from portal.domain.facts import State
from portal.domain.matching import MatchReason, Outcome
from portal.domain.periods import business_date
from portal.domain.protection import reassignable_from
from portal.domain.roles import Actor
from portal.matching.service import compare_names, find_customer, keys_for, weigh
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.registrations.fishing import watch
from portal.registrations.queries import owner_of

# Characters of each name that are written down.
_NAME_KEPT = 140


@dataclass(frozen=True, slots=True)
class Checked:
    """What a filer may know before filing.

    `outcome` is ``clear``, ``held``, ``taken``, ``own`` or ``quota``. ``held`` names only which
    attributes are alike; ``taken`` gives two dates only; nobody is ever named.
    """

    outcome: str
    name_alike: str = ""
    code_given: bool = False
    since: date | None = None
    free_from: date | None = None
    signed: bool = False
    own_id: int | None = None
    own_ref: str = ""
    limit: int = 0


def check_customer(
    session: Session, *, actor: Actor, now: datetime, name: str, uscc: str | None, english: str = ""
) -> Checked:
    """Say how a filing of these names and code would come out now; advice, decided anew on filing.

    Every check is written down; beyond the policy's daily number of them the answer is ``quota``.
    """
    today = business_date(now)
    policy = policy_on(session, today)
    limit = policy.check_quota_per_day
    used = _counted(session, actor, today)
    if used >= limit:
        checked = Checked("quota", limit=limit)
    else:
        checked = _outcome(session, actor, today, name, uscc, english)
    _write_down(session, actor, now, (name, english, uscc or ""), checked.outcome)
    audit.record(
        session,
        actor=actor,
        action="customer.checked",
        at=now,
        subject=("user", actor.user_id),
        name=name,
        uscc=uscc,
        **({"english": english} if english else {}),
        outcome=checked.outcome,
    )
    watch(session, actor=actor, now=now, today=today, used=used + 1, figures=policy.fishing)
    return checked


def count_given_up(session: Session, *, actor: Actor, now: datetime, claim: Any) -> None:
    """A claim that is given up as it was filed has told what a check tells: it is counted as one (G6).

    Not once it had come further, or was protected as long as a claim is without progress.
    `claim` is its row as it stood before.
    """
    today = business_date(now)
    policy = policy_on(session, today)
    over = business_date(claim.filed_at) + timedelta(days=policy.protection_days)
    if today > over or claim.highest_stage is not claim.filed_stage:
        return
    used = _counted(session, actor, today)
    typed = (claim.customer_name, claim.customer_name_en, claim.uscc or "")
    outcome = {State.HELD: "held", State.WAITING: "taken"}.get(claim.state, "clear")
    _write_down(session, actor, now, typed, outcome)
    watch(session, actor=actor, now=now, today=today, used=used + 1, figures=policy.fishing)


def _counted(session: Session, actor: Actor, today: date) -> int:
    """How many checks the person has made today; further ones wait their turn."""
    if is_postgres(session):
        # Many checks at once are counted one after the other; SQLite has one writer anyway.
        session.execute(sa.select(t.user.c.id).where(t.user.c.id == actor.user_id).with_for_update())
    log = t.check_log.c
    mine = sa.select(sa.func.count()).where(log.user_id == actor.user_id, log.day == today)
    return session.scalar(mine.select_from(t.check_log)) or 0


def _write_down(
    session: Session, actor: Actor, now: datetime, typed: tuple[str, str, str], outcome: str
) -> None:
    name, english, code = typed
    # However long the names, the code behind them is not cut off.
    parts = (name[:_NAME_KEPT], english[:_NAME_KEPT], code)
    row = {
        "user_id": actor.user_id,
        "day": business_date(now),
        "at": now,
        "typed": " ".join(each for each in parts if each),
        "outcome": outcome,
    }
    session.execute(sa.insert(t.check_log), [row])


def _outcome(
    session: Session, actor: Actor, today: date, name: str, uscc: str | None, english: str
) -> Checked:
    found, _known = find_customer(session, keys_for(name, uscc))
    if found.outcome is Outcome.DIFFERENT:
        found = weigh(found, compare_names(session, name, uscc, english=english))
    if found.outcome is Outcome.POSSIBLY:
        exact = found.reason is MatchReason.SAME_NAME_SEVERAL
        return Checked("held", name_alike="same" if exact else "similar", code_given=bool(uscc))
    owner = owner_of(session, found.customer, today) if found.customer else None
    if found.customer is None or owner is None:
        return Checked("clear")
    c = t.registration.c
    own = session.execute(
        sa.select(c.id, c.ref).where(
            c.customer_id == found.customer,
            c.partner_id.is_not_distinct_from(actor.partner_id),
            c.state.not_in((State.RELEASED, State.LOST)),
        )
    ).first()
    if own:
        return Checked("own", own_id=own.id, own_ref=own.ref)
    return Checked(
        "taken",
        since=business_date(owner.since),
        free_from=reassignable_from(owner.protected_until) if owner.protected_until else None,
        signed=owner.signed,
    )
