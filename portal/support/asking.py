"""Ask for support on many projects of a party at once, as a weekly report does (L2, W2).

What comes of it is what `service.ask` does for each; the statements are as many for one as for hundreds.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_of_claims
from portal.conflicts.service import settle
from portal.db import chunks, lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.roles import Actor
from portal.domain.support import SupportKind, default_due
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.support.records import asked_fact, asked_row, name_of_new, show_oldest_of
from portal.support.scope import ENDED, may_ask, parties_of_claims
from portal.support.telling import tell_all_asked

_s = t.support_request.c
_NAME = (
    sa.update(t.support_request)
    .where(_s.id == sa.bindparam("of"))
    .values(ref=sa.bindparam("new_ref"), event_id=sa.bindparam("fact"))
)


def ask_on_projects(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    needs: Mapping[int, str],
    kind: SupportKind,
    week: date,
) -> None:
    """Ask for what each project needs, due as the policy of the day says.

    :raises RuleViolation: ``support.not_yours``; ``pipeline.ended``.
    """
    if not needs:
        return
    lock_registry(session)
    parties = parties_of_claims(session, needs)
    if not all(may_ask(actor, each) for each in parties.values()):
        raise RuleViolation("support.not_yours")
    if any(each.state in ENDED for each in parties.values()):
        raise RuleViolation("pipeline.ended")
    figures = policy_on(session, business_date(now)).week
    assert figures is not None  # noqa: S101 - every policy is parsed with its week
    due = default_due(business_date(now), figures.support_working_days)
    times = next_of_claims(session, needs, now)
    rows = [
        asked_row(
            actor=actor, now=times[number], registration_id=number, kind=kind, need=need, due=due, week=week
        )
        for number, need in sorted(needs.items())
    ]  # fmt: skip
    ids = _insert(session, rows)
    journal.write(
        session,
        [asked_fact(row, name_of_new(ids[row["registration_id"]]), actor) for row in rows],
        actor=actor,
    )
    facts = _newest_facts(session, needs)
    names = [
        {"of": ids[number], "new_ref": name_of_new(ids[number]), "fact": facts[number]} for number in needs
    ]
    session.connection().execute(_NAME, names)
    show_oldest_of(session, needs)
    customers = {each.customer_id for each in parties.values() if each.customer_id is not None}
    settle(session, customers, now=max(times.values()))
    tell_all_asked(session, ids.values(), now=now, actor=actor)


def _insert(session: Session, rows: list[dict[str, Any]]) -> dict[int, int]:
    """Write new requests; their ids by project."""
    new = sa.insert(t.support_request).returning(_s.id, _s.registration_id)
    pending = [{**row, "ref": f"pending-{row['registration_id']}", "version": 1} for row in rows]
    return {row.registration_id: row.id for row in session.execute(new, pending)}


def _newest_facts(session: Session, projects: Collection[int]) -> dict[int, int]:
    """The fact that asked last, by project."""
    e, found = t.registration_event.c, {}
    for part in chunks(projects):
        query = (
            sa.select(e.registration_id, sa.func.max(e.id).label("id"))
            .where(e.registration_id.in_(part), e.kind == EventKind.SUPPORT_ASKED)
            .group_by(e.registration_id)
        )
        found.update({row.registration_id: row.id for row in session.execute(query)})
    return found
