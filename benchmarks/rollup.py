"""What a Friday costs: the roll-ups of 100,000 open projects over 52 kept weeks, beside hand-written SQL.

    python -m benchmarks.rollup --url sqlite:////tmp/rollup.db --projects 100000 --weeks 52

The database must be new. The SQL adds up the same stages and changes of every region, and both must agree.
"""

import argparse
import json
import resource
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session

from benchmarks.filling import PARTNERS, found
from portal import db, models
from portal.commands import output
from portal.domain.facts import Rule, State
from portal.domain.pipeline import STAGES, Stage
from portal.domain.terms import EventKind
from portal.domain.weeks import Week, last_weeks
from portal.models import tables as t
from portal.weekly.rollup import make_rollups
from portal.weekly.snapshots import keep_week

_NEWEST = Week(date(2026, 11, 26))
_FRIDAY = datetime(2026, 11, 27, 2, tzinfo=UTC)
_FILED = datetime(2025, 10, 6, 2, tzinfo=UTC)
_REGIONS = ("华东", "华北", "华南", "华中", "西南", "东北")
_PART = 5000
# Every project stands another week at another stage; in one week a tenth of them moves.
_STAGE = "CASE ((r.id + {week}) / 10) % 4 WHEN 0 THEN 'interest' WHEN 1 THEN 'meeting'" \
    " WHEN 2 THEN 'solution' ELSE 'trial' END"  # fmt: skip
_COPIED = """
INSERT INTO week_project (week, registration_id, partner_id, stage, ports, yearly_revenue, protected_until,
    clock_from, paused)
SELECT :week, r.id, r.partner_id, {stage}, r.ports, r.yearly_revenue, :until, :clock, {no}
FROM registration r ORDER BY r.id
"""


def fill(engine: Engine, projects: int, weeks: list[Week]) -> None:
    """Customers with one owner each, and every week but the newest as it was kept."""
    found(engine)
    with db.transaction(engine) as session:
        for place, region in enumerate(_REGIONS):
            ids = [each for each in range(1, PARTNERS + 1) if each % len(_REGIONS) == place]
            session.execute(sa.update(t.partner).where(t.partner.c.id.in_(ids)).values(region=region))
        for start in range(1, projects + 1, _PART):
            _part(session, range(start, min(start + _PART, projects + 1)), len(weeks))
    with db.transaction(engine) as session:
        for place, week in enumerate(weeks):
            _keep(session, week, place)


def _part(session: Session, ids: range, newest: int) -> None:
    customers, claims, events = [], [], []
    for each in ids:
        stage = STAGES[((each + newest) // 10) % 4]
        moved = _FRIDAY - timedelta(days=3) if (each + newest) % 10 == 0 else _FRIDAY - timedelta(days=20)
        customers.append({"id": each, "name": f"第{each}号", "founder_key": each, "founder_ref": f"R{each}",
                          "founder_at": _FILED, "created_at": _FILED})  # fmt: skip
        claims.append({
            "id": each, "ref": f"R{each}", "partner_id": each % PARTNERS + 1, "filed_at": _FILED,
            "ports": each % 200, "yearly_revenue": Decimal(each % 99991).scaleb(-2) * 100,
            "customer_name": f"第{each}号有限公司", "filed_stage": Stage.INTEREST, "full_key": f"k{each}",
            "version": 1, "customer_id": each, "is_owner": True, "state": State.ACTIVE,
            "state_rule": Rule.FIRST, "state_since": _FILED, "stage": stage, "highest_stage": stage,
            "stage_since": moved, "owned_since": _FILED, "last_progress_at": moved,
            "protected_until": (moved + timedelta(days=28)).date(), "trial_ends_on": date(2026, 11, 28),
        })  # fmt: skip
        for kind, at, to in ((EventKind.FILED, _FILED, Stage.INTEREST), (EventKind.MOVED, moved, stage)):
            events.append({"registration_id": each, "kind": kind, "at": at, "recorded_at": at, "stage": to,
                           "data": {}, "digest": ""})  # fmt: skip
    for model, rows in (
        (models.Customer, customers), (models.Registration, claims), (models.RegistrationEvent, events),
    ):  # fmt: skip
        session.bulk_insert_mappings(sa.inspect(model), rows)


def _keep(session: Session, week: Week, place: int) -> None:
    count = session.scalar(sa.select(sa.func.count()).select_from(t.registration))
    end = {"week": week.thursday, "taken_at": _FRIDAY, "projects": count, "digest": ""}
    session.execute(sa.insert(t.week_end), [end])
    no = "false" if db.is_postgres(session) else "0"
    copied = _COPIED.replace("{stage}", _STAGE.format(week=place)).replace("{no}", no)
    session.execute(
        sa.text(copied).bindparams(
            sa.bindparam("week", week.thursday, sa.Date),
            sa.bindparam("until", week.thursday + timedelta(days=9), sa.Date),
            sa.bindparam("clock", week.first, sa.Date),
        )
    )


_SUMS = """
SELECT p.region, n.stage, count(*), sum(n.ports), sum(n.yearly_revenue) FROM week_project n
JOIN partner p ON p.id = n.partner_id WHERE n.week = :week GROUP BY p.region, n.stage
"""
_CHANGES = """
SELECT p.region, b.stage, n.stage, count(*) FROM week_project n
JOIN week_project b ON b.week = :before AND b.registration_id = n.registration_id
JOIN partner p ON p.id = n.partner_id WHERE n.week = :week GROUP BY p.region, b.stage, n.stage
"""


def baseline(session: Session) -> tuple[float, dict[str, Any], dict[str, int]]:
    """The same by hand-written SQL: seconds, sums by region and stage, how many advanced by region."""
    began = time.perf_counter()
    day = sa.bindparam("week", _NEWEST.thursday, sa.Date)
    before = sa.bindparam("before", _NEWEST.before.thursday, sa.Date)
    sums = session.execute(sa.text(_SUMS).bindparams(day)).all()
    changes = session.execute(sa.text(_CHANGES).bindparams(day, before)).all()
    took = time.perf_counter() - began
    order = [stage.value for stage in STAGES]
    advanced: dict[str, int] = {}
    for region, was, is_, number in changes:
        if order.index(is_) > order.index(was):
            advanced[region] = advanced.get(region, 0) + number
    told = {
        f"{region} {stage}": [number, int(ports), f"{Decimal(int(fen)).scaleb(-2):.2f}"]
        for region, stage, number, ports, fen in sums
    }
    return took, told, advanced


def compare(session: Session, sums: dict[str, Any], advanced: dict[str, int]) -> None:
    """Stop where the roll-ups do not say what the SQL says."""
    c = t.rollup.c
    for row in session.execute(sa.select(t.rollup).where(c.region != "", c.week == _NEWEST.thursday)):
        text = json.loads(row.content)
        for stage, place in text["stages"].items():
            said = [place["projects"], place["ports"], place["revenue"]]
            wanted = sums.get(f"{row.region} {stage}", [0, 0, "0.00"])
            if said != wanted:
                raise SystemExit(f"{row.region} {stage}: {said} is not {wanted}")
        if text["changes"]["advanced"] != advanced.get(row.region, 0):
            raise SystemExit(f"{row.region}: {text['changes']['advanced']} advanced")


def main() -> None:
    """Fill, make the roll-ups of the week before, keep the newest week, make its roll-ups, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--projects", type=int, default=100_000)
    parser.add_argument("--weeks", type=int, default=52)
    asked = parser.parse_args()
    engine = db.make_engine(asked.url)
    fill(engine, asked.projects, last_weeks(_NEWEST, asked.weeks)[:-1])
    # Every Friday but the first has one before it, which it reads.
    with output.uncollected(), db.transaction(engine) as session:
        make_rollups(session, _NEWEST.before, now=_FRIDAY - timedelta(days=7), actor=None)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    began = time.perf_counter()
    with db.transaction(engine) as session:
        keep_week(session, _NEWEST, now=_FRIDAY)
    kept = time.perf_counter() - began
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, used_before = time.perf_counter(), time.process_time()
    with output.uncollected(), db.transaction(engine) as session:
        made = make_rollups(session, _NEWEST, now=_FRIDAY, actor=None)
    rolled, worked = time.perf_counter() - began, time.process_time() - used_before
    with db.reading(engine) as session:
        by_hand, sums, advanced = baseline(session)
        compare(session, sums, advanced)
        c = t.rollup.c
        size = session.scalar(
            sa.select(sa.func.sum(sa.func.length(c.content))).where(c.week == _NEWEST.thursday)
        )
        rows = session.scalar(sa.select(sa.func.count()).select_from(t.week_project))
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{rows:,} rows of kept weeks; the newest kept in {kept:.1f} s")
    print(
        f"{made} roll-ups in {rolled:.2f} s ({worked:.2f} s of processor time), "
        f"{int(size or 0) / 1e6:.1f} M characters"
    )
    print(f"largest process {used / 1024:.0f} MB ({before / 1024:.0f} MB before)")
    print(f"sums and changes by hand-written SQL: {by_hand:.2f} s; both agree")


if __name__ == "__main__":
    main()
