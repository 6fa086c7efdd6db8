"""The list: every filter, order, page and search against the same done by hand in Python."""

import csv
import io
import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import clock, db
from portal.domain.facts import State
from portal.domain.names import normalise
from portal.domain.pipeline import Stage
from portal.domain.terms import CustomerClass
from portal.imports.run import import_file
from portal.models import tables as t
from portal.registrations import search
from portal.registrations.listing import SORTS, Filters, count_registrations, export_rows, list_registrations
from portal.registrations.queries import state_now
from tests.support.people import Person

NAMES = (
    "青鲸物流有限公司",
    "青鲸物流二部有限公司",
    "纸飞机科技有限公司",
    "Blue Whale 物流",
    "山河_信息100%有限公司",
)
ENGLISH = ("Blue Whale Logistics", "", "Paper Plane", "", "Hills & Rivers")


@pytest.fixture
def rows(engine: sa.Engine, people: Mapping[str, Person]) -> list[Any]:
    """Sixty registrations of two partners and key accounts, in all sorts of states, as whole rows."""
    now = clock.now()
    with db.reading(engine) as session:
        codes = [
            session.execute(
                sa.select(t.partner.c.code).where(t.partner.c.id == people[who].partner_id)
            ).scalar_one()
            for who in ("alice", "carol")
        ]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(
        ["ref", "filed_at", "party", "customer_name", "customer_name_en", "stage", "class", "ports", "city"]
    )
    for number in range(60):
        writer.writerow(
            [
                f"报备-{number}" if number % 7 == 0 else f"Ab-{number:03}",
                (now - timedelta(days=number % 50, hours=number)).isoformat(),
                ("KA", *codes)[number % 3],
                f"{NAMES[number % 5]}{number // 2}",
                ENGLISH[number % 5],
                list(Stage)[number % 4].value,
                ("A", "B", "C", "")[number % 4],
                number % 9,
                "临江市",
            ]
        )
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="r.csv", content=buffer.getvalue().encode(),
            actor=None, now=now,
        )  # fmt: skip
    with db.reading(engine) as session:
        found = list(session.execute(sa.select(t.registration)).all())
    assert len(found) == 60
    return found


def by_hand(filters: Filters, today: date, user_id: int) -> Callable[[Any], bool]:
    text = filters.text.lower()

    def fits(r: Any) -> bool:
        texts = (r.full_key, r.ref.lower(), (r.customer_name_en or "").lower())
        return (
            (not text or any(text in each for each in texts))
            and (not filters.states or state_now(r, today) in filters.states)
            and (not filters.stages or r.stage in filters.stages)
            and (filters.partner_id is None or (r.partner_id or 0) == filters.partner_id)
            and (not filters.customer_class or r.customer_class is filters.customer_class)
            and (not filters.mine or r.worker_id == user_id)
        )

    return fits


def everything(session: Session, **found: Any) -> list[int]:
    """The ids of all pages, forward; each page is also reached by going back from the next."""
    ids: list[int] = []
    cursor, before = None, None
    while True:
        page = list_registrations(session, scope=sa.true(), cursor=cursor, size=7, **found)
        if before is not None:
            assert page.before is not None
            back = list_registrations(session, scope=sa.true(), cursor=page.before, size=7, **found)
            assert [row.id for row in back.rows] == before
        before = [row.id for row in page.rows]
        ids += before
        if page.after is None:
            return ids
        cursor = page.after


def combinations(partner_id: int) -> list[Filters]:
    """Each filter alone, and a good many of them together."""
    choices: dict[str, list[Any]] = {
        "states": [(), (State.ACTIVE,), (State.LAPSED, State.WAITING), (State.HELD,)],
        "stages": [(), (Stage.MEETING,), (Stage.INTEREST, Stage.TRIAL)],
        "partner_id": [None, 0, partner_id],
        "customer_class": [None, CustomerClass.B],
        "mine": [False, True],
    }
    return [Filters(**dict(zip(choices, each, strict=True))) for each in itertools.product(*choices.values())]


def test_filters_find_what_fits_them(engine: sa.Engine, people: Mapping[str, Person], rows: list[Any]):
    today, user = clock.now().date(), people["alice"].user_id
    newest = sorted(rows, key=lambda r: (r.filed_at, r.id), reverse=True)
    with db.reading(engine) as session:
        for filters in combinations(people["alice"].partner_id or 0):
            found = {"filters": filters, "today": today, "user_id": user}
            expected = [r.id for r in newest if by_hand(filters, today, user)(r)]
            assert everything(session, **found) == expected, filters
            assert count_registrations(session, scope=sa.true(), **found) == len(expected)
            exported = export_rows(session, scope=sa.true(), **found)
            assert [r.id for r in exported] == expected


@pytest.mark.parametrize("rare", [search.RARE, 0])
@pytest.mark.parametrize(
    "text",
    [
        *("青鲸", "青鲸物流有限公司1", "公司", "纸", "纸飞机", "blue", "WHALE", "Blue Whale", "hills &"),
        *("ab-01", "AB-0", "报备-2", "100%", "_", "%", "/", "没有这家", "二部"),
    ],
)
def test_a_search_finds_every_name_and_reference_that_contains_the_text(
    engine: sa.Engine, people: Mapping[str, Person], rows: list[Any], text: str, rare: int,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """With the table of pieces and without it."""
    monkeypatch.setattr(search, "RARE", rare)
    search._counts.cache_clear()
    plain, typed, today = normalise(text), text.lower(), clock.now().date()
    expected = {
        r.id
        for r in rows
        if (plain and (plain in r.full_key or typed in r.ref.lower()))
        or typed in (r.customer_name_en or "").lower()
    }
    with db.reading(engine) as session:
        found = {"filters": Filters(text=text), "today": today, "user_id": 1}
        assert set(everything(session, **found)) == expected
    search._counts.cache_clear()


@pytest.mark.parametrize("sort", sorted(SORTS))
def test_every_order_is_kept_over_all_pages(
    engine: sa.Engine, people: Mapping[str, Person], rows: list[Any], sort: str
):
    column, descending = SORTS[sort]
    kept = [r for r in rows if sort != "lapse" or (r.is_owner and r.protected_until)]
    expected = sorted(kept, key=lambda r: (getattr(r, column.key), r.id), reverse=descending)
    with db.reading(engine) as session:
        ids = everything(session, filters=replace(Filters(), sort=sort), today=clock.now().date(), user_id=1)
    assert ids == [r.id for r in expected]
