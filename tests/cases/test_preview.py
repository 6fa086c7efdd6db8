"""Who votes, decides an appeal, agrees or asks first sees what it changes, by the very act (C4–C9)."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.cases import CaseKind, CaseStatus
from portal.models import tables as t
from tests.cases.conftest import World
from tests.support.clocks import At

LOOK = {"look": "1"}


@pytest.fixture
def rows(world: World) -> Any:
    """Every row of the tables that an act in a case writes to."""

    def read() -> list[Any]:
        tables = (
            t.registration,
            t.registration_event,
            t.conflict_case,
            t.case_vote,
            t.ownership,
            t.audit_entry,
        )
        with db.reading(world.engine) as session:
            return [list(session.execute(sa.select(table).order_by(*table.primary_key))) for table in tables]

    return read


def kept(page: str) -> dict[str, str]:
    """What the preview's form sends when it is confirmed; the token comes with the client."""
    main = page[page.index("<main") :]
    names = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', main)
    return {name: value for name, value in names if name != "csrf_token"}


def test_a_vote_shows_every_claim_and_the_paper_and_leaves_nothing_behind(
    app: Flask, world: World, login: Any, at: At, rows: Any
) -> None:
    world.asks("carol", "2026-04-01 10:00")
    at("2026-04-08 10:00")
    manager, path = login(app.test_client(), world.people["channel_manager"]), f"/cases/{world.case_id}"
    typed = {"version": world.case.version, "verdict": "yes", "reason": "四周没有进展", "next_owner": ""}
    before = rows()
    page = manager.post(f"{path}/vote", data=typed | LOOK)
    assert (page.status_code, rows()) == (200, before)
    main = page.text[page.text.index("<main") :]
    for party in ("P001", "P002", "P003"):
        assert party in main
    for words in ("2026-05-06", "2026-04-15", "四周没有进展", "C4", "Policy version"):
        assert words in main, words
    assert manager.post(f"{path}/vote", data=kept(page.text)).status_code == 303
    assert world.claim("carol").is_owner
    late = manager.post(f"{path}/vote", data=typed | LOOK)
    assert late.status_code == 409, "looked at from a page that is out of date"


@pytest.mark.engines("sqlite")
def test_the_first_of_two_votes_changes_nothing_yet(
    app: Flask, with_key_accounts: World, login: Any, at: At
) -> None:
    world = with_key_accounts
    world.asks("key_accounts", "2026-04-01 10:00")
    at("2026-04-08 10:00")
    manager = login(app.test_client(), world.people["channel_manager"])
    typed = {"version": world.case.version, "verdict": "yes", "reason": "客户指定"}
    page = manager.post(
        f"/cases/{world.case_id}/vote", data=typed | LOOK | {"next_owner": world.claims["key_accounts"]}
    )
    assert "Your vote is noted." in page.text
    assert "Decision C" not in page.text
    assert world.case.status is CaseStatus.OPEN


@pytest.mark.engines("sqlite")
def test_a_party_sees_its_own_claim_alone(app: Flask, world: World, login: Any, at: At, rows: Any) -> None:
    at("2026-04-01 10:00")
    dan = login(app.test_client(), world.people["dan"])
    asked, before = {"kind": "takeover", "reason": "客户找到我们"}, rows()
    page = dan.post(f"/registrations/{world.claims['dan']}/case", data=asked | LOOK)
    assert (page.status_code, rows()) == (200, before)
    assert "2026-04-07" in page.text, "until when the owner can answer"
    for other in ("P001", "P002", "Alice", "Carol", "R00000001", "R00000002"):
        assert other not in page.text
    assert dan.post(f"/registrations/{world.claims['dan']}/case", data=kept(page.text)).status_code == 303
    world.case_id = 1
    alice = login(app.test_client(), world.people["alice"])
    version = {"version": world.case.version}
    before = rows()
    page = alice.post("/cases/1/agree", data=version | LOOK)
    assert (page.status_code, rows()) == (200, before)
    assert "R00000001" in page.text
    for other in ("P002", "P003", "Dan", "Carol", "R00000002", "R00000003"):
        assert other not in page.text
    assert alice.post("/cases/1/agree", data=kept(page.text)).status_code == 303
    assert world.claim("dan").is_owner


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("verdict", ["upheld", "overturned"])
def test_an_appeal_shows_what_the_last_word_changes(
    app: Flask, world: World, login: Any, at: At, rows: Any, verdict: str
) -> None:
    world.asks("carol", "2026-04-01 10:00")
    world.votes("channel_manager", "2026-04-08 10:00", True)
    world.appeals("alice", "2026-04-09 10:00")
    at("2026-04-10 10:00")
    director = login(app.test_client(), world.people["channel_director"])
    typed, before = {"version": world.case.version, "verdict": verdict, "reason": "看过证据"}, rows()
    page = director.post(f"/cases/{world.case_id}/appeal-decision", data=typed | LOOK)
    assert (page.status_code, rows()) == (200, before)
    assert page.text.count("as before") == (3 if verdict == "upheld" else 0)
    again = director.post(f"/cases/{world.case_id}/appeal-decision", data=kept(page.text))
    assert again.status_code == 303
    assert world.claim("alice").is_owner is (verdict == "overturned")


@pytest.mark.engines("sqlite")
def test_what_would_be_refused_is_said_instead(app: Flask, world: World, login: Any, at: At) -> None:
    at("2026-03-20 10:00")
    carol = login(app.test_client(), world.people["carol"])
    asked = {"kind": "takeover", "reason": "客户找到我们"}
    page = carol.post(f"/registrations/{world.claims['carol']}/case", data=asked | LOOK)
    assert page.status_code == 422
    assert "2026-03-31" in page.text
    world.asks("carol", "2026-03-20 11:00", CaseKind.HANDOVER)
    at("2026-03-20 12:00")
    for data in ({"verdict": "yes"}, {"verdict": "no", "reason": "x" * 10_000}, {}):
        manager = login(app.test_client(), world.people["channel_manager"])
        answer = manager.post(f"/cases/{world.case_id}/vote", data=data | LOOK)
        assert answer.status_code in (409, 422)
