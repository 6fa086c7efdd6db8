"""Past weekly sheets are moved in, reports are moved out as they counted on a day (interfaces.md)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands import moving
from portal.domain.errors import RuleViolation
from portal.domain.terms import EventKind
from portal.imports.run import Refusal, import_file
from portal.models import tables as t
from portal.weekly import check_reports
from tests.imports.files import as_csv
from tests.support.people import Person
from tests.weekly.desk import WEEK, Desk

ROW = {"week": "2026-03-05", "partner": "P001", "customer_name": "慢蜗牛快递", "ports": "60", "stage": "方案"}


def bring(desk: Desk, rows: list[dict[str, str]], now: Any) -> Any:
    content = as_csv(rows)
    with db.transaction(desk.engine) as session:
        return import_file(session, kind="weekly", file_name="w.csv", content=content, actor=None, now=now)


def exported(desk: Desk, day: str) -> Any:
    return json.loads(moving.export(desk.engine, "weekly", day, "json"))


def test_past_sheets_become_reports_that_name_the_customers(desk: Desk, filed: Any, at: Any) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-20 10:00")
    rows = [
        {**ROW, "happened": "约了总经理", "next_step_on": "2026-03-10"},
        {**ROW, "customer_name": "无名公司"},
    ]
    report = bring(desk, rows, now)
    assert report.accepted == 2
    (warned,) = report.warnings
    told = (warned.row, warned.column, warned.value, warned.problem.code)
    assert told == (3, "customer_name", "无名公司", "import.unknown_customer")
    (sent,) = desk.sent()
    assert sent.imported
    assert [line["registration"] for line in sent.content["lines"]] == [number, None]
    with db.reading(desk.engine) as session:
        e = t.registration_event.c
        fact = session.execute(sa.select(t.registration_event).where(e.kind == EventKind.REPORTED)).one()
        assert (fact.registration_id, fact.note, fact.at) == (number, "约了总经理", at("2026-03-04 18:00"))
        assert list(check_reports.problems(session, now=now)) == []
    again = bring(desk, rows, now)
    assert (again.accepted, again.skipped) == (0, 2)
    # Known by now, by which the old report is not another one.
    filed("2026-03-20 10:00", "无名公司")
    assert bring(desk, rows, at("2026-03-20 11:00")).skipped == 2
    with pytest.raises(Refusal) as refused:
        bring(desk, [{**ROW, "ports": "61"}], now)
    assert refused.value.report.refused[0].problem.code == "import.report_there"
    assert len(desk.sent()) == 1


def test_a_name_that_means_two_projects_is_kept_as_typed_and_listed(desk: Desk, filed: Any, at: Any) -> None:
    filed("2026-03-02 10:00", "夜鹭商贸有限公司")
    filed("2026-03-02 11:00", "夜鹭商贸集团有限公司")
    report = bring(desk, [{**ROW, "customer_name": "夜鹭商贸"}], at("2026-03-20 10:00"))
    assert [each.value for each in report.warnings] == ["夜鹭商贸"]
    (line,) = desk.sent()[0].content["lines"]
    assert (line["registration"], line["customer"]) == (None, "夜鹭商贸")


def test_the_command_lists_the_names_that_mean_no_project(
    desk: Desk, filed: Any, at: Any, tmp_path: Path, capsys: Any
) -> None:
    filed("2026-03-02 10:00")
    at("2026-03-20 10:00")
    file = tmp_path / "w.csv"
    file.write_bytes(as_csv([ROW, {**ROW, "customer_name": "无名公司"}]))
    assert moving.run(desk.engine, "weekly", file, dry_run=True, as_json=False) == 0
    said = capsys.readouterr()
    assert "w.csv:3: customer_name “无名公司”" in said.err
    assert "kept by the name" in said.err
    assert "2 rows: 2 accepted" in said.out


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("week", "2026-03-04", "week.form"),
        ("week", "2026-03-26", "import.week_not_over"),
        ("partner", "P009", "import.unknown_partner"),
        ("ports", "viele", "count.not_a_number"),
        ("stage", "fast", "import.value"),
        ("support", "x" * 501, "text.too_long"),
        ("customer_name", "", "required"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(
    desk: Desk, filed: Any, at: Any, cell: str, value: str, code: str
) -> None:
    filed("2026-03-02 10:00")
    with pytest.raises(Refusal) as refused:
        bring(desk, [{**ROW, cell: value}], at("2026-03-20 10:00"))
    (found,) = refused.value.report.refused
    assert (found.row, found.column, found.problem.code) == (2, cell, code)
    assert desk.sent() == []


def test_the_export_has_each_report_as_it_counted_on_that_day(desk: Desk, filed: Any, at: Any) -> None:
    number = filed("2026-03-02 10:00")
    desk.write(at("2026-03-04 10:00"), number, happened="erste")
    desk.send(at("2026-03-04 11:00"))
    desk.write(at("2026-03-05 10:00"), number, 1, happened="zweite")
    desk.send(at("2026-03-05 11:00"))
    assert exported(desk, "2026-03-03") == []
    first, second = exported(desk, "2026-03-04"), exported(desk, "2026-03-05")
    assert [(each["revision"], each["late"]) for each in (first[0], second[0])] == [(1, False), (2, True)]
    assert first[0]["lines"][0]["happened"] == "erste"
    assert second[0]["lines"][0]["yearly_revenue"] == "21600.00"
    csv = moving.export(desk.engine, "weekly", "2026-03-05", "csv").decode("utf-8-sig").splitlines()
    assert csv[0].startswith("week,partner,revision,submitted_at,late,ref,customer_name,change")
    assert "zweite" in csv[1]
    assert len(csv) == 2


def test_what_was_exported_can_be_moved_in_elsewhere(
    desk: Desk, filed: Any, at: Any, people: Mapping[str, Person]
) -> None:
    filed("2026-03-02 10:00")
    desk.send(at("2026-03-04 11:00"))
    now = at("2026-03-20 10:00")
    content = moving.export(desk.engine, "weekly", "2026-03-20", "csv")
    with db.transaction(desk.engine) as session:
        # Another portal, that has the registrations and not the reports.
        for table in (t.weekly_revision, t.weekly_entry, t.weekly_report):
            session.execute(sa.delete(table))
    with db.transaction(desk.engine) as session:
        report = import_file(session, kind="weekly", file_name="w.csv", content=content, actor=None, now=now)
    assert report.accepted == 1
    assert desk.sent()[0].content["lines"][0]["ports"] == 60
    assert WEEK.thursday.isoformat() == desk.sent()[0].content["week"]


def test_an_as_of_day_that_is_none_is_refused(desk: Desk) -> None:
    with pytest.raises(RuleViolation):
        exported(desk, "heute")
