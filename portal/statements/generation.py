"""Step 2: compute the commission of a period and write its statements (M4–M6, M12)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import insert_plain
from portal.domain.lines import LineKind, counted, settles
from portal.domain.periods import Period, business_date
from portal.domain.roles import Actor
from portal.domain.statements import ISSUED, Act, Station, check_act, due_on
from portal.domain.terms import PartnerKind
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.statements.drafting import Draft, DraftLine, drafts
from portal.statements.ground import load_ground
from portal.statements.paid import by_partner, paid_refunds
from portal.statements.resuming import Resumed, partners_with_parked
from portal.statements.sealing import said_of, seal

COLUMNS = (
    "statement_id", "revision", "ordinal", "kind", "counted", "settles", "receipt_id", "registration_id",
    "customer_name", "contract_on", "tier", "policy_id", "year", "rate", "floor_price", "refunded_before",
    "taken_before", "commission", "rule", "flag", "late",
)  # fmt: skip


@dataclass
class Outcome:
    """What a run did: statements written, left as they were, or out already; lines written."""

    written: list[int] = field(default_factory=list)
    unchanged: int = 0
    out: int = 0
    lines: int = 0


def generate(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    period: Period,
    partner_ids: Collection[int] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Write the statements of a period: of some partners, or of all who have anything in it.

    What is out stays as it is; what is not is computed anew, and the same inputs give the same statement
    (M12). A wholesale partner gets none (M8), unless what it was paid before is refunded.
    The caller holds the registry lock.

    :raises RuleViolation: ``statement.not_yours``.
    """
    if actor is not None:
        check_act(Station.COLLECTED, Act.GENERATE, actor, ())
    ground, outcome = load_ground(session, partner_ids=partner_ids), Outcome()
    standing = _standing(session, period)
    wanted, parked, owing = [], partners_with_parked(session), by_partner(paid_refunds(session))
    for partner_id, partner in ground.partners.items():
        stored = standing.get(partner_id)
        if stored is not None and stored.station in ISSUED:
            outcome.out += 1
        elif (
            stored is not None
            or partner_id in owing
            or (
                partner.kind is not PartnerKind.WHOLESALE
                and (ground.credits.of_partner.get(partner_id) or partner_id in parked)
            )
        ):
            wanted.append(partner_id)
    for number, drafted in enumerate(drafts(session, ground, wanted, period), start=1):
        _one(session, drafted, standing.get(drafted.partner_id), actor, now, outcome)
        if progress:
            progress(number)
    return outcome


def _standing(session: Session, period: Period) -> dict[int, Any]:
    c = t.statement.c
    query = sa.select(c.id, c.partner_id, c.number, c.station, c.content_hash).where(c.period == str(period))
    return {row.partner_id: row for row in session.execute(query)}


def number_of(partner_id: int, period: Period) -> str:
    """The number a statement bears: kind, period, partner."""
    return f"CS-{str(period).replace('-', '')}-{partner_id:04d}"


_RECEIPT = LineKind.RECEIPT.value
_RESUMED = LineKind.RESUMED.value


def sealed(number: str, revision: int, drafted: Draft) -> str:
    """The hash of what a draft says (M15)."""
    lines = (_said(*each) for each in enumerate(drafted.lines, start=1))
    resumed = (_said_again(*each) for each in enumerate(drafted.resumed, start=len(drafted.lines) + 1))
    return seal(number, revision, drafted.period, drafted.totals.total, chain(lines, resumed))


def _said_again(ordinal: int, line: Resumed) -> tuple[object, ...]:
    terms = (line.tier and line.tier.value, line.year, None, None, "M9")
    nothing = (None,) * 7
    return said_of(ordinal, _RESUMED, nothing, line.customer_name, line.amount, terms, None, False)


def _said(ordinal: int, line: DraftLine) -> tuple[object, ...]:
    receipt, earned = line.receipt, line.earned
    about = (
        line.source, line.ref, line.contract_no, receipt.product._value_, receipt.received_on, receipt.amount,
        receipt.minutes,
    )  # fmt: skip
    tier = earned.tier and earned.tier._value_
    terms = (tier, earned.year, earned.rate, earned.floor_price, earned.rule)
    flag = earned.flag and earned.flag._value_
    name = line.credit.customer_name
    return said_of(ordinal, _RECEIPT, about, name, earned.commission, terms, flag, line.late)


def _one(
    session: Session,
    drafted: Draft,
    stored: Any,
    actor: Actor | None,
    now: datetime,
    outcome: Outcome,
) -> None:
    number = stored.number if stored else number_of(drafted.partner_id, drafted.period)
    seal = sealed(number, 1, drafted)
    if stored is None and not drafted.lines and not drafted.resumed:
        return
    if stored is not None and stored.content_hash == seal:
        outcome.unchanged += 1
        return
    statement_id = _head(session, drafted, stored, number, seal, actor, now)
    rows = [_row(statement_id, 1, ordinal, line) for ordinal, line in enumerate(drafted.lines, start=1)]
    insert_plain(session, t.statement_line, COLUMNS, rows)
    _write_resumed(session, statement_id, drafted)
    outcome.written.append(statement_id)
    outcome.lines += len(rows)


def _head(
    session: Session,
    drafted: Draft,
    stored: Any,
    number: str,
    seal: str,
    actor: Actor | None,
    now: datetime,
) -> int:
    """Write or rewrite the statement itself, its first revision and the act; answers its id."""
    pay = policy_on(session, business_date(now)).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    sums = drafted.totals
    said = {
        "total": sums.total, "received": sums.received, "lines": sums.lines, "content_hash": seal,
    }  # fmt: skip
    head = said | {
        "station": Station.GENERATED, "station_since": now, "generated_at": now, "withheld": sums.withheld,
        "due_on": due_on(Station.GENERATED, business_date(now), pay),
    }  # fmt: skip
    c, revision, by = t.statement.c, t.statement_revision, actor.user_id if actor else None
    fresh = {"number": number, "partner_id": drafted.partner_id, "period": str(drafted.period)}
    if stored is None:
        values = fresh | head | {"revision": 1, "version": 1}
        made = session.execute(sa.insert(t.statement).values(**values).returning(c.id))
        statement_id = int(made.scalar_one())
    else:
        statement_id = stored.id
        session.execute(sa.delete(t.statement_line).where(t.statement_line.c.statement_id == statement_id))
        session.execute(sa.delete(revision).where(revision.c.statement_id == statement_id))
        session.execute(
            sa.update(t.statement).where(c.id == statement_id).values(**head, version=c.version + 1)
        )
    session.execute(
        sa.insert(revision).values(statement_id=statement_id, revision=1, made_at=now, made_by_id=by, **said)
    )
    came_from = stored.station if stored else Station.COLLECTED
    act = {
        "statement_id": statement_id, "act": Act.GENERATE, "from_station": came_from, "revision": 1,
        "to_station": Station.GENERATED, "at": now, "actor_id": by, "reason": "", "data": {"hash": seal},
    }  # fmt: skip
    session.execute(sa.insert(t.statement_act).values(**act))
    after = fresh | said | {"withheld": sums.withheld, "due_on": head["due_on"], "revision": 1}
    audit.record(
        session, actor=actor, action="statement.generate", at=now, subject=("statement", statement_id),
        before=came_from, after=after,
    )  # fmt: skip
    return statement_id


def _write_resumed(session: Session, statement_id: int, drafted: Draft) -> None:
    rows = [
        {
            "statement_id": statement_id, "revision": 1, "ordinal": ordinal, "kind": LineKind.RESUMED,
            "counted": True, "settles": True, "commission": line.amount, "rule": "M9", "late": False,
            **{name: value for name, value in line._asdict().items() if name != "amount"},
        }
        for ordinal, line in enumerate(drafted.resumed, start=len(drafted.lines) + 1)
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(t.statement_line), rows)


def _row(statement_id: int, revision: int, ordinal: int, line: DraftLine) -> tuple[Any, ...]:
    receipt, earned, before = line.receipt, line.earned, line.earned.before
    return (
        statement_id, revision, ordinal, _RECEIPT, counted(earned), settles(earned), receipt.id,
        line.credit.registration_id, line.credit.customer_name, line.credit.starts_on.isoformat(),
        earned.tier and earned.tier._value_, earned.policy, earned.year,
        None if earned.rate is None else str(earned.rate),
        None if earned.floor_price is None else str(earned.floor_price),
        None if before is None else _fen(before.refunded),
        None if before is None else _fen(before.taken_back),
        _fen(earned.commission), earned.rule, earned.flag and earned.flag._value_, line.late,
    )  # fmt: skip


def _fen(amount: Any) -> int:
    return int(amount.scaleb(2))
