"""Step 2: compute the commission of a period and write its statements (M4–M6, M12)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import chunks, insert_plain
from portal.domain.lines import LineKind
from portal.domain.periods import Period, business_date
from portal.domain.roles import Actor
from portal.domain.statements import ISSUED, Act, Station, check_act, due_on
from portal.domain.terms import PartnerKind
from portal.models import tables as t
from portal.policy.service import policy_on
from portal.statements.composing import COLUMNS, RECEIPT, SETTLES, Composed, Composing, composed
from portal.statements.ground import Ground, load_ground
from portal.statements.paid import by_partner, paid_refunds
from portal.statements.resuming import partners_with_parked


@dataclass
class Outcome:
    """What a run did: statements written, left as they were, or out already; lines written."""

    written: list[int] = field(default_factory=list)
    unchanged: int = 0
    out: int = 0
    lines: int = 0

    def __iadd__(self, other: Self) -> Self:
        self.written += other.written
        self.unchanged += other.unchanged
        self.out += other.out
        self.lines += other.lines
        return self


def generate(
    session: Session,
    *,
    actor: Actor | None,
    now: datetime,
    period: Period,
    partner_ids: Collection[int] | None = None,
    progress: Callable[[int], None] | None = None,
    composing: Composing = composed,
) -> Outcome:
    """Write the statements of a period: of some partners, or of all who have anything in it.

    What is out stays as it is; what is not is computed anew, and the same inputs give the same statement
    (M12). A wholesale partner gets none (M8), unless what it was paid before is refunded. A partner whose
    draft loses a receipt to another gets a new one, too. `composing` may work elsewhere.
    The caller holds the registry lock.

    :raises RuleViolation: ``statement.not_yours``.
    """
    if actor is not None:
        check_act(Station.COLLECTED, Act.GENERATE, actor, ())
    ground, outcome = load_ground(session, partner_ids=partner_ids), Outcome()
    standing = _standing(session, period)
    wanted = _wanted(session, ground, standing, outcome)
    numbers = {
        each: standing[each].number if each in standing else number_of(each, period) for each in wanted
    }
    run, robbed = _run(session, actor, now, period), set[int]()
    for done, made in enumerate(composing(session, ground, numbers, period), start=1):
        if standing:
            robbed |= _take_over(session, made, period)
        _one(run, made, standing.get(made.partner_id), outcome)
        if progress:
            progress(done)
    if left := robbed - numbers.keys():
        outcome += generate(session, actor=actor, now=now, period=period, partner_ids=left)
    return outcome


def _wanted(session: Session, ground: Ground, standing: dict[int, Any], outcome: Outcome) -> list[int]:
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
    return wanted


def _take_over(session: Session, made: Composed, period: Period) -> set[int]:
    """Take receipts off other partners' drafts that are this one's now; answers whose drafts they were."""
    line, s, found = t.statement_line.c, t.statement.c, set()
    for part in chunks([row[RECEIPT] for row in made.rows if row[SETTLES]]):
        query = (
            sa.select(line.id, s.partner_id)
            .join(t.statement, s.id == line.statement_id)
            .where(line.receipt_id.in_(part), line.settles)
            .where(s.period == str(period), s.partner_id != made.partner_id)
        )
        lines = {row.id: row.partner_id for row in session.execute(query)}
        if lines:
            session.execute(sa.delete(t.statement_line).where(line.id.in_(lines)))
            found |= set(lines.values())
    return found


def _standing(session: Session, period: Period) -> dict[int, Any]:
    c = t.statement.c
    query = sa.select(c.id, c.partner_id, c.number, c.station, c.content_hash).where(c.period == str(period))
    return {row.partner_id: row for row in session.execute(query)}


def number_of(partner_id: int, period: Period) -> str:
    """The number a statement bears: kind, period, partner."""
    return f"CS-{str(period).replace('-', '')}-{partner_id:04d}"


@dataclass(frozen=True, slots=True)
class _Run:
    """What all statements of one run have in common."""

    session: Session
    actor: Actor | None
    now: datetime
    period: Period
    due_on: date | None


def _run(session: Session, actor: Actor | None, now: datetime, period: Period) -> _Run:
    pay = policy_on(session, business_date(now)).pay
    assert pay is not None  # noqa: S101 - a stored policy has these figures
    return _Run(session, actor, now, period, due_on(Station.GENERATED, business_date(now), pay))


def _one(run: _Run, made: Composed, stored: Any, outcome: Outcome) -> None:
    if stored is None and not made.rows and not made.resumed:
        return
    if stored is not None and stored.content_hash == made.content_hash:
        outcome.unchanged += 1
        return
    statement_id = _head(run, made, stored)
    of_this = {"statement_id": statement_id, "revision": 1}
    insert_plain(run.session, t.statement_line, COLUMNS, made.rows, same=of_this)
    _write_resumed(run.session, statement_id, made)
    outcome.written.append(statement_id)
    outcome.lines += len(made.rows)


def _head(run: _Run, made: Composed, stored: Any) -> int:
    """Write or rewrite the statement itself, its first revision and the act; answers its id."""
    session, actor, now = run.session, run.actor, run.now
    sums, seal = made.totals, made.content_hash
    said = {
        "total": sums.total, "received": sums.received, "lines": sums.lines, "content_hash": seal,
    }  # fmt: skip
    head = said | {
        "station": Station.GENERATED, "station_since": now, "generated_at": now, "withheld": sums.withheld,
        "due_on": run.due_on,
    }  # fmt: skip
    c, revision, by = t.statement.c, t.statement_revision, actor.user_id if actor else None
    fresh = {"number": made.number, "partner_id": made.partner_id, "period": str(run.period)}
    if stored is None:
        values = fresh | head | {"revision": 1, "version": 1}
        given = session.execute(sa.insert(t.statement).returning(c.id), values)
        statement_id = int(given.scalar_one())
    else:
        statement_id = stored.id
        session.execute(sa.delete(t.statement_line).where(t.statement_line.c.statement_id == statement_id))
        session.execute(sa.delete(revision).where(revision.c.statement_id == statement_id))
        session.execute(
            sa.update(t.statement).where(c.id == statement_id).values(**head, version=c.version + 1)
        )
    first = {"statement_id": statement_id, "revision": 1, "made_at": now, "made_by_id": by}
    session.execute(sa.insert(revision), first | said)
    came_from = stored.station if stored else Station.COLLECTED
    act = {
        "statement_id": statement_id, "act": Act.GENERATE, "from_station": came_from, "revision": 1,
        "to_station": Station.GENERATED, "at": now, "actor_id": by, "reason": "", "data": {"hash": seal},
    }  # fmt: skip
    session.execute(sa.insert(t.statement_act), act)
    after = fresh | said | {"withheld": sums.withheld, "due_on": run.due_on, "revision": 1}
    audit.record(
        session, actor=actor, action="statement.generate", at=now, subject=("statement", statement_id),
        before=came_from, after=after,
    )  # fmt: skip
    return statement_id


def _write_resumed(session: Session, statement_id: int, made: Composed) -> None:
    rows = [
        {
            "statement_id": statement_id, "revision": 1, "ordinal": ordinal, "kind": LineKind.RESUMED,
            "counted": True, "settles": True, "commission": line.amount, "rule": "M9", "late": False,
            **{name: value for name, value in line._asdict().items() if name != "amount"},
        }
        for ordinal, line in enumerate(made.resumed, start=len(made.rows) + 1)
    ]  # fmt: skip
    if rows:
        session.execute(sa.insert(t.statement_line), rows)
