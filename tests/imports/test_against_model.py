"""Any history, written down in files, shuffled and imported, is what the second models say it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from portal import audit
from portal.conflicts.check import problems
from portal.domain.periods import day_end
from portal.imports.run import import_file
from portal.registrations.export import registrations_as_of
from tests.imports.files import as_csv
from tests.model.histories import DAYS, START, UNTIL, instants
from tests.model.naive_identity import Spelling, companies
from tests.model.naive_ownership import STAGES, Row, Told, pictures

CODES = ("", "", "91310115TX2334G26K", "91420111GMWC073PBL")
SHENZHEN = ("广东", "深圳")
NAMES = (
    Spelling("深圳市华达科技有限公司", "深圳市华达科技有限公司", "华达科技", SHENZHEN),
    Spelling(" 深圳市華達科技 有限公司", "深圳市华达科技有限公司", "华达科技", SHENZHEN),
    Spelling("深圳市华达科技（有限公司）", "深圳市华达科技有限公司", "华达科技", SHENZHEN),
    Spelling("华达科技股份有限公司", "华达科技股份有限公司", "华达科技"),
    Spelling("华达科技（广东）有限公司", "华达科技广东有限公司", "华达科技", ("广东",)),
    Spelling("广州华达科技有限公司", "广州华达科技有限公司", "华达科技", ("广东", "广州")),
    Spelling("浙江华达科技有限公司", "浙江华达科技有限公司", "华达科技", ("浙江",)),
    Spelling("华达科技有限公司杭州分公司", "华达科技有限公司杭州分公司", "华达科技"),
    Spelling("静湖茶业集团", "静湖茶业集团", "静湖茶业"),
    Spelling("静湖 茶业集团。", "静湖茶业集团", "静湖茶业"),
    Spelling("Slow Snail Ltd.", "slowsnailltd", "slowsnail"),
    Spelling("ＳＬＯＷ SNAIL LTD", "slowsnailltd", "slowsnail"),
    Spelling("慢蜗牛快递有限公司", "慢蜗牛快递有限公司", "慢蜗牛快递"),
)
PARTIES = ("P1", "P2", "P3", "KA")


@dataclass(frozen=True)
class Filed:
    """A filing of the history."""

    told: Told
    name: Spelling
    code: str


@dataclass(frozen=True)
class World:
    """What happened, in the order and the files in which it is imported, and the days to look at."""

    filings: tuple[Filed, ...]
    doings: tuple[Told, ...]
    splits: tuple[int, int]
    days: tuple[date, ...]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to nine claims on a few customers, filed within days or months; moved, lost, given up."""
    filings = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        at = draw(instants(0, draw(st.sampled_from([2, 90]))))
        party, stage = draw(st.sampled_from(PARTIES)), draw(st.sampled_from(STAGES))
        told = Told(at, "filed", f"R{number:02d}", stage, party, at)
        filings.append(Filed(told, draw(st.sampled_from(NAMES)), draw(st.sampled_from(CODES))))
    doings = set()
    for each in draw(st.lists(st.sampled_from(filings), max_size=25)):
        what = draw(st.sampled_from(["moved"] * 5 + ["released", "lost"]))
        at = max(draw(instants()), each.told.at)
        doings.add(Told(at, what, each.told.ref, draw(st.sampled_from(STAGES)) if what == "moved" else ""))
    splits = (draw(st.integers(0, len(filings))), draw(st.integers(0, len(doings))))
    days = st.integers(0, DAYS).map(lambda after: START + timedelta(days=after))
    shuffled = draw(st.permutations(sorted(doings, key=repr)))
    looked_at = draw(st.lists(days, min_size=2, max_size=4))
    return World(tuple(draw(st.permutations(filings))), tuple(shuffled), splits, tuple(looked_at))


# The import, from files


def filing_rows(filings: Iterable[Filed]) -> list[dict[str, object]]:
    return [
        {"ref": each.told.ref, "filed_at": each.told.at.isoformat(), "party": each.told.party,
         "customer_name": each.name.typed, "uscc": each.code, "stage": each.told.stage}
        for each in filings
    ]  # fmt: skip


def doing_rows(doings: Iterable[Told]) -> list[dict[str, object]]:
    return [
        {"registration": told.ref, "at": told.at.isoformat(), "stage": told.stage or told.what,
         "reason": "" if told.stage else "价格"}
        for told in doings
    ]  # fmt: skip


def bring(session: Session, kind: str, rows: list[dict[str, object]]) -> None:
    if rows:
        now = UNTIL + timedelta(days=1)
        import_file(session, kind=kind, file_name=kind, content=as_csv(rows), actor=None, now=now)


def move_in(session: Session, world: World) -> None:
    """Two files of claims with what is known of them after each; then the rest of the events."""
    partners = [{"code": code, "name": code, "kind": "growth", "region": "华东"} for code in PARTIES[:3]]
    bring(session, "partners", partners)
    first, second = world.splits
    known = {each.told.ref for each in world.filings[:first]}
    early = [told for told in world.doings[:second] if told.ref in known]
    bring(session, "registrations", filing_rows(world.filings[:first]))
    bring(session, "events", doing_rows(early))
    bring(session, "registrations", filing_rows(world.filings[first:]))
    bring(session, "events", doing_rows(told for told in world.doings if told not in early))


# The same, imagined


def imagined(world: World, until: datetime) -> tuple[dict[str, Row], set[frozenset[str]]]:
    """How every claim stands at an instant, and which are on one customer."""
    filed = [each for each in world.filings if each.told.at <= until]
    filed.sort(key=lambda each: (each.told.at, each.told.ref))
    there, held = companies((each.told.ref, each.name, each.code) for each in filed)
    rows: dict[str, Row] = {}
    for company in there:
        refs = set(company.filings)
        story = [each.told for each in filed] + list(world.doings)
        rows |= pictures([told for told in story if told.ref in refs], until)[-1].rows
    gone = {told.ref for told in world.doings if told.what == "released" and told.at <= until}
    for each in filed:
        if each.told.ref in held:
            state = "released" if each.told.ref in gone else "held"
            rows[each.told.ref] = Row(state, each.told.stage, each.told.stage, None, None, None, None)
    return rows, {frozenset(company.filings) for company in there}


def compare(session: Session, world: World) -> None:
    move_in(session, world)
    for day in world.days:
        rows, together = imagined(world, day_end(day))
        exported = {row["ref"]: row for row in registrations_as_of(session, day)}
        assert {ref: standing(row) for ref, row in exported.items()} == {
            ref: (row.state, row.stage, row.position == 0, row.position, row.protected_until)
            for ref, row in rows.items()
        }
        groups: dict[Any, set[str]] = {}
        for ref, row in exported.items():
            groups.setdefault(row["customer_id"], set()).add(ref)
        groups.pop(None, None)
        assert {frozenset(group) for group in groups.values()} == together
    session.flush()
    audit.seal(session)
    assert list(problems(session, now=UNTIL + timedelta(days=1))) == []


def standing(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("state", "stage", "owner", "queue_position", "protected_until"))


@pytest.fixture
def taken_back(engine: sa.Engine) -> Callable[[World], None]:
    """Compare within a transaction that is undone: every example meets an empty database."""

    def run(world: World) -> None:
        with Session(engine.execution_options(portal_writes=True), expire_on_commit=False) as session:
            compare(session, world)
            session.rollback()

    return run


FIXTURE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.mark.engines("sqlite")
@settings(max_examples=60, deadline=None, suppress_health_check=FIXTURE)
@given(world=worlds())
def test_an_import_is_what_the_models_say_on_sqlite(
    taken_back: Callable[[World], None], world: World
) -> None:
    taken_back(world)


@pytest.mark.engines("postgres")
@settings(max_examples=10, deadline=None, suppress_health_check=FIXTURE)
@given(world=worlds())
def test_an_import_is_what_the_models_say_on_postgres(
    taken_back: Callable[[World], None], world: World
) -> None:
    taken_back(world)
