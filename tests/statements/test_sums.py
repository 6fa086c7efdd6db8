"""Whatever happens in whatever order: totals are lines are ledgers, to the fen, and `portal check` holds.

PORTAL_ACTS=500 walks five hundred acts, with `portal check` after every single one.
"""

import os
import random
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.roles import Role
from portal.imports.run import Refusal
from portal.models import tables as t
from portal.payments import accounts
from tests.payments.conftest import ACCOUNT
from tests.statements.adding import holds, sums
from tests.statements.conftest import NOW
from tests.statements.walking import World
from tests.support.clocks import shanghai
from tests.support.people import Person, make_user

ACTS = int(os.environ.get("PORTAL_ACTS", "0"))


@pytest.fixture
def folk(engine: sa.Engine, signed: None, people: Mapping[str, Person]) -> dict[str, Person]:
    """The administrators of both partners, everybody at the vendor, a second person of finance; accounts."""
    with db.transaction(engine) as session:
        rows = session.execute(sa.select(t.partner.c.code, t.partner.c.id, t.partner.c.region)).all()
        ids = {row.code: row.id for row in rows}
        region = next(row.region for row in rows if row.code == "P1")
        known = {
            "ann": make_user(session, "ann", Role.PARTNER_ADMIN, partner_id=ids["P1"]),
            "ben": make_user(session, "ben", Role.PARTNER_ADMIN, partner_id=ids["P2"]),
            "second": make_user(session, "second", Role.FINANCE),
            "channel_sales": make_user(session, "sam", Role.CHANNEL_SALES, region=region),
        }
        for who in ("ann", "ben"):
            stated = accounts.propose_account(
                session, actor=known[who].actor, now=NOW, partner_id=ids["P1" if who == "ann" else "P2"],
                values=ACCOUNT,
            )  # fmt: skip
            accounts.verify_account(
                session, actor=people["finance"].actor, now=NOW, account_id=stated, version=1, how="回拨确认"
            )
    return {**people, **known}


def walk(world: World, acts: int, *, every: int) -> None:
    """So many acts; sums after each, `portal check` after some of them and at the end."""
    refused = 0
    for number in range(acts):
        try:
            world.act()
        except (RuleViolation, Refusal):
            refused += 1
        with db.reading(world.engine) as session:
            sums(session)
        if number % every == 0:
            assert holds(world) == [], world.done[-12:]
    assert 0 < refused < acts
    assert holds(world) == []


def world_of(engine: sa.Engine, folk: Mapping[str, Person], folder: Any, seed: int) -> World:
    """The partners in December 2026, nothing received yet."""
    return World(engine, folk, random.Random(seed), shanghai("2026-12-02 10:00"), str(folder))


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("seed", range(3))
def test_totals_are_lines_are_ledgers(engine: sa.Engine, folk: Any, tmp_path: Any, seed: int) -> None:
    walk(world_of(engine, folk, tmp_path, seed), ACTS or 90, every=1 if ACTS else 15)


@pytest.mark.engines("postgres")
def test_totals_are_lines_are_ledgers_on_postgres(engine: sa.Engine, folk: Any, tmp_path: Any) -> None:
    walk(world_of(engine, folk, tmp_path, 9), ACTS or 40, every=1 if ACTS else 20)
