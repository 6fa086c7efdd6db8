"""Filing in tests: `file_as(person, at, name)` files through the service and answers what came of it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.pipeline import Stage
from portal.domain.terms import CustomerClass, Source
from portal.models import tables as t
from portal.registrations.service import Filed, Filing, file_registration
from tests.support.people import Person

CODE = "91310115TX2334G26K"
OTHER_CODE = "91420111GMWC073PBL"
FORM = {
    "customer_name": "慢蜗牛快递有限公司",
    "uscc": "",
    "contact": "苏晓",
    "phone": "138 0000 0000",
    "city": "临江市",
    "customer_class": "B",
    "ports": "60",
    "yearly_revenue": "21,600.00",
    "source": "own",
    "stage": "interest",
}


def phone_of(name: str) -> str:
    """A telephone of its own for every name: an equal one would tell that two may be the same."""
    return f"138{crc32(name.encode()) % 10**8:08d}"


def filing(name: str = "慢蜗牛快递有限公司", **over: Any) -> Filing:
    """A filing with everything that is asked for."""
    values = {
        "customer_name": name,
        "contact": "苏晓",
        "phone": phone_of(name),
        "city": "临江市",
        "customer_class": CustomerClass.B,
        "ports": 60,
        "yearly_revenue": Decimal("21600.00"),
        "stage": Stage.INTEREST,
        "source": Source.OWN,
    } | over
    return Filing(**values)


@pytest.fixture
def file_as(engine: sa.Engine) -> Callable[..., Filed]:
    """File as a person at an instant (aware); further arguments are the filing's."""

    def do(person: Person, at: datetime, name: str = "慢蜗牛快递有限公司", **over: Any) -> Filed:
        with db.transaction(engine) as session:
            return file_registration(session, actor=person.actor, now=at, filing=filing(name, **over))

    return do


@pytest.fixture
def row_of(engine: sa.Engine) -> Callable[[int], Any]:
    """A registration's row as it stands."""

    def read(registration_id: int) -> Any:
        with db.reading(engine) as session:
            c = t.registration.c
            return session.execute(sa.select(t.registration).where(c.id == registration_id)).one()

    return read
