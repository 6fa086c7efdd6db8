"""Every kind of file: taken, skipped when it comes again, refused whole with row, column and reason."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from portal.conflicts.check import problems
from portal.domain.terms import PartnerKind, Tier
from portal.imports.report import Report
from portal.models import tables as t
from tests.imports.conftest import NOW, Bring, Exported
from tests.imports.files import ALIASES, CODE, EVENTS, FILES, PARTNERS, REGISTRATIONS, TIERS, as_csv

Counts = Callable[[], Mapping[str, int]]


def test_every_kind_is_taken_once_and_skipped_when_it_comes_again(
    bring: Bring, moved_in: Mapping[str, Report], counts: Counts
) -> None:
    for kind, report in moved_in.items():
        assert (report.refused, report.skipped) == ([], 0)
        assert report.accepted == report.rows == len(FILES[kind])
    before = counts()
    for kind, rows in FILES.items():
        report = bring(kind)
        assert (report.accepted, report.skipped, report.refused) == (0, len(rows), [])
    after = counts()
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {"import_run", "audit_entry"}


def test_a_row_twice_in_one_file_is_taken_once(bring: Bring) -> None:
    for kind, rows in FILES.items():
        report = bring(kind, [*rows, *rows])
        assert (report.accepted, report.skipped, report.refused) == (len(rows), len(rows), [])


@pytest.mark.usefixtures("moved_in")
def test_what_was_imported_is_there(session: Any, exported: Exported) -> None:
    partners = {row.code: row for row in session.execute(sa.select(t.partner))}
    assert partners["P1"].kind is PartnerKind.GROWTH
    assert partners["P1"].signed_on == date(2025, 7, 13)
    assert partners["P2"].traffic_deposit == Decimal("100000.00")
    terms = session.execute(sa.select(t.tier_term).order_by(t.tier_term.c.starts_on)).all()
    assert [(row.tier, row.ends_on) for row in terms] == [
        (Tier.GOLD, date(2026, 3, 31)),
        (Tier.SILVER, date(2026, 6, 30)),
    ]
    day = date(2026, 3, 12)
    rows = exported(day)
    assert rows["B1"] | {
        "customer_name": "慢蜗牛快递有限公司", "party": "P1", "filed_at": "2026-03-02T10:00:00+08:00",
        "state": "active", "stage": "meeting", "owner": True, "protected_until": date(2026, 4, 7),
        "queue_position": 0, "ports": 60, "yearly_revenue": Decimal("21600.00"), "uscc": CODE,
        "website": "snail.example.com", "phone": "13800000000",
    } == rows["B1"]  # fmt: skip
    assert (rows["B2"]["state"], rows["B2"]["queue_position"], rows["B2"]["owner"]) == ("waiting", 1, False)
    assert rows["B2"]["customer_id"] == rows["B1"]["customer_id"] != rows["B3"]["customer_id"]
    assert (rows["B3"]["party"], rows["B3"]["state"], rows["B3"]["owner"]) == ("KA", "lost", False)
    assert list(problems(session, now=NOW)) == []


def but(rows: Sequence[Mapping[str, object]], which: int, /, **over: object) -> list[dict[str, object]]:
    """The rows with one of them changed."""
    return [dict(row) | (over if number == which else {}) for number, row in enumerate(rows)]


REFUSED = {
    "a partner's kind": ("partners", but(PARTNERS, 1, kind="gross"), 3, "kind", "gross", "import.value"),
    "no name": ("partners", but(PARTNERS, 1, name=""), 3, "name", "", "required"),
    "no region": ("partners", but(PARTNERS, 0, region=" "), 2, "region", "", "required"),
    "KA as a code": ("partners", but(PARTNERS, 0, code="ka"), 2, "code", "ka", "import.bad_code"),
    "an e-mail": ("partners", but(PARTNERS, 2, email="a@b"), 4, "email", "a@b", "email.form"),
    "a deposit": ("partners", but(PARTNERS, 1, traffic_deposit="1.234"), 3, "traffic_deposit", "1.234",
                  "amount.decimals"),
    "a tier": ("tiers", but(TIERS, 0, tier="bronze"), 2, "tier", "bronze", "import.value"),
    "a tier's partner": ("tiers", but(TIERS, 1, partner="P9"), 3, "partner", "P9", "import.unknown_partner"),
    "no such day": ("tiers", but(TIERS, 1, ends_on="2026-02-30"), 3, "ends_on", "2026-02-30",
                    "date.no_such_day"),
    "an instant": ("registrations", but(REGISTRATIONS, 0, filed_at="yesterday"), 2, "filed_at", "yesterday",
                   "instant.form"),
    "a party": ("registrations", but(REGISTRATIONS, 2, party="P7"), 4, "party", "P7",
                "import.unknown_partner"),
    "a code's check digit": ("registrations", but(REGISTRATIONS, 0, uscc=CODE[:-1] + "L"), 2, "uscc",
                             CODE[:-1] + "L", "uscc.check_digit"),
    "a name of signs": ("registrations", but(REGISTRATIONS, 1, customer_name="——"), 3, "customer_name", "——",
                        "name.no_letters"),
    "half a port": ("registrations", but(REGISTRATIONS, 0, ports="1.5"), 2, "ports", "1.5",
                    "count.not_whole"),
    "a stage": ("registrations", but(REGISTRATIONS, 0, stage="6"), 2, "stage", "6", "import.value"),
    "a class": ("registrations", but(REGISTRATIONS, 0, **{"class": "D"}), 2, "class", "D", "import.value"),
    "one reference, two claims": ("registrations", but(REGISTRATIONS, 1, ref="B1"), 3, "ref", "B1",
                                  "import.other_content"),
    "an unknown claim": ("events", but(EVENTS, 1, registration="B9"), 3, "registration", "B9",
                         "import.unknown_registration"),
    "before the filing": ("events", but(EVENTS, 0, at="2026-03-01"), 2, "at", "2026-03-01",
                          "import.before_filing"),
    "lost without a reason": ("events", but(EVENTS, 1, reason=""), 3, "reason", "", "reason.required"),
    "a kind of name": ("aliases", but(ALIASES, 1, kind="nick"), 3, "kind", "nick", "import.value"),
    "a name of blanks": ("aliases", but(ALIASES, 0, name=""), 2, "name", "", "required"),
    "a name that nobody filed": ("aliases", but(ALIASES, 0, kind="报备名称"), 2, "kind", "报备名称",
                                 "naming.not_filed"),
    "one name of two kinds": ("aliases", [*ALIASES, {**ALIASES[0], "kind": "short"}], 4, "kind", "short",
                              "naming.known"),
    "a name of no claim": ("aliases", but(ALIASES, 1, registration="B9"), 3, "registration", "B9",
                           "import.unknown_registration"),
    "no stage": ("events", but(EVENTS, 0, stage=""), 2, "stage", "", "required"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_one_bad_cell_refuses_the_whole_file(bring: Bring, counts: Counts, what: str) -> None:
    kind, rows, row, column, value, code = REFUSED[what]
    for before in list(FILES)[: list(FILES).index(kind)]:
        bring(before)
    there = counts()
    report = bring(kind, rows)
    assert [(each.row, each.column, each.value, each.problem.code) for each in report.refused] == [
        (row, column, value, code)
    ]
    assert counts() == there


@pytest.mark.usefixtures("moved_in")
@pytest.mark.parametrize(
    ("kind", "rows", "column"),
    [
        ("partners", but(PARTNERS, 0, name="别的"), "code"),
        ("registrations", but(REGISTRATIONS, 0, ports="61"), "ref"),
        ("registrations", but(REGISTRATIONS, 0, filed_at="2026-03-02 10:00:01"), "ref"),
    ],
)
def test_the_same_key_with_other_content_is_refused(bring: Bring, kind: str, rows: Any, column: str) -> None:
    [refused] = bring(kind, rows).refused
    assert (refused.row, refused.column, refused.problem.code) == (2, column, "import.other_content")


@pytest.mark.usefixtures("moved_in")
def test_tiers_that_overlap_are_refused(bring: Bring) -> None:
    [refused] = bring("tiers", but(TIERS, 0, tier="ordinary", ends_on="2026-04-01")).refused
    assert refused.row == 2
    assert bring("tiers", but(TIERS, 0, starts_on="2026-07-31", ends_on="2026-07-01")).refused


def test_every_bad_cell_is_named_not_only_the_first(bring: Bring) -> None:
    rows = but(but(PARTNERS, 0, kind="?", email="?"), 2, region="")
    assert [(each.row, each.column) for each in bring("partners", rows).refused] == [
        (2, "kind"),
        (2, "email"),
        (4, "region"),
    ]


def test_a_trial_run_says_the_same_and_writes_nothing(bring: Bring, counts: Counts) -> None:
    for kind in FILES:
        before = counts()
        tried = bring(kind, dry_run=True)
        assert counts() == before
        done = bring(kind)
        assert (tried.accepted, tried.skipped, tried.rows) == (done.accepted, done.skipped, done.rows)


@pytest.mark.usefixtures("moved_in")
def test_events_of_a_claim_that_is_no_owner_stay_as_notes_with_a_warning(
    bring: Bring, exported: Exported
) -> None:
    before = exported()
    report = bring("events", [{"registration": "B2", "at": "2026-03-20", "stage": "trial"}])
    assert (report.accepted, report.refused) == (1, [])
    assert [(each.row, each.column, each.problem.code) for each in report.warnings] == [
        (2, "registration", "import.ignored_not_owner")
    ]
    assert exported() == before


def test_what_lies_in_the_future_is_taken_with_a_warning(bring: Bring, exported: Exported) -> None:
    bring("partners")
    ahead = bring("registrations", but(REGISTRATIONS, 2, filed_at="2026-07-01 08:00:00"))
    assert [(each.row, each.column) for each in ahead.warnings] == [(4, "filed_at")]
    event = bring("events", [{"registration": "B3", "at": "2026-07-02", "stage": "meeting"}])
    assert [(each.row, each.column) for each in event.warnings] == [(2, "at")]
    assert "B3" not in exported(date(2026, 6, 30))
    assert exported(date(2026, 7, 1))["B3"]["stage"] == "interest"
    assert exported(date(2026, 7, 2))["B3"]["stage"] == "meeting"


def test_an_event_of_a_held_claim_is_a_note_with_a_warning(bring: Bring, exported: Exported) -> None:
    bring("partners")
    alike = [
        {"ref": "H1", "filed_at": "2026-03-02", "party": "P1", "customer_name": "深圳市华达科技有限公司"},
        {"ref": "H2", "filed_at": "2026-03-03", "party": "P2", "customer_name": "华达科技"},
    ]
    bring("registrations", alike)
    assert exported()["H2"]["state"] == "held"
    report = bring("events", [{"registration": "H2", "at": "2026-03-04", "stage": "trial"}])
    assert [each.problem.code for each in report.warnings] == ["import.ignored_not_owner"]
    assert (exported()["H2"]["state"], exported()["H2"]["stage"]) == ("held", "interest")


def test_an_empty_file_with_a_header_changes_nothing(bring: Bring) -> None:
    header = as_csv(PARTNERS).splitlines()[0]
    report = bring("partners", header)
    assert (report.rows, report.accepted, report.refused) == (0, 0, [])
