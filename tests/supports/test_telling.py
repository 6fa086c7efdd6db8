"""Who is told of a request for support: whoever owes it, and whoever asked for it (L2)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.domain.support import SupportKind
from portal.models import tables as t
from portal.support.service import ask, finish, plan
from portal.support.telling import tell_overdue
from tests.support.clocks import shanghai
from tests.support.people import Person


def heard(engine: sa.Engine) -> list[tuple[str, str]]:
    n, u = t.notice.c, t.user.c
    with db.reading(engine) as session:
        query = sa.select(u.name, n.kind).join(t.user, u.id == n.user_id).order_by(n.id)
        return [(row.name, row.kind.value) for row in session.execute(query)]


def test_asked_planned_overdue_given_are_told_once_each(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any
) -> None:
    number = file_as(people["bob"], at("2026-03-02 10:00")).registration_id
    service = people["customer_service"]
    with db.transaction(engine) as session:
        request = ask(
            session, actor=people["bob"].actor, now=shanghai("2026-03-02 11:00"), registration_id=number,
            kind=SupportKind.PRICE, need="特价",
        )  # fmt: skip
    assert heard(engine) == [("Channel_manager", "support_asked")]
    with db.transaction(engine) as session:
        due = session.scalar(sa.select(t.support_request.c.due_on))
        plan(
            session, actor=people["channel_manager"].actor, now=shanghai("2026-03-02 12:00"),
            request_id=request, version=1, owner_id=service.user_id, due=due,
        )  # fmt: skip
    assert heard(engine)[1:] == [("Bob", "support_planned"), ("Customer_service", "support_asked")]
    for _twice in range(2):
        with db.transaction(engine) as session:
            tell_overdue(session, now=shanghai("2026-03-10 09:00"))
    assert heard(engine)[3:] == [("Customer_service", "support_overdue")]
    with db.transaction(engine) as session:
        finish(
            session, actor=service.actor, now=shanghai("2026-03-10 10:00"), request_id=request, version=2,
            result="已批",
        )  # fmt: skip
    assert heard(engine)[4:] == [("Bob", "support_closed")]
