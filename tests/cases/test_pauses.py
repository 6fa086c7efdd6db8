"""Late reviews are listed with their days, and stop a clock only where one ran meanwhile (C3)."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from portal import db
from portal.conflicts.decisions import decide_held
from portal.conflicts.facts import load_dossier
from portal.domain.conflicts import replay
from portal.domain.facts import State
from portal.policy.service import load_policies
from tests.cases.conftest import World
from tests.support.clocks import At, shanghai


@pytest.fixture
def reviewed_late(world: World, file_as: Any) -> World:
    """Bob's filing was held on Monday 2 March, due on the 3rd, and found to be another on the 10th."""
    held = file_as(world.people["bob"], shanghai("2026-03-02 11:00"), "慢蜗牛快递")
    assert held.state is State.HELD
    world.claims["bob"] = held.registration_id
    row = world.claim("bob")
    with db.transaction(world.engine) as session:
        decide_held(
            session, actor=world.people["channel_manager"].actor, now=shanghai("2026-03-10 10:00"),
            registration_id=row.id, version=row.version, customer_id=row.suspect_id, same=False,
            reason="两家",
        )  # fmt: skip
    return world


def test_the_clock_of_a_filing_starts_with_the_decision_so_its_review_costs_nothing(
    reviewed_late: World,
) -> None:
    claim = reviewed_late.claim("bob")
    assert (claim.state, claim.protected_until) == (State.ACTIVE, date(2026, 4, 7))
    with db.reading(reviewed_late.engine) as session:
        dossier, policies = load_dossier(session, [claim.customer_id]), load_policies(session)
    until = shanghai("2026-03-20")
    pauses = dossier.pauses([claim.id], policies, until)
    assert [(each.first, each.last) for each in pauses] == [(date(2026, 3, 4), date(2026, 3, 10))]
    facts = dossier.facts(claim.customer_id, policies, until)
    assert replay(facts, policies, until, pauses) == replay(facts, policies, until)


@pytest.mark.engines("sqlite")
def test_it_is_listed_where_the_claim_is_read(
    app: Flask, reviewed_late: World, login: Any, at: At, file_as: Any
) -> None:
    world = reviewed_late
    world.claims["carol"] = file_as(
        world.people["key_accounts"], shanghai("2026-03-11 10:00"), "慢蜗牛快递"
    ).registration_id
    at("2026-04-08 10:00")
    days = "2026-03-04 – 2026-03-10"
    bob = login(app.test_client(), world.people["bob"])
    assert days in bob.get(f"/registrations/{world.claims['bob']}").text
    world.asks("carol", "2026-04-08 10:00", who="key_accounts")
    manager = login(app.test_client(), world.people["channel_manager"])
    assert days in manager.get(f"/cases/{world.case_id}").text
    world.answers("bob", "2026-04-08 11:00")
    world.votes("channel_manager", "2026-04-08 12:00", False)
    assert world.case.decision["owner"]["pauses"] == [
        {"first": "2026-03-04", "last": "2026-03-10", "cause": "held_review"}
    ]
    at("2026-04-08 13:00")
    assert days in bob.get(f"/cases/{world.case_id}/decision").text


@pytest.mark.engines("sqlite")
def test_a_review_that_is_still_owed_is_listed_up_to_today(
    app: Flask, world: World, login: Any, at: At, file_as: Any
) -> None:
    held = file_as(world.people["bob"], shanghai("2026-03-02 11:00"), "慢蜗牛快递").registration_id
    bob = None
    for day, shown in ((date(2026, 3, 3), False), (date(2026, 3, 4), True)):
        at(f"{day} 10:00")
        bob = bob or login(app.test_client(), world.people["bob"])
        assert (f"2026-03-04 – {day}" in bob.get(f"/registrations/{held}").text) is shown
