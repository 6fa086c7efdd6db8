"""What a manager states of a customer: identifiers that no filing carries, and what belongs to what (§6)."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.conflicts.belonging import family_of, state_parent, take_back_parent
from portal.conflicts.check import problems
from portal.conflicts.decisions import merge_customers
from portal.conflicts.identifying import state_identifier, take_back_identifier
from portal.conflicts.known import identifiers
from portal.conflicts.queries import filings_of
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.domain.facts import State
from portal.models import tables as t
from tests.support.people import Person

People = Mapping[str, Person]
TAX, WEB, PHONE = IdentifierKind.TAX_ID, IdentifierKind.WEBSITE, IdentifierKind.PHONE
NAMES = ("临江远帆物流有限公司", "白鹭滩造船厂", "松果电台传媒有限公司")


class Records:
    """Acts on customer records, each in a transaction of its own."""

    def __init__(self, engine: sa.Engine, people: People, at: Any, customers: list[int]) -> None:
        self.engine, self.manager, self.at = engine, people["channel_manager"].actor, at
        self.customers = customers

    def act(self, do: Callable[..., Any], **about: Any) -> None:
        with db.transaction(self.engine) as session:
            do(session, actor=self.manager, now=self.at("2026-03-05 10:00"), **about)

    def refused(self, do: Callable[..., Any], **about: Any) -> str:
        with pytest.raises(RuleViolation) as refused:
            self.act(do, **about)
        return refused.value.code

    def known(self, customer: int) -> list[tuple[str, str, int, bool]]:
        with db.reading(self.engine) as session:
            found = identifiers(session, customer, filings_of(session, customer))
        return [(each.field.value, each.value, each.others, each.shared) for each in found]

    def fact(self, kind: str) -> int:
        with db.reading(self.engine) as session:
            e = t.registration_event.c
            return int(session.scalar(sa.select(sa.func.max(e.id)).where(e.kind == kind)))

    def family(self, customer: int) -> tuple[str | None, list[str]]:
        with db.reading(self.engine) as session:
            found = family_of(session, customer)
        return found.parent.name if found.parent else None, [each.name for each in found.subsidiaries]

    def sound(self) -> list[Any]:
        with db.reading(self.engine) as session:
            return list(problems(session, now=self.at("2026-03-20 10:00")))


@pytest.fixture
def records(engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any) -> Records:
    """Three customers of nothing but a name."""
    filed = [
        file_as(people["alice"], at(f"2026-03-02 1{number}:00"), name, phone="").registration_id
        for number, name in enumerate(NAMES)
    ]
    return Records(engine, people, at, [row_of(each).customer_id for each in filed])


def test_what_is_stated_is_known_until_it_is_taken_back(records: Records) -> None:
    one, other, _third = records.customers
    for kind, text in ((TAX, "1191-3502"), (WEB, "https://www.yuanfan.cn/a"), (PHONE, "0571 8888 0001")):
        records.act(state_identifier, customer=one, kind=kind, text=text)
    assert records.known(one) == [
        ("tax_id", "11913502", 0, False), ("website", "yuanfan.cn", 0, False),
        ("phone", "0571-88880001", 0, False),
    ]  # fmt: skip
    assert records.refused(state_identifier, customer=one, kind=TAX, text="11913502") == "identifier.stated"
    fact = records.fact("identified")
    about = {"fact": fact, "reason": "号码错了"}
    assert records.refused(take_back_identifier, customer=other, **about) == "stated.gone"
    assert records.refused(take_back_identifier, customer=one, fact=fact, reason="") == "reason.required"
    records.act(take_back_identifier, customer=one, **about)
    assert records.refused(take_back_identifier, customer=one, **about) == "stated.gone"
    assert [each[0] for each in records.known(one)] == ["tax_id", "website"]
    assert records.sound() == []


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (TAX, "11913503", "tax_id.check_digit"),
        (TAX, "91310115TX2334G26K", "tax_id.form"),
        (TAX, "330106R3E9BHKFX", "tax_id.check_digit"),
        (TAX, " ", "required"),
        (WEB, "shop.taobao.com", "identifier.nobodys"),
        (WEB, "no website", "website.form"),
        (PHONE, "12", "phone.too_short"),
    ],
)
def test_what_is_none_is_refused(records: Records, kind: IdentifierKind, text: str, code: str) -> None:
    assert records.refused(state_identifier, customer=records.customers[0], kind=kind, text=text) == code
    assert records.refused(state_identifier, customer=9999, kind=TAX, text="11913502") == "customer.merged"


def test_a_stated_identifier_goes_with_its_customer_through_a_merge(records: Records) -> None:
    one, other, _third = records.customers
    records.act(state_identifier, customer=one, kind=TAX, text="11913502")
    records.act(merge_customers, loser=one, winner=other, reason="一家")
    assert (records.known(one), records.known(other)) == ([], [("tax_id", "11913502", 0, False)])
    assert records.refused(state_identifier, customer=one, kind=WEB, text="a.cn") == "customer.merged"
    assert records.sound() == []
    records.act(unmerge_customer, loser=one, reason="两家")
    assert (records.known(one), records.known(other)) == ([("tax_id", "11913502", 0, False)], [])
    assert records.sound() == []


def test_two_with_one_tax_id_see_each_other(records: Records) -> None:
    one, other, _third = records.customers
    for customer in (one, other):
        records.act(state_identifier, customer=customer, kind=TAX, text="11913502")
    assert records.known(one) == records.known(other) == [("tax_id", "11913502", 1, False)]


def test_the_old_tax_number_within_a_code_holds_a_filing(
    records: Records, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    records.act(state_identifier, customer=records.customers[0], kind=TAX, text="330106 MA2B3C4D1")
    filed = file_as(
        people["carol"], at("2026-03-06 10:00"), "青鲸文化有限公司", uscc="91330106MA2B3C4D11", phone=""
    )
    assert (filed.state, row_of(filed.registration_id).suspect_id) == (State.HELD, records.customers[0])
    assert records.sound() == []


def test_a_stated_telephone_is_compared_with_later_filings(
    records: Records, people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    records.act(state_identifier, customer=records.customers[0], kind=PHONE, text="0571-88880001")
    filed = file_as(people["carol"], at("2026-03-06 10:00"), "临江远帆科技有限公司", phone="0571-88880001")
    assert (filed.state, row_of(filed.registration_id).suspect_id) == (State.HELD, records.customers[0])
    assert records.sound() == []


def test_a_subsidiary_belongs_to_its_parent_and_nothing_else_changes(records: Records, row_of: Any) -> None:
    child, parent, third = records.customers
    before = [row_of(number) for number in (1, 2, 3)]
    records.act(state_parent, customer=child, parent=parent, reason="控股 60%")
    assert records.family(child) == (NAMES[1], [])
    assert records.family(parent) == (None, [NAMES[0]])
    for about, code in (
        ({"customer": parent, "parent": child}, "belongs.circle"),
        ({"customer": child, "parent": third}, "belongs.already"),
        ({"customer": third, "parent": third}, "belongs.circle"),
        ({"customer": third, "parent": 9999}, "customer.merged"),
    ):
        assert records.refused(state_parent, **about, reason="控股") == code
    assert records.refused(state_parent, customer=third, parent=child, reason="") == "reason.required"
    assert [row_of(number) for number in (1, 2, 3)] == before
    records.act(take_back_parent, customer=child, fact=records.fact("belongs"), reason="弄错了")
    assert records.family(child) == records.family(parent) == (None, [])
    assert records.sound() == []


def test_parents_follow_their_customers_through_merges_without_a_circle(records: Records) -> None:
    child, parent, third = records.customers
    records.act(state_parent, customer=child, parent=parent, reason="控股")
    records.act(merge_customers, loser=parent, winner=third, reason="一家")
    assert (records.family(child), records.family(third)) == ((NAMES[2], []), (None, [NAMES[0]]))
    records.act(merge_customers, loser=child, winner=third, reason="也是一家")
    assert records.family(third) == (None, [])
    records.act(unmerge_customer, loser=child, reason="不是")
    records.act(unmerge_customer, loser=parent, reason="不是")
    assert (records.family(child), records.family(parent)) == ((NAMES[1], []), (None, [NAMES[0]]))
    assert records.sound() == []


@pytest.fixture
def manager(app: Flask, people: People, login: Any) -> FlaskClient:
    """The channel manager's browser."""
    return login(app.test_client(), people["channel_manager"])


def test_identifiers_and_parents_by_the_pages(records: Records, manager: FlaskClient) -> None:
    records.at("2026-03-10 10:00")
    child, parent, _third = records.customers
    here = f"/customers/{child}"
    assert manager.post(f"{here}/identifiers", data={"kind": "tax_id", "value": "1"}).status_code == 422
    assert manager.post(f"{here}/identifiers", data={"kind": "uscc", "value": "1"}).status_code == 422
    wrong = manager.post(f"{here}/identifiers", data={"kind": "tax_id", "value": "11913503"})
    assert (wrong.status_code, 'value="11913503"' in wrong.text) == (422, True)
    assert (
        manager.post(f"{here}/identifiers", data={"kind": "tax_id", "value": "11913502"}).status_code == 303
    )
    assert "11913502" in manager.get(here).text
    undo = {"undo": str(records.fact("identified")), "reason": "错了"}
    assert manager.post(f"{here}/identifiers", data=undo).status_code == 303
    assert "11913502" not in manager.get(here).text
    assert f"{here}/parent" in manager.get(f"{here}?q=白鹭").text
    assert manager.post(f"{here}/parent", data={"parent_id": "x", "reason": "-"}).status_code == 422
    stated = {"parent_id": str(parent), "reason": "控股"}
    assert manager.post(f"{here}/parent", data=stated).status_code == 303
    assert f'href="/customers/{parent}"' in manager.get(here).text
    assert f'href="{here}"' in manager.get(f"/customers/{parent}").text
    undo = {"undo": str(records.fact("belongs")), "reason": "错了"}
    assert manager.post(f"{here}/parent", data=undo).status_code == 303
    assert f'href="/customers/{parent}"' not in manager.get(here).text


def test_a_branch_shows_as_one(
    records: Records, people: People, file_as: Any, row_of: Any, at: Any, manager: FlaskClient
) -> None:
    branch = file_as(people["carol"], at("2026-03-06 10:00"), "青鲸物流有限公司杭州分公司").registration_id
    page = manager.get(f"/customers/{row_of(branch).customer_id}").text
    assert page.count("青鲸物流有限公司杭州分公司") > page.partition("h-family")[0].count(
        "青鲸物流有限公司杭州分公司"
    )
    assert "h-family" not in manager.get(f"/customers/{records.customers[0]}").text


def test_the_parties_time_line_does_not_tell_what_was_stated(
    records: Records, app: Flask, people: People, login: Any
) -> None:
    """A partner reads nothing of other customers on its own registration (G6)."""
    alice = login(app.test_client(), people["alice"])
    records.at("2026-03-10 10:00")
    before = alice.get("/registrations/1").text
    child, parent, _third = records.customers
    records.act(state_identifier, customer=child, kind=WEB, text="secret.cn")
    records.act(state_parent, customer=child, parent=parent, reason="谁也不该看见")
    records.act(take_back_parent, customer=child, fact=records.fact("belongs"), reason="看不见")
    records.at("2026-03-10 10:00")
    after = alice.get("/registrations/1").text
    assert after.partition('class="line"')[2].count("<li>") == before.partition('class="line"')[2].count(
        "<li>"
    )
    assert not any(word in after for word in ("secret.cn", "谁也不该看见", "看不见"))
