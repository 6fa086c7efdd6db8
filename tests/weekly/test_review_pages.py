"""The screen of the Thursday review (W3): what it shows, with and without its script."""

import io
from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from openpyxl import load_workbook

from portal import db
from portal.domain.pipeline import Stage
from portal.domain.support import SupportKind
from portal.domain.terms import EventKind
from portal.domain.weekly import LineVerdict as V
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.pipeline.service import release
from portal.policy.service import policy_on
from portal.support.service import ask
from portal.weekly.meeting_queries import counted, roster
from portal.weekly.review_queries import lines_of, sheet_of
from portal.weekly.snapshots import is_kept
from tests.support.clocks import At, shanghai
from tests.support.people import Person
from tests.support.web import Login
from tests.weekly.conftest import WEEK, Channel

MEETING = "2026-03-12 14:00"
HERE = "/thursday/2026-03-12"


@pytest.fixture
def week(channel: Channel) -> dict[str, int]:
    """Every kind of change between the ends of two weeks."""
    made = {
        "moved": channel.files("alice", "2026-03-02 10:00", "慢蜗牛快递"),
        "back": channel.files("alice", "2026-02-26 10:00", "云上豆腐"),
        "lapsing": channel.files("alice", "2026-02-13 10:00", "夜鹭商贸"),
        "lapsed": channel.files("alice", "2026-02-10 10:00", "红枫医疗"),
        "gone": channel.files("alice", "2026-03-01 10:00", "青鲸物流"),
        "same": channel.files("alice", "2026-03-03 10:00", "白帆造船"),
        "theirs": channel.files("carol", "2026-03-03 10:00", "九色鹿文旅"),
    }
    channel.moves("alice", "2026-03-04 10:00", made["back"], Stage.TRIAL)
    channel.moves("alice", "2026-03-09 10:00", made["moved"], Stage.SOLUTION)
    channel.moves("alice", "2026-03-09 11:00", made["back"], Stage.MEETING)
    made["new"] = channel.files("alice", "2026-03-10 10:00", "星河动力", ports=180)
    row = channel.row(made["gone"])
    with db.transaction(channel.engine) as session:
        release(
            session, actor=channel.people["alice"].actor, now=shanghai("2026-03-10 11:00"),
            registration_id=row.id, version=row.version, reason="客户暂缓",
        )  # fmt: skip
    return made


@pytest.fixture
def manager(app: Flask, people: Mapping[str, Person], login: Login, at: At, week: dict[str, int]) -> Any:
    """The channel manager in the meeting."""
    at(MEETING)
    return login(app.test_client(), people["channel_manager"])


def table(page: str) -> str:
    """What the table of a page says."""
    return page[page.index("<tbody") : page.index("</tbody>")]


def test_it_leads_to_the_partner_that_is_to_be_done_next(manager: Any, channel: Channel, at: At) -> None:
    assert manager.get("/thursday").headers["Location"] == HERE
    assert manager.get(HERE).headers["Location"] == f"{HERE}/1"
    channel.finishes("channel_manager", MEETING)
    assert manager.get(HERE).headers["Location"] == f"{HERE}/2"
    at("2026-03-13 10:00")  # one partner of last week's meeting is left
    assert manager.get("/thursday").headers["Location"] == HERE
    channel.finishes("channel_manager", "2026-03-13 10:00", partner="carol")
    assert manager.get("/thursday").headers["Location"] == "/thursday/2026-03-19"


def test_every_change_stands_under_its_heading(manager: Any, week: dict[str, int], channel: Channel) -> None:
    page = manager.get(f"{HERE}/1").text
    for one, following in (
        ("New <", "星河动力"), ("Advanced <", "慢蜗牛快递"), ("Fell back <", "云上豆腐"),
        ("Protection about to lapse, or lapsed <", "夜鹭商贸"), ("Gone <", "青鲸物流"),
    ):  # fmt: skip
        assert page.index(one) < page.index(following), one
    assert "白帆造船" not in table(page)
    assert "九色鹿文旅" not in page
    assert "<del>Trial</del>" in page
    assert "<ins>+180</ins>" in page
    assert "Not this partner’s any more: Released" in page
    everything = table(manager.get(f"{HERE}/1?show=all").text)
    assert everything.index("Unchanged <") < everything.index("白帆造船")
    with db.reading(channel.engine) as session:
        assert is_kept(session, WEEK.before)
        assert not is_kept(session, WEEK)


def test_the_report_speaks_first_and_what_came_after_is_marked(
    manager: Any, week: dict[str, int], channel: Channel
) -> None:
    line = {"registration": week["moved"], "customer": "慢蜗牛快递", "happened": "方案讲解，等预算"}
    channel.reports("alice", "2026-03-11 17:20", [line | {"support": "售前到场"}])
    channel.moves("alice", "2026-03-12 09:00", week["moved"], Stage.TRIAL)
    page = manager.get(f"{HERE}/1").text
    assert "方案讲解，等预算" in page
    assert "售前到场" in page
    assert "下周有展会" in page
    assert "Meeting → Solution" not in page  # the report says it in its own words
    assert page.index("After the report") < page.index("Solution → Trial")
    assert "2026-03-11 17:20" in page
    assert "No report" in page  # carol's


def test_what_left_between_report_and_review_says_so(
    manager: Any, week: dict[str, int], channel: Channel
) -> None:
    """It was new, was reported, and was lost before the meeting: in neither snapshot."""
    fresh = channel.files("alice", "2026-03-10 15:00", "竹节虫电讯")
    channel.reports("alice", "2026-03-11 17:20", [{"registration": fresh, "happened": "首次拜访"}])
    row = channel.row(fresh)
    with db.transaction(channel.engine) as session:
        release(
            session, actor=channel.people["alice"].actor, now=shanghai("2026-03-12 10:00"),
            registration_id=row.id, version=row.version, reason="客户改由直销",
        )  # fmt: skip
    page = manager.get(f"{HERE}/1").text
    assert "竹节虫电讯" in page
    assert "首次拜访" in page
    assert f'lines/{fresh}"' not in page
    answer = manager.post(f"{HERE}/1/lines/{fresh}", data={"verdict": "noted"})
    assert answer.status_code == 422
    assert "not this partner’s any more" in answer.text


def test_the_database_counts_what_the_rules_say(
    engine: sa.Engine, channel: Channel, week: dict[str, int], people: Mapping[str, Person]
) -> None:
    for live in (True, False):
        channel.keeps(WEEK.before) if live else channel.keeps(WEEK)
        today = shanghai(MEETING).date() if live else WEEK.thursday
        with db.reading(engine) as session:
            policy = policy_on(session, today)
            seats = counted(
                session, sa.true(), roster(session, sa.true(), WEEK).seats, WEEK, live=live, today=today,
                policy=policy,
            )  # fmt: skip
            for seat in seats:
                sheet = sheet_of(session, seat.id, WEEK)
                lines = lines_of(session, seat.id, WEEK, sheet, live=live, today=today, policy=policy)
                found = [line.compared for line in lines]
                changes = [each.change.value for each in found]
                assert (seat.new, seat.advanced, seat.fell_back, seat.gone) == tuple(
                    changes.count(name) for name in ("new", "advanced", "fell_back", "gone")
                )
                assert seat.lapsing == sum(each.lapsing for each in found)
                assert seat.lapsed == sum(each.lapsed for each in found)
            first = seats[0]
            assert (first.new, first.advanced, first.fell_back, first.gone) == (1, 1, 1, 1)
            assert (first.lapsing, first.lapsed) == (1, 1)


def test_a_verdict_without_script(manager: Any, week: dict[str, int], channel: Channel) -> None:
    path = f"{HERE}/1/lines/{week['moved']}"
    refused = manager.post(path, data={"verdict": "progress", "sentence": " "})
    assert refused.status_code == 422
    assert "Say why in a sentence" in refused.text
    answer = manager.post(path, data={"verdict": "returned", "sentence": "附会议纪要", "show": "all"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{HERE}/1?show=all#r-{week['moved']}"
    assert "附会议纪要" in manager.get(f"{HERE}/1").text
    assert manager.post(f"{path}/take-back").status_code == 303
    assert channel.lines() == []
    assert manager.post(path, data={"verdict": "applause"}).status_code == 422


def test_a_verdict_with_script_answers_its_cell(manager: Any, week: dict[str, int]) -> None:
    path = f"{HERE}/1/lines/{week['lapsed']}"
    answer = manager.hx.post(path, data={"verdict": "progress", "sentence": "客户恢复预算"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'id="v-{week["lapsed"]}"' in answer.text
    assert "28 days left" in answer.text
    again = manager.hx.post(path, data={"verdict": "noted", "sentence": "重复"})
    assert again.status_code == 409
    assert "gave this project its verdict already" in again.text


def test_a_sentence_for_a_partner_that_is_done_comes_back(
    manager: Any, week: dict[str, int], channel: Channel
) -> None:
    channel.finishes("channel_sales", MEETING)
    path, sent = f"{HERE}/1/lines/{week['moved']}", {"verdict": "progress", "sentence": "客户已确认预算"}
    for answer in (manager.post(path, data=sent), manager.hx.post(path, data=sent)):
        assert answer.status_code == 422
        assert "客户已确认预算" in answer.text
        assert "Reopen</button>" in answer.text


def test_a_report_is_missed_only_once_it_is_due(manager: Any, at: At) -> None:
    at("2026-03-11 17:59")
    page = manager.get(f"{HERE}/1").text
    assert "No report" not in page
    assert "<dd>Not sent in" in page
    at("2026-03-11 18:00")
    page = manager.get(f"{HERE}/1").text
    assert page.count("No report") == 2
    assert '<dd class="bad-t">Not sent in' in page


def test_stale_notes_show_both_texts(manager: Any, channel: Channel) -> None:
    channel.notes("channel_sales", MEETING, "他的记录", 1)
    sent = {"notes": "我的记录", "version": "1"}
    for post in (manager.post, manager.hx.post):
        answer = post(f"{HERE}/1/notes", data=sent)
        assert answer.status_code == 409
        assert "他的记录" in answer.text
    assert "我的记录" in manager.post(f"{HERE}/1/notes", data=sent).text
    assert "我的记录" in manager.post(f"{HERE}/1/done", data=sent).text
    review = channel.review()
    assert (review.notes, review.done_at) == ("他的记录", None)
    page = manager.post(f"{HERE}/1/done", data=sent).text
    assert 'name="version" value="0"' in page  # the form as it comes back overwrites nothing,
    assert manager.post(f"{HERE}/1/done", data=sent | {"version": "0"}).status_code == 409
    assert 'name="over" value="2"' in page  # only the button that says so
    assert manager.hx.post(f"{HERE}/1/notes", data=sent | {"over": "2"}).status_code == 200
    assert channel.review().notes == "我的记录"


def test_the_address_of_a_refusal_opens_the_partner_again(manager: Any) -> None:
    for act in ("notes", "done", "support", "reopen", "support/1/done", "lines/1/take-back"):
        answer = manager.get(f"{HERE}/1/{act}")
        assert answer.status_code == 302, act
        above = "/lines/1" if act.startswith("lines") else ""
        assert answer.headers["Location"] == f"{HERE}/1{above}"
    assert manager.get("/language").status_code == 405  # above it is no page of its own
    assert manager.delete(f"{HERE}/1/notes").status_code == 405


def test_done_keeps_the_notes_and_goes_on(manager: Any, channel: Channel) -> None:
    answer = manager.post(f"{HERE}/1/done", data={"notes": "完\r\n了", "version": "1"})
    assert answer.headers["Location"] == f"{HERE}/2"
    assert channel.review().notes == "完\n了"
    last = manager.hx.post(f"{HERE}/2/done", data={"notes": "", "version": "1"})
    assert last.headers["HX-Push-Url"] == f"{HERE}/2"
    assert "All partners of this meeting are reviewed" in last.text
    assert manager.post(f"{HERE}/2/reopen").status_code == 303
    assert channel.review("carol").done_at is None


def test_who_lost_the_partner_meanwhile_keeps_what_was_typed(
    app: Flask, channel: Channel, login: Login, at: At, week: dict[str, int]
) -> None:
    at(MEETING)
    sales = login(app.test_client(), channel.people["channel_sales"])
    with db.transaction(channel.engine) as session:
        session.execute(sa.update(t.partner).where(t.partner.c.id == 1).values(region="west"))
    assert sales.get(f"{HERE}/1").status_code == 404
    typed = {"verdict": "progress", "sentence": "约好周五签约", "notes": "本周重点", "version": "1"}
    for path in (f"{HERE}/1/lines/{week['moved']}", f"{HERE}/1/notes", f"{HERE}/1/done"):
        answer = sales.post(path, data=typed)
        assert answer.status_code == 422, path
        assert "You do not hold this partner’s reviews" in answer.text, path
        assert "约好周五签约" in answer.text or "本周重点" in answer.text, path
        assert sales.hx.post(path, data=typed).status_code == 422
    assert sales.post(f"{HERE}/99/notes", data=typed).status_code == 404
    assert channel.review() is None
    with db.transaction(channel.engine) as session:
        session.execute(sa.update(t.partner).where(t.partner.c.id == 1).values(region="east"))


def test_who_only_looks_finds_nothing_to_press(
    app: Flask, channel: Channel, login: Login, at: At, week: dict[str, int]
) -> None:
    at(MEETING)
    for who in ("regional_manager", "channel_director", "product_marketing"):
        viewer = login(app.test_client(), channel.people[who])
        page = viewer.get(f"{HERE}/1").text
        assert "慢蜗牛快递" in page
        assert not any(word in page for word in ('name="verdict"', 'name="notes"', "Done, next")), who


def test_weeks_that_are_over_compare_what_was_kept(
    manager: Any, channel: Channel, week: dict[str, int], at: At
) -> None:
    at("2026-03-16 10:00")
    channel.moves("alice", "2026-03-15 10:00", week["moved"], Stage.TRIAL)
    page = manager.get(f"{HERE}/1").text
    assert "<ins>Solution</ins>" in page
    assert "Held late" in page
    at("2026-03-19 10:00")
    page = manager.get(f"{HERE}/1").text
    assert "慢蜗牛快递" in page
    assert 'name="verdict"' not in page
    for path in ("/thursday/2026-03-26/1", "/thursday/2026-03-11/1", "/thursday/2024-03-14/1", f"{HERE}/77"):
        assert manager.get(path).status_code == 404, path
    with db.reading(channel.engine) as session:
        assert is_kept(session, WEEK)
        assert not is_kept(session, Week(WEEK.thursday).next)


def test_news_come_in_small_parts_and_only_when_there_are_any(
    manager: Any, channel: Channel, week: dict[str, int]
) -> None:
    asked = news_address(manager.get(f"{HERE}/1").text)
    assert manager.hx.get(asked).status_code == 204
    channel.decides("channel_sales", MEETING, week["moved"], V.NOTED, "看过")
    channel.notes("channel_sales", MEETING, "他的记录", 1)
    news = manager.hx.get(asked)
    assert news.status_code == 200
    assert "<textarea class" not in news.text.split('id="notes-news"')[1]
    assert "看过" in news.text
    assert "他的记录" in news.text
    assert manager.hx.get(news_address(news.text)).status_code == 204


def test_news_of_the_list_come_though_a_step_left_it_as_it_was(manager: Any, channel: Channel) -> None:
    page = manager.get(f"{HERE}/1").text
    channel.finishes("channel_sales", MEETING, partner="carol")
    step = manager.hx.get(f"{HERE}/2").text
    assert 'id="list-state"' not in step
    fresh = f"{HERE}/2/news?state={told(step, 'state')}&list={told(page, 'list')}"
    assert 'id="m-2"' in manager.hx.get(fresh).text


def told(page: str, name: str) -> str:
    """What a page knows others' work by."""
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def news_address(page: str) -> str:
    """Where a page asks what others did since."""
    return f"{HERE}/1/news?state={told(page, 'state')}&list={told(page, 'list')}"


def test_the_order_is_moved_without_script(manager: Any) -> None:
    assert manager.post(f"{HERE}/2/place", data={"to": "earlier"}).status_code == 303
    page = manager.get(f"{HERE}/1").text
    assert page.index('id="p-2"') < page.index('id="p-1"')


def test_a_verdict_says_who_gave_it_and_when(manager: Any, channel: Channel, week: dict[str, int]) -> None:
    channel.decides("channel_sales", MEETING, week["moved"], V.PROGRESS, "客户约好试用")
    given = table(manager.get(f"{HERE}/1").text).split('class="given"')[1].split("</p>")[0]
    name = channel.people["channel_sales"].actor.name
    assert f"{name} · {MEETING}<" in given


def test_minutes_on_paper_and_as_a_workbook(
    manager: Any, channel: Channel, week: dict[str, int], people: Mapping[str, Person]
) -> None:
    channel.decides("channel_sales", MEETING, week["moved"], V.PROGRESS, "=HYPERLINK(1)")
    channel.notes("channel_sales", MEETING, "=1+1 周五前补记录", 1)
    with db.transaction(channel.engine) as session:
        row = channel.row(week["same"])
        ask(
            session, actor=people["alice"].actor, now=shanghai(MEETING), registration_id=row.id,
            kind=SupportKind.SOLUTION, need="售前同去",
        )  # fmt: skip
    for path in (f"{HERE}/minutes", f"{HERE}/1/minutes"):
        page = manager.get(path).text
        assert all(
            text in page for text in ("=HYPERLINK(1)", "周五前补记录", "售前同去", "Accepted as progress")
        )
    assert "P002" not in manager.get(f"{HERE}/1/minutes").text
    assert manager.get(f"{HERE}/77/minutes").status_code == 404
    for path in (f"{HERE}/minutes.xlsx", f"{HERE}/1/minutes.xlsx"):
        book = load_workbook(io.BytesIO(manager.get(path).data))
        partners, verdicts, support = book.worksheets
        assert partners["E2"].value == "'=1+1 周五前补记录"
        assert partners.freeze_panes == "A2"
        assert [cell.value for cell in verdicts[2]][2:4] == ["Accepted as progress", "'=HYPERLINK(1)"]
        assert "售前同去" in {cell.value for cell in support["C"]}
        assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row)


def test_partners_see_verdicts_and_never_the_notes(
    app: Flask, channel: Channel, login: Login, at: At, week: dict[str, int]
) -> None:
    at(MEETING)
    channel.notes("channel_sales", MEETING, "内部：渠道能力不足", 1)
    channel.decides("channel_sales", MEETING, week["moved"], V.RETURNED, "附上会议纪要")
    alice = login(app.test_client(), channel.people["alice"])
    page = alice.get(f"/registrations/{week['moved']}").text
    assert "Returned in the Thursday review" in page
    assert "附上会议纪要" in page
    assert "渠道能力不足" not in page
    assert alice.get(f"{HERE}/1").status_code == 403
    assert channel.events(week["moved"], EventKind.RETURNED)
