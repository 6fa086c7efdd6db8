"""The pages of the policy: draft, look, put in force, withdraw (§12)."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.commands.checking import problems
from portal.domain.errors import RuleViolation
from portal.domain.figures import FIGURES
from portal.models import tables as t
from portal.policy.service import policy_on
from tests.support.people import Person

pytestmark = pytest.mark.engines("sqlite")
TODAY = date(2026, 3, 2)


@pytest.fixture
def manager(app: Flask, people: Mapping[str, Person], login: Any, at: Any) -> FlaskClient:
    """The channel manager on 2 March 2026."""
    at("2026-03-02 10:00")
    client: FlaskClient = login(app.test_client(), people["channel_manager"])
    return client


def shown(page: str) -> dict[str, str]:
    """What stands in the fields of the form."""
    fields = re.findall(r'<input class="in-t"[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)
    fields += re.findall(r'<textarea class="in-t"[^>]* name="([^"]+)"[^>]*>([^<]*)<', page)
    fields += re.findall(r'<input type="hidden" name="(version)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}


def keep(client: FlaskClient, **over: str) -> str:
    """Keep a draft with these figures typed over those in force; answers its address."""
    form = shown(client.get("/policy/new").text) | over
    answer = client.post("/policy/drafts", data=form)
    assert answer.status_code == 303, re.findall(r'class="err".*?</p>', answer.text)
    return str(answer.location)


def rows(engine: sa.Engine, table: Any) -> list[Any]:
    with db.reading(engine) as session:
        return list(session.execute(sa.select(table).order_by(table.c.id)))


def test_the_form_has_a_field_for_every_figure(manager: FlaskClient) -> None:
    fields = shown(manager.get("/policy/new").text)
    assert set(FIGURES) | {"effective_from", "reason"} == set(fields)
    assert (fields["rates.port.gold"], fields["deposits.gold"]) == ("40%", "90000")
    assert (fields["traffic_warnings"], fields["floor_prices.idd.gold"]) == ("80%, 95%", "")


def test_a_draft_shows_what_was_understood_and_what_it_changes(
    manager: FlaskClient, engine: sa.Engine
) -> None:
    address = keep(
        manager,
        **{"rates.port.gold": "42", "floor_prices.idd.gold": "1.85", "floor_prices.idd.silver": "1.8"},
        protection_days="30",
    )
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", manager.get(address).text))
    for said in ("Port fees, Gold, year 1 40% 42%", "28 days 30 days", "none ¥1.85 a minute"):
        assert said in page
    assert "a better tier has a higher floor price" in page  # M3: warned, not refused
    [draft] = rows(engine, t.policy_draft)
    [version] = rows(engine, t.policy_version)
    assert draft.body["rates"]["port"]["gold"] == "0.42"
    untouched = set(version.body) - {"rates", "floor_prices", "protection_days"}
    assert {name: draft.body[name] for name in untouched} == {name: version.body[name] for name in untouched}


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("rates.port.gold", "1", "could be one per cent or all of it"),
        ("rates.port.gold", "140", "is more than all of it"),
        ("protection_days", "", "fill"),
        ("protection_days", "400", "is too much"),
        ("stage_weights.trial", "x", "is not a percentage"),
        ("tiers.gold.closed_customers", "3", "does not fit"),
        ("deposits.gold", "1.005", "more than two decimals"),
        ("effective_from", "2026-02-30", "no such day"),
    ],
)
def test_a_wrong_figure_is_said_at_its_field_and_all_input_kept(
    manager: FlaskClient, engine: sa.Engine, field: str, typed: str, said: str
) -> None:
    form = shown(manager.get("/policy/new").text) | {"debt_due_days": "45", field: typed}
    answer = manager.post("/policy/drafts", data=form)
    assert answer.status_code == 422
    kept = shown(answer.text)
    assert (kept[field], kept["debt_due_days"]) == (typed, "45")
    [message] = re.findall(rf'id="{re.escape(field)}-e">(.*?)</p>', answer.text, re.S)
    assert said in message or said == "fill"
    assert rows(engine, t.policy_draft) == []


def test_a_draft_decides_nothing_until_it_is_in_force(manager: FlaskClient, engine: sa.Engine) -> None:
    address = keep(manager, protection_days="30", reason="spring")
    with db.reading(engine) as session:
        assert policy_on(session, TODAY + timedelta(days=400)).protection_days == 28
    form = shown(manager.get(f"{address}/enforce").text)
    assert (form["effective_from"], form["reason"]) == ("2026-03-03", "spring")
    answer = manager.post(f"{address}/enforce", data=form)
    assert answer.status_code == 303
    with db.reading(engine) as session:
        days = [policy_on(session, TODAY + timedelta(days=each)).protection_days for each in (0, 1)]
        assert list(problems(session, now=session.scalar(sa.select(t.audit_entry.c.at).limit(1)))) == []
    assert days == [28, 30]
    assert rows(engine, t.policy_draft) == []
    entry = next(each for each in rows(engine, t.audit_entry)[::-1] if each.action == "policy.added")
    assert (entry.reason, entry.details["effective_from"]) == ("spring", "2026-03-03")
    listed = manager.get("/policy").text
    assert "28 days → 30 days" in listed
    assert "spring" in listed


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"effective_from": "2026-03-02"}, "tomorrow at the earliest"),
        ({"effective_from": ""}, None),
        ({"reason": " "}, None),
        ({"effective_from": "2000-01-01"}, "Another version starts on"),
    ],
)
def test_a_version_needs_a_day_to_come_and_a_reason(
    manager: FlaskClient, engine: sa.Engine, over: dict[str, str], said: str | None
) -> None:
    address = keep(manager, reason="-")
    form = shown(manager.get(f"{address}/enforce").text) | over
    answer = manager.post(f"{address}/enforce", data=form)
    assert answer.status_code == 422
    assert said is None or said in answer.text
    assert len(rows(engine, t.policy_version)) == 1


def test_two_versions_never_start_on_one_day(manager: FlaskClient, engine: sa.Engine) -> None:
    first, second = keep(manager, reason="a"), keep(manager, reason="b")
    assert (
        manager.post(f"{first}/enforce", data=shown(manager.get(f"{first}/enforce").text)).status_code == 303
    )
    answer = manager.post(f"{second}/enforce", data=shown(manager.get(f"{second}/enforce").text))
    assert (answer.status_code, len(rows(engine, t.policy_version))) == (422, 2)


def test_the_second_of_two_savers_is_told_and_loses_nothing(manager: FlaskClient, engine: sa.Engine) -> None:
    address = keep(manager, reason="-")
    seen = shown(manager.get(f"{address}/edit").text)
    sure = shown(manager.get(f"{address}/enforce").text)
    assert manager.post(f"{address}/edit", data=seen | {"protection_days": "29"}).status_code == 303
    late = manager.post(f"{address}/edit", data=seen | {"protection_days": "31"})
    assert (late.status_code, shown(late.text)["protection_days"]) == (409, "31")
    assert manager.post(f"{address}/enforce", data=sure).status_code == 409
    assert manager.post(f"{address}/drop", data={"version": seen["version"]}).status_code == 409
    [draft] = rows(engine, t.policy_draft)
    assert draft.body["protection_days"] == 29
    assert manager.post(f"{address}/drop", data={"version": str(draft.version)}).status_code == 303
    assert manager.get(address).status_code == 404


def test_a_version_can_be_withdrawn_until_its_first_day(
    manager: FlaskClient, engine: sa.Engine, at: Any
) -> None:
    for day, code in (("2026-03-02 23:59", 303), ("2026-03-03 00:00", 422)):
        at("2026-03-02 10:00")
        address = keep(manager, reason="-")
        manager.post(f"{address}/enforce", data=shown(manager.get(f"{address}/enforce").text))
        version = rows(engine, t.policy_version)[-1].id
        assert manager.post(f"/policy/{version}/withdraw", data={"reason": ""}).status_code == 422
        now = at(day)
        answer = manager.post(f"/policy/{version}/withdraw", data={"reason": "typing error"})
        assert answer.status_code == code
        with db.reading(engine) as session:
            assert list(problems(session, now=now)) == []
    assert len(rows(engine, t.policy_version)) == 2
    withdrawn = [each for each in rows(engine, t.audit_entry) if each.action == "policy.withdrawn"]
    assert [each.reason for each in withdrawn] == ["typing error"]


@pytest.mark.engines("sqlite", "postgres")
def test_the_database_refuses_to_change_a_version(engine: sa.Engine) -> None:
    for values in ({"body": {}}, {"effective_from": TODAY}, {"reason": "x"}):
        with pytest.raises((sa.exc.DBAPIError, RuleViolation)), db.transaction(engine) as session:
            session.execute(sa.update(t.policy_version).values(**values))


def test_a_version_slipped_back_in_after_it_was_withdrawn_is_noticed(
    manager: FlaskClient, engine: sa.Engine, at: Any
) -> None:
    address = keep(manager, reason="-")
    manager.post(f"{address}/enforce", data=shown(manager.get(f"{address}/enforce").text))
    version = rows(engine, t.policy_version)[-1]
    manager.post(f"/policy/{version.id}/withdraw", data={"reason": "-"})
    with db.transaction(engine) as session:
        session.execute(sa.insert(t.policy_version).values(**version._mapping))
    with db.reading(engine) as session:
        found = list(problems(session, now=at("2026-03-04")))
    assert [(table, row) for table, row, _why in found] == [("policy_version", version.id)]


def test_readers_see_versions_and_no_drafts(
    app: Flask, people: Mapping[str, Person], manager: FlaskClient, login: Any
) -> None:
    address = keep(manager, reason="not for everybody yet")
    reader = login(app.test_client(), people["call_center"])
    page = reader.get("/policy")
    assert (page.status_code, reader.get("/policy/1").status_code) == (200, 200)
    assert "not for everybody yet" not in page.text
    assert "/policy/new" not in page.text
    assert reader.get(address).status_code == 403
    assert login(app.test_client(), people["alice"]).get("/policy").status_code == 403
