"""A database of any size for measuring: invented companies, filed through the import."""

import csv
import io
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from portal import db, schema
from portal.auth.people import add_user
from portal.demo import names
from portal.domain.roles import Role
from portal.domain.terms import PartnerKind
from portal.imports.run import import_file
from portal.imports.words import REGISTRATIONS
from portal.partners.service import add_partner

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
PARTNERS = 500
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
                "party": f"B{draw.randrange(PARTNERS):03d}",
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
