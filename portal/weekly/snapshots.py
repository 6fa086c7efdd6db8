"""How every partner's projects stood at the end of a reporting week: written down once, exact, for ever.

However late a week is written down, it says what was so at its last instant: most projects have not
changed since and stand as they do now; the customers of the others are replayed up to it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.conflicts.facts import load_dossier
from portal.db import chunks, insert_plain, lock_registry
from portal.domain.facts import Standing as Claim
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.protection import end_on, stands, started_on
from portal.domain.terms import EventKind
from portal.domain.weekly import Standing
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.models.registrations import LATER
from portal.policy.service import load_policies

_RESTATED = ("ports", "yearly_revenue")
_HELPED = (EventKind.SUPPORT_ASKED, EventKind.SUPPORT_PLANNED, EventKind.SUPPORT_DONE, EventKind.UNDONE)
_STAGES = {stage.value: stage for stage in Stage}
_COLUMNS = (
    "week", "registration_id", "partner_id", "stage", "ports", "yearly_revenue", "protected_until",
    "clock_from", "paused", "signed_on",
)  # fmt: skip


def is_kept(session: Session, *weeks: Week) -> bool:
    """Whether the ends of these weeks are written down, all of them."""
    c = t.week_end.c
    days = [each.thursday for each in weeks]
    return session.scalar(sa.select(sa.func.count()).where(c.week.in_(days))) == len(weeks)


def keep_week(session: Session, week: Week, *, now: datetime) -> bool:
    """Write down how the projects stood at the end of `week`; False where that was done before.

    The week is over; of two that write at once one waits and finds it done.
    """
    lock_registry(session)
    if is_kept(session, week):
        return False
    found = standings_at_end(session, week)
    end: dict[str, Any] = {
        "week": week.thursday, "taken_at": now, "projects": len(found),
        "digest": digest_of(found.values()),
    }  # fmt: skip
    session.execute(sa.insert(t.week_end), [end])
    insert_plain(session, t.week_project, _COLUMNS, (_plain(session, week, each) for each in found.values()))
    audit.record(session, actor=None, action="week.kept", at=now, subject=("week", None), **end)
    return True


def digest_of(standings: Iterable[Standing]) -> str:
    """The seal of a week's projects: SHA-256 over each of them, in order of the registration."""
    seal = hashlib.sha256()
    for each in sorted(standings, key=lambda each: each.registration_id):
        seal.update("|".join("" if value is None else str(value) for value in each).encode())
        seal.update(b"\n")
    return seal.hexdigest()


def _plain(session: Session, week: Week, each: Standing) -> tuple[Any, ...]:
    """A row as both drivers take it."""
    return (
        week.thursday.isoformat(),
        each.registration_id,
        each.partner_id,
        each.stage.value,
        each.ports,
        int(each.yearly_revenue * 100),
        each.protected_until.isoformat() if each.protected_until else None,
        each.clock_from.isoformat(),
        each.paused if session.get_bind().dialect.name == "postgresql" else int(each.paused),
        each.signed_on.isoformat() if each.signed_on else None,
    )


def standings_at_end(session: Session, week: Week) -> dict[int, Standing]:
    """Every project that was open at the end of `week`, or signed in it, as it stood then."""
    moved = _moved_since(session, week.end)
    found = {each.registration_id: each for each in _read(session, sa.true(), week, week.thursday)}
    later = [number for part in chunks(moved) for number in session.scalars(_claims_on(part))]
    for number in later:
        found.pop(number, None)
    for each in _replayed(session, moved, week):
        found[each.registration_id] = each
    return _as_stated(session, found, week.end)


def _moved_since(session: Session, until: datetime) -> set[int]:
    """The customers of which something may have stood otherwise at `until`."""
    r, p = t.registration.c, t.placement.c
    since = sa.or_(
        r.state_since > until,
        r.stage_since > until,
        r.last_progress_at > until,
        r.owned_since > until,
        r.filed_at > until,
    )
    ids = set(session.scalars(sa.select(r.customer_id).where(since)))
    placed = sa.select(p.registration_id).where(p.at > until)
    # What was asked for, planned or given since stops or starts a clock (C3).
    helped = sa.select(t.registration_event.c.registration_id).where(
        t.registration_event.c.at > until, _is_one_of(_HELPED)
    )
    ids |= set(session.scalars(sa.select(p.customer_id).where(p.registration_id.in_(helped))))
    ids |= set(session.scalars(sa.select(p.customer_id).where(p.registration_id.in_(placed))))
    return ids - {None}


def _claims_on(customers: Iterable[int]) -> Any:
    return sa.select(t.registration.c.id).where(t.registration.c.customer_id.in_(customers))


def _replayed(session: Session, customers: set[int], week: Week) -> Iterator[Standing]:
    """The owners' projects on these customers as the facts up to the week's end say."""
    if not customers:
        return
    policies, dossier = load_policies(session), load_dossier(session, customers)
    owners: dict[int, Claim] = {}
    for customer in customers:
        timeline = dossier.timeline(customer, policies, week.end)
        if timeline.owner is not None:
            owners[timeline.owner] = timeline.claims[timeline.owner]
    c = t.registration.c
    for part in chunks(owners):
        query = sa.select(c.id, c.partner_id, c.ports, c.yearly_revenue).where(c.id.in_(part))
        for row in session.execute(query.where(c.partner_id.is_not(None))):
            claim = owners[row.id]
            if claim.stage is Stage.SIGNED and business_date(claim.stage_since) < week.first:
                continue
            yield standing_of(row, claim, week.thursday)


def standing_of(row: Any, claim: Any, day: date) -> Standing:
    """A project on a day, from the columns that people state and those that the fold decides."""
    signed = claim.stage is Stage.SIGNED
    return Standing(
        registration_id=row.id,
        partner_id=row.partner_id,
        stage=claim.stage,
        ports=row.ports,
        yearly_revenue=row.yearly_revenue,
        protected_until=None if signed else end_on(claim.protected_until, claim.paused_from, day),
        clock_from=started_on(claim.owned_since, claim.last_progress_at),
        paused=not signed and stands(claim.paused_from, day),
        signed_on=business_date(claim.stage_since) if signed else None,
    )


def _as_stated(session: Session, found: dict[int, Standing], until: datetime) -> dict[int, Standing]:
    """Ports and revenue as they were stated at `until`: what was restated since is taken back."""
    e = t.registration_event.c
    query = (
        sa.select(e.registration_id, e.data)
        .where(e.at > until, _is_one_of((EventKind.EDITED, EventKind.CORRECTED)))
        .order_by(e.at.desc(), e.id.desc())
    )
    for row in session.execute(query):
        each, before = found.get(row.registration_id), row.data.get("before", {})
        if each is None or not any(name in before for name in _RESTATED):
            continue
        ports = int(before.get("ports", each.ports))
        revenue = Decimal(str(before.get("yearly_revenue", each.yearly_revenue)))
        found[row.registration_id] = each._replace(ports=ports, yearly_revenue=revenue)
    return found


def _is_one_of(kinds: tuple[EventKind, ...]) -> Any:
    """The condition for facts of these kinds, and, as their index wants it, of all that it holds."""
    kind = t.registration_event.c.kind
    literal = [sa.literal(each, kind.type, literal_execute=True) for each in kinds]
    return sa.and_(sa.text(LATER), sa.or_(*(kind == each for each in literal)))


def standings_now(session: Session, scope: Any, week: Week, today: date) -> dict[int, Standing]:
    """The projects of the partners in `scope` as they stand: what is open, and what was signed this week.

    `scope`: a condition on `partner`.
    """
    return {each.registration_id: each for each in _read(session, scope, week, today)}


def standings_of(session: Session, scope: Any, week: Week) -> dict[int, Standing]:
    """The same as the end of a kept week has them; empty where it is not kept."""
    c = t.week_project.c
    # A stage and money as the database has them, all rows at once: the week of a large channel is read twice
    # as fast as through their types.
    query = sa.select(
        c.registration_id, c.partner_id, sa.type_coerce(c.stage, sa.String), c.ports,
        sa.type_coerce(c.yearly_revenue, sa.BigInteger), c.protected_until, c.clock_from, c.paused,
        c.signed_on,
    ).where(c.week == week.thursday, _of_partners(c.partner_id, scope))  # fmt: skip
    return {
        number: Standing(
            number, partner, _STAGES[stage], ports, Decimal(fen).scaleb(-2), until, since, paused, signed
        )
        for number, partner, stage, ports, fen, until, since, paused, signed in session.execute(query).all()
    }


def _of_partners(column: Any, scope: Any) -> Any:
    if isinstance(scope, sa.sql.elements.True_):
        return sa.true()
    return column.in_(sa.select(t.partner.c.id).where(scope))


def standing_columns() -> list[Any]:
    """The columns that `standing_of` reads, of `registration`."""
    c = t.registration.c
    return [
        c.id, c.partner_id, c.stage, c.ports, c.yearly_revenue, c.protected_until, c.paused_from,
        c.owned_since, c.last_progress_at, c.stage_since,
    ]  # fmt: skip


def owned_in(week: Week) -> Any:
    """The condition for a project that a week's report is about: owned, and open or signed since it began."""
    c = t.registration.c
    return sa.and_(c.is_owner, sa.or_(c.stage != Stage.SIGNED, c.stage_since >= week.start))


def _read(session: Session, scope: Any, week: Week, day: date) -> Iterator[Standing]:
    c = t.registration.c
    query = sa.select(*standing_columns()).where(
        owned_in(week), c.partner_id.is_not(None), _of_partners(c.partner_id, scope)
    )
    for row in session.execute(query):
        yield standing_of(row, row, day)
