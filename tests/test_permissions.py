"""Every route with every role, from one table. A route without a line here fails."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.roles import Role
from portal.models import tables as t
from portal.web.login import PUBLIC
from tests.support.filings import FORM
from tests.support.people import Person

PARTNER = {Role.PARTNER_REP, Role.PARTNER_ADMIN}
CLAIMANTS = PARTNER | {Role.KEY_ACCOUNTS, Role.KEY_ACCOUNTS_MANAGER}
EVERYBODY = set(Role)
READERS = EVERYBODY - {Role.CALL_CENTER}
REGISTER = READERS - {Role.PARTNER_REP, Role.KEY_ACCOUNTS, Role.KEY_ACCOUNTS_MANAGER}
DECIDES = {Role.CHANNEL_MANAGER}
VENDOR = EVERYBODY - PARTNER
IMPORTS = {Role.CHANNEL_MANAGER, Role.FINANCE, Role.ADMIN}
RECEIPTS = IMPORTS | {Role.CHANNEL_DIRECTOR, Role.COO}
DEPOSITS = {
    *(Role.PARTNER_ADMIN, Role.FINANCE, Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR, Role.COO),
    *(Role.CHANNEL_SALES, Role.REGIONAL_MANAGER),
}
PEOPLE = {Role.PARTNER_ADMIN, Role.ADMIN}
AUDIT = {Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR, Role.COO, Role.ADMIN}
CASES = CLAIMANTS | {Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR, Role.COO}
PAYOUTS = {Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR, Role.COO, Role.FINANCE}
ACTS = PAYOUTS | {Role.CALL_CENTER, Role.CHANNEL_SALES}
STATEMENTS = ACTS | {Role.REGIONAL_MANAGER, Role.ADMIN}
PRINTS = {Role.CALL_CENTER, Role.FINANCE, Role.CHANNEL_MANAGER, Role.ADMIN}
PAPERS = STATEMENTS | {Role.PARTNER_ADMIN}
NOTES = CLAIMANTS | {Role.CHANNEL_SALES, Role.CHANNEL_MANAGER}
ASKS = CLAIMANTS | {Role.CHANNEL_SALES, Role.CHANNEL_MANAGER}
GIVES = {Role.CHANNEL_SALES, Role.CHANNEL_MANAGER, Role.CUSTOMER_SERVICE, Role.PRODUCT_MARKETING}
ROLLUPS = {
    *(Role.CHANNEL_SALES, Role.REGIONAL_MANAGER, Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR),
    *(Role.COO, Role.PRODUCT_MARKETING, Role.ADMIN),
}
PAYS = {Role.FINANCE}
HOLDS = {Role.CHANNEL_SALES, Role.CHANNEL_MANAGER}
REVIEWS = HOLDS | {Role.REGIONAL_MANAGER, Role.CHANNEL_DIRECTOR, Role.PRODUCT_MARKETING}
SEES_PAYMENT = {
    *(Role.PARTNER_ADMIN, Role.CHANNEL_SALES, Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR),
    *(Role.COO, Role.FINANCE),
}

WEEK = "2026-03-05"
REPORTS = PARTNER | {
    *(Role.CHANNEL_SALES, Role.REGIONAL_MANAGER, Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR),
    Role.PRODUCT_MARKETING,
}

# endpoint: (who may, arguments). The sample registration is alice's, of partner P001.
TABLE: Mapping[str, tuple[set[Role], dict[str, Any]]] = {
    "auth.logout": (EVERYBODY, {}),
    "auth.password_form": (EVERYBODY, {}),
    "auth.change_password": (EVERYBODY, {}),
    "auth.choose_theme": (EVERYBODY, {}),
    "weekly.start": (REPORTS, {}),
    "weekly.week": (REPORTS, {"week": WEEK}),
    "weekly.write": (PARTNER, {"week": WEEK, "registration_id": 1}),
    "weekly.send": (PARTNER, {"week": WEEK}),
    "weekly.bring": (PARTNER, {"week": WEEK}),
    "weekly.sheet": (PARTNER, {"week": WEEK}),
    "weekly.take": (PARTNER, {"week": WEEK}),
    "weekly.sent": (REPORTS, {"week": WEEK, "partner_id": 1}),
    "notices.inbox": (EVERYBODY, {}),
    "notices.open_one": (EVERYBODY, {"notice_id": 1}),
    "notices.read_all": (EVERYBODY, {}),
    "notices.settings_form": (EVERYBODY, {}),
    "notices.keep_settings": (EVERYBODY, {}),
    "notices.send_test": (EVERYBODY, {}),
    "notices.log": ({Role.ADMIN}, {}),
    "notices.retry": ({Role.ADMIN}, {"outbox_id": 1}),
    "rollups.list_page": (ROLLUPS, {}),
    "rollups.running": (ROLLUPS, {}),
    "rollups.newest": (ROLLUPS, {}),
    "rollups.detail": (ROLLUPS, {"name": "2026-03-05"}),
    "rollups.download": (ROLLUPS, {"name": "2026-03-05"}),
    "rollups.make": ({Role.CHANNEL_MANAGER}, {}),
    "home.today": (EVERYBODY, {}),
    "home.search": (EVERYBODY, {}),
    "home.more": (EVERYBODY, {}),
    "registrations.list_page": (READERS, {}),
    "registrations.export": (READERS, {"form": "csv"}),
    "registrations.new_form": (CLAIMANTS, {}),
    "registrations.check": (CLAIMANTS, {}),
    "registrations.create": (CLAIMANTS, {}),
    "registrations.keep_draft": (CLAIMANTS, {}),
    "registrations.forget_draft": (CLAIMANTS, {}),
    "registrations.keep_view": (READERS, {}),
    "registrations.forget_view": (READERS, {"view_id": 1}),
    "registration.detail": (READERS, {"registration_id": 1}),
    "registration.add_note": (NOTES, {"registration_id": 1}),
    "registration.edit_form": (CLAIMANTS, {"registration_id": 1}),
    "registration.edit": (CLAIMANTS, {"registration_id": 1}),
    "registration.next_step": (CLAIMANTS, {"registration_id": 1}),
    "registration.ask_correction": ({Role.CHANNEL_SALES, Role.CHANNEL_MANAGER}, {"registration_id": 1}),
    "registration.correct_form": (CLAIMANTS, {"registration_id": 1}),
    "registration.correct": (CLAIMANTS, {"registration_id": 1}),
    "registration.add_file": (CLAIMANTS, {"registration_id": 1}),
    "registration.download": (READERS, {"registration_id": 1, "file_id": 1}),
    "support.list_page": (READERS, {}),
    "support.ask_form": (ASKS, {"registration_id": 1}),
    "support.ask": (ASKS, {}),
    "support.detail": (READERS, {"request_id": 1}),
    "support.plan": (GIVES, {"request_id": 1}),
    "support.finish": (GIVES, {"request_id": 1}),
    "support.decline": (READERS, {"request_id": 1}),
    "pipeline.board": (READERS, {}),
    "pipeline.move_form": (CLAIMANTS, {"registration_id": 1}),
    "pipeline.move": (CLAIMANTS, {"registration_id": 1}),
    "pipeline.undo": (CLAIMANTS, {"registration_id": 1}),
    "pipeline.end_form": (CLAIMANTS, {"registration_id": 1, "how": "release"}),
    "pipeline.end": (CLAIMANTS, {"registration_id": 1, "how": "lost"}),
    "alarms.list_page": (DECIDES, {}),
    "alarms.detail": (DECIDES, {"alarm_id": 1}),
    "alarms.seen": (DECIDES, {"alarm_id": 1}),
    "held.queue": (DECIDES, {}),
    "held.decide_form": (DECIDES, {"registration_id": 1}),
    "held.next_one": (DECIDES, {"registration_id": 1}),
    "held.preview": (DECIDES, {}),
    "held.decide_many": (DECIDES, {}),
    "held.decide": (DECIDES, {"registration_id": 1}),
    "held.pair": (DECIDES, {"pair_id": 1}),
    "held.tell_apart": (DECIDES, {"pair_id": 1}),
    "held.next_pair": (DECIDES, {"pair_id": 1}),
    "held.take_pair_back": (DECIDES, {"pair_id": 1}),
    "held.tell_many_apart": (DECIDES, {}),
    "held.customer": (DECIDES, {"customer_id": 1}),
    "held.merge_form": (DECIDES, {"customer_id": 1, "other_id": 1}),
    "held.unmerge_form": (DECIDES, {"customer_id": 1}),
    "held.unmerge": (DECIDES, {"customer_id": 1}),
    "held.identify": (DECIDES, {"customer_id": 1}),
    "held.belong": (DECIDES, {"customer_id": 1}),
    "held.link": (DECIDES, {"customer_id": 1, "other_id": 2}),
    "held.add_name": (DECIDES, {"customer_id": 1}),
    "held.take_name_back": (DECIDES, {"customer_id": 1, "event_id": 1}),
    "registrations.customers": (DECIDES, {}),
    "held.merge": (DECIDES, {"customer_id": 1, "other_id": 1}),
    "cases.list_page": (CASES, {}),
    "cases.detail": (CASES, {"case_id": 1}),
    "cases.decision": (CASES, {"case_id": 1}),
    "cases.ask_form": (CLAIMANTS, {"registration_id": 1}),
    "cases.ask": (CLAIMANTS, {"registration_id": 1}),
    "cases.act": (CLAIMANTS, {"case_id": 1, "what": "answer"}),
    "cases.vote": ({Role.CHANNEL_MANAGER, Role.KEY_ACCOUNTS_MANAGER}, {"case_id": 1}),
    "cases.close": ({Role.CHANNEL_MANAGER, Role.KEY_ACCOUNTS_MANAGER}, {"case_id": 1}),
    "cases.decide_appeal": ({Role.CHANNEL_DIRECTOR}, {"case_id": 1}),
    "thursday.start": (REVIEWS, {}),
    "thursday.week": (REVIEWS, {"week": "2026-03-05"}),
    "thursday.show": (REVIEWS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.news": (REVIEWS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.choose": (HOLDS, {"week": "2026-03-05", "partner_id": 1, "registration_id": 1}),
    "thursday.decide": (HOLDS, {"week": "2026-03-05", "partner_id": 1, "registration_id": 1}),
    "thursday.take_back": (HOLDS, {"week": "2026-03-05", "partner_id": 1, "registration_id": 1}),
    "thursday.notes": (HOLDS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.done": (HOLDS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.reopen": (HOLDS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.add_support": (HOLDS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.support_done": (HOLDS, {"week": "2026-03-05", "partner_id": 1, "request_id": 1}),
    "thursday.place": (HOLDS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.minutes": (REVIEWS, {"week": "2026-03-05"}),
    "thursday.minutes_of_one": (REVIEWS, {"week": "2026-03-05", "partner_id": 1}),
    "thursday.minutes_file": (REVIEWS, {"week": "2026-03-05"}),
    "thursday.minutes_file_of_one": (REVIEWS, {"week": "2026-03-05", "partner_id": 1}),
    "partners.list_page": (REGISTER, {}),
    "partners.detail": (REGISTER, {"partner_id": 1}),
    "partners.new_form": (DECIDES, {}),
    "partners.create": (DECIDES, {}),
    "partners.edit_form": (DECIDES, {"partner_id": 1}),
    "partners.edit": (DECIDES, {"partner_id": 1}),
    "partners.add_tier": (DECIDES, {"partner_id": 1}),
    "statements.list_page": (STATEMENTS | {Role.PARTNER_ADMIN}, {}),
    "statements.detail": (STATEMENTS | {Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "statements.revisions": (STATEMENTS | {Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "statements.revision": (STATEMENTS | {Role.PARTNER_ADMIN}, {"statement_id": 1, "revision": 1}),
    "statements.download": (STATEMENTS | {Role.PARTNER_ADMIN}, {"statement_id": 1, "file_id": 1}),
    "forecast.show": (STATEMENTS | {Role.PARTNER_ADMIN}, {}),
    "forecast.part": (STATEMENTS | {Role.PARTNER_ADMIN}, {}),
    "statement_confirm.form": ({Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "statement_confirm.confirm": ({Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "statement_confirm.add_scan": ({Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "disputes.list_page": (STATEMENTS | {Role.PARTNER_ADMIN}, {}),
    "disputes.detail": (STATEMENTS | {Role.PARTNER_ADMIN}, {"dispute_id": 1}),
    "disputes.form": ({Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "disputes.state": ({Role.PARTNER_ADMIN}, {"statement_id": 1}),
    "disputes.answer": ({Role.FINANCE}, {"dispute_id": 1}),
    "disputes.withdraw": ({Role.PARTNER_ADMIN}, {"dispute_id": 1}),
    "statement_board.show": (STATEMENTS, {}),
    "statement_board.preview": (ACTS, {}),
    "statement_board.do_many": (ACTS, {}),
    "statement_acts.act_form": (ACTS, {"statement_id": 1, "act": "send"}),
    "statement_acts.do_act": (ACTS, {"statement_id": 1, "act": "send"}),
    "statement_acts.refuse_form": (ACTS, {"statement_id": 1}),
    "statement_acts.refuse": (ACTS, {"statement_id": 1}),
    "statement_acts.withheld": (STATEMENTS, {"statement_id": 1}),
    "statement_acts.defer": ({Role.FINANCE}, {"statement_id": 1, "receipt_id": 1}),
    "statement_acts.generate_form": ({Role.FINANCE, Role.ADMIN}, {}),
    "statement_acts.do_generate": ({Role.FINANCE, Role.ADMIN}, {}),
    "statement_dossier.download": (PAYOUTS | {Role.ADMIN}, {"statement_id": 1}),
    "payments.work": (PAYS, {}),
    "payments.prepare": (PAYS, {}),
    "payments.settle": (PAYS, {"statement_id": 1}),
    "payments.list_page": (PAYS, {}),
    "payments.batch": (PAYS, {"batch_id": 1}),
    "payments.act": (PAYS, {"batch_id": 1, "what": "release"}),
    "payments.bank_file": (PAYS, {"batch_id": 1}),
    "payments.made": (SEES_PAYMENT, {}),
    "bank_answers.start": (PAYS, {}),
    "bank_answers.preview": (PAYS, {}),
    "bank_answers.confirm": (PAYS, {"key": "0" * 32}),
    "accounts.waiting": (PAYS, {}),
    "accounts.account": (SEES_PAYMENT, {"partner_id": 1}),
    "accounts.state": ({Role.PARTNER_ADMIN, Role.FINANCE}, {"partner_id": 1}),
    "accounts.decide": (PAYS, {"account_id": 1, "what": "verify"}),
    "invoices.invoice": (SEES_PAYMENT, {"statement_id": 1}),
    "invoices.enter": ({Role.PARTNER_ADMIN, Role.CHANNEL_SALES}, {"statement_id": 1}),
    "invoices.confirm": (
        {Role.PARTNER_ADMIN, Role.CHANNEL_SALES},
        {"statement_id": 1, "key": "0" * 32},
    ),
    "invoices.send_back": (PAYS, {"statement_id": 1}),
    "invoices.download": (SEES_PAYMENT, {"statement_id": 1, "invoice_id": 1}),
    "invoices.uninvoiced": (SEES_PAYMENT, {}),
    "invoices.export": (SEES_PAYMENT, {}),
    "invoices.closing": (PAYS, {}),
    "invoices.close": (PAYS, {}),
    "policy.list_page": (VENDOR, {}),
    "policy.detail": (VENDOR, {"version_id": 1}),
    "policy.withdraw_form": (DECIDES, {"version_id": 1}),
    "policy.withdraw": (DECIDES, {"version_id": 1}),
    "policy.new_form": (DECIDES, {}),
    "policy.create": (DECIDES, {}),
    "policy.draft": (DECIDES, {"draft_id": 1}),
    "policy.edit_form": (DECIDES, {"draft_id": 1}),
    "policy.edit": (DECIDES, {"draft_id": 1}),
    "policy.drop": (DECIDES, {"draft_id": 1}),
    "policy.enforce_form": (DECIDES, {"draft_id": 1}),
    "policy.enforce": (DECIDES, {"draft_id": 1}),
    "what_if.page": (DECIDES, {"draft_id": 1}),
    "what_if.export": (DECIDES, {"draft_id": 1}),
    "deposits.list_page": (DEPOSITS, {}),
    "deposits.detail": (DEPOSITS, {"partner_id": 1}),
    "deposits.work": (DEPOSITS, {}),
    "deposits.document": (DEPOSITS, {"deduction_id": 1}),
    "deposit_acts.book_form": ({Role.FINANCE}, {"partner_id": 1, "what": "payment"}),
    "deposit_acts.book": ({Role.FINANCE}, {"partner_id": 1, "what": "payment"}),
    "deposit_acts.waive_form": ({Role.COO}, {"partner_id": 1, "what": "waive"}),
    "deposit_acts.waive": ({Role.COO}, {"partner_id": 1, "what": "waive"}),
    "deposit_acts.debt_form": ({Role.FINANCE}, {"debt_id": 1, "what": "cash"}),
    "deposit_acts.debt": ({Role.FINANCE}, {"debt_id": 1, "what": "cash"}),
    "deductions.decide_form": (DECIDES, {"deduction_id": 1, "what": "approve"}),
    "deductions.decide": (DECIDES, {"deduction_id": 1, "what": "approve"}),
    "deductions.announce_form": ({Role.FINANCE}, {"deduction_id": 1}),
    "deductions.announce": ({Role.FINANCE}, {"deduction_id": 1}),
    "deductions.object_form": ({Role.PARTNER_ADMIN}, {"deduction_id": 1}),
    "deductions.object_to": ({Role.PARTNER_ADMIN}, {"deduction_id": 1}),
    "deductions.add_document": ({Role.FINANCE}, {"deduction_id": 1}),
    "imports.start": (IMPORTS, {}),
    "imports.preview": (IMPORTS, {}),
    "imports.confirm": (IMPORTS, {"kind": "receipts", "key": "0" * 32}),
    "imports.refused": (IMPORTS, {"kind": "partners", "key": "0" * 32, "form": "csv"}),
    "receipts.list_page": (RECEIPTS, {}),
    "receipts.detail": (RECEIPTS, {"receipt_id": 1}),
    "receipts.new_form": ({Role.FINANCE}, {}),
    "receipts.create": ({Role.FINANCE}, {}),
    "receipts.refund_form": ({Role.FINANCE}, {"receipt_id": 1}),
    "receipts.refund": ({Role.FINANCE}, {"receipt_id": 1}),
    "receipts.numbers": (RECEIPTS, {}),
    "receipts.match_form": ({Role.FINANCE}, {}),
    "receipts.match": ({Role.FINANCE}, {}),
    "receipts.unmatch": ({Role.FINANCE}, {}),
    "receipts.periods": (RECEIPTS, {}),
    "receipts.period": (RECEIPTS, {"period": "2026-Q1"}),
    "receipts.collect": ({Role.FINANCE}, {"period": "2026-Q1"}),
    "receipts.reopen": ({Role.FINANCE}, {"period": "2026-Q1"}),
    "papers.pdf": (PAPERS, {"statement_id": 1}),
    "papers.xlsx": (PAPERS, {"statement_id": 1}),
    "papers.start_form": (PRINTS, {}),
    "papers.start": (PRINTS, {}),
    "papers.job": (PRINTS, {"job_id": 1}),
    "papers.step": (PRINTS, {"job_id": 1}),
    "papers.file": (PRINTS, {"job_id": 1}),
    "papers.printed": ({Role.CALL_CENTER}, {"job_id": 1}),
    "admin.users": (PEOPLE, {}),
    "admin.new_user_form": (PEOPLE, {}),
    "admin.add_user": (PEOPLE, {}),
    "admin.user_form": (PEOPLE, {"user_id": 1}),
    "admin.change_user": (PEOPLE, {"user_id": 1}),
    "admin.make_link": (PEOPLE, {"user_id": 1}),
    "admin.audit": (AUDIT, {}),
}
# What a role that may do such things still does not see of another party: it does not exist.
UNSEEN = {"registration.", "pipeline.move", "pipeline.undo", "pipeline.end"}
OUT_OF_SIGHT = {Role.KEY_ACCOUNTS, Role.KEY_ACCOUNTS_MANAGER}
WHO = {"alice": Role.PARTNER_ADMIN, "bob": Role.PARTNER_REP}


def routes(app: Flask) -> dict[str, tuple[str, str]]:
    """Endpoint → (method, path) with the table's arguments filled in."""
    found = {}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint in TABLE:
                method = "POST" if "POST" in (rule.methods or ()) else "GET"
                path = app.url_for(rule.endpoint, **TABLE[rule.endpoint][1])
                found[rule.endpoint] = (method, path)
    return found


def test_every_route_has_a_line_and_every_line_a_route(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert known - PUBLIC == set(TABLE)


def test_strangers_are_sent_to_the_login(app: Flask) -> None:
    client = app.test_client()
    for endpoint, (method, path) in routes(app).items():
        answer = client.open(path, method=method)
        # A form that is posted signed out comes back inside the login page, so nothing is lost.
        assert answer.status_code in (303, 401), endpoint
        assert answer.status_code == 401 or answer.location.startswith("/login"), endpoint


@pytest.mark.engines("sqlite")
def test_each_role_may_what_the_table_says(
    app: Flask, people: Mapping[str, Person], login: Any, file_as: Callable[..., Any], at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"))
    wrong = []
    for name, person in people.items():
        if name == "carol":
            continue
        role = WHO.get(name) or Role(name)
        for endpoint, (method, path) in routes(app).items():
            client = login(app.test_client(), person)
            status = client.open(path, method=method).status_code
            allowed = role in TABLE[endpoint][0]
            if status >= 500 or allowed == (status == 403):
                hidden = role in OUT_OF_SIGHT and status == 404
                if not hidden:
                    wrong.append((endpoint, role.value, status))
    assert wrong == []


@pytest.mark.engines("sqlite")
def test_another_partners_rows_do_not_exist(
    app: Flask,
    people: Mapping[str, Person],
    login: Any,
    file_as: Callable[..., Any],
    at: Any,
    engine: sa.Engine,
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"))
    carol = login(app.test_client(), people["carol"])
    for endpoint, (method, path) in routes(app).items():
        if endpoint.startswith("registration.") or endpoint in (
            "pipeline.move_form", "pipeline.move", "pipeline.undo", "pipeline.end_form", "pipeline.end",
            "partners.detail",
        ):  # fmt: skip
            answer = carol.open(path, method=method)
            forbidden = TABLE[endpoint][0] & {Role.PARTNER_ADMIN} == set()
            assert answer.status_code == (403 if forbidden else 404), endpoint
    assert "慢蜗牛" not in carol.get("/registrations").text
    assert f"/registrations/{filed.registration_id}" not in carol.get("/search?q=慢蜗牛").text
    alice = people["alice"].user_id
    assert carol.get(f"/people/{alice}").status_code == 404
    with db.reading(engine) as session:
        version = session.scalar(sa.select(t.registration.c.version))
    assert (
        carol.post(
            f"/registrations/{filed.registration_id}/edit", data={**FORM, "version": version}
        ).status_code
        == 404
    )


@pytest.mark.engines("sqlite")
def test_regional_people_see_their_region_only(
    app: Flask,
    people: Mapping[str, Person],
    login: Any,
    file_as: Callable[..., Any],
    at: Any,
    engine: sa.Engine,
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"))
    seller = login(app.test_client(), people["channel_sales"])
    assert seller.get(f"/registrations/{filed.registration_id}").status_code == 200
    with db.transaction(engine) as session:
        session.execute(sa.update(t.partner).values(region="west"))
    assert seller.get(f"/registrations/{filed.registration_id}").status_code == 404
    assert seller.get("/partners/1").status_code == 404
