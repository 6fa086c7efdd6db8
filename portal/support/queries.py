"""Reads for requests: of a project, of a partner, one, and who could take it."""

from collections.abc import Collection
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.access import PERMISSIONS, Permission
from portal.domain.roles import REGIONAL_ROLES
from portal.domain.support import SupportState
from portal.models import tables as t
from portal.support.scope import PARTY

_s, _r, _p = t.support_request.c, t.registration.c, t.partner.c
_ASKER, _OWNER, _CLOSER = (t.user.alias(name) for name in ("asker", "owing", "closer"))
_MOST = 20
_ONE = _p.id == sa.bindparam("partner")
OPEN = _s.state == sa.literal(SupportState.OPEN, _s.state.type, literal_execute=True)


@cache
def request_rows() -> Any:
    """Requests with what they are about and who is who: a statement to narrow."""
    return (
        sa.select(
            t.support_request,
            _r.customer_name,
            _r.ref.label("registration_ref"),
            PARTY.label("party_id"),
            _p.name.label("partner_name"),
            _p.region,
            _ASKER.c.name.label("asked_by"),
            _OWNER.c.name.label("owner"),
            _CLOSER.c.name.label("closed_by"),
        )
        .join(t.registration, _r.id == _s.registration_id, isouter=True)
        .join(t.partner, _p.id == PARTY, isouter=True)
        .join(_ASKER, _ASKER.c.id == _s.asked_by_id, isouter=True)
        .join(_OWNER, _OWNER.c.id == _s.owner_id, isouter=True)
        .join(_CLOSER, _CLOSER.c.id == _s.closed_by_id, isouter=True)
    )


def open_requests_of(
    session: Session, registration_ids: Collection[int] | None = None, *, partner_id: int | None = None
) -> list[Any]:
    """The open requests on these registrations, or on a partner itself; what is due first comes first."""
    if registration_ids is not None:
        about = _s.registration_id.in_(registration_ids)
    else:
        about = _s.partner_id == partner_id
    query = request_rows().where(OPEN, about).order_by(_s.due_on, _s.id)
    return list(session.execute(query))


def requests_on(
    session: Session, *, registration_id: int | None = None, partner_id: int | None = None
) -> list[Any]:
    """The requests on one project or partner: open ones first, then the latest."""
    query = _on_project() if partner_id is None else _on_partner()
    return list(session.execute(query, {"about": partner_id or registration_id}).all())


@cache
def _on_project() -> Any:
    return _newest(_s.registration_id == sa.bindparam("about"))


@cache
def _on_partner() -> Any:
    return _newest(_s.partner_id == sa.bindparam("about"))


def _newest(about: Any) -> Any:
    return request_rows().where(about).order_by(sa.case((OPEN, 0), else_=1), _s.id.desc()).limit(_MOST)


def requests_in_week(
    session: Session,
    start: datetime,
    end: datetime,
    *,
    partner_id: int | None = None,
    scope: Any = None,
) -> list[Any]:
    """The requests of one partner, or of those in `scope` (a condition on `partner`), in a week's meeting.

    Those on the partners and on their projects: asked for by its end, and open or answered since it began.
    What is due first comes first, what is answered last.
    """
    values: dict[str, Any] = {"start": start, "end": end}
    if partner_id is not None:
        values["partner"] = partner_id
    return list(session.execute(_in_week(_ONE if scope is None else scope), values))


@lru_cache(maxsize=1000)
def _in_week(scope: Any) -> Any:
    partners = sa.select(_p.id).where(scope)
    # Two look-ups by index; one condition over both tables would read every request.
    own = sa.select(_s.id).where(_s.partner_id.in_(partners))
    its = (
        sa.select(_s.id).join(t.registration, _r.id == _s.registration_id).where(_r.partner_id.in_(partners))
    )
    return (
        request_rows()
        .where(
            _s.id.in_(own.union_all(its)),
            _s.asked_at <= sa.bindparam("end"),
            sa.or_(OPEN, _s.closed_at >= sa.bindparam("start")),
        )
        .order_by(sa.case((OPEN, 0), else_=1), _s.due_on, _s.id)
    )


def request_in_sight(session: Session, request_id: int, scope: Any) -> Any:
    """A request that the person sees, or None."""
    return session.execute(_one(scope), {"request": request_id}).first()


@lru_cache(maxsize=1000)
def _one(scope: Any) -> Any:
    return request_rows().where(_s.id == sa.bindparam("request"), scope)


def givers(session: Session, region: str | None) -> list[Any]:
    """The vendor's people who can take a request of a partner of this region, by name."""
    u, role = t.user.c, t.user_role.c
    giving = [each for each, held in PERMISSIONS.items() if Permission.SUPPORT_GIVE in held]
    anywhere = [each for each in giving if each not in REGIONAL_ROLES]
    near = sa.or_(role.role.in_(anywhere), sa.and_(role.role.in_(giving), u.region == region))
    here = sa.select(role.user_id).where(near)
    query = sa.select(u.id, u.name).where(u.active, u.partner_id.is_(None), u.id.in_(here))
    return list(session.execute(query.order_by(u.name, u.id)))
