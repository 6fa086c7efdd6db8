"""Bank accounts: stated by one person, verified by another, frozen meanwhile (M16)."""

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.payments import AccountState, Hindrance
from portal.models import tables as t
from portal.payments import accounts
from portal.payments.due import due_statements
from tests.payments.conftest import Desk
from tests.support.clocks import shanghai


def hindrance(desk: Desk, statement: int) -> Hindrance | None:
    with db.reading(desk.engine) as session:
        due = due_statements(session, actor=desk.people["finance"].actor)
        return next(each.hindrance for each in due if each.row.id == statement)


def test_an_account_counts_once_a_second_person_has_verified_it(desk: Desk) -> None:
    statement = desk.approved()
    assert hindrance(desk, statement) is Hindrance.NO_ACCOUNT
    stated = desk.state("alice")
    assert hindrance(desk, statement) is Hindrance.FROZEN
    desk.verify(stated, "finance")
    assert hindrance(desk, statement) is None
    row = desk.row("bank_account", stated)
    assert (row.state, row.number, row.word) == (AccountState.VERIFIED, "6225880123456789", "回拨确认")
    assert desk.holds() == []


def test_nobody_verifies_what_they_stated(desk: Desk) -> None:
    stated = desk.state("finance")
    with pytest.raises(RuleViolation, match=r"account\.two_people"):
        desk.verify(stated, "finance")
    desk.verify(stated, "second")
    with pytest.raises(RuleViolation, match=r"account\.not_waiting"):
        desk.verify(stated, "second")


def test_only_finance_verifies(desk: Desk) -> None:
    stated = desk.state("finance")
    for who in ("alice", "channel_manager"):
        with pytest.raises(RuleViolation, match=r"account\.not_yours"):
            desk.verify(stated, who)


def test_a_change_freezes_the_old_account_and_takes_its_place(desk: Desk) -> None:
    statement, old = desk.approved(), desk.account()
    new = desk.state("alice", number="1111 2222 3333")
    assert hindrance(desk, statement) is Hindrance.FROZEN
    with pytest.raises(RuleViolation, match=r"payment\.cannot"):
        desk.prepare(statement)
    desk.verify(new)
    assert desk.row("bank_account", old).state is AccountState.REPLACED
    assert hindrance(desk, statement) is None
    assert desk.holds() == []


def test_a_refused_change_leaves_the_old_account_and_says_why(desk: Desk) -> None:
    statement, old = desk.approved(), desk.account()
    new = desk.state("alice", number="1111 2222 3333")

    def refuse(reason: str) -> None:
        with db.transaction(desk.engine) as session:
            accounts.refuse_account(
                session, actor=desk.people["finance"].actor, now=shanghai("2026-03-05"), account_id=new,
                version=1, reason=reason,
            )  # fmt: skip

    with pytest.raises(RuleViolation, match=r"reason\.required"):
        refuse("  ")
    refuse("电话无人承认")
    assert desk.row("bank_account", new).word == "电话无人承认"
    assert desk.row("bank_account", old).state is AccountState.VERIFIED
    assert hindrance(desk, statement) is None
    assert desk.holds() == []


def test_another_statement_of_an_account_withdraws_the_one_that_waits(desk: Desk) -> None:
    first = desk.state("alice", number="111111")
    desk.state("alice", number="222222")
    assert desk.row("bank_account", first).state is AccountState.WITHDRAWN
    assert desk.holds() == []


def test_the_verified_account_is_not_stated_again(desk: Desk) -> None:
    desk.account()
    with pytest.raises(RuleViolation, match=r"account\.same"):
        desk.state("alice", number="6225-8801-2345-6789")


def test_another_partner_states_nothing_here(desk: Desk) -> None:
    carol, alice = desk.people["carol"], desk.people["alice"]
    assert alice.partner_id is not None
    with pytest.raises(RuleViolation, match=r"account\.not_yours"), db.transaction(desk.engine) as session:
        accounts.propose_account(
            session, actor=carol.actor, now=shanghai("2026-03-01"), partner_id=alice.partner_id,
            values={"holder": "x", "bank": "x", "branch": "x", "number": "123456"},
        )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bank_account SET verified_by_id = proposed_by_id",
        "UPDATE bank_account SET state = 'proposed'",
        "INSERT INTO bank_account (partner_id, holder, bank, branch, number, state, proposed_at,"
        " proposed_by_id, decided_at, verified_by_id, word, version) SELECT partner_id, holder, bank, branch,"
        " '999999', state, proposed_at, proposed_by_id, decided_at, verified_by_id, word, 1"
        " FROM bank_account",
    ],
    ids=["one person", "undecided", "a second verified one"],
)
def test_the_database_itself_refuses(desk: Desk, change: str) -> None:
    desk.account()
    with pytest.raises(RuleViolation, match=r"db\.conflict"), db.transaction(desk.engine) as session:
        session.execute(sa.text(change))


def test_the_trail_has_the_number_masked(desk: Desk) -> None:
    desk.account()
    with db.reading(desk.engine) as session:
        details = [str(each) for each in session.scalars(sa.select(t.audit_entry.c.details))]
    assert any("•••• 6789" in each for each in details)
    assert not any("6225880123456789" in each for each in details)
