"""`portal rebuild ownership`: what was broken by hand or half done follows from the facts again."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.service import rebuild
from portal.domain.facts import Rule
from portal.models import tables as t
from tests.support.people import Person


def test_check_reports_and_rebuild_repairs(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"))
    file_as(people["carol"], at("2026-03-03 10:00"))
    file_as(people["alice"], at("2026-03-03 11:00"), "深圳市华达科技有限公司")
    file_as(people["carol"], at("2026-03-03 12:00"), "华达科技")
    now = at("2026-03-05 10:00")
    c = t.registration.c
    with db.transaction(engine) as session:
        session.execute(sa.update(t.registration).where(c.id == 1).values(is_owner=False, state="waiting"))
        session.execute(
            sa.update(t.registration).where(c.id == 2).values(is_owner=True, state="active", queue_position=0)
        )
        session.execute(sa.update(t.ownership).values(registration_id=2))
        session.execute(sa.delete(t.pipeline_stat))
    with db.reading(engine) as session:
        found = list(problems(session, now=now))
        assert {table for table, _row, _problem in found} == {"registration", "ownership", "pipeline_stat"}
        assert list(problems(session, now=now)), "looking repairs nothing"
    with db.transaction(engine) as session:
        db.lock_registry(session)
        assert rebuild(session, now=now) == 2
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
        acts = session.scalars(sa.select(t.audit_entry.c.action)).all()
    assert acts[-1] == "ownership.rebuilt"


def test_where_filings_are_follows_from_the_facts_again_too(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any
) -> None:
    """As after an upgrade to rules that hold fewer names for the same: what they held stands corrected."""
    file_as(people["alice"], at("2026-03-02 10:00"), "北京青鲸酒店有限公司")
    file_as(people["carol"], at("2026-03-03 10:00"), "成都青鲸酒店股份有限公司")
    file_as(people["carol"], at("2026-03-03 11:00"), "青鲸酒店")
    now = at("2026-03-05 10:00")
    r, p = t.registration.c, t.placement.c
    with db.transaction(engine) as session:
        session.execute(sa.update(t.placement).where(p.registration_id == 2).values(customer_id=None))
        later = {"registration_id": 2, "at": now, "customer_id": 2, "rule": Rule.HELD}
        session.execute(sa.insert(t.placement), [later])
        session.execute(sa.delete(t.placement).where(p.registration_id == 3))
        session.execute(sa.update(t.registration).where(r.id == 3).values(suspect_id=None))
    with db.reading(engine) as session:
        found = {table for table, _row, _problem in problems(session, now=now)}
        assert {"registration", "placement"} <= found
    with db.transaction(engine) as session:
        db.lock_registry(session)
        assert rebuild(session, now=now) == 2
    with db.reading(engine) as session:
        assert list(problems(session, now=now)) == []
