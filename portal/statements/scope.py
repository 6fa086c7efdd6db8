"""Which statements a person sees, and which wait for it."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from portal.domain.access import PERMISSIONS, Permission, allows
from portal.domain.roles import REGIONAL_ROLES, Actor, Role
from portal.domain.statements import APPROVALS, Act, Station, next_step, place_of, stations_of
from portal.models import tables as t

_SCOPES = 1000
_s, _p = t.statement.c, t.partner.c
ME = sa.bindparam("me", type_=t.user.c.id.type)


def statements_of(person: Actor) -> Any:
    """The condition on `statement` for the rows `person` sees on the vendor's board.

    Partner people see none there: their own statements have pages of their own.
    """
    if person.is_partner or not allows(person, Permission.STATEMENT_BOARD):
        return sa.false()
    return _scope(None if sees_all(person) else person.region or "")


def own_statements(person: Actor) -> Any:
    """The condition on `statement` for the partner's own rows, but those that wait for an answer."""
    return _own(person.partner_id)


@lru_cache(maxsize=_SCOPES)
def _own(partner_id: int | None) -> Any:
    return sa.and_(_s.partner_id == partner_id, _s.station != Station.DISPUTED)


def sees_all(person: Actor) -> bool:
    """Whether the board shows every region: by any role but the regional ones."""
    roles = person.effective_roles - REGIONAL_ROLES
    return any(Permission.STATEMENT_BOARD in PERMISSIONS[role] for role in roles)


@lru_cache(maxsize=_SCOPES)
def _scope(region: str | None) -> Any:
    """The same object for the same rows: statements that were built with it are found again."""
    if region is None:
        return sa.true()
    return _s.partner_id.in_(sa.select(_p.id).where(_p.region == region))


def waiting_for(person: Actor) -> Any:
    """The condition on `statement` for those whose due step `person` may do; `me` is its parameter."""
    return _waiting(person.effective_roles, person.region or "", person.partner_id)


@lru_cache(maxsize=_SCOPES)
def _waiting(roles: frozenset[Role], region: str, partner_id: int | None) -> Any:
    turns = [
        sa.and_(_s.total <= 0 if owes else _s.total > 0, _due(roles, region, owes=owes))
        for owes in (False, True)
    ]
    own = sa.true() if partner_id is None else _s.partner_id == partner_id
    return sa.and_(
        own, sa.or_(sa.false(), *turns), sa.not_(sa.and_(is_in(_s.station, _APPROVED_AT), _acted()))
    )


def _due(roles: frozenset[Role], region: str, *, owes: bool) -> Any:
    """The stations whose step these roles may do, those of channel sales for the partners looked after."""
    others = stations_of(roles - {Role.CHANNEL_SALES}, owes=owes)
    after = [each for each in stations_of(roles & {Role.CHANNEL_SALES}, owes=owes) if each not in others]
    turns: list[Any] = [sa.false()]
    if others:
        turns.append(is_in(_s.station, others))
    if after:
        turns.append(sa.and_(is_in(_s.station, after), _s.partner_id.in_(_looked_after(region))))
    return sa.or_(*turns)


_APPROVED_AT = tuple(
    station for station in Station if (step := next_step(station)) is not None and step.act in APPROVALS
)


def _looked_after(region: str) -> Any:
    """The partners whose statements a person of the region passes on (`domain.statements.check_party`)."""
    u = t.user.c
    gone = sa.select(u.id).where(sa.not_(u.active))
    free = sa.or_(_p.manager_id.is_(None), _p.manager_id == ME, _p.manager_id.in_(gone))
    return sa.select(_p.id).where(_p.region == region, free)


def _acted() -> Any:
    """Whether one of `me`'s approvals of the statement still counts (`domain.statements.standing`)."""
    one, back = t.statement_act.alias(), t.statement_act.alias()
    voided = sa.exists().where(
        back.c.statement_id == one.c.statement_id,
        back.c.id > one.c.id,
        back.c.act == sa.literal(Act.REFUSE, back.c.act.type, literal_execute=True),
        _place(back.c.to_station) < _place(one.c.to_station),
    )
    return sa.exists().where(
        one.c.statement_id == _s.id,
        one.c.actor_id == ME,
        is_in(one.c.act, sorted(APPROVALS)),
        sa.not_(voided),
    )


def _place(column: Any) -> Any:
    return sa.case(
        {station.value: place_of(station) for station in Station}, value=sa.cast(column, sa.String)
    )


def is_in(column: Any, values: Any) -> Any:
    """A column is one of a few values that stand in the statement itself, not among its parameters."""
    return column.in_([sa.literal(value, column.type, literal_execute=True) for value in values])
