"""A large roll-up on paper: two sheets of A4 in both languages, no table torn from its head."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from portal import db
from portal.domain.pipeline import STAGES, Stage
from portal.domain.rollup import About
from portal.domain.rollup_ground import Handed, Reseller, by_region
from portal.domain.rollup_text import compose
from portal.domain.weekly import Standing
from portal.domain.weeks import last_weeks
from portal.models import tables as t
from portal.weekly.rollup import canonical, digest_of
from tests.domain.test_rollup import WEEK, ground
from tests.support.clocks import shanghai
from tests.support.people import Person

PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")


@pytest.fixture
def frozen(engine: sa.Engine) -> None:
    """Twelve weeks of 200 projects of 40 partners, half of them key, all of them waiting for support."""
    partners = {each: Reseller(f"QD{each:03}", "上海红枫信息技术有限公司", "华东") for each in range(40)}
    projects = {
        each: Standing(
            each, each % 40, STAGES[each % 4], 120, Decimal(144_000 + each), WEEK.thursday, WEEK.first
        )
        for each in range(200)
    }
    about = About("R00000159", "北京雨伞与灯塔和医疗器械有限公司", "提交二次面谈纪要", WEEK.thursday,
                  WEEK.thursday, "需要售前工程师到场", WEEK.first)  # fmt: skip
    earlier = None
    for week in last_weeks(WEEK, 12):
        before = {each: one._replace(stage=Stage.INTEREST) for each, one in projects.items()}
        told = replace(
            ground(before, projects, week), partners=partners, about=dict.fromkeys(projects, about),
            reports={each: Handed.LATE if each < 6 else Handed.IN_TIME for each in range(40)},
        )  # fmt: skip
        earlier = compose(by_region(told)[0], earlier)
    assert earlier is not None
    content, made = canonical(earlier), shanghai("2026-03-06 10:00")
    row = {"week": WEEK.thursday, "region": "", "made_at": made, "content": content}
    end = {"week": WEEK.thursday, "taken_at": made, "projects": 0, "digest": ""}
    with db.transaction(engine) as session:
        session.execute(sa.insert(t.week_end).values(**end))
        session.execute(sa.insert(t.rollup).values(**row, digest=digest_of(content)))


@pytest.mark.usefixtures("frozen")
def test_it_prints_on_two_sheets(
    page: Page, people: Mapping[str, Person], sign_in: Any, at: Any, engine: sa.Engine
) -> None:
    at("2026-03-09 10:00")
    sign_in(page, people["coo"])
    for language in ("en", "zh"):
        with db.transaction(engine) as session:
            session.execute(sa.update(t.user).values(locale=language))
        page.goto(f"/rollups/{WEEK.thursday}")
        assert page.locator("#h-key").is_visible()
        assert page.locator("section:has(#h-key) tbody tr").count() == 20
        assert not page.locator("p.p-only").is_visible()
        assert len(PAGE.findall(page.pdf(format="A4", prefer_css_page_size=True))) == 2
        page.emulate_media(media="print")
        shown = page.locator("section:has(#h-key) tbody tr").filter(visible=True).count()
        assert page.locator("p.p-only").inner_text().count(str(100 - shown)) == 1
        page.emulate_media(media="null")
