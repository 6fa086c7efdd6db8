"""What a review returned to a partner and nothing has answered yet: a task of its people (W3)."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict
from portal.domain.weeks import Week
from portal.models import tables as t

_ANSWERING = (EventKind.REPORTED, EventKind.REVIEWED, EventKind.PROGRESS)
_MOST = 20


def returned_and_reported(
    session: Session, scope: Any, *, partner_id: int, week: Week
) -> tuple[list[Any], datetime | None]:
    """Projects in `scope` (a condition on `registration`) whose last return awaits an answer, newest first.

    It is answered by the next report that names the project, by whatever its partner's people tell of it
    afterwards, and by the next verdict. Read along: when the partner's report of `week` was sent, if it was.
    """
    values = {"partner": partner_id, "week": week.thursday}
    rows = session.execute(_both(scope), values).all()
    [sent] = [row.at for row in rows if row.id is None]
    return [row for row in rows if row.id is not None], sent


@lru_cache(maxsize=200)
def _both(scope: Any) -> Any:
    returned = _returned(scope).subquery()
    w, p = t.weekly_report.c, t.partner.c
    report = (
        sa.select(sa.null(), p.name, sa.literal(""), w.submitted_at)
        .select_from(t.partner)
        .join(
            t.weekly_report,
            sa.and_(w.partner_id == p.id, w.week == sa.bindparam("week")),
            isouter=True,
        )
        .where(p.id == sa.bindparam("partner"))
    )
    return sa.union_all(sa.select(returned), report)


@lru_cache(maxsize=200)
def _returned(scope: Any) -> Any:
    v, r = t.review_line.c, t.registration.c
    later, teller = t.registration_event.alias("later"), t.user.alias("teller")
    told = sa.and_(teller.c.partner_id.is_not(None), teller.c.partner_id == r.partner_id)
    answered = (
        sa.select(later.c.id)
        .join(teller, teller.c.id == later.c.actor_id, isouter=True)
        .where(
            later.c.registration_id == v.registration_id,
            later.c.id > v.event_id,
            later.c.kind != EventKind.UNDONE,
            sa.or_(told, later.c.kind.in_(_ANSWERING)),
        )
    )
    return (
        sa.select(r.id, r.customer_name, v.sentence, v.at)
        .join(t.registration, r.id == v.registration_id)
        .where(scope, r.is_owner, v.verdict == LineVerdict.RETURNED, sa.not_(answered.exists()))
        .order_by(v.at.desc(), r.id)
        .limit(_MOST)
    )
