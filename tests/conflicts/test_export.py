"""Names, identifiers and decisions as tables to take along (`portal export`)."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from portal import db
from portal.commands.moving import export
from portal.conflicts.belonging import state_parent
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.identifying import state_identifier
from portal.conflicts.naming import state_name
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.evidence import IdentifierKind
from portal.domain.terms import NameKind
from tests.support.filings import CODE
from tests.support.people import Person


def test_what_is_known_and_decided_of_customers_can_be_taken_along(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), "深圳市华达科技有限公司", uscc=CODE, website="huada.cn",
            phone="13800000000")  # fmt: skip
    held = file_as(people["carol"], at("2026-03-03 10:00"), "华达科技").registration_id
    file_as(people["carol"], at("2026-03-04 10:00"), "静湖茶业")
    row, manager = row_of(held), people["channel_manager"].actor
    winner, loser = row_of(1).customer_id, row_of(3).customer_id
    with db.transaction(engine) as session:
        decide_held(
            session, actor=manager, now=at("2026-03-05 10:00"), registration_id=held, version=row.version,
            customer_id=row.suspect_id, same=True, reason="电话核实",
        )  # fmt: skip
    with db.transaction(engine) as session:
        merge_customers(
            session, actor=manager, now=at("2026-03-06 10:00"), loser=loser,
            winner=winner, reason="一家",
        )  # fmt: skip
    with db.transaction(engine) as session:
        unmerge_customer(session, actor=manager, now=at("2026-03-07 10:00"), loser=loser, reason="两家")
    with db.transaction(engine) as session:
        state_name(
            session, actor=manager, now=at("2026-03-08 10:00"), customer_id=winner, kind=NameKind.BRAND,
            name="慢蜗牛", reason="官网",
        )  # fmt: skip
    names = list(csv.DictReader(io.StringIO(export(engine, "aliases", None, "csv").decode("utf-8-sig"))))
    assert [(each["customer"], each["name"]) for each in names] == [
        ("R00000001", "深圳市华达科技有限公司"), ("R00000001", "华达科技"), ("R00000001", "慢蜗牛"),
        ("R00000003", "静湖茶业"),
    ]  # fmt: skip
    told_by = [(each["registration"], each["kind"], each["source"], each["stated_by"]) for each in names]
    assert told_by[1:3] == [
        ("R00000002", "filed", "filing", ""),
        ("R00000001", "brand", "person", manager.name),
    ]
    known = json.loads(export(engine, "identifiers", None, "json"))
    assert {(each["kind"], each["value"]) for each in known if each["registration"] == "R00000001"} == {
        ("uscc", CODE), ("website", "huada.cn"), ("phone", "13800000000"),
    }  # fmt: skip
    assert {each["shared"] for each in known} == {"no"}
    told = json.loads(export(engine, "decisions", "2026-03-07", "json"))
    assert [(each["decision"], each["registration"], each["other"], each["reason"]) for each in told] == [
        ("same", "R00000002", "R00000001", "电话核实"),
        ("merged", "R00000003", "R00000001", "一家"),
        ("undone", "R00000003", "R00000001", "两家"),
    ]
    assert told[2]["takes_back"] == told[1]["id"]
    assert len(json.loads(export(engine, "decisions", "2026-03-06", "json"))) == 2


def test_what_was_stated_of_a_customer_is_taken_along(
    engine: sa.Engine, people: Mapping[str, Person], file_as: Any, row_of: Any, at: Any
) -> None:
    for number, name in enumerate(("静湖茶业", "镜泊湖旅行社", "松果电台传媒")):
        file_as(people["alice"], at(f"2026-03-02 1{number}:00"), name, website="tea.example.cn")
    child, parent = row_of(1).customer_id, row_of(2).customer_id
    with db.transaction(engine) as session:
        act = {"actor": people["channel_manager"].actor, "now": at("2026-03-03 10:00"), "customer": child}
        state_identifier(session, **act, kind=IdentifierKind.TAX_ID, text="1191 3502")
        state_parent(session, **act, parent=parent, reason="控股")
    known = json.loads(export(engine, "identifiers", None, "json"))
    here = [tuple(each.values()) for each in known if each["customer_id"] == child]
    assert [each[2:] for each in here if each[2] != "phone"] == [
        ("website", "tea.example.cn", "R00000001", "yes", "R00000002"),
        ("tax_id", "11913502", "", "no", "R00000002"),
    ]
    assert {each["parent"] for each in known if each["customer_id"] != child} == {""}
