"""`portal check` of deposits: rows are as the trail says, ledgers and debts add up, service stands right."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.check_claims import same
from portal.domain.deposits import NOTHING, DeductionState
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.wholesale import standing
from portal.models import tables as t
from portal.policy.service import load_policies

Problem = tuple[str, Any, RuleViolation]
_TRAILED = (
    *("deposit_entry", "deposit_deduction", "deposit_file", "deposit_waiver"),
    *("debt", "debt_settlement", "traffic_payment"),
)


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant of deposits, debts and traffic."""
    trail = _trail(session)
    for name in _TRAILED:
        yield from _as_told(session, name, getattr(t, name), trail.get(name, {}))
    yield from _states_as_told(session, trail.get("wholesale", {}))
    yield from _days(session)
    yield from _ledgers(session)
    yield from _deductions(session)
    yield from _debts(session)
    yield from _service(session, now)


def _trail(session: Session) -> dict[str, dict[int, dict[str, Any]]]:
    """What the trail says of every row last, by kind of row."""
    told: dict[str, dict[int, dict[str, Any]]] = {}
    c = t.audit_entry.c
    query = sa.select(c.subject_type, c.subject_id, c.details).where(
        c.subject_type.in_((*_TRAILED, "wholesale"))
    )
    for row in session.execute(query.order_by(c.id)):
        about = told.setdefault(row.subject_type, {}).setdefault(row.subject_id, {})
        about |= row.details.get("after", {})
    return told


def _as_told(
    session: Session, name: str, table: Any, told: dict[int, dict[str, Any]], key: str = "id"
) -> Iterator[Problem]:
    for row in session.execute(sa.select(table)):
        number = getattr(row, key)
        after = told.pop(number, None)
        if not after:
            yield name, number, RuleViolation("check.untrailed")
            continue
        for column, value in after.items():
            if not same(getattr(row, column), value):
                yield name, number, RuleViolation("check.not_trailed", column=column)
    for missing in told:
        yield name, missing, RuleViolation("check.missing")


def _states_as_told(session: Session, told: dict[int, dict[str, Any]]) -> Iterator[Problem]:
    yield from _as_told(session, "wholesale_state", t.wholesale_state, told, key="partner_id")


def _days(session: Session) -> Iterator[Problem]:
    """Every day of traffic is one that the trail says was taken in, and the other way round."""
    told: dict[tuple[int, str], str] = {}
    c = t.audit_entry.c
    for entry in session.execute(sa.select(c.subject_id, c.details).where(c.subject_type == "traffic")):
        told |= {(entry.subject_id, day): amount for day, amount in entry.details["days"].items()}
    for row in session.execute(sa.select(t.traffic_day)):
        amount = told.pop((row.partner_id, row.day.isoformat()), None)
        where = f"{row.partner_id}/{row.day.isoformat()}"
        if amount is None:
            yield "traffic_day", where, RuleViolation("check.untrailed")
        elif row.amount != Decimal(amount):
            yield "traffic_day", where, RuleViolation("check.not_trailed", column="amount")
    for partner_id, day in told:
        yield "traffic_day", f"{partner_id}/{day}", RuleViolation("check.missing")


def _ledgers(session: Session) -> Iterator[Problem]:
    """Entries follow each other without a gap, and every balance is the one before and the entry (B2)."""
    c = t.deposit_entry.c
    reached: dict[int, tuple[int, Decimal]] = {}
    for row in session.execute(sa.select(t.deposit_entry).order_by(c.partner_id, c.seq)):
        seq, balance = reached.get(row.partner_id, (0, NOTHING))
        if row.seq != seq + 1 or row.balance_after != balance + row.amount or row.balance_after < 0:
            yield "deposit_entry", row.id, RuleViolation("check.ledger")
        reached[row.partner_id] = (row.seq, row.balance_after)


def _deductions(session: Session) -> Iterator[Problem]:
    """What took effect is in the ledger with the same amount, and nothing else is (B3)."""
    c = t.deposit_entry.c
    booked = {
        row.deduction_id: (row.partner_id, row.amount)
        for row in session.execute(
            sa.select(c.deduction_id, c.partner_id, c.amount).where(c.deduction_id.is_not(None))
        )
    }
    for row in session.execute(sa.select(t.deposit_deduction)):
        taken = row.taken if row.state is DeductionState.EFFECTIVE else None
        expected = (row.partner_id, -taken) if taken else None
        if booked.pop(row.id, None) != expected:
            yield "deposit_deduction", row.id, RuleViolation("check.deduction")
    for missing in booked:
        yield "deposit_deduction", missing, RuleViolation("check.deduction")


def _debts(session: Session) -> Iterator[Problem]:
    """What is left of a debt is its amount less what was settled (M11)."""
    c = t.debt_settlement.c
    settled = dict(
        tuple(row) for row in session.execute(sa.select(c.debt_id, sa.func.sum(c.amount)).group_by(c.debt_id))
    )
    d = t.debt.c
    for row in session.execute(sa.select(d.id, d.amount, d.remaining)):
        if row.remaining != row.amount - settled.get(row.id, NOTHING):
            yield "debt", row.id, RuleViolation("check.debt")


def _service(session: Session, now: datetime) -> Iterator[Problem]:
    """Service runs or not as traffic, payments and balance say; warned by a version of the policy (B5)."""
    unpaid: defaultdict[int, Decimal] = defaultdict(lambda: NOTHING)
    for sign, table in ((1, t.traffic_day), (-1, t.traffic_payment)):
        query = sa.select(table.c.partner_id, sa.func.sum(table.c.amount)).group_by(table.c.partner_id)
        for partner_id, amount in session.execute(query):
            unpaid[partner_id] += sign * amount
    e = t.deposit_entry.c
    query = sa.select(e.partner_id, sa.func.sum(e.amount)).group_by(e.partner_id)
    balances = dict(tuple(row) for row in session.execute(query))
    # The tick that a new version's warnings wait for may not have run yet.
    versions = _warnings(session, now)
    for row in session.execute(sa.select(t.wholesale_state)):
        owed, balance = unpaid.pop(row.partner_id, NOTHING), balances.get(row.partner_id, NOTHING)
        service = standing(owed, balance, ()).service
        reached = {standing(owed, balance, warnings).warned for warnings in versions}
        levels = {None if each is None else str(each) for each in reached}
        if row.unpaid != owed or row.state is not service or row.warned not in levels:
            yield "wholesale_state", row.partner_id, RuleViolation("check.wholesale")
    for partner_id in unpaid:
        yield "wholesale_state", partner_id, RuleViolation("check.missing")


def _warnings(session: Session, now: datetime) -> set[tuple[Decimal, ...]]:
    """The warnings of every policy version that has been in force."""
    policies, c = load_policies(session), t.policy_version.c
    days = session.scalars(sa.select(c.effective_from).where(c.effective_from <= business_date(now)))
    return {pay.traffic_warnings for day in days if (pay := policies.at(day).pay) is not None}
