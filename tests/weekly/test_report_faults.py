"""What goes wrong around a report: lost projects, two clicks, odd figures, weeks that holidays move."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import db
from portal.models import tables as t
from portal.pipeline.service import release
from tests.support.people import Person
from tests.weekly.desk import WEEK, Desk

PAGE = f"/weekly/{WEEK.thursday}"


@pytest.fixture
def alice(
    client: Any, people: Mapping[str, Person], login: Callable[[FlaskClient, Person], FlaskClient]
) -> Any:
    return login(client, people["alice"])


def test_a_project_that_is_lost_between_draft_and_sending_is_named_before_anything_is_sent(
    alice: Any, filed: Any, at: Any, desk: Desk
) -> None:
    lost, stays = filed("2026-03-02 10:00"), filed("2026-03-02 11:00", "夜鹭商贸有限公司")
    other = filed("2026-03-02 12:00", "白帆造船有限公司", "carol")
    desk.act(release, at("2026-03-04 10:00"), lost, reason="暂缓")
    form = {f"{each}-{name}": value for each in (lost, stays, other) for name, value in (
        ("version", "0"), ("happened", f"说{each}"))}  # fmt: skip
    page = alice.post(PAGE, data={**form, "act": "send"})
    assert page.status_code == 409
    text = page.get_data(as_text=True)
    assert "慢蜗牛快递有限公司: not yours any more" in text
    assert "白帆造船" not in text
    assert desk.sent() == []
    form = {f"{stays}-version": "1", f"{stays}-happened": f"说{stays}", "act": "send"}
    assert alice.post(PAGE, data=form).status_code == 303
    assert [line["happened"] for line in desk.sent()[0].content["lines"]] == [f"说{stays}"]


def test_two_clicks_at_once_send_one_revision(filed: Any, at: Any, desk: Desk) -> None:
    number, now = filed("2026-03-02 10:00"), at("2026-03-04 10:00")
    desk.write(now, number, support="一起拜访", ports=80)
    with ThreadPoolExecutor(4) as clicks:
        made = list(clicks.map(lambda _each: desk.send(now), range(4)))
    assert sorted(each.is_new for each in made) == [False, False, False, True]
    assert len(desk.sent()) == 1
    with db.reading(desk.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.support_request)) == 1


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("ports", "３２", 32),
        ("ports", "1,200", 1200),
        ("ports", "1,2,00", None),
        ("ports", "-5", None),
        ("ports", "2.5", None),
        ("ports", "9" * 12, None),
        ("yearly_revenue", "２８，８００", Decimal("28800.00")),
        ("yearly_revenue", "2.16万", Decimal("21600.00")),
        ("yearly_revenue", "２．１６５ 万元", Decimal("21650.00")),
        ("yearly_revenue", "2.1656781万", None),
        ("yearly_revenue", "3.2万", Decimal("32000.00")),
        ("yearly_revenue", "-1", None),
        ("yearly_revenue", "9" * 30, None),
        ("yearly_revenue", "9999999999999万", None),
        ("yearly_revenue", "=1+1", None),
    ],
)
def test_figures_as_people_write_them_are_read_or_refused_on_their_field(
    alice: Any, filed: Any, at: Any, desk: Desk, name: str, typed: str, kept: Any
) -> None:
    number = filed("2026-03-02 10:00")
    at("2026-03-04 10:00")
    answer = alice.hx.post(
        f"{PAGE}/lines/{number}", data={f"{number}-version": "0", f"{number}-{name}": typed}
    )
    assert answer.status_code == (422 if kept is None else 200)
    [line] = desk.draft(at("2026-03-04 11:00")).lines
    registered: dict[str, Any] = {"ports": 60, "yearly_revenue": Decimal("21600.00")}
    assert getattr(line, name) == (registered[name] if kept is None else kept)


@pytest.mark.parametrize(
    ("week", "when", "due", "review", "told"),
    [
        ("2026-10-01", "2026-09-28 10:00", "2026-09-29 18:00", "Wed 30 Sep", "because of the holidays"),
        ("2026-02-19", "2026-02-13 10:00", "2026-02-13 18:00", "Sat 14 Feb", "because of the holidays"),
        ("2027-02-11", "2027-02-08 10:00", "2027-02-10 18:00", "Thu 11 Feb", "not published yet"),
    ],
)
def test_the_page_says_when_a_report_is_due_that_holidays_move(
    alice: Any, at: Any, week: str, when: str, due: str, review: str, told: str
) -> None:
    at(when)
    text = alice.get(f"/weekly/{week}").get_data(as_text=True)
    assert f"Due {due}, review on {review}." in text
    assert told in text
    assert text.count("because of the holidays") + text.count("not published yet") == 1


def test_a_partner_without_projects_is_told_that_nothing_is_needed(alice: Any, at: Any) -> None:
    at("2026-03-04 10:00")
    text = alice.get(PAGE).get_data(as_text=True)
    assert "No open project: there is nothing to report." in text
    assert "Nothing is missing" in text
