"""What was decided elsewhere about which filing is which, moved in; exports come back as they went."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.commands.moving import export
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held
from portal.conflicts.linking import links_of
from portal.conflicts.naming import names_with_source, state_name
from portal.domain.terms import NameKind
from portal.matching.apart import told_apart
from portal.models import tables as t
from portal.schema import bring_up_to_date
from tests.imports.conftest import NOW, Bring, importing
from tests.imports.files import PARTNERS, as_csv
from tests.support.databases import LONG_AGO

Row = dict[str, object]
LATER = NOW + timedelta(days=1)
CODES = ("91310115TX2334G26K", "91420111GMWC073PBL")
# H2 is held for H1 (no legal form, no place); S1 and S2 are signed; the rest are strangers.
FILED = (
    ("H1", "2026-03-02 10:00", "P1", "深圳市华达科技有限公司"),
    ("H2", "2026-03-03 10:00", "P2", "华达科技"),
    ("A1", "2026-03-04 10:00", "P1", "静湖茶业集团有限公司"),
    ("A2", "2026-03-05 10:00", "P2", "镜泊茗品有限公司"),
    ("A3", "2026-03-06 10:00", "P3", "镜泊茗品有限公司"),
    ("S1", "2026-03-07 10:00", "P1", "远山信息有限公司"),
    ("S2", "2026-03-08 10:00", "P2", "青禾印务有限公司"),
)  # fmt: skip
SIGNED = [
    {"registration": ref, "at": "2026-03-10 10:00", "stage": "签约", "contract_no": f"HT-{ref}"}
    for ref in ("S1", "S2")
]
SAME = {
    "registration": "H2",
    "decision": "同一客户",
    "other": "H1",
    "at": "2026-03-12 10:00",
    "reason": "电话",
}


@pytest.fixture
def filed(bring: Bring) -> None:
    """The registrations above, imported."""
    bring("partners", PARTNERS)
    bring("registrations", registrations())
    bring("events", SIGNED)


def registrations() -> list[Row]:
    return [dict(zip(("ref", "filed_at", "party", "customer_name"), row, strict=True)) for row in FILED]


@pytest.fixture
def stands(engine: sa.Engine) -> Callable[..., dict[str, Any]]:
    """How the registrations stand, by reference, after everything was checked."""
    return lambda where=engine: standing(where)


def standing(engine: sa.Engine) -> dict[str, Any]:
    c, founder = t.registration.c, t.customer.c.founder_ref
    query = sa.select(c.ref, c.state, founder, c.queue_position, c.protected_until, c.owned_since)
    with db.reading(engine) as session:
        assert list(problems(session, now=NOW)) == []
        rows = session.execute(query.join(t.customer, t.customer.c.id == c.customer_id, isouter=True))
        return {row.ref: tuple(row)[1:] for row in rows}


def on(stands: Any) -> dict[str, Any]:
    """The customer that each registration is on, by the reference of its founder."""
    return {ref: row[1] for ref, row in stands().items()}


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize(
    ("decision", "customer"), [("same", "H1"), ("是", "H1"), ("different", "H2"), ("不同客户", "H2")]
)
def test_what_is_held_is_decided_as_in_the_queue_from_the_day_it_was_decided(
    bring: Bring, stands: Any, decision: str, customer: str
) -> None:
    assert stands()["H2"][0] == "held"
    rows = [{**SAME, "decision": decision}]
    assert (bring("decisions", rows, dry_run=True).accepted, stands()["H2"][0]) == (1, "held")
    report = bring("decisions", rows)
    assert (report.accepted, report.refused) == (1, [])
    after = stands()
    assert after["H2"][:2] == ("waiting" if customer == "H1" else "lapsed", customer)
    if customer == "H2":
        assert str(after["H2"][4]).startswith("2026-03-12"), "protected from the day of the decision"
    again = bring("decisions", rows)
    assert (again.accepted, again.skipped, again.refused) == (0, 1, [])
    assert stands() == after


@pytest.mark.usefixtures("filed")
def test_the_same_of_two_customers_merges_them(bring: Bring, stands: Any) -> None:
    rows = [{"registration": "A2", "decision": "same", "other": "A1", "at": "2026-03-12"}]
    assert bring("decisions", rows).accepted == 1
    after = stands()
    assert {after[ref][1] for ref in ("A1", "A2", "A3")} == {"A1"}
    assert [after[ref][2] for ref in ("A1", "A2", "A3")] == [0, 1, 2]
    assert bring("decisions", rows).skipped == 1


@pytest.mark.usefixtures("filed")
def test_a_decision_may_rest_on_one_before_it_whatever_their_order(bring: Bring, stands: Any) -> None:
    rows = [
        {"registration": "H2", "decision": "merged", "other": "A1", "at": "2026-03-13"},
        {**SAME, "decision": "different", "at": "2026-03-12"},
    ]
    assert bring("decisions", rows).accepted == 2
    assert {ref: on(stands)[ref] for ref in ("H1", "H2", "A1")} == {"H1": "H1", "H2": "A1", "A1": "A1"}


@pytest.mark.usefixtures("filed")
def test_what_is_so_already_is_passed_over(bring: Bring, stands: Any) -> None:
    before = stands()
    rows = [
        {"registration": "A3", "decision": "same", "other": "A2"},
        {"registration": "A1", "decision": "undone", "other": "A2"},
    ]
    report = bring("decisions", rows)
    assert (report.accepted, report.skipped, report.refused) == (0, 2, [])
    assert stands() == before


@pytest.mark.usefixtures("filed")
def test_different_of_two_customers_tells_them_apart_for_good(
    engine: sa.Engine, bring: Bring, stands: Any
) -> None:
    before = stands()
    row = {"registration": "A1", "decision": "different", "other": "A2", "reason": "两家公司"}
    other_way = {**row, "registration": "A2", "other": "A1"}
    report = bring("decisions", [row])
    assert (report.accepted, report.skipped, report.refused) == (1, 0, [])
    assert stands() == before, "no claim moves"
    with db.reading(engine) as session:
        c = t.customer.c
        ids = {row.founder_ref: row.id for row in session.execute(sa.select(c.founder_ref, c.id))}
        assert told_apart(session, ids["A1"], ids["A2"])
    for again in (row, other_way):
        report = bring("decisions", [again])
        assert (report.accepted, report.skipped, report.refused) == (0, 1, [])


REFUSED = {
    "different of one customer": ({"registration": "A3", "other": "A2", "decision": "different"}, "decision",
                                  "decision.one_customer"),
    "same of two signed": ({"registration": "S1", "other": "S2", "decision": "same"}, "decision",
                           "merge.both_signed"),
    "linked without being signed": ({"registration": "A1", "other": "A2", "decision": "linked"}, "decision",
                                    "link.not_both_signed"),
    "about itself": ({"registration": "A1", "other": "A1", "decision": "same"}, "other",
                     "decision.one_filing"),
    "no such claim": ({"registration": "A1", "other": "A9", "decision": "same"}, "other",
                      "import.unknown_registration"),
    "before it was filed": ({"registration": "A1", "other": "H1", "decision": "same", "at": "2026-03-03"},
                            "at", "import.before_filing"),
    "in the future": ({"registration": "A1", "other": "H1", "decision": "same", "at": "2027-03-03"},
                      "at", "decision.in_the_future"),
    "merged while it was held": ({"registration": "H2", "other": "A1", "decision": "merged",
                                  "at": "2026-03-11"}, "decision", "decision.decides_nothing"),
    "another word": ({"registration": "A1", "other": "H1", "decision": "maybe"}, "decision", "import.value"),
}  # fmt: skip


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize("what", REFUSED)
def test_a_decision_that_cannot_be_refuses_the_whole_file(bring: Bring, stands: Any, what: str) -> None:
    row, column, code = REFUSED[what]
    before = stands()
    report = bring("decisions", [SAME, row])
    assert [(each.row, each.column, each.problem.code) for each in report.refused] == [(3, column, code)]
    assert stands() == before


@pytest.mark.usefixtures("filed")
def test_a_code_goes_before_a_decision(bring: Bring, stands: Any) -> None:
    for number, ref in enumerate(("C1", "C2")):
        row = {"ref": ref, "filed_at": "2026-03-09", "party": "P1", "uscc": CODES[number],
               "customer_name": f"白鹭滩仓储{ref}有限公司"}  # fmt: skip
        assert bring("registrations", [row]).accepted == 1
    before = stands()
    [refused] = bring("decisions", [{"registration": "C1", "decision": "same", "other": "C2"}]).refused
    assert refused.problem.code == "merge.codes_differ"
    assert stands() == before


@pytest.mark.usefixtures("filed")
def test_two_signed_customers_are_linked_and_unlinked(bring: Bring, engine: sa.Engine) -> None:
    row = {"registration": "S1", "decision": "关联", "other": "S2", "reason": "一家"}
    assert [bring("decisions", [row, row]).accepted, bring("decisions", [row]).skipped] == [1, 1]

    def links() -> int:
        with db.reading(engine) as session:
            query = sa.select(t.registration.c.customer_id).where(t.registration.c.ref == "S2")
            return len(links_of(session, session.scalar(query) or 0))

    assert links() == 1
    assert bring("decisions", [{**row, "decision": "undone"}]).accepted == 1
    assert links() == 0


@pytest.fixture
def another(database: str, request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[sa.Engine]:
    """A second database, with the schema and nothing in it."""
    cluster = request.getfixturevalue("postgres_cluster") if database == "postgres" else None
    url = cluster.create() if cluster else f"sqlite:///{tmp_path / 'another.db'}"
    engine = db.make_engine(url)
    bring_up_to_date(engine, now=LONG_AGO)
    yield engine
    engine.dispose()
    if cluster:
        cluster.drop(url)


def names(engine: sa.Engine) -> set[tuple[str, str, str, str]]:
    """Every name with its customer, kind and reason."""
    c = t.customer.c
    with db.reading(engine) as session:
        return {
            (row.founder_ref, each.name, each.kind.value, each.reason)
            for row in session.execute(sa.select(c.id, c.founder_ref)).all()
            for each in names_with_source(session, row.id)
        }


@pytest.mark.usefixtures("filed")
def test_what_was_exported_can_be_imported_beside_the_same_registrations(
    engine: sa.Engine, bring: Bring, another: sa.Engine, people: Mapping[str, Any], stands: Any
) -> None:
    manager = people["channel_manager"].actor
    rows: list[Row] = [
        {
            "registration": "A2",
            "decision": "merged",
            "other": "A1",
            "at": "2026-03-13 10:00",
            "reason": "一家",
        },
        {"registration": "S1", "decision": "linked", "other": "S2"},
    ]
    assert bring("decisions", rows).accepted == 2
    with db.transaction(engine) as session:
        held = session.execute(sa.select(t.registration).where(t.registration.c.ref == "H2")).one()
        decide_held(
            session, actor=manager, now=NOW, registration_id=held.id, version=held.version,
            customer_id=held.suspect_id, same=True, reason="电话核实",
        )  # fmt: skip
        for kind, name in ((NameKind.BRAND, "慢蜗牛"), (NameKind.ENGLISH, "=Slow, “Snail”")):
            state_name(
                session,
                actor=manager,
                now=NOW,
                customer_id=held.suspect_id,
                kind=kind,
                name=name,
                reason="网",
            )
    undo = [{"registration": "A2", "decision": "undone", "other": "A1", "reason": "两家"}]
    assert bring("decisions", undo).accepted == 1
    for kind, content in (
        ("partners", as_csv(PARTNERS)),
        ("registrations", as_csv(registrations())),
        ("events", as_csv(SIGNED)),
        ("decisions", export(engine, "decisions", "2026-06-01", "csv")),
        ("aliases", export(engine, "aliases", None, "xlsx")),
    ):
        assert importing(another, kind, content, now=LATER).refused == [], kind
    assert names(another) == names(engine)
    assert standing(another)["H2"] == stands()["H2"]
    assert {ref: row[:2] for ref, row in standing(another).items()} == {
        ref: row[:2] for ref, row in stands().items()
    }
    for where in (another, engine):
        before = standing(where)
        for kind in ("decisions", "aliases"):
            again = importing(where, kind, export(engine, kind, "2026-06-01", "csv"), now=LATER)
            assert (again.accepted, again.refused) == (0, []), kind
        assert standing(where) == before
