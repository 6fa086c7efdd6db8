"""Known customers that may be one for the demo: moved in from a spreadsheet, one pair told apart since."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.pairs import tell_apart
from portal.domain.roles import Actor
from portal.imports.run import import_file
from portal.models import tables as t

# Party, customer, city; each name is a slip away from the one beside it.
ROWS = (
    ("QD001", "望海星河动力装备科技有限公司", "望海市"),
    ("QD002", "望海星合动力装备科技有限公司", "望海市"),
    ("QD003", "临江朗月声学仪器有限公司", "临江市"),
    ("QD004", "临江朗悦声学仪器有限公司", "临江市"),
)


def acts(manager: Actor, end: datetime) -> Iterator[tuple[datetime, Callable[[Session, datetime], None]]]:
    """An import on the demo's last evening, after every filing; and what the manager says of it."""

    def bring(session: Session, now: datetime) -> None:
        import_file(
            session, kind="registrations", file_name="old-customers.csv", content=_sheet(now), actor=manager,
            now=now,
        )  # fmt: skip

    def tell(session: Session, now: datetime) -> None:
        c = t.suspicion.c
        named = sa.select(c.id, c.version).where(
            c.one_name == ROWS[2][1], c.other_name == ROWS[3][1], c.is_open
        )
        for row in session.execute(named).all():
            tell_apart(
                session, actor=manager, now=now, pair_id=row.id, version=row.version,
                reason="电话核实：两家公司，法人不同",
            )  # fmt: skip

    yield end - timedelta(hours=3), bring
    yield end - timedelta(hours=2), tell


def _sheet(now: datetime) -> bytes:
    buffer: Any = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["ref", "filed_at", "party", "customer_name", "city", "ports", "stage"])
    for number, (party, name, city) in enumerate(ROWS, start=1):
        filed = now - timedelta(minutes=60 - number)
        writer.writerow([f"OLD-{number}", filed.isoformat(), party, name, city, 20 * number, "interest"])
    return str(buffer.getvalue()).encode()
