"""A new revision of a statement that is out (M9, M12): the old one stays, only its lines settle no more."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.commissions import ZERO
from portal.domain.disputes import Addition, Entry, Objection, Revised, revise
from portal.domain.lines import LineKind
from portal.domain.roles import Actor
from portal.models import Statement
from portal.models import tables as t
from portal.statements.sealing import lines_of, read_seal

_l, _r, _d = t.statement_line.c, t.receipt.c, t.dispute.c


def entries_of(session: Session, statement_id: int, revision: int) -> list[Entry]:
    """The lines of a revision as disputes see them, in order."""
    rows = session.execute(
        sa.select(
            _l.id, _l.kind, _l.counted, _l.settles, sa.func.coalesce(_l.receipt_id, _d.receipt_id),
            _l.commission, _l.flag,
        )
        .join(t.dispute, _d.id == _l.dispute_id, isouter=True)
        .where(_l.statement_id == statement_id, _l.revision == revision)
        .order_by(_l.ordinal)
    )  # fmt: skip
    return [Entry(*row) for row in rows]


def make_revision(
    session: Session,
    statement: Statement,
    disputes: Iterable[Objection],
    *,
    actor: Actor,
    now: datetime,
    reason: str,
) -> None:
    """Write the revision that the round of disputes leads to, and put it in force.

    The caller holds the registry lock and the statement's row.
    """
    assert statement.id is not None  # noqa: S101 - it was loaded
    before = {name: getattr(statement, name) for name in ("revision", "total", "received", "content_hash")}
    revised = revise(entries_of(session, statement.id, statement.revision), disputes)
    _write_lines(session, statement, revised)
    statement.revision += 1
    counted = session.execute(
        sa.select(
            sa.func.count(), sa.func.sum(_l.commission), sa.func.sum(_r.amount),
        )
        .join(t.receipt, _r.id == _l.receipt_id, isouter=True)
        .where(_l.statement_id == statement.id, _l.revision == statement.revision, _l.counted)
    ).one()  # fmt: skip
    statement.lines, statement.total, statement.received = counted[0], counted[1] or ZERO, counted[2] or ZERO
    statement.content_hash = seal(session, statement)
    session.flush()
    after = {name: getattr(statement, name) for name in (*before, "lines")}
    made = {"statement_id": statement.id, "made_at": now, "made_by_id": actor.user_id, "reason": reason}
    session.execute(sa.insert(t.statement_revision), [made | after])
    audit.record(
        session, actor=actor, action="statement.revised", at=now, subject=("statement", statement.id),
        reason=reason, before=before, after=after | made,
    )  # fmt: skip


def _write_lines(session: Session, statement: Statement, revised: Revised) -> None:
    """Copy the lines with new ids; what settled on the old revision settles on the new one."""
    here = (_l.statement_id == statement.id, _l.revision == statement.revision)
    old = session.execute(sa.select(t.statement_line).where(*here).order_by(_l.ordinal)).mappings().all()
    session.execute(sa.update(t.statement_line).where(*here, _l.settles).values(settles=False))
    parked = {each.id: each for each in revised.parked}
    rows = []
    for line in old:
        row = {name: value for name, value in line.items() if name != "id"}
        row["revision"] = statement.revision + 1
        if (entry := parked.get(line["id"])) is not None:
            row |= {"counted": entry.counted, "commission": entry.commission, "flag": entry.flag}
        rows.append(row)
    about = {line["receipt_id"]: line for line in old if line["receipt_id"] is not None}
    ordinal = max((line["ordinal"] for line in old), default=0)
    for place, added in enumerate(revised.added, start=ordinal + 1):
        rows.append(_granted(statement, place, added, about.get(added.about)))
    if rows:
        session.execute(sa.insert(t.statement_line), rows)


def _granted(statement: Statement, ordinal: int, added: Addition, line: Any) -> dict[str, Any]:
    """The line of a granted dispute; of the line it is about it has the customer and the terms."""
    terms = ("registration_id", "customer_name", "contract_on", "tier", "policy_id", "year")
    empty = {column.key: None for column in t.statement_line.c if column.key != "id"}
    return {
        **empty,
        **({name: line[name] for name in terms} if line is not None else {"customer_name": ""}),
        "statement_id": statement.id,
        "revision": statement.revision + 1,
        "ordinal": ordinal,
        "kind": LineKind.GRANTED,
        "counted": True,
        "settles": False,
        "commission": added.difference,
        "rule": "M9",
        "late": False,
        "dispute_id": added.dispute_id,
    }


def seal(session: Session, statement: Statement) -> str:
    """The hash of what the paper of the revision in force says (M15)."""
    assert statement.id is not None  # noqa: S101 - it was loaded
    revision, total = statement.revision, statement.total
    lines = lines_of(session, statement.id, revision)
    return read_seal(statement.number, statement.period, lines, revision=revision, total=total)
