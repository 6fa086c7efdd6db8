"""Whom a thing concerns, for one partner or a thousand."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.domain.roles import Role
from portal.models import tables as t
from portal.notices.people import holders, holders_by_region, parties
from tests.support.counting import counted
from tests.support.people import Person, make_partner, make_user

People = Mapping[str, Person]


def switch_off(session: Session, person: Person) -> None:
    session.execute(sa.update(t.user).where(t.user.c.id == person.user_id).values(active=False))


def test_a_partners_people_and_who_looks_after_it(session: Session, people: People) -> None:
    alice, bob, carol = people["alice"], people["bob"], people["carol"]
    manager = people["channel_sales"].user_id
    mine = t.partner.c.id == alice.partner_id
    session.execute(sa.update(t.partner).where(mine).values(manager_id=manager))
    found = parties(session, [alice.partner_id, carol.partner_id])
    assert set(found) == {alice.partner_id, carol.partner_id}
    ours, theirs = found[alice.partner_id], found[carol.partner_id]
    assert (ours.answering, ours.everybody, ours.after) == (
        {alice.user_id}, {alice.user_id, bob.user_id}, {manager},
    )  # fmt: skip
    assert (theirs.answering, theirs.everybody, theirs.after) == ({carol.user_id}, {carol.user_id}, set())


def test_who_is_switched_off_is_of_no_concern(session: Session, people: People) -> None:
    alice, manager = people["alice"], people["channel_manager"]
    switch_off(session, alice)
    switch_off(session, manager)
    ours = parties(session, [alice.partner_id])[alice.partner_id]
    assert (ours.answering, ours.everybody) == (set(), {people["bob"].user_id})
    assert holders(session, [Role.CHANNEL_MANAGER]) == {Role.CHANNEL_MANAGER: set()}


def test_key_accounts_are_a_party_of_their_own(session: Session, people: People) -> None:
    own = parties(session, [None])[None]
    manager, seller = people["key_accounts_manager"].user_id, people["key_accounts"].user_id
    assert (own.answering, own.everybody, own.after) == ({manager}, {manager, seller}, set())


def test_a_role_of_the_other_side_makes_nobody_a_partners(session: Session, people: People) -> None:
    for name, role in (("channel_sales", Role.PARTNER_ADMIN), ("bob", Role.KEY_ACCOUNTS_MANAGER)):
        session.execute(sa.insert(t.user_role).values(user_id=people[name].user_id, role=role))
    found = parties(session, [None, people["bob"].partner_id])
    assert found[None].answering == {people["key_accounts_manager"].user_id}
    assert found[people["bob"].partner_id].answering == {people["alice"].user_id}


def test_roles_are_found_together_and_by_region(session: Session, people: People) -> None:
    local = make_user(session, "norbert", Role.REGIONAL_MANAGER, region="north").user_id
    roles = [Role.CHANNEL_MANAGER, Role.PRODUCT_MARKETING]
    assert holders(session, roles) == {
        Role.CHANNEL_MANAGER: {people["channel_manager"].user_id},
        Role.PRODUCT_MARKETING: {people["product_marketing"].user_id},
    }
    assert holders(session, []) == {}
    east = people["regional_manager"].user_id
    assert holders_by_region(session, Role.REGIONAL_MANAGER) == {"east": {east}, "north": {local}}


def test_many_partners_cost_one_query(engine: sa.Engine, people: People) -> None:
    with db.transaction(engine) as session:
        many = [make_partner(session, f"Q{n:03}") for n in range(400)]
        for n, partner in enumerate(many):
            make_user(session, f"rep{n}", Role.PARTNER_REP, partner_id=partner)
    with db.reading(engine) as session, counted(engine) as statements:
        found = parties(session, many)
    assert len(statements) == 1, statements
    assert all(len(found[each].everybody) == 1 for each in many)
