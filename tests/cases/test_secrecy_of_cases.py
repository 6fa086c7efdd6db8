"""Who asks for a customer learns nothing about its owner from the case: the bytes are the same (G6, C8)."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.cases.decisions import cast_vote
from portal.cases.service import answer_case
from portal.domain.roles import Role
from portal.models import tables as t
from tests.support.filings import FORM
from tests.support.people import make_user
from tests.web.test_secrecy import OWNED, WORLDS, _where, told, worlds

__all__ = ["worlds"]
READ = (
    "/",
    "/cases",
    "/cases/1",
    "/cases/1/decision",
    "/registrations/3",
    "/board",
    "/registrations",
    "/more",
)
OWNERS = ("another partner", "a third partner", "key accounts", "everything else stated")


@pytest.mark.parametrize("agrees", [False, True], ids=["refused", "taken over"])
def test_the_challenger_reads_the_same_whoever_owns(worlds: Any, login: Any, at: Any, agrees: bool) -> None:
    first: dict[str, Any] = {}
    for world in OWNERS:
        with worlds(world) as (app, people):
            heard = dispute(app, people, login, at, world, agrees=agrees)
        first = first or heard
        assert {key: _where(first[key], heard[key]) for key in first if first[key] != heard[key]} == {}, world


def version(session: Session) -> int:
    return int(session.scalar(sa.select(t.conflict_case.c.version)))


def dispute(app: Any, people: Any, login: Any, at: Any, world: str, *, agrees: bool) -> dict[str, Any]:
    """Bob waits, asks after the lapse, and is refused; all that he is shown meanwhile."""
    heard = {}
    engine = app.extensions["portal_engine"]
    at("2026-03-03 10:00")
    bob = login(app.test_client(), people["bob"])
    bob.post("/registrations", data=FORM | {"customer_name": OWNED})
    now = at("2026-04-10 10:00")
    bob = login(app.test_client(), people["bob"])
    asked = {"kind": "takeover", "reason": "没有进展"}
    heard["asks"] = told(bob.post("/registrations/3/case", data=asked))
    assert heard["asks"][0] == 303

    def read(when: str) -> None:
        heard.update({f"{when} {path}": told(bob.get(path)) for path in READ})

    read("asked")
    owner = people[WORLDS[world][0]]
    with db.transaction(engine) as session:
        answer_case(
            session, actor=owner.actor, now=now, case_id=1, version=version(session), text="我们有证据"
        )
    read("answered")
    with db.transaction(engine) as session:
        judges = [
            make_user(session, "judge", Role.CHANNEL_MANAGER),
            make_user(session, "chief", Role.KEY_ACCOUNTS_MANAGER),
        ]
    for judge in judges if agrees and owner.partner_id is None else judges[:1]:
        with db.transaction(engine) as session:
            cast_vote(
                session, actor=judge.actor, now=now, case_id=1, version=version(session), agrees=agrees,
                reason="看过证据",
            )  # fmt: skip
    read("decided")
    return heard
