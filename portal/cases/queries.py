"""Reads for cases. Who may not know the other party is never given its name to begin with."""

from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.access import Permission, Scope, allows, scope_of
from portal.domain.cases import Side
from portal.domain.facts import State
from portal.domain.roles import Actor
from portal.domain.terms import FOR_DECIDERS, EventKind
from portal.models import tables as t

OWNER, ASKER = t.registration.alias("owner_claim"), t.registration.alias("asking_claim")
_OWNER_PARTNER, _ASKER_PARTNER = t.partner.alias("owner_partner"), t.partner.alias("asking_partner")
_VOTED_FOR = t.registration.alias("voted_for")


def cases_of(person: Actor) -> Any:
    """The condition on `conflict_case` for the cases `person` sees: own ones, or every one."""
    scope = scope_of(person)
    return _cases(scope, person.partner_id, decides=allows(person, Permission.CASE_VOTE))


@lru_cache(maxsize=1000)
def _cases(scope: Scope, partner_id: int | None, *, decides: bool) -> Any:
    if scope is Scope.ALL:
        return sa.true()
    if scope is Scope.OWN_PARTNER:
        return sa.or_(OWNER.c.partner_id == partner_id, ASKER.c.partner_id == partner_id)
    if scope is not Scope.KEY_ACCOUNTS:
        return sa.false()
    own = sa.or_(OWNER.c.partner_id.is_(None), ASKER.c.partner_id.is_(None))
    if not decides:
        return own
    chosen = (
        sa.select(t.case_vote.c.id)
        .join(_VOTED_FOR, _VOTED_FOR.c.id == t.case_vote.c.next_owner_id)
        .where(t.case_vote.c.case_id == t.conflict_case.c.id, _VOTED_FOR.c.partner_id.is_(None))
    )
    return sa.or_(own, chosen.exists())


def _voted(side: Side) -> Any:
    v = t.case_vote.c
    return sa.select(v.id).where(v.case_id == t.conflict_case.c.id, v.side == side).exists()


@cache
def case_rows() -> Any:
    """Cases with their parties: a statement to narrow."""
    return (
        sa.select(
            t.conflict_case,
            OWNER.c.customer_name.label("owner_customer"),
            OWNER.c.partner_id.label("owner_partner_id"),
            ASKER.c.customer_name.label("asking_customer"),
            ASKER.c.partner_id.label("asking_partner_id"),
            _OWNER_PARTNER.c.name.label("owner_partner"),
            _ASKER_PARTNER.c.name.label("asking_partner"),
            _ASKER_PARTNER.c.active.label("asking_active"),
            *(_voted(side).label(f"{side.value}_voted") for side in Side),
        )
        .select_from(t.conflict_case)
        .join(OWNER, OWNER.c.id == t.conflict_case.c.owner_id)
        .join(ASKER, ASKER.c.id == t.conflict_case.c.challenger_id)
        .join(_OWNER_PARTNER, _OWNER_PARTNER.c.id == OWNER.c.partner_id, isouter=True)
        .join(_ASKER_PARTNER, _ASKER_PARTNER.c.id == ASKER.c.partner_id, isouter=True)
    )


def case_row(session: Session, case_id: int, scope: Any) -> Any:
    """A case in sight, or None."""
    return session.execute(_one(scope), {"case": case_id}).first()


@lru_cache(maxsize=200)
def _one(scope: Any) -> Any:
    return case_rows().where(t.conflict_case.c.id == sa.bindparam("case"), scope)


def open_case_of(session: Session, challenger_id: int) -> int | None:
    """The open case that a claim asked for, if any."""
    c = t.conflict_case.c
    found: int | None = session.scalar(sa.select(c.id).where(c.challenger_id == challenger_id, c.is_open))
    return found


def claims_in(session: Session, case: Any) -> tuple[Any, Any]:
    """Both claims of a case, for those who decide: the owner's, then the challenger's."""
    c = t.registration.c
    rows = session.execute(
        sa.select(
            c.id, c.ref, c.filed_at, c.stage, c.ports, c.state, c.owned_since, c.protected_until,
            c.paused_from, c.last_progress_at, c.queue_position, t.partner.c.name.label("partner_name"),
            t.user.c.name.label("worker"),
        )
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .join(t.user, t.user.c.id == c.worker_id, isouter=True)
        .where(c.id.in_((case.owner_id, case.challenger_id)))
    )  # fmt: skip
    found = {row.id: row for row in rows}
    return found[case.owner_id], found[case.challenger_id]


def common_time_line(session: Session, case: Any) -> list[Any]:
    """What happened on both claims, oldest first: filing, moves, progress, notes, the case (C8)."""
    e = t.registration_event.c
    claims = (case.owner_id, case.challenger_id)
    undone = sa.select(e.about_id).where(e.registration_id.in_(claims), e.kind == EventKind.UNDONE)
    query = (
        sa.select(e.registration_id, e.kind, e.at, e.stage, e.reason, e.note, e.data)
        .where(
            e.registration_id.in_(claims),
            e.kind.not_in((EventKind.UNDONE, *FOR_DECIDERS)),
            e.id.not_in(undone),
        )
        .order_by(e.at, e.id)
    )
    return list(session.execute(query))


def votes_in(session: Session, case_id: int) -> list[Any]:
    """The votes with who cast them and whom they chose."""
    c = t.case_vote.c
    query = (
        sa.select(c.side, c.agrees, c.reason, c.at, c.next_owner_id, t.user.c.name.label("voter"))
        .join(t.user, t.user.c.id == c.voter_id)
        .where(c.case_id == case_id)
        .order_by(c.id)
    )
    return list(session.execute(query))


def candidates(session: Session, case: Any) -> list[Any]:
    """Who waits for the customer and can take it over, first in line first (C5)."""
    c = t.registration.c
    query = (
        sa.select(c.id, c.ref, c.filed_at, c.stage, c.queue_position, t.partner.c.name.label("partner_name"))
        .join(t.partner, t.partner.c.id == c.partner_id, isouter=True)
        .where(
            c.customer_id == case.customer_id,
            c.state == State.WAITING,
            c.partner_id.is_distinct_from(case.owner_partner_id),
            sa.or_(c.partner_id.is_(None), t.partner.c.active),
        )
        .order_by(c.queue_position)
    )
    return list(session.execute(query))
