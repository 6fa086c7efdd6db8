"""Whatever money another partner has, its number answers as one that nobody has: in every address (§1)."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from portal import db
from portal.deposits.debts import open_debt
from portal.deposits.deductions import act_on, propose_for_debt
from portal.deposits.ledger import record_paid_in
from portal.domain.deposits import DeductionAct, EntryKind
from portal.domain.disputes import DisputeKind
from portal.domain.roles import Role
from portal.domain.statements import Station
from portal.files import Sent
from portal.models import tables as t
from portal.statements.disputes import Stated, open_disputes
from tests.payments.conftest import PDF, Desk
from tests.support.clocks import shanghai
from tests.support.people import Person, make_user
from tests.web.test_secrecy import choices

NOBODYS = 98765
TABLES = {
    "statement_id": "statement", "dispute_id": "dispute", "file_id": "statement_file",
    "invoice_id": "invoice", "account_id": "bank_account", "deduction_id": "deposit_deduction",
    "debt_id": "debt", "batch_id": "payment_batch", "receipt_id": "receipt", "partner_id": "partner",
}  # fmt: skip
FORM = {
    "version": "1",
    "revision": "1",
    "sure": "1",
    "reason": "x",
    "word": "x",
    "typed": "x",
    "verdict": "grant",
}
FIXED = {
    "key": "0" * 32,
    "period": "2026-Q1",
    "form": "csv",
    "kind": "receipts",
    "revision": 1,
    "job_id": 1,
    "week": "2026-03-05",
}
FIXED |= {"registration_id": 1, "user_id": 1, "request_id": 1}
_FLEETING = re.compile(rb"[\w.-]{60,}|\b[0-9A-F]{8}\b")


@pytest.fixture
def rich(desk: Desk) -> Desk:
    """Alice's partner has something of everything; carol's has a statement that is out."""
    desk.account()
    paid, disputed = desk.approved(), desk.approved(station=Station.SENT)
    desk.pay(paid)
    desk.invoice(paid)
    now, partner = shanghai("2026-04-01 10:00"), desk.people["alice"].partner_id
    assert partner is not None
    with db.transaction(desk.engine) as session:
        c = t.statement_line.c
        receipt = session.scalar(sa.select(c.receipt_id).where(c.statement_id == disputed))
        open_disputes(
            session, actor=desk.people["alice"].actor, now=now, statement_id=disputed,
            version=desk.row("statement", disputed).version, folder=desk.files,
            stated=[Stated(DisputeKind.RATE, "-", receipt, None, Sent("a.pdf", PDF))],
        )  # fmt: skip
    _owes(desk, partner)
    desk.approved(who="carol", station=Station.SENT)
    return desk


def _owes(desk: Desk, partner: int) -> None:
    """A deposit, an overdue debt, and its deduction, announced."""
    late = shanghai("2026-05-08 10:00")
    finance, manager = desk.people["finance"].actor, desk.people["channel_manager"].actor
    with db.transaction(desk.engine) as session:
        record_paid_in(
            session, actor=finance, now=late, partner_id=partner, kind=EntryKind.PAYMENT,
            amount=Decimal(500), on=date(2026, 4, 1), reference="D1", note="",
        )  # fmt: skip
        debt = open_debt(
            session, actor=None, now=late, partner_id=partner, statement_id=None, amount=Decimal(70),
            on=date(2026, 3, 15),
        )  # fmt: skip
        made = propose_for_debt(session, actor=finance, now=late, debt_id=debt, document="DOC1")
        for act, who in ((DeductionAct.APPROVE, manager), (DeductionAct.ANNOUNCE, finance)):
            act_on(session, actor=who, now=late, deduction_id=made, version=None, act=act)


def answer(client: FlaskClient, method: str, path: str) -> tuple[int, bytes]:
    told = client.open(path, method=method, data=FORM if method == "POST" else None)
    asked = path.encode()
    return told.status_code, _FLEETING.sub(
        b"", told.data.replace(asked, b"").replace(asked.replace(b"/", b"%2F"), b"")
    )


@pytest.mark.parametrize("role", [Role.PARTNER_ADMIN, Role.PARTNER_REP])
def test_foreign_numbers_answer_like_numbers_of_nothing(
    app: Flask, rich: Desk, login: Any, at: Any, role: Role
) -> None:
    at("2026-05-08 11:00")
    client, first = login(app.test_client(), _observer(rich, role)), {}
    own = max(each.id for each in rich.rows("statement"))
    for name, table in TABLES.items():
        first[name] = [each.id for each in rich.rows(table) if (name, each.id) != ("statement_id", own)][:3]
        assert first[name], f"nobody has a {table}: the test would prove nothing"
    first["partner_id"] = [rich.people["alice"].partner_id]
    wrong, tried = [], 0
    for rule in app.url_map.iter_rules():
        asked = [name for name in rule.arguments if name in TABLES]
        words = {name: sorted(each.items)[0] for name, each in choices(rule).items()}
        rest = {name: value for name, value in FIXED.items() if name in rule.arguments} | words
        for name in asked:
            for number in first[name]:
                for around in (first["statement_id"][0], own):
                    there = {each: first[each][0] for each in asked} | {"statement_id": around, name: number}
                    nowhere = dict.fromkeys(asked, NOBODYS) | {"statement_id": around, name: NOBODYS}
                    with app.test_request_context():
                        paths = [
                            app.url_for(rule.endpoint, **rest, **{each: ids[each] for each in asked})
                            for ids in (there, nowhere)
                        ]
                    for method in {"GET", "POST"} & (rule.methods or set()):
                        tried += 1
                        one, other = (answer(client, method, path) for path in paths)
                        if one != other or one[0] not in (403, 404):
                            wrong.append((method, *paths, one[0], other[0]))
    assert tried > 100
    assert wrong == []


def _observer(desk: Desk, role: Role) -> Person:
    if role is Role.PARTNER_ADMIN:
        return desk.people["carol"]
    with db.transaction(desk.engine) as session:
        return make_user(session, "rita", role, partner_id=desk.people["carol"].partner_id)
