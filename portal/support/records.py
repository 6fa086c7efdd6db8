"""How a request is written down: its row, and the facts or entries that tell of it.

On a project it is told by facts on the registration's time line, which stop its clock when the vendor is
late (C3), so its customer is settled anew. On a partner it is told by the audit trail.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit, journal
from portal.conflicts.service import settle
from portal.db import chunks
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.roles import Actor
from portal.domain.support import SupportKind, SupportState, Withdrawal
from portal.domain.terms import EventKind
from portal.models import tables as t

_s = t.support_request.c
ACTS: Mapping[EventKind, str] = {
    EventKind.SUPPORT_ASKED: "support.asked",
    EventKind.SUPPORT_PLANNED: "support.planned",
    EventKind.SUPPORT_DONE: "support.closed",
}


def request_row(session: Session, request_id: int) -> Any:
    """The whole row of a request, with the customer that its project is on now."""
    return session.execute(_one(), {"id": request_id}).one()


@cache
def _one() -> Any:
    return (
        sa.select(t.support_request, t.registration.c.customer_id)
        .join(t.registration, t.registration.c.id == _s.registration_id, isouter=True)
        .where(_s.id == sa.bindparam("id"))
    )


def take_version(session: Session, request_id: int, version: int) -> Any:
    """Claim the right to change a request as the person saw it; answers the row as it is.

    :raises StaleVersion: somebody changed it since.
    :raises RuleViolation: ``support.closed``.
    """
    bumped: Any = session.execute(
        sa.update(t.support_request)
        .where(_s.id == request_id, _s.version == version)
        .values(version=_s.version + 1)
    )
    if not bumped.rowcount:
        raise StaleVersion("stale", request_id=request_id)
    row = request_row(session, request_id)
    if row.state is not SupportState.OPEN:
        raise RuleViolation("support.closed")
    return row


def write_asked(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    registration_id: int | None,
    partner_id: int | None,
    kind: SupportKind,
    need: str,
    due: date,
    owner_id: int | None = None,
    week: date | None = None,
    request_key: str | None = None,
    move: int | None = None,
) -> int:
    """Write a new request; `move` is the fact of the stage move that raised it (S4). Answers its id.

    Its project's columns follow; who settles the customer afterwards is the caller.
    """
    row = asked_row(
        actor=actor, now=now, registration_id=registration_id, partner_id=partner_id, kind=kind, need=need,
        due=due, owner_id=owner_id, week=week,
    )  # fmt: skip
    pending = {"ref": "pending", "request_key": request_key, "version": 1}
    request_id = int(
        session.execute(sa.insert(t.support_request).values(**row, **pending).returning(_s.id)).scalar_one()
    )
    ref = name_of_new(request_id)
    event_id = None
    if registration_id is None:
        audit.record(
            session, actor=actor, action=ACTS[EventKind.SUPPORT_ASKED], at=now,
            subject=("support_request", request_id), after=audit.plain({**row, "ref": ref}),
        )  # fmt: skip
    else:
        journal.write(session, [asked_fact(row, ref, actor, move=move)], actor=actor)
        e = t.registration_event.c
        event_id = session.scalar(
            sa.select(sa.func.max(e.id)).where(
                e.registration_id == registration_id, e.kind == EventKind.SUPPORT_ASKED
            )
        )
    session.execute(
        sa.update(t.support_request).where(_s.id == request_id).values(ref=ref, event_id=event_id)
    )
    if registration_id is not None:
        show_oldest(session, registration_id)
    return request_id


def asked_row(
    *,
    actor: Actor | None,
    now: datetime,
    registration_id: int | None,
    kind: SupportKind,
    need: str,
    due: date,
    partner_id: int | None = None,
    owner_id: int | None = None,
    week: date | None = None,
) -> dict[str, Any]:
    """A new request as a row, without its name."""
    return {
        "registration_id": registration_id, "partner_id": partner_id, "kind": kind, "need": need,
        "asked_by_id": actor.user_id if actor else None, "asked_at": now, "week": week,
        "owner_id": owner_id, "due_on": due, "state": SupportState.OPEN, "result": "",
        "closed_at": None, "closed_by_id": None,
    }  # fmt: skip


def name_of_new(request_id: int) -> str:
    """What facts call a request by."""
    return f"S{request_id:08d}"


def asked_fact(
    row: Mapping[str, Any], ref: str, actor: Actor | None, *, move: int | None = None
) -> dict[str, Any]:
    """The fact that a request was asked for on a project."""
    more = {"week": row["week"], "move": move}
    data = {"request": ref, "kind": row["kind"], "due": row["due_on"], "owner": row["owner_id"]} | {
        name: value for name, value in more.items() if value is not None
    }
    return journal.fact(
        row["registration_id"], EventKind.SUPPORT_ASKED, at=row["asked_at"], now=row["asked_at"], actor=actor,
        note=row["need"], data=data,
    )  # fmt: skip


def write_change(
    session: Session,
    row: Any,
    kind: EventKind,
    *,
    actor: Actor | None,
    now: datetime,
    after: dict[str, Any],
    data: Mapping[str, Any],
    reason: str = "",
    note: str = "",
) -> None:
    """Write what changes of an open request, and tell of it. The project's columns follow."""
    session.execute(sa.update(t.support_request).where(_s.id == row.id).values(**after))
    if row.registration_id is None:
        audit.record(
            session, actor=actor, action=ACTS[kind], at=now, subject=("support_request", row.id),
            reason=reason, after=audit.plain(after),
        )  # fmt: skip
        return
    told = journal.fact(
        row.registration_id, kind, at=now, now=now, actor=actor, reason=reason, note=note,
        data={**_name_of(session, row), **data},
    )  # fmt: skip
    journal.write(session, [told], actor=actor)
    show_oldest(session, row.registration_id)


def write_closed(
    session: Session,
    row: Any,
    state: SupportState,
    *,
    actor: Actor | None,
    now: datetime,
    result: str,
    why: Withdrawal | None = None,
    move: int | None = None,
) -> None:
    """Write that a request is over; `why`: it fell away by itself, `move`: by this stage move."""
    after = {
        "state": state, "result": result, "closed_at": now,
        "closed_by_id": actor.user_id if actor else None,
    }  # fmt: skip
    write_change(
        session, row, EventKind.SUPPORT_DONE, actor=actor, now=now, after=after,
        note="" if why else result,
        data={"state": state} | ({"why": why} if why else {}) | ({"move": move} if move else {}),
    )  # fmt: skip


def write_reopened(session: Session, row: Any, closed: int, *, actor: Actor | None, now: datetime) -> None:
    """Write that the fact `closed`, by which a request was over, does not count."""
    after = {"state": SupportState.OPEN, "result": "", "closed_at": None, "closed_by_id": None}
    session.execute(
        sa.update(t.support_request).where(_s.id == row.id).values(**after, version=_s.version + 1)
    )
    undone = journal.fact(
        row.registration_id, EventKind.UNDONE, at=now, now=now, actor=actor, about_id=closed
    )
    journal.write(session, [undone], actor=actor)
    show_oldest(session, row.registration_id)


def _name_of(session: Session, row: Any) -> dict[str, Any]:
    """What facts call the request by; one from before requests had names, by the fact that asked."""
    e = t.registration_event.c
    asked = session.scalar(sa.select(e.data).where(e.id == row.event_id))
    return {"request": row.ref} if asked and "request" in asked else {"asked": row.event_id}


def show_oldest(session: Session, registration_id: int) -> None:
    """Bring the columns of a project to its oldest open request, as `domain.told` folds them."""
    show_oldest_of(session, [registration_id])


def show_oldest_of(session: Session, registrations: Collection[int]) -> None:
    """The same for many projects."""
    shown = {each: {"of": each, "note": "", "since": None} for each in registrations}
    for part in chunks(registrations):
        # The oldest comes last and stays.
        for row in session.execute(_newest_first().where(_s.registration_id.in_(part))):
            shown[row.registration_id] = {"of": row.registration_id, "note": row.need, "since": row.asked_at}
    session.connection().execute(_SHOW, list(shown.values()))


@cache
def _newest_first() -> Any:
    return (
        sa.select(_s.registration_id, _s.need, _s.asked_at)
        .where(_s.state == SupportState.OPEN)
        .order_by(_s.asked_at.desc(), _s.event_id.desc())
    )


_SHOW = (
    sa.update(t.registration)
    .where(t.registration.c.id == sa.bindparam("of"))
    .values(support_note=sa.bindparam("note"), support_since=sa.bindparam("since"))
)


def settle_customer(session: Session, customer_id: int | None, *, now: datetime) -> None:
    """What is owed stands in a claim's clock: bring it in line. A held filing has none yet."""
    if customer_id is not None:
        settle(session, {customer_id}, now=now)
