"""A frozen roll-up stays to the byte what it was, whatever is changed afterwards: text, page, file."""

import io
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.conflicts.decisions import merge_customers
from portal.domain.pipeline import Stage
from portal.domain.terms import Tier
from portal.domain.versions import merged
from portal.models import tables as t
from portal.partners.service import add_tier_term, change_partner
from portal.pipeline.service import move_project, release
from portal.policy.service import completed, policy_on
from portal.policy.versions import put_in_force
from portal.registrations.work import edit_details, set_next_step
from portal.weekly.reporting import send_report
from portal.weekly.rollup import make_rollups
from portal.weekly.rollup_queries import rollup_of
from tests.support.clocks import shanghai
from tests.support.commands import Portal
from tests.support.people import Person
from tests.weekly.test_rollup import FRIDAY, WEEK, do, give, one_project
from tests.weekly.test_snapshots import GATE

__all__ = ["one_project"]
People = Mapping[str, Person]
# Every session has its own.
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"|"X-CSRFToken": "[^"]*"')
PAGES = ("", "?region=east", "/xlsx", "/xlsx?region=east")


def change_everything(engine: sa.Engine, people: People, other: int) -> None:
    """Everything that a roll-up tells of is something else afterwards."""
    manager, now = people["channel_manager"].actor, FRIDAY + timedelta(days=1)
    edited = {"customer_name": "改名后有限公司", "ports": 7, "yearly_revenue": Decimal("1.00")}
    do(engine, people, now, edit_details, values=edited)
    do(engine, people, now, set_next_step, step="别的", due=date(2026, 5, 1))
    give(engine, people, now)
    do(engine, people, now, move_project, to=Stage.SOLUTION, gate=GATE, reason="客户要求")
    with db.transaction(engine) as session:
        c = t.registration.c
        first, second = session.scalars(sa.select(c.customer_id).where(c.is_owner).order_by(c.id)).all()
        merge_customers(session, actor=manager, now=now, loser=second, winner=first, reason="同一家")
        row = session.execute(sa.select(c.id, c.version).where(c.id == other)).one()
        release(session, actor=people["carol"].actor, now=now + timedelta(hours=1), registration_id=row.id,
                version=row.version, reason="暂缓")  # fmt: skip
    do(engine, people, now + timedelta(hours=2), release, reason="暂缓")
    with db.transaction(engine) as session:
        for who in ("alice", "carol"):
            partner = people[who].partner_id or 0
            version = session.scalar(sa.select(t.partner.c.version).where(t.partner.c.id == partner))
            values = {"name": f"新名{partner}", "region": "west", "active": False}
            change_partner(session, actor=manager, now=now, partner_id=partner, version=version or 0,
                           values=values)  # fmt: skip
            session.flush()
            row = session.execute(sa.select(t.partner).where(t.partner.c.id == partner)).one()
            sent = send_report(session, actor=people[who].actor, now=now + timedelta(hours=3), partner=row,
                               week=WEEK, policy=policy_on(session, now.date()))  # fmt: skip
            assert sent.late
        add_tier_term(session, actor=manager, now=now, partner_id=people["carol"].partner_id or 0,
                      tier=Tier.GOLD, starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31))  # fmt: skip
        weights = {"stage_weights": {"trial": "0.10"}, "week": {"stuck_days": 1}, "lapsing_soon_days": [9, 8]}
        put_in_force(
            session, actor=manager, now=now, effective_from=date(2026, 3, 8), reason="-",
            body=merged(completed({}), weights),
        )  # fmt: skip


def test_whatever_changes_later_a_frozen_roll_up_does_not(
    engine: sa.Engine, people: People, app: Flask, login: Any, file_as: Any, at: Any, one_project: int,
    portal: Portal,
) -> None:  # fmt: skip
    other = file_as(people["carol"], shanghai("2026-03-03 10:00"), "云上豆腐有限公司").registration_id
    with db.transaction(engine) as session:
        make_rollups(session, WEEK, now=FRIDAY, actor=None)
    at("2026-03-20 10:00")

    def told() -> list[Any]:
        with db.reading(engine) as session:
            texts = [rollup_of(session, WEEK, region) for region in ("", "east")]
        client = login(app.test_client(), people["channel_manager"])
        pages = [client.get(f"/rollups/{WEEK.thursday}{each}") for each in PAGES[:2]]
        books = [client.get(f"/rollups/{WEEK.thursday}{each}").data for each in PAGES[2:]]
        files = [portal("export", "rollup", "--format", form).stdout_bytes for form in ("csv", "json")]
        assert [each.status_code for each in pages] == [200, 200]
        return [texts, [TOKEN.sub("", each.text) for each in pages], [cells(each) for each in books], files]

    before = told()
    change_everything(engine, people, other)
    assert told() == before


def cells(book: bytes) -> list[Any]:
    """What stands in a workbook; its zip has the hour in it."""
    read = openpyxl.load_workbook(io.BytesIO(book))
    return [(sheet.title, list(sheet.iter_rows(values_only=True))) for sheet in read]
