"""Whatever is changed, taken away or slipped in by hand: the database refuses it, or `portal check` tells.

Every column of every table is tried on a database with some of everything in it.
"""

import importlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from portal import db
from portal.cases.decisions import appeal_case, cast_vote, decide_appeal
from portal.cases.service import answer_case, open_case
from portal.commands.checking import problems
from portal.conflicts.belonging import state_parent
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.identifying import state_identifier
from portal.conflicts.naming import state_name
from portal.conflicts.pairs import tell_apart
from portal.conflicts.service import settle_lapses
from portal.domain.cases import CaseKind
from portal.domain.evidence import IdentifierKind
from portal.domain.pipeline import LostReason, Stage
from portal.domain.support import SupportKind
from portal.domain.terms import NameKind
from portal.imports.run import import_file
from portal.matching.pairs import due
from portal.models import tables as t
from portal.pipeline.service import lose, move_project
from portal.registrations import work
from portal.registrations.checks import check_customer
from portal.registrations.fishing import mark_seen
from portal.support.service import ask, finish, plan
from tests.imports.files import as_csv
from tests.support.filings import CODE
from tests.support.people import Person
from tests.support.tampering import Part, noticed, unnoticed_in

# What `check` does not vouch for, and why.
FREE = {
    "check_log": "looking up is logged in the audit trail as well; this only counts the quota",
    "ended_session": "a session that was signed out of, until it would have ended by itself",
    "draft": "what somebody typed and has not sent",
    "import_run": "the audit trail says the same; this is what makes it quick to find",
    "login_attempt": "counts wrong passwords for an hour",
    "policy_draft": "decides nothing until it is put in force, and is shown whole before",
    "password_link": "a secret of seven days, kept as its hash",
    "paper_job": "how far a PDF for the printer is; a paper proves itself by its hash",
    "paper_job_item": "what was set of a statement; that it was printed stands in its walk",
    "saved_view": "a person's own filters",
    "search_gram": "finds registrations, says nothing about them",
    "comparison_due (a row taken away)": "`portal rebuild suspicions` has all customers compared anew",
    "comparison_due.customer_id": "another one is compared; as a row taken away",
    "suspicion (a row taken away)": "the same finds it again",
    "suspicion.found_at": "when the matcher noticed; decides nothing but the deadline",
    "suspicion.one_name": "of a pair that is open it is noticed; of a settled one it decides nothing",
    "suspicion.other_name": "as the other name",
    "suspicion.ruleset": "which version of the matcher looked",
    "suspicion.score": "why a person is asked; decides nothing",
    "suspicion.version": "counts changes",
    "suspicion.why": "why a person is asked; decides nothing",
    "attachment": "the time line names every file; the bytes lie outside the database",
    "fishing_alarm.version": "counts changes",
    "conflict_case.version": "counts changes",
    "customer.created_at": "no rule reads it",
    "partner.created_at": "no rule reads it",
    "partner.version": "counts changes",
    "registration.imported": "no rule reads it",
    "registration.match_ruleset": "which version of the matcher looked last",
    "registration.version": "counts changes",
    "registration.worker_id": "who works a project is the partner's own affair",
    "support_request.version": "counts changes",
    "tier_term.version": "counts changes",
    "user_account.created_at": "no rule reads it",
    "user_account.last_seen_on": "a convenience",
    "user_account.password_hash": "a secret has no copy in the trail",
    "user_account.session_stamp": "ends sessions, proves nothing",
    "user_account.version": "counts changes",
}


SIBLINGS = (
    *("deposits.test_tampering", "payments.test_tampering", "receipts.test_tampering"),
    "notices.test_tampering",
    "weekly.test_rollup_tampering",
    "weekly.test_report_tampering",
    *("statements.test_check_walk", "statements.test_check_disputes", "statements.test_tampering"),
    "weekly.test_tampering",
)
"""Where the tables of money and of the week are tried, each on data of its own: their `TABLES` say which."""


def tried_elsewhere() -> set[str]:
    """The tables that the sibling tests try."""
    found = (importlib.import_module(f"tests.{each}").TABLES for each in SIBLINGS)
    return {str(getattr(table, "name", table)) for tables in found for table in tables}


@pytest.fixture
def lived_in(engine: sa.Engine, people: Mapping[str, Person], file_as: Any, at: Any) -> datetime:
    """Filings, a name stated, moves, a decision, a merge, a correction, a loss; answers the present."""
    alice, carol, manager = people["alice"], people["carol"], people["channel_manager"]
    file_as(alice, at("2026-03-02 10:00"), uscc=CODE, customer_name_en="Slow Snail")
    with db.transaction(engine) as session:
        state_name(
            session, actor=manager.actor, now=at("2026-03-02 11:00"), customer_id=1, kind=NameKind.BRAND,
            name="蜗牛到家",
        )  # fmt: skip
    file_as(carol, at("2026-03-03 10:00"))
    file_as(alice, at("2026-03-03 11:00"), "深圳市华达科技有限公司")
    file_as(carol, at("2026-03-03 12:00"), "华达科技")
    file_as(alice, at("2026-03-03 13:00"), "静湖茶业集团有限公司")
    file_as(carol, at("2026-03-03 14:00"), "镜泊茗品有限公司")
    file_as(people["key_accounts"], at("2026-03-03 15:00"), "山河信息有限公司")
    now = at("2026-03-05 10:00")

    def version(session: Session, claim: int) -> Any:
        return session.execute(
            sa.select(t.registration.c.version).where(t.registration.c.id == claim)
        ).scalar()

    def by(session: Session, person: Person, claim: int) -> dict[str, Any]:
        return {
            "actor": person.actor, "now": now, "registration_id": claim, "version": version(session, claim),
        }  # fmt: skip

    with db.transaction(engine) as session:
        gate = {"met_on": date(2026, 3, 4), "met_with": "苏晓"}
        move_project(session, **by(session, alice, 1), to=Stage.MEETING, gate=gate)
        customer = session.execute(
            sa.select(t.registration.c.suspect_id).where(t.registration.c.id == 4)
        ).scalar()
        decide_held(session, **by(session, manager, 4), customer_id=customer, same=True, reason="同一家")
        merge_customers(session, actor=manager.actor, now=now, loser=4, winner=3, reason="同一家")
    with db.transaction(engine) as session:
        work.edit_details(session, **by(session, alice, 3), values={"ports": 80, "city": "滨海市"})
        work.set_next_step(session, **by(session, alice, 1), step="报价", due=date(2026, 3, 9))
    with db.transaction(engine) as session:
        help_out(session, people, now)
        work.ask_correction(session, **by(session, manager, 2), fields=["phone"], note="空号")
        lose(session, **by(session, people["key_accounts"], 7), why=LostReason.PRICE, note="太贵")
    with db.transaction(engine) as session:
        about = {"actor": manager.actor, "now": now}
        state_identifier(session, **about, customer=1, kind=IdentifierKind.TAX_ID, text="11913502")
        state_parent(session, **about, customer=3, parent=1, reason="控股子公司")
    suspect(engine, people, now)
    look_around(engine, people, now)
    return dispute(engine, people)


def help_out(session: Session, people: Mapping[str, Person], now: datetime) -> None:
    """Alice asks for three things: one is planned, one given, one owed since the 10th."""
    alice, sales = people["alice"], people["channel_sales"].actor
    about = {"actor": alice.actor, "now": now, "kind": SupportKind.SOLUTION, "need": "方案支持"}
    asked = ask(session, **about, registration_id=1)
    ask(session, **about, partner_id=alice.partner_id)
    plan(
        session, actor=sales, now=now, request_id=asked, version=1, due=date(2026, 6, 30),
        owner_id=people["customer_service"].user_id, reason="等设备",
    )  # fmt: skip
    finish(session, actor=sales, now=now, request_id=asked + 1, version=1, result="已发")
    ask(session, **about, registration_id=3)


def suspect(engine: sa.Engine, people: Mapping[str, Person], now: datetime) -> None:
    """Three imported customers are alike; two are told apart, and one is due to be compared again."""
    names = ("北京星河动力装备科技有限公司", "北京星合动力装备科技有限公司", "北京星禾动力装备科技有限公司")
    filed = datetime.fromisoformat("2026-03-04T10:00:00+08:00")
    rows = [
        {"ref": f"B{number}", "filed_at": filed.isoformat(), "party": "P001", "customer_name": name}
        for number, name in enumerate(names)
    ]
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="r.csv", content=as_csv(rows), actor=None, now=now
        )
        c = t.suspicion.c
        first = session.execute(sa.select(c.id, c.version).order_by(c.id)).first()
        assert first is not None
        tell_apart(
            session, actor=people["channel_manager"].actor, now=now, pair_id=first.id, version=first.version,
            reason="两家",
        )  # fmt: skip
        due(session, [1])


def look_around(engine: sa.Engine, people: Mapping[str, Person], now: datetime) -> None:
    """Carol looks up one customer after another until it is noticed, and answered."""
    with db.transaction(engine) as session:
        for number in range(30):
            name = f"{chr(0x4E10 + number)}某客户有限公司"
            check_customer(session, actor=people["carol"].actor, now=now, name=name, uscc=None)
        mark_seen(
            session, actor=people["channel_manager"].actor, now=now, alarm_id=1, version=1, note="问过了"
        )


def dispute(engine: sa.Engine, people: Mapping[str, Person]) -> datetime:
    """Carol takes over what alice let lapse; the appeal does not help; answers the present."""
    now = datetime.fromisoformat("2026-04-10T10:00:00+08:00")
    with db.transaction(engine) as session:
        case = open_case(
            session, actor=people["carol"].actor, now=now, registration_id=2, kind=CaseKind.TAKEOVER,
            reason="没有进展",
        )  # fmt: skip

    def act(do: Any, who: str, **more: Any) -> None:
        with db.transaction(engine) as session:
            version = session.scalar(sa.select(t.conflict_case.c.version))
            do(session, actor=people[who].actor, now=now, case_id=case, version=version, **more)

    act(answer_case, "alice", text="有进展")
    act(cast_vote, "channel_manager", agrees=True, reason="没有证据")
    act(appeal_case, "alice", text="有证据")
    act(decide_appeal, "channel_director", overturn=False, reason="维持")
    with db.transaction(engine) as session:
        settle_lapses(session, now=now, today=now.date())
    return now


def holds(now: datetime) -> Part:
    """The whole check, at an instant."""
    return lambda session: problems(session, now=now)


def test_check_notices_whatever_is_changed_by_hand(engine: sa.Engine, lived_in: datetime) -> None:
    found: set[str] = set()
    with db.reading(engine) as session:
        assert list(problems(session, now=lived_in)) == []
        passed_over = tried_elsewhere() | set(FREE)
        tables = [each for each in SQLModel.metadata.sorted_tables if each.name not in passed_over]
        empty = [each.name for each in tables if session.execute(sa.select(each)).first() is None]
        assert empty == [], "nothing to try"
        for table in tables:
            found |= set(unnoticed_in(session, table, holds(lived_in), most=3))
    assert sorted(found - set(FREE)) == []
    assert sorted({each for each in FREE if "." in each} - found) == [], "vouched for, and listed as free"


DAY = "'2026-03-04 00:00:00'"
FORGED = {
    "an owner": "ownership (customer_id, registration_id, starts_at, ends_at, rule)"
    f" VALUES (1, 2, '2026-01-01 00:00:00', {DAY}, 'C1')",
    "a fact": "registration_event (registration_id, kind, at, recorded_at, reason, note, data, digest)"
    f" VALUES (2, 'progress', {DAY}, {DAY}, '', '', '{{}}', 'x')",
    "an entry": "audit_entry (at, actor, action, subject_type, details, reason, previous_hash, hash)"
    f" VALUES ({DAY}, 'x', 'x', 'x', '{{}}', '', 'x', 'y')",
    "a role": "user_role (user_id, role) VALUES (2, 'partner_admin')",
    "a name": "customer_alias (customer_id, name, full_key, kind) VALUES (1, '别名', '别名', 'brand')",
    "a piece of a name": "name_gram (gram, alias_id) VALUES (1, 1)",
    "a piece of nobody's name": "name_gram (gram, alias_id) VALUES (1, 999)",
    "a piece that no name has": "gram_count (gram, names) VALUES (1, 1)",
    "a website": "customer_identifier (kind, value, customer_id) VALUES ('website', 'forged.cn', 1)",
    "a tie": "tie (kind, value, registration_id) VALUES ('filing', '1', 2)",
    "a pair": "suspicion (one, other, one_name, other_name, score, why, ruleset, found_at, is_open, version)"
    f" VALUES (1, 2, '甲', '乙', 99, 'slip', 'x', {DAY}, true, 1)",
    "a tier": "tier_term (partner_id, tier, starts_on, ends_on, version)"
    " VALUES (2, 'gold', '2026-01-01', '2026-12-31', 1)",
}


@pytest.mark.parametrize("what", FORGED)
def test_check_notices_what_is_slipped_in_by_hand(engine: sa.Engine, lived_in: datetime, what: str) -> None:
    with db.reading(engine) as session:
        forgery = sa.text(f"INSERT INTO {FORGED[what]}")
        assert noticed(session, forgery, holds(lived_in))
        changed = session.execute(forgery)
        assert changed.rowcount == 1, "the forgery itself must go in"
        session.rollback()
