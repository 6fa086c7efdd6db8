"""Disputes over lines (M9): a partner objects, finance answers, and what was decided becomes a revision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, select

from portal import audit
from portal.db import lock_registry
from portal.domain.disputes import (
    DisputeKind,
    DisputeState,
    Objection,
    check_answer,
    check_dispute,
    comes_to,
)
from portal.domain.errors import RuleViolation, RuleViolations, StaleVersion, problems_of
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act, Station
from portal.files import Sent, sniff
from portal.models import Dispute, Statement
from portal.models import tables as t
from portal.statements.papers import keep_file
from portal.statements.revisions import entries_of, make_revision
from portal.statements.walk import load, take_step

_d = t.dispute.c


@dataclass(frozen=True, slots=True)
class Stated:
    """What a partner says is wrong: with the line of a receipt, or without one."""

    kind: DisputeKind
    text: str
    receipt_id: int | None = None
    expected: Decimal | None = None
    sent: Sent | None = None


def check_own(actor: Actor, statement: Statement) -> None:
    """Only the manager of the statement's own partner speaks for it.

    :raises RuleViolation: ``statement.not_yours``.
    """
    if Role.PARTNER_ADMIN not in actor.effective_roles or actor.partner_id != statement.partner_id:
        raise RuleViolation("statement.not_yours", act=Act.DISPUTE, roles=(Role.PARTNER_ADMIN,))


def open_disputes(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_id: int,
    version: int,
    stated: Sequence[Stated],
    folder: str,
) -> None:
    """Object to lines, several at once; the first sends the statement to finance.

    :raises StaleVersion: the statement changed since the page was drawn.
    :raises RuleViolations: as `check_dispute`, each with the `place` of what was stated;
        of files as `portal.files.store`.
    """
    lock_registry(session)
    statement = load(session, statement_id, version)
    check_own(actor, statement)
    entries = entries_of(session, statement_id, statement.revision)
    round_so_far, problems = round_of(session, statement), []
    for place, each in enumerate(stated):
        try:
            check_dispute(statement.station, each.kind, each.text, each.receipt_id, entries, round_so_far)
            if each.sent is not None:
                sniff(each.sent.content)  # all are looked at before one is put into the store
        except RuleViolation as error:
            problems += [_at(place, problem) for problem in problems_of(error)]
        round_so_far.append(Objection(0, each.receipt_id, DisputeState.OPEN))
    if problems:
        raise RuleViolations(problems)
    opened = [_open(session, statement, actor, now, each, folder) for each in stated]
    if statement.station is Station.SENT:
        take_step(
            session, actor=actor, now=now, statement_id=statement_id, version=None, act=Act.DISPUTE,
            data={"disputes": opened},
        )  # fmt: skip
    else:
        touch(statement)


def _at(place: int, problem: RuleViolation) -> RuleViolation:
    return RuleViolation(problem.code, problem.field, **problem.params, place=place)


def _open(
    session: Session, statement: Statement, actor: Actor, now: datetime, stated: Stated, folder: str
) -> int:
    file_id = None
    if stated.sent is not None:
        file_id = keep_file(
            session, statement, actor=actor, now=now, purpose="evidence", sent=stated.sent, folder=folder
        )
    assert statement.id is not None  # noqa: S101 - it was loaded
    dispute = Dispute(
        statement_id=statement.id,
        revision=statement.revision,
        receipt_id=stated.receipt_id,
        kind=stated.kind,
        expected=stated.expected,
        text=stated.text,
        file_id=file_id,
        opened_at=now,
        opened_by_id=actor.user_id,
        state=DisputeState.OPEN,
    )
    session.add(dispute)
    session.flush()  # its id goes into the trail
    assert dispute.id is not None  # noqa: S101 - flushed
    row = session.execute(sa.select(t.dispute).where(_d.id == dispute.id)).one()
    _note(session, dispute, "opened", actor, now, {
        name: value for name, value in row._mapping.items() if name not in ("id", "version")
    })  # fmt: skip
    return dispute.id


def round_of(session: Session, statement: Statement) -> list[Objection]:
    """The disputes that the next revision will settle: of the revision in force, and not parked."""
    rows = session.execute(
        sa.select(_d.id, _d.receipt_id, _d.state, _d.granted)
        .where(_d.statement_id == statement.id, _d.revision == statement.revision, ~_d.parked)
        .order_by(_d.id)
    )
    return [Objection(*row) for row in rows]


def answer(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    dispute_id: int,
    version: int,
    granted: Decimal | None,
    text: str,
) -> Dispute:
    """Finance grants what the receipt shall come to in all, or refuses (`granted` None) and says why.

    The last answer of a round sends the statement back to the partner, as a new revision if anything
    was granted. A parked dispute's answer waits for the next statement (`resuming.pending_resumed`).

    :raises StaleVersion: somebody answered or withdrew it meanwhile.
    :raises RuleViolation: ``statement.not_yours``, and as `check_answer`.
    """
    lock_registry(session)
    dispute = _load(session, dispute_id, version)
    if Role.FINANCE not in actor.effective_roles:
        raise RuleViolation("statement.not_yours", act=Act.ANSWER, roles=(Role.FINANCE,))
    statement = load(session, dispute.statement_id, None)
    so_far = comes_to(entries_of(session, dispute.statement_id, dispute.revision), dispute.receipt_id)
    dispute.state = check_answer(dispute.state, granted, text, so_far)
    dispute.granted, dispute.answer = granted, text
    dispute.answered_at, dispute.answered_by_id = now, actor.user_id
    session.flush()
    _note(session, dispute, dispute.state.value, actor, now, {
        name: getattr(dispute, name)
        for name in ("state", "granted", "answer", "answered_at", "answered_by_id")
    })  # fmt: skip
    if not dispute.parked:
        _close_round(session, statement, actor, now, by=actor)
    return dispute


def withdraw(session: Session, *, actor: Actor, now: datetime, dispute_id: int, version: int) -> Dispute:
    """The partner takes an open dispute back; the last one of a round gives the statement back to it.

    :raises StaleVersion: it was answered meanwhile.
    :raises RuleViolation: ``statement.not_yours``, ``dispute.answered``.
    """
    lock_registry(session)
    dispute = _load(session, dispute_id, version)
    statement = load(session, dispute.statement_id, None)
    check_own(actor, statement)
    if dispute.state is not DisputeState.OPEN:
        raise RuleViolation("dispute.answered")
    dispute.state = DisputeState.WITHDRAWN
    session.flush()
    _note(session, dispute, "withdrawn", actor, now, {"state": dispute.state})
    if not dispute.parked:
        _close_round(session, statement, actor, now, by=None)
    return dispute


def _load(session: Session, dispute_id: int, version: int) -> Dispute:
    dispute = session.get(Dispute, dispute_id, with_for_update=True)
    if dispute is None or dispute.version != version:
        raise StaleVersion("stale")
    return dispute


def _close_round(
    session: Session, statement: Statement, actor: Actor, now: datetime, *, by: Actor | None
) -> None:
    """When nothing is open any more the statement goes back to the partner; `by` None: nobody's step."""
    disputes = round_of(session, statement)
    if any(each.state is DisputeState.OPEN for each in disputes):
        touch(statement)
        return
    granted = [each.id for each in disputes if each.state is DisputeState.GRANTED]
    if granted:
        make_revision(session, statement, disputes, actor=actor, now=now, reason="dispute.granted")
    assert statement.id is not None  # noqa: S101 - it was loaded
    take_step(
        session, actor=by, now=now, statement_id=statement.id, version=None, act=Act.ANSWER,
        data={"granted": granted},
    )  # fmt: skip


def park(session: Session, statement: Statement, *, actor: Actor, now: datetime) -> None:
    """Take the lines still in dispute off the statement, so that the rest can be confirmed (M9).

    :raises RuleViolation: ``dispute.nothing_open``.
    """
    disputes = round_of(session, statement)
    still_open = [each.id for each in disputes if each.state is DisputeState.OPEN]
    if statement.station is not Station.DISPUTED or not still_open:
        raise RuleViolation("dispute.nothing_open")
    make_revision(session, statement, disputes, actor=actor, now=now, reason="dispute.parked")
    for dispute in session.scalars(select(Dispute).where(_d.id.in_(still_open))):
        dispute.parked = True
        session.flush()
        _note(session, dispute, "parked", actor, now, {"parked": True})
    assert statement.id is not None  # noqa: S101 - it was loaded
    take_step(
        session, actor=None, now=now, statement_id=statement.id, version=None, act=Act.ANSWER,
        data={"parked": still_open},
    )  # fmt: skip


def touch(statement: Statement) -> None:
    """Whoever looks at the statement's page has to look again before acting on it."""
    flag_modified(statement, "station")


def _note(
    session: Session, dispute: Dispute, what: str, actor: Actor, now: datetime, after: dict[str, Any]
) -> None:
    audit.record(
        session, actor=actor, action=f"dispute.{what}", at=now, subject=("dispute", dispute.id),
        statement=dispute.statement_id, after=audit.plain(after),
    )  # fmt: skip
