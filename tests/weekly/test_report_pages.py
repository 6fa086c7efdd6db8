"""The pages of the weekly report: written, saved as it is typed, sent, corrected, read by the vendor (W2)."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import db
from portal.models import tables as t
from portal.pipeline.service import release
from tests.support.people import Person
from tests.weekly.desk import WEEK, Desk

Login = Callable[[FlaskClient, Person], FlaskClient]
PAGE = f"/weekly/{WEEK.thursday}"


@pytest.fixture
def alice(client: Any, people: Mapping[str, Person], login: Login) -> Any:
    return login(client, people["alice"])


def field(page: Any, name: str) -> str:
    """The value of a field on a page."""
    text = page.get_data(as_text=True)
    tag = text[text.index(f'name="{name}"') :]
    return tag[tag.index('value="') + 7 :].partition('"')[0]


def test_the_page_lists_each_project_with_what_happened(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    page = alice.get(PAGE)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "慢蜗牛快递有限公司" in text
    assert "Filed" in text
    assert alice.get("/weekly").headers["Location"] == PAGE


def test_what_is_typed_is_kept_at_once(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    number = filed("2026-02-24 10:00")
    at("2026-03-04 10:00")
    form = {f"{number}-version": "0", f"{number}-happened": "约了总经理", f"{number}-ports": "80"}
    answer = alice.hx.post(f"{PAGE}/lines/{number}", data=form)
    assert answer.status_code == 200
    assert field(answer, f"{number}-version") == "1"
    page = alice.get(PAGE)
    assert "约了总经理" in page.get_data(as_text=True)
    assert field(page, f"{number}-ports") == "80"


@pytest.mark.parametrize(
    ("name", "typed"), [("ports", "viele"), ("next_step_on", "2026-02-30"), ("yearly_revenue", "1.234")]
)
def test_what_cannot_be_read_is_said_and_kept_on_the_screen(
    alice: Any, filed: Any, at: Any, desk: Desk, name: str, typed: str
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    form = {f"{number}-version": "0", f"{number}-{name}": typed}
    assert alice.hx.post(f"{PAGE}/lines/{number}", data=form).status_code == 422
    page = alice.post(PAGE, data={**form, "act": "save", "remark": "bleibt"})
    assert page.status_code == 422
    text = page.get_data(as_text=True)
    assert f'value="{typed}"' in text
    assert "bleibt" in text
    with db.reading(desk.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.weekly_entry)) == 0


def test_the_second_of_two_tabs_is_told_and_can_decide(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    first = {f"{number}-version": "0", f"{number}-happened": "erster"}
    second = {f"{number}-version": "0", f"{number}-happened": "zweiter"}
    alice.hx.post(f"{PAGE}/lines/{number}", data=first)
    refused = alice.hx.post(f"{PAGE}/lines/{number}", data=second)
    assert refused.status_code == 409
    assert "erster" in refused.get_data(as_text=True)
    whole = alice.post(PAGE, data={**second, "act": "send"})
    assert whole.status_code == 409
    assert "erster" in whole.get_data(as_text=True)
    assert "zweiter" in whole.get_data(as_text=True)
    assert desk.sent() == []
    second[f"{number}-version"] = field(whole, f"{number}-version")
    assert alice.post(PAGE, data={**second, "act": "send"}).status_code == 303
    assert desk.sent()[0].content["lines"][0]["happened"] == "zweiter"


def test_sending_needs_the_reasons_and_says_where(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    number = filed("2026-02-24 10:00")
    at("2026-03-04 10:00")
    form = {f"{number}-version": "0", "act": "send", "remark": "Gruß"}
    page = alice.post(PAGE, data=form)
    assert page.status_code == 422
    assert f'href="#{number}-quick"' in page.get_data(as_text=True)
    assert "1 thing is missing" in page.get_data(as_text=True)
    assert "autofocus" in page.get_data(as_text=True)
    sent = alice.post(PAGE, data={**form, f"{number}-reason": "Urlaub"})
    assert sent.headers["Location"] == f"{PAGE}/1"
    twice = alice.post(PAGE, data={**form, f"{number}-version": "1", f"{number}-reason": "Urlaub"})
    assert twice.status_code == 303
    assert len(desk.sent()) == 1
    shown = alice.get(f"{PAGE}/1").get_data(as_text=True)
    assert "Urlaub" in shown
    assert "Gruß" in shown


def test_what_is_missing_on_another_page_is_led_to(
    alice: Any, filed: Any, at: Any, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.weekly.report_write_views.PAGE", 1)
    first, second = filed("2026-02-24 10:00", ports=80), filed("2026-02-24 11:00", "夜鹭商贸有限公司")
    desk.write(at("2026-03-04 10:00"), first, reason="等预算")
    page = alice.get(PAGE).get_data(as_text=True)
    assert f'id="p{first}"' in page
    assert f'href="{PAGE}?page=1#{second}-quick"' in page
    assert 'data-elsewhere="1"' in page
    form = {f"{first}-version": "1", f"{first}-reason": "等招标", "act": "send", "page": "0"}
    refused = alice.post(PAGE, data=form)
    assert refused.status_code == 422
    assert f'id="p{second}"' in refused.get_data(as_text=True)
    assert f'id="p{first}"' not in refused.get_data(as_text=True)
    lines = {line.registration_id: line for line in desk.draft(at("2026-03-04 11:00")).lines}
    assert lines[first].typed.reason == "等招标"


@pytest.mark.parametrize(
    ("kept", "own", "tapped", "stands"),
    [
        ("", "", "Waiting for their budget", "Waiting for their budget"),
        ("", "等领导签字", "", "等领导签字"),
        ("等领导签字", "等领导签字", "Waiting for the tender", "Waiting for the tender"),
        ("Waiting for the tender", "等领导签字", "Waiting for the tender", "等领导签字"),
        ("Waiting for the tender", "", "Waiting for the tender", "Waiting for the tender"),
        ("等领导签字", "", "", ""),
    ],
)
def test_a_reason_is_tapped_or_written_and_the_newer_of_the_two_stands(
    alice: Any, filed: Any, at: Any, desk: Desk, kept: str, own: str, tapped: str, stands: str
) -> None:
    number, now = filed("2026-02-24 10:00"), at("2026-03-04 10:00")
    version = desk.write(now, number, reason=kept) if kept else 0
    form = {f"{number}-version": str(version), f"{number}-reason": own, f"{number}-quick": tapped}
    assert alice.hx.post(f"{PAGE}/lines/{number}", data=form).status_code == 200
    assert desk.draft(now).lines[0].typed.reason == stands
    page = alice.get(PAGE).get_data(as_text=True)
    usual = stands.startswith("Waiting")
    assert (f'value="{stands}" checked' in page) is usual
    assert field(alice.get(PAGE), f"{number}-reason") == ("" if usual else stands)


def test_last_weeks_reason_is_offered_first(alice: Any, filed: Any, at: Any, desk: Desk) -> None:
    filed("2026-02-24 10:00")
    number = filed("2026-02-24 11:00", "夜鹭商贸有限公司")
    for each, reason in ((1, "Cannot be reached"), (number, "等领导签字" * 20)):
        desk.write(at("2026-03-04 10:00"), each, reason=reason)
    desk.send(at("2026-03-04 11:00"))
    at("2026-03-10 10:00")
    page = alice.get(f"/weekly/{WEEK.next.thursday}").get_data(as_text=True)
    assert page.count("As last week: Cannot be reached") == 1
    assert page.count(">Cannot be reached<") == 1
    assert f'value="{"等领导签字" * 20}"' in page
    assert (
        "As last week: 等领导签字等领导签字等领导签字等领导签字等领导签字等领导签字等领导签字等领导签…"
        in page
    )


def test_a_rep_writes_and_the_admin_sends(
    client: Any, people: Mapping[str, Person], login: Login, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    bob = login(client, people["bob"])
    form = {f"{number}-version": "0", f"{number}-happened": "Bob war da"}
    assert bob.post(PAGE, data={**form, "act": "save"}).status_code == 303
    assert bob.post(PAGE, data={**form, f"{number}-version": "1", "act": "send"}).status_code == 403
    assert "Send report" not in bob.get(PAGE).get_data(as_text=True)


def test_the_vendor_sees_who_reported_and_reads_every_revision(
    client: Any, people: Mapping[str, Person], login: Login, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    filed("2026-03-02 11:00", "夜鹭商贸有限公司", "carol")
    desk.write(at("2026-03-04 10:00"), number, happened="erste Fassung")
    desk.send(at("2026-03-04 11:00"))
    desk.write(at("2026-03-05 10:00"), number, 1, happened="zweite Fassung")
    desk.send(at("2026-03-05 11:00"))
    sales = login(client, people["channel_sales"])
    listed = sales.get(PAGE).get_data(as_text=True)
    assert "Not sent in" in listed
    assert "revision 2" in listed
    newest = sales.get(f"{PAGE}/1").get_data(as_text=True)
    assert '<del translate="no">erste Fassung</del>' in newest
    assert "zweite Fassung" in newest
    oldest = sales.get(f"{PAGE}/1?revision=1").get_data(as_text=True)
    assert "erste Fassung" in oldest
    assert "zweite Fassung" not in oldest
    assert "No report yet" in sales.get(f"{PAGE}/2").get_data(as_text=True)
    only = sales.get(f"{PAGE}?state=missing").get_data(as_text=True)
    assert "P002 通信" in only
    assert "P001 通信" not in only


def test_what_was_promised_stands_in_the_report_that_was_sent(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    desk.write(at("2026-03-04 10:00"), number, next_step="拜访总经理", next_step_on=date(2026, 3, 10))
    desk.send(at("2026-03-04 11:00"))
    desk.week = WEEK.next
    desk.write(at("2026-03-10 10:00"), number, happened="见过了")
    desk.send(at("2026-03-10 11:00"))
    shown = alice.get(f"/weekly/{WEEK.next.thursday}/1").get_data(as_text=True)
    assert 'Promised last week: <span translate="no">拜访总经理</span> · Tue 10 Mar' in shown


def test_nothing_of_another_partner_can_be_read_or_written(
    client: Any, people: Mapping[str, Person], login: Login, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-03-02 10:00")
    desk.send(at("2026-03-04 10:00"))
    carol = login(client, people["carol"])
    assert carol.get(f"{PAGE}/1").status_code == 404
    form = {f"{number}-version": "0", f"{number}-happened": "fremd"}
    assert carol.hx.post(f"{PAGE}/lines/{number}", data=form).status_code == 404
    assert "慢蜗牛" not in carol.get(PAGE).get_data(as_text=True)


def test_what_is_typed_about_a_project_that_was_lost_meanwhile_is_not_kept_silently(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    number = filed("2026-02-24 10:00")
    desk.act(release, at("2026-03-04 10:00"), number, reason="暂缓")
    form = {f"{number}-version": "0", f"{number}-happened": "约了总经理"}
    answer = alice.hx.post(f"{PAGE}/lines/{number}", data=form)
    assert answer.status_code == 422
    assert "is not yours any more" in answer.get_data(as_text=True)
    assert desk.draft(at("2026-03-04 11:00")).lines[0].typed.happened == ""


@pytest.mark.parametrize("when", ["2026-02-26 23:00", "2026-03-11 18:01"])
def test_nothing_is_kept_of_a_week_that_has_not_begun_or_is_closed(
    alice: Any, filed: Any, at: Any, desk: Desk, when: str
) -> None:
    number = filed("2026-02-24 10:00")
    at(when)
    form = {f"{number}-version": "0", f"{number}-happened": "约了总经理"}
    assert alice.hx.post(f"{PAGE}/lines/{number}", data=form).status_code == 422
    with db.reading(desk.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.weekly_entry)) == 0


@pytest.mark.parametrize("week", ["2026-03-04", "heute", "2026-W10", "9999-99-99"])
def test_an_address_that_names_no_week_is_not_found(alice: Any, at: Any, week: str) -> None:
    at("2026-03-04 10:00")
    assert alice.get(f"/weekly/{week}").status_code == 404


@pytest.mark.parametrize(("week", "told"), [("2026-03-12", "has not begun"), ("2026-02-19", "is closed")])
def test_a_week_that_cannot_be_reported_says_so(
    alice: Any, at: Any, filed: Any, week: str, told: str
) -> None:
    filed("2026-02-16 10:00")
    at("2026-03-04 10:00")
    page = alice.get(f"/weekly/{week}")
    assert page.status_code == 200
    assert told in page.get_data(as_text=True)
    assert alice.post(f"/weekly/{week}", data={"act": "send"}).status_code == 422
