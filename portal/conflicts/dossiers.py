"""The rows that the ownership fold is loaded from: registrations, placements, facts that may decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.domain.pipeline import Stage
from portal.domain.support import SUPPORT_KINDS
from portal.domain.terms import EventKind
from portal.models import tables as t

_CASE_KINDS = (EventKind.CASE_OPENED, EventKind.CASE_CLOSED, EventKind.REASSIGNED, EventKind.RESTORED)
_OWNERSHIP_KINDS = (
    EventKind.MOVED,
    EventKind.PROGRESS,
    EventKind.RELEASED,
    EventKind.LOST,
    EventKind.UNDONE,
    *_CASE_KINDS,
    *SUPPORT_KINDS,
)
# Moves carry figures that decide nothing: they are left where they are.
_DECIDING_DATA = sa.type_coerce(
    sa.case(
        (t.registration_event.c.kind.in_((*_CASE_KINDS, *SUPPORT_KINDS)), t.registration_event.c.data),
        else_=sa.null(),
    ),
    sa.JSON(none_as_null=True),
)


class ClaimRow(NamedTuple):
    """What the fold needs of a registration."""

    id: int
    ref: str
    filed_at: datetime
    filed_stage: Stage
    party: str


class EventRow(NamedTuple):
    """A fact that may decide ownership."""

    id: int
    kind: EventKind
    at: datetime
    stage: Stage | None
    about_id: int | None
    data: dict[str, Any] | None = None
    """Only of what happens in cases (which other claim) and of support (which request, due when)."""


def claims_query(part: Sequence[int] | None) -> Any:
    """These registrations, or all; as `ClaimRow` has them, the party by its code."""
    query = sa.select(
        t.registration.c.id,
        t.registration.c.ref,
        t.registration.c.filed_at,
        t.registration.c.filed_stage,
        t.partner.c.code,
    ).join(t.partner, t.partner.c.id == t.registration.c.partner_id, isouter=True)
    return query if part is None else query.where(t.registration.c.id.in_(part))


def stays_query(part: Sequence[int] | None) -> Any:
    """Which customer each was on from when on."""
    query = sa.select(
        t.placement.c.registration_id,
        t.placement.c.at,
        t.placement.c.customer_id,
        t.placement.c.rule,
    ).order_by(t.placement.c.registration_id, t.placement.c.at)
    return query if part is None else query.where(t.placement.c.registration_id.in_(part))


def events_query(part: Sequence[int] | None) -> Any:
    """What happened to them: the registration, then what `EventRow` has."""
    query = (
        sa.select(
            t.registration_event.c.registration_id,
            t.registration_event.c.id,
            t.registration_event.c.kind,
            t.registration_event.c.at,
            t.registration_event.c.stage,
            t.registration_event.c.about_id,
            _DECIDING_DATA,
        )
        .where(t.registration_event.c.kind.in_(_OWNERSHIP_KINDS))
        .order_by(t.registration_event.c.id)
    )
    return query if part is None else query.where(t.registration_event.c.registration_id.in_(part))
