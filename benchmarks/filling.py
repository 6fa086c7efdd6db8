"""A database of any size for measuring: invented companies, filed through the import."""

import csv
import io
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from portal import db, schema
from portal.auth.people import add_user
from portal.conflicts import stats
from portal.demo import names
from portal.domain.roles import Role
from portal.domain.terms import PartnerKind
from portal.imports.run import import_file
from portal.imports.words import REGISTRATIONS
from portal.models import tables as t
from portal.partners.service import add_partner

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PARTNERS = 500
# The measured partner has as many registrations at either size: what grows is what lies around it.
OWN = 600
# Between the ids of one copy and the next; more than anything that is filed while measuring.
_APART = 1_000_000
STAGES = ("interest", "meeting", "solution", "trial", "signed")


def found(engine: Engine) -> None:
    """The schema, 500 partners, a rep of the first one, and a channel manager."""
    schema.bring_up_to_date(engine, now=NOW)
    with db.transaction(engine) as session:
        for number in range(PARTNERS):
            values = {
                "code": f"B{number:03d}",
                "name": f"伙伴{number}",
                "kind": PartnerKind.GROWTH,
                "region": "华东",
            }
            partner_id = add_partner(session, actor=None, now=NOW, values=values)
            if not number:
                _person(session, "rep@example.com", Role.PARTNER_REP, partner_id)
        _person(session, "manager@example.com", Role.CHANNEL_MANAGER, None)


def _person(session: Any, email: str, role: Role, partner_id: int | None) -> None:
    add_user(
        session, actor=None, now=NOW, email=email, name=email.partition("@")[0], roles={role},
        partner_id=partner_id, locale="zh",
    )  # fmt: skip


def fill(engine: Engine, first: int, last: int) -> float:
    """Import registrations `first`…`last`, three for each customer; rows a second."""
    content = sheet(first, last)
    began = time.perf_counter()
    with db.transaction(engine) as session:
        import_file(session, kind="registrations", file_name="b.csv", content=content, actor=None, now=NOW)
    return (last - first) / (time.perf_counter() - began)


def multiply(engine: Engine, base: int, times: int) -> None:
    """Make `base` imported registrations `times` as many: copies of their rows under other names.

    What the pages read is there in the proportions of the import; the audit trail is not copied.
    The measured partner keeps what it has: its rows' copies go to the others.
    """
    with engine.begin() as connection:
        for number in range(1, times):
            _copy(connection, base, _APART * number, f"{number}号有限公司")
        if engine.dialect.name == "postgresql":
            for table in (t.customer, t.customer_alias, t.registration, t.registration_event, t.ownership):
                newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                connection.execute(sa.select(sa.func.setval(sequence, newest)))
        connection.execute(sa.delete(t.pipeline_stat))
    with db.transaction(engine) as session:
        rows = [
            dict(zip(("party_id", "stage", "projects", "ports", "yearly_revenue", "reached"),
                     (*key, *totals), strict=True))
            for key, totals in stats.recount(session).items()
        ]  # fmt: skip
        session.execute(sa.insert(t.pipeline_stat), rows)


def _copy(connection: sa.Connection, base: int, offset: int, ending: str) -> None:
    def renamed(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        return sa.func.replace(column, "有限公司", ending)

    c = t.registration.c
    others = c.id % (PARTNERS - 1) + 2
    changed: list[tuple[sa.Table, set[str], dict[str, Any]]] = [
        (t.customer, {"id", "founder_key"}, {"name": renamed(t.customer.c.name)}),
        (t.customer_alias, {"id", "customer_id"}, _names(t.customer_alias, "name", renamed, ending)),
        (
            t.registration,
            {"id", "customer_id", "suspect_id"},
            {
                **_names(t.registration, "customer_name", renamed, ending),
                "ref": sa.literal("C") + sa.cast(c.id + offset, sa.String),
                "partner_id": sa.case((c.partner_id == 1, others), else_=c.partner_id),
            },
        ),
        (t.registration_event, {"id", "registration_id"}, {}),
        (t.ownership, {"id", "customer_id", "registration_id"}, {}),
        (t.placement, {"registration_id", "customer_id"}, {}),
        (t.search_gram, {"registration_id"}, {}),
    ]
    for table, moved, values in changed:
        source = [
            values[each.name].label(each.name) if each.name in values
            else (each + offset).label(each.name) if each.name in moved
            else each
            for each in table.c
        ]  # fmt: skip
        query = sa.select(*source).where(_imported(table, base))
        connection.execute(sa.insert(table).from_select([each.name for each in table.c], query))


def _imported(table: sa.Table, base: int) -> sa.ColumnElement[bool]:
    """The rows that came with the import, not with filings that were measured since."""
    if table is t.customer:
        return t.customer.c.founder_key <= base
    if table is t.customer_alias:
        known = sa.select(t.customer.c.id).where(t.customer.c.founder_key <= base)
        return t.customer_alias.c.customer_id.in_(known)
    claim: sa.ColumnElement[int] = table.c.id if table is t.registration else table.c.registration_id
    return claim <= base


def _names(table: sa.Table, name: str, renamed: Any, ending: str) -> dict[str, Any]:
    core = ending.removesuffix("有限公司")
    return {
        name: renamed(table.c[name]),
        "full_key": renamed(table.c.full_key),
        "core_key": table.c.core_key + core,
    }


def sheet(first: int, last: int) -> bytes:
    """The rows as CSV."""
    draw = random.Random(first)
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(REGISTRATIONS))
    writer.writeheader()
    for number in range(first, last):
        customer = number // 3
        base = random.Random(customer)
        filed = NOW - timedelta(days=draw.uniform(0, 170))
        writer.writerow(
            {
                "ref": f"B{number:08d}",
                "filed_at": filed.isoformat(),
                "party": f"B{0 if number < OWN else draw.randrange(1, PARTNERS):03d}",
                "customer_name": f"{names.company(base)[:-4]}{customer}有限公司",
                "contact": "王总",
                "phone": "17000000000",
                "city": draw.choice(names.CITIES),
                "class": draw.choice("ABC"),
                "ports": draw.choice((8, 16, 40, 80)),
                "yearly_revenue": draw.choice((9600, 19200, 48000)),
                "stage": draw.choices(STAGES, (40, 25, 15, 10, 10))[0],
                "source": "own",
            }
        )
    return buffer.getvalue().encode()
