"""Telling: into the inbox and the outbox, in the caller's transaction, each thing once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.notices import Channel, NoticeKind
from portal.domain.roles import Role
from portal.models import tables as t
from portal.notices.service import Note, read_all, read_one, tell, tell_many
from tests.support.clocks import shanghai
from tests.support.counting import counted
from tests.support.people import Person, make_user

NOW = shanghai("2026-03-02 10:00")
People = Mapping[str, Person]
ABOUT = {"customer": "慢蜗牛", "partner": "P001", "until": date(2026, 3, 9)}


def told(session: Session, *people: Person, key: str = "k", **more: Any) -> int:
    what = {"now": NOW, "kind": NoticeKind.LAPSE_SOON, "about": ABOUT, "link": "/registrations/1"} | more
    return tell(session, people=[each.user_id for each in people], key=key, **what)


def inbox(session: Session) -> list[Any]:
    return list(session.execute(sa.select(t.notice).order_by(t.notice.c.id)))


def outbox(session: Session) -> list[Any]:
    return list(session.execute(sa.select(t.outbox).order_by(t.outbox.c.id)))


def choose(session: Session, person: Person, **address: Any) -> None:
    values = {"email_on": True, "wecom_key": "", "dingtalk_token": "", "dingtalk_secret": "", "hours": []}
    session.execute(sa.insert(t.notice_address).values(user_id=person.user_id, **values | address))


def test_who_is_told_has_it_in_the_inbox_and_gets_a_mail(session: Session, people: People) -> None:
    assert told(session, people["alice"], people["channel_sales"]) == 2
    first, second = inbox(session)
    assert {first.user_id, second.user_id} == {people["alice"].user_id, people["channel_sales"].user_id}
    assert (first.kind, first.at, first.read_at) == (NoticeKind.LAPSE_SOON, NOW, None)
    assert first.params == {"customer": "慢蜗牛", "partner": "P001", "until": "2026-03-09"}
    assert [(each.notice_id, each.channel, each.due_at) for each in outbox(session)] == [
        (first.id, Channel.EMAIL, NOW),
        (second.id, Channel.EMAIL, NOW),
    ]


def test_the_same_thing_told_twice_changes_nothing(session: Session, people: People) -> None:
    assert told(session, people["alice"]) == 1
    before = inbox(session), outbox(session)
    assert told(session, people["alice"], about=ABOUT | {"customer": "other"}) == 0
    assert (inbox(session), outbox(session)) == before
    assert told(session, people["alice"], people["bob"]) == 1, "who has not heard it yet hears it"
    assert told(session, people["alice"], key="another") == 1


def test_a_thing_named_twice_in_one_act_is_told_once(session: Session, people: People) -> None:
    notes = [Note([people["alice"].user_id], ABOUT, "/", "same")] * 2
    assert tell_many(session, now=NOW, kind=NoticeKind.LAPSED, notes=notes) == 1
    assert len(outbox(session)) == 1


def test_who_is_switched_off_or_is_not_meant_is_told_nothing(session: Session, people: People) -> None:
    bob = people["bob"]
    session.execute(sa.update(t.user).where(t.user.c.id == bob.user_id).values(active=False))
    assert told(session, bob, people["finance"]) == 0
    assert told(session, bob, people["alice"]) == 1
    about = {"region": "east", "week": "2026-03-05"}
    everybody = [each.user_id for each in people.values()]
    tell(session, now=NOW, people=everybody, kind=NoticeKind.ROLLUP_READY, about=about, link="/", key="r")
    meant = {people[name].user_id for name in ("regional_manager", "channel_manager", "product_marketing")}
    assert {row.user_id for row in inbox(session) if row.kind is NoticeKind.ROLLUP_READY} == meant


def test_the_people_of_a_partner_that_left_are_told_nothing(session: Session, people: People) -> None:
    mine = t.partner.c.id == people["alice"].partner_id
    session.execute(sa.update(t.partner).where(mine).values(active=False))
    assert told(session, people["alice"], people["carol"], people["channel_sales"]) == 2
    assert people["alice"].user_id not in {row.user_id for row in inbox(session)}


def test_a_role_of_the_other_side_is_void(session: Session, people: People) -> None:
    bob = people["bob"].user_id
    session.execute(sa.insert(t.user_role).values(user_id=bob, role=Role.CHANNEL_MANAGER))
    about = {"region": "east", "week": "2026-03-05"}
    assert not tell(
        session, now=NOW, people=[bob], kind=NoticeKind.ROLLUP_READY, about=about, link="/", key="r"
    )


def test_what_a_person_chose_holds(session: Session, people: People) -> None:
    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    choose(session, alice, wecom_key="k", dingtalk_token="t", hours=[9, 17])
    choose(session, bob, email_on=False)
    kind = {"kind": NoticeKind.LAPSE_SOON}
    no_mail = {"user_id": alice.user_id, **kind, "channel": Channel.EMAIL, "wanted": False}
    other = {"user_id": carol.user_id, "kind": NoticeKind.LAPSED, "channel": Channel.EMAIL, "wanted": False}
    session.execute(sa.insert(t.notice_choice), [no_mail, other])
    assert told(session, alice, bob, carol) == 3
    evening = shanghai("2026-03-02 17:00")
    assert [(each.user_id, each.channel, each.due_at) for each in outbox(session)] == [
        (alice.user_id, Channel.WECOM, evening),
        (alice.user_id, Channel.DINGTALK, evening),
        (carol.user_id, Channel.EMAIL, NOW),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": {"customer": "x"}},
        {"link": "https://evil.example"},
        {"link": "//evil.example"},
        {"link": "/\\evil.example"},
        {"link": "/a b"},
        {"link": ""},
        {"link": "/" + "x" * 300},
        {"key": ""},
        {"key": "x" * 121},
    ],
    ids=str,
)
def test_what_cannot_be_told_is_a_mistake_at_once(
    session: Session, people: People, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"cannot be|no path"):
        told(session, people["alice"], **wrong)
    assert inbox(session) == []


def test_many_people_cost_a_few_statements(engine: sa.Engine, people: People) -> None:
    with db.transaction(engine) as session:
        crowd = [make_user(session, f"u{n}", Role.CHANNEL_SALES, region="east").user_id for n in range(300)]
    with counted(engine) as statements, db.transaction(engine) as session:
        told_now = tell(
            session, now=NOW, people=crowd, kind=NoticeKind.LAPSE_SOON, about=ABOUT, link="/", key="k"
        )
    assert told_now == 300
    assert len([each for each in statements if "notice" in each or "outbox" in each]) <= 4, statements


def test_nobody_hears_of_an_act_that_failed(engine: sa.Engine, people: People) -> None:
    def fail() -> None:
        with db.transaction(engine) as session:
            told(session, people["alice"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with db.reading(engine) as session:
        assert (inbox(session), outbox(session)) == ([], [])


def test_reading_is_ones_own_affair(session: Session, people: People) -> None:
    told(session, people["alice"], people["bob"])
    alice, bob = people["alice"].user_id, people["bob"].user_id
    first = next(row for row in inbox(session) if row.user_id == alice)
    later = shanghai("2026-03-02 11:00")
    assert read_one(session, user_id=bob, notice_id=first.id, now=later) is None
    assert read_one(session, user_id=alice, notice_id=first.id, now=later) == "/registrations/1"
    assert read_one(session, user_id=alice, notice_id=first.id, now=shanghai("2026-03-03")) is not None
    assert [row.read_at for row in inbox(session)] == [later, None], "the first reading counts"


def test_all_are_read_that_were_seen(session: Session, people: People) -> None:
    alice = people["alice"]
    told(session, alice, key="1")
    told(session, alice, key="2", kind=NoticeKind.LAPSED)
    seen = inbox(session)[-1].id
    told(session, alice, key="3")
    me = {"user_id": alice.user_id, "now": NOW}
    assert read_all(session, **me, up_to=seen, kind=NoticeKind.LAPSED) == 1
    assert read_all(session, **me, up_to=seen) == 1
    assert [row.read_at is None for row in inbox(session)] == [False, False, True]
