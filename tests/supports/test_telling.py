"""Who is told of a request for support: whoever owes it, and whoever asked for it (L2)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.domain.support import SupportKind, SupportState
from portal.models import tables as t
from portal.support.service import ask, finish, plan
from portal.support.telling import tell_overdue
from tests.support.clocks import shanghai
from tests.support.counting import counted
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


def overdue(engine: sa.Engine) -> list[str]:
    return [name for name, kind in heard(engine) if kind == "support_overdue"]


def tell_at(engine: sa.Engine, text: str) -> int:
    with db.transaction(engine) as session:
        return tell_overdue(session, now=shanghai(text))


def requests(engine: sa.Engine, count: int, **values: Any) -> None:
    """Open requests of alice's partner, by hand: the telling asks for nothing else."""
    with db.transaction(engine) as session:
        partner = session.scalar(sa.select(t.partner.c.id).where(t.partner.c.code == "P001"))
        usual = {
            "kind": SupportKind.TRAINING, "need": "培训", "asked_at": shanghai("2026-01-05"),
            "partner_id": partner, "state": SupportState.OPEN, "result": "", "version": 1,
            "due_on": date(2026, 3, 9),
        }  # fmt: skip
        first = session.scalar(sa.select(sa.func.count()).select_from(t.support_request)) or 0
        rows = [usual | values | {"ref": f"R{first + n}"} for n in range(count)]
        session.execute(sa.insert(t.support_request), rows)


def test_a_new_owner_and_a_new_day_are_told_again(engine: sa.Engine, people: Mapping[str, Person]) -> None:
    requests(engine, 1, owner_id=people["customer_service"].user_id)
    assert tell_at(engine, "2026-03-09 23:59") == 0, "its day has not passed"
    assert [tell_at(engine, "2026-03-10 00:00") for _twice in range(2)] == [1, 0]
    change = sa.update(t.support_request)
    with db.transaction(engine) as session:
        session.execute(change.values(owner_id=people["channel_sales"].user_id))
    assert [tell_at(engine, "2026-03-11 09:00") for _twice in range(2)] == [1, 0]
    with db.transaction(engine) as session:
        session.execute(change.values(due_on=date(2026, 3, 12)))
    assert [tell_at(engine, "2026-03-13 09:00") for _twice in range(2)] == [1, 0]
    assert overdue(engine) == ["Customer_service", "Channel_sales", "Channel_sales"]


def test_what_nobody_took_is_told_to_whoever_it_falls_to_once_there_is_somebody(
    engine: sa.Engine, people: Mapping[str, Person]
) -> None:
    requests(engine, 1, kind=SupportKind.SOLUTION, owner_id=None)
    partner = sa.update(t.partner).where(t.partner.c.code == "P001")
    with db.transaction(engine) as session:
        session.execute(partner.values(manager_id=None))
    assert tell_at(engine, "2026-03-10 09:00") == 0
    with db.transaction(engine) as session:
        session.execute(partner.values(manager_id=people["channel_sales"].user_id))
    assert [tell_at(engine, "2026-03-10 10:00") for _twice in range(2)] == [1, 0]
    assert overdue(engine) == ["Channel_sales"]


def test_a_tick_stays_cheap_however_much_is_overdue(engine: sa.Engine, people: Mapping[str, Person]) -> None:
    owner = people["customer_service"].user_id
    requests(engine, 10_000, owner_id=owner, due_on=date(2025, 12, 1))
    requests(engine, 300, owner_id=owner)
    requests(engine, 300, owner_id=None)
    with counted(engine) as first:
        told = tell_at(engine, "2026-03-10 09:00")
    assert told == 600, "product marketing is one person here"
    assert len(first) <= 8, first
    with counted(engine) as again:
        assert tell_at(engine, "2026-03-10 09:01") == 0
    assert len(again) == 1, "nothing new: one question, and no row is looked at twice"
