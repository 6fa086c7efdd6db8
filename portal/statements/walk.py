"""Walk a statement through the nine steps: who did what, what follows, until when (§8, M9–M12)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.invoices import InvoiceState
from portal.domain.payments import ItemState
from portal.domain.periods import business_date, parse_period
from portal.domain.roles import Actor
from portal.domain.statements import (
    OPEN,
    RETURNS,
    Act,
    Done,
    Party,
    Station,
    Step,
    check_act,
    check_party,
    check_return,
    due_on,
    next_step,
    standing,
)
from portal.models import Statement, StatementAct
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.receipts.contested import contested_on
from portal.statements.freshness import is_fresh


def take_step(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    statement_id: int,
    version: int | None,
    act: Act,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> Statement:
    """Do one act of the nine steps; `version` is that of the page it was decided on, None in a batch.

    The caller holds the registry lock and has seen to what the act itself needs (a typed name, a bank's
    answer). `data` goes on the statement's walk.

    :raises StaleVersion: somebody else changed the statement meanwhile.
    :raises RuleViolation: as `check_act` and `check_party`; ``statement.withheld`` it cannot go out before
        the receipts that lack a term are solved or deferred (M2); ``statement.contested`` nor with contracts
        that came into question (M14), ``statement.outdated`` nor when it would come out otherwise now;
        ``period.running`` nor before its period is over (step 1);
        ``statement.invoice_first`` it cannot be closed yet (M16).
    """
    statement = load(session, statement_id, version)
    step = check_act(statement.station, act, actor, done_on(session, statement_id))
    if actor is not None:
        check_party(step, actor, party_of(session, statement.partner_id))
    if act is Act.SEND:
        check_over(statement.period, now)
        _go_out(session, statement)
    if act is Act.CLOSE and statement.station is Station.PAID and statement.total > 0:
        raise RuleViolation("statement.invoice_first")
    _enter(session, statement, step, actor, now, reason, data or {})
    return statement


def send_back(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    version: int | None,
    to: Station,
    reason: str,
) -> Statement:
    """Refuse in step 6 or 7: back to the station that the refuser names, with the reason (M10).

    What was approved after that station is void and done anew.

    :raises RuleViolation: as `check_return`; ``statement.in_payment`` it is in a payment batch;
        ``statement.invoice_stands`` its invoice is sent back on the invoice's own page (M16).
    """
    statement = load(session, statement_id, version)
    if statement.station is Station.APPROVED and _in_payment(session, statement_id):
        raise RuleViolation("statement.in_payment")
    if statement.station is Station.INVOICED and _has_invoice(session, statement_id):
        raise RuleViolation("statement.invoice_stands")
    check_return(statement.station, to, reason, actor, done_on(session, statement_id))
    back = Step(statement.station, Act.REFUSE, to, 0, frozenset(), "")
    _enter(session, statement, back, actor, now, reason, {"to": to.value})
    return statement


def load(session: Session, statement_id: int, version: int | None) -> Statement:
    """The statement, locked until the transaction ends.

    :raises StaleVersion: it is not the version that the person saw.
    """
    statement = session.get(Statement, statement_id, with_for_update=True)
    if statement is None:
        raise RuleViolation("statement.gone")
    if version is not None and statement.version != version:
        raise StaleVersion("stale")
    return statement


def done_on(session: Session, statement_id: int) -> list[Done]:
    """The acts that still count."""
    c = t.statement_act.c
    rows = session.execute(
        sa.select(c.act, c.actor_id, c.to_station).where(c.statement_id == statement_id).order_by(c.id)
    )
    return standing(Done(*row) for row in rows)


def party_of(session: Session, partner_id: int) -> Party:
    """Whose statement it is; who has left looks after nobody any more."""
    p, u = t.partner.c, t.user.c
    row = session.execute(
        sa.select(p.id, p.region, sa.case((u.active, p.manager_id)))
        .join(t.user, u.id == p.manager_id, isouter=True)
        .where(p.id == partner_id)
    ).one()
    return Party(*row)


def _in_payment(session: Session, statement_id: int) -> bool:
    """Whether the statement is in a payment batch that nobody has given up and no bank has answered."""
    c = t.payment_item.c
    return bool(
        session.scalar(
            sa.select(sa.func.count()).where(c.statement_id == statement_id, c.state == ItemState.WAITING)
        )
    )


def _has_invoice(session: Session, statement_id: int) -> bool:
    c = t.invoice.c
    return bool(
        session.scalar(
            sa.select(sa.func.count()).where(c.statement_id == statement_id, c.state == InvoiceState.CURRENT)
        )
    )


def may_return_to(station: Station) -> tuple[Station, ...]:
    """Where whoever is due at `station` may send the statement back to."""
    return () if station is Station.INVOICED else RETURNS.get(station, ())


def _enter(
    session: Session,
    statement: Statement,
    step: Step,
    actor: Actor | None,
    now: datetime,
    reason: str,
    data: Mapping[str, Any],
) -> None:
    assert statement.id is not None  # noqa: S101 - it was loaded
    came_from, due = statement.station, statement.due_on
    pay = policy_on(session, business_date(now)).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    following = next_step(step.to)
    # Within one step the day stays: three people share the one day of step 6.
    if following is None or step.act is Act.REFUSE or following.number != step.number:
        due = due_on(step.to, business_date(now), pay)
    statement.station, statement.station_since, statement.due_on = step.to, now, due
    session.add(
        StatementAct(
            statement_id=statement.id,
            act=step.act,
            from_station=came_from,
            to_station=step.to,
            revision=statement.revision,
            at=now,
            actor_id=actor.user_id if actor else None,
            reason=reason,
            data=audit.plain(dict(data)),
        )
    )
    session.flush()
    audit.record(
        session, actor=actor, action=f"statement.{step.act}", at=now, subject=("statement", statement.id),
        reason=reason, before=came_from, after=step.to, revision=statement.revision, due_on=due, data=data,
    )  # fmt: skip


def check_over(period: str, now: datetime) -> None:
    """Whether a statement may go out: what is received on the last day of its period belongs on it (M6).

    :raises RuleViolation: ``period.running``.
    """
    last = parse_period(period).last
    if business_date(now) <= last:
        raise RuleViolation("period.running", day=last)


def held_up(session: Session, statement_id: int, revision: int) -> int:
    """How many receipts on a statement lack a term and are not deferred: with any it cannot go out (M2)."""
    line, deferred = t.statement_line.c, t.deferred_receipt.c
    put_off = sa.select(deferred.receipt_id).where(deferred.statement_id == statement_id)
    query = sa.select(sa.func.count()).where(
        line.statement_id == statement_id,
        line.revision == revision,
        ~line.settles,
        line.receipt_id.is_not(None),
        line.receipt_id.not_in(put_off),
    )
    return int(session.scalar(query) or 0)


def _refunds_of_open(session: Session, statement: Statement) -> str | None:
    """A statement that is not out and has a receipt which this one refunds: what it earned may change yet."""
    line, receipt, s = t.statement_line.c, t.receipt.c, t.statement.c
    of = t.statement_line.alias("of")
    query = (
        sa.select(s.number)
        .select_from(t.statement_line)
        .join(t.receipt, receipt.id == line.receipt_id)
        .join(of, sa.and_(of.c.receipt_id == receipt.refund_of_id, of.c.settles))
        .join(t.statement, s.id == of.c.statement_id)
        .where(
            line.statement_id == statement.id,
            line.revision == statement.revision,
            s.id != statement.id,
            s.station.in_(OPEN),
        )
        .order_by(s.number)
        .limit(1)
    )
    number: str | None = session.scalar(query)
    return number


def _go_out(session: Session, statement: Statement) -> None:
    """From here on its receipts are settled: they leave the pool, and nothing generates it again (M12)."""
    assert statement.id is not None  # noqa: S101 - it was loaded
    if waiting := held_up(session, statement.id, statement.revision):
        raise RuleViolation("statement.withheld", count=waiting)
    if (earlier := _refunds_of_open(session, statement)) is not None:
        raise RuleViolation("statement.refund_first", number=earlier)
    if numbers := contested_on(session, statement.id, statement.revision):
        raise RuleViolation("statement.contested", numbers=numbers)
    if not is_fresh(session, statement):
        raise RuleViolation("statement.outdated")
    line, pool = t.statement_line.c, t.unsettled_receipt
    settled = sa.select(line.receipt_id).where(
        line.statement_id == statement.id, line.revision == statement.revision, line.settles
    )
    session.execute(sa.delete(pool).where(pool.c.receipt_id.in_(settled)))
