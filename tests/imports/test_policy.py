"""A policy version by file: only what it names changes; repeatable; refused by name (§12)."""

import json
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands.checking import problems
from portal.models import tables as t
from portal.policy.service import load_policies
from tests.imports.conftest import NOW, Bring
from tests.support.commands import Portal

FILE: dict[str, Any] = {
    "effective_from": "2026-01-01",
    "reason": "底价 2026",
    "floor_prices": {"idd": {"gold": "1.85", "silver": "1.90"}},
    "rates": {"port": {"gold": "0.42"}},
}


def written(**over: Any) -> bytes:
    return json.dumps({**FILE, **over}, ensure_ascii=False).encode()


def bodies(engine: sa.Engine) -> dict[date, dict[str, Any]]:
    c = t.policy_version.c
    with db.reading(engine) as session:
        return {row.effective_from: row.body for row in session.execute(sa.select(c.effective_from, c.body))}


def test_only_what_the_file_names_changes(engine: sa.Engine, bring: Bring) -> None:
    before = bodies(engine)
    report = bring("policy", written())
    assert (report.rows, report.accepted, report.skipped, report.refused) == (1, 1, 0, [])
    [shipped] = before.values()
    body = bodies(engine)[date(2026, 1, 1)]
    assert body["rates"]["port"] == shipped["rates"]["port"] | {"gold": "0.42"}
    assert body["floor_prices"] == {"ddd": {}, "idd": {"gold": "1.85", "silver": "1.90"}}
    left_alone = set(shipped) - {"rates", "floor_prices"}
    assert {name: body[name] for name in left_alone} == {name: shipped[name] for name in left_alone}
    assert bodies(engine)[date(2000, 1, 1)] == shipped
    with db.reading(engine) as session:
        assert list(problems(session, now=NOW)) == []
        assert load_policies(session).at(date(2026, 1, 1)).body == body
    assert {each.problem.code for each in report.warnings} == {"policy.odd_no_floor"}


def test_what_is_carried_over_is_what_held_on_that_day(engine: sa.Engine, bring: Bring) -> None:
    """Not what holds today, nor what comes later."""
    bring("policy", written(protection_days=20))
    bring("policy", written(effective_from="2026-03-01", reason="-", protection_days=30, rates={}))
    bring("policy", written(effective_from="2026-02-01", reason="-", rates={"conference": "0.12"}))
    middle = bodies(engine)[date(2026, 2, 1)]
    assert (middle["protection_days"], middle["rates"]["conference"]) == (20, "0.12")


def test_the_same_file_again_is_skipped(engine: sa.Engine, bring: Bring) -> None:
    bring("policy", written())
    again = bring("policy", json.dumps(FILE, indent=2).encode())
    assert (again.accepted, again.skipped, again.refused) == (0, 1, [])
    assert len(bodies(engine)) == 2


@pytest.mark.engines("sqlite")
def test_other_content_for_a_day_that_has_a_version_is_refused(engine: sa.Engine, bring: Bring) -> None:
    bring("policy", written())
    for other in (written(protection_days=21), written(reason="other")):
        [refused] = bring("policy", other).refused
        assert (refused.row, refused.problem.code) == (1, "policy.day_taken")
    assert len(bodies(engine)) == 2


BAD = [
    (b"{", "", "import.not_json"),
    (b"\xff\xfe\x00{", "", "import.not_json"),
    (b"[" * 100_000, "", "import.not_json"),
    (b"9" * 5000, "", "import.not_json"),
    (b"[]", "", "import.json_object"),
    (b"  ", "", "file.empty"),
    (b'{"reason": "a", "reason": "b"}', "", "import.json_twice"),
    (written(effective_from="2026-13-01"), "effective_from", "date.no_such_day"),
    (written(effective_from=20260101), "effective_from", "date.form"),
    (written(reason=""), "reason", "required"),
    (written(protection_dayz=28), "protection_dayz", "policy.unknown_figure"),
    (written(rates={"port": {"bronze": "0.1"}}), "rates.port.bronze", "policy.unknown_figure"),
    (written(rates={"port": {"gold": "1.4"}}), "rates.port.gold", "policy.bad_figure"),
    (written(rates={"port": {"gold": None}}), "rates.port.gold", "policy.bad_figure"),
    (written(deposits=3), "deposits", "policy.bad_figure"),
    (written(tiers={"gold": {"closed_customers": 2}}), "tiers.gold.closed_customers", "policy.bad_figure"),
    (written(effective_from="1999-01-01"), "effective_from", "policy.none_in_force"),
]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(("content", "column", "code"), BAD)
def test_what_is_wrong_is_named_and_nothing_written(
    engine: sa.Engine, bring: Bring, content: bytes, column: str, code: str
) -> None:
    [refused] = bring("policy", content).refused
    assert (refused.row, refused.column, refused.problem.code) == (1, column, code)
    assert len(bodies(engine)) == 1


@pytest.mark.engines("sqlite")
def test_every_wrong_figure_is_named_at_once(bring: Bring) -> None:
    wrong = written(protection_days=-1, debt_due_days="x", rates={"conference": "2"})
    named = [each.column for each in bring("policy", wrong).refused]
    assert {"protection_days", "debt_due_days", "rates.conference.gold"} <= set(named)


@pytest.mark.engines("sqlite")
def test_numbers_need_no_quotes(engine: sa.Engine, bring: Bring) -> None:
    plain = (
        b'{"effective_from": "2026-02-01", "reason": "-", "rates": {"conference": 0.1250},'
        b' "deposits": {"gold": 80000}}'
    )
    assert bring("policy", plain).accepted == 1
    body = bodies(engine)[date(2026, 2, 1)]
    assert (body["rates"]["conference"], body["deposits"]["gold"]) == ("0.1250", "80000")


@pytest.mark.engines("sqlite")
def test_a_dry_run_writes_nothing(engine: sa.Engine, bring: Bring) -> None:
    assert bring("policy", written(), dry_run=True).accepted == 1
    assert len(bodies(engine)) == 1


@pytest.mark.engines("sqlite")
def test_after_a_statement_is_out_no_version_may_start_within_its_period(
    engine: sa.Engine, bring: Bring
) -> None:
    bring("partners")
    with db.transaction(engine) as session:
        values = {
            "number": "S1", "partner_id": 1, "period": "2026-Q1", "station": "sent", "station_since": NOW,
            "content_hash": "-", "generated_at": NOW, "version": 1, "revision": 1, "total": 0,
            "received": 0, "lines": 0, "withheld": 0,
        }  # fmt: skip
        session.execute(sa.insert(t.statement).values(**values))
    for day in ("2025-06-01", "2026-03-31"):
        [refused] = bring("policy", written(effective_from=day)).refused
        assert (refused.problem.code, refused.problem.params["period"]) == ("policy.statement_out", "2026-Q1")
    assert bring("policy", written(effective_from="2026-04-01")).accepted == 1


def test_an_earlier_version_settles_anew_who_owns_whom(engine: sa.Engine, bring: Bring) -> None:
    """A protection of seven days since January: what lapsed by it is lapsed, and check agrees."""
    bring("partners")
    bring("registrations")
    bring("policy", written(protection_days=7))
    with db.reading(engine) as session:
        c = t.registration.c
        days = session.execute(
            sa.select(c.owned_since, c.protected_until).where(c.is_owner, c.protected_until.is_not(None))
        ).all()
        assert days
        assert list(problems(session, now=NOW)) == []
    assert all((row.protected_until - row.owned_since.date()).days <= 9 for row in days)


@pytest.mark.engines("sqlite")
def test_the_command_reports_as_the_others_do(portal: Portal, tmp_path: Any) -> None:
    file = tmp_path / "policy.json"
    file.write_bytes(written())
    done = portal("import", "policy", file, "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "kind": "policy", "file": "policy.json", "rows": 1, "accepted": 1, "skipped": 0, "refused": [],
    }  # fmt: skip
    file.write_bytes(written(effective_from="2026-02-01", fax="1"))
    done = portal("import", "policy", file, "--json")
    [refused] = json.loads(done.stdout)["refused"]
    assert (done.exit_code, refused["row"], refused["column"]) == (1, 1, "fax")
    assert "policy.json:1: fax" in done.stderr
