"""Import what people decided elsewhere about which filing is which; what is so already is skipped.

All decisions become facts, then identity and ownership are replayed once. A decision that changes
nothing in that replay was not taken: the file is refused. What each word means where it is not so
yet stands in docs/rules.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant
from portal.conflicts.decisions import check_merge
from portal.conflicts.linking import link_customers, links_of, unlink_customers
from portal.conflicts.pairs import say_apart
from portal.conflicts.service import resettle
from portal.conflicts.unmerging import unmerge_customer
from portal.db import chunks
from portal.domain.calendar import parse_instant
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import clean
from portal.domain.roles import Actor
from portal.domain.terms import EventKind, Verdict
from portal.imports.aliases import LONGEST_REASON, customers_by_ref, reason_of
from portal.imports.reading import Row
from portal.imports.report import Cells, Report
from portal.imports.words import member
from portal.matching.apart import told_apart
from portal.models import tables as t

EXPORTED = ("id", "decided_by", "takes_back")
_JOINS = (Verdict.SAME, Verdict.MERGED)
_FACTS = {Verdict.SAME: EventKind.DECIDED_SAME, Verdict.DIFFERENT: EventKind.DECIDED_DIFFERENT}
# What is decided by nothing needs a reason in the queue; a file from elsewhere may have none.
_NO_REASON = "-"


@dataclass(frozen=True)
class Decision:
    """A row as read: two filings as they stand before the import, and what was decided about them."""

    row: Row
    verdict: Verdict
    one: Any
    other: Any
    at: datetime
    reason: str


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows, then settle every customer they touch, once."""
    refs = {row.cells.get(column, "") for row in rows for column in ("registration", "other")}
    filings = customers_by_ref(session, refs)
    present = next_instant(session, now)
    read = [each for row in rows if (each := _read(row, report, filings, present))]
    read.sort(key=lambda each: each.at)
    known = _Known(_taken_back(rows), _ruled_out(session, read), read)
    told: list[tuple[Decision, dict[str, Any]]] = []
    later: list[Decision] = []
    for each in read:
        if known.passes_over(each) or _is_so(each):
            report.skipped += 1
        elif each.verdict in (Verdict.LINKED, Verdict.UNDONE) or _of_two(each):
            later.append(each)
        elif problem := _problem(session, each):
            report.refuse(each.row, "decision", problem)
        else:
            told.append((each, _fact(each, actor, now)))
    if report.refused:
        return
    _settle(session, told, report, actor, now)
    for each in later:
        _say_of_two(session, each, report, actor, now)


def _read(row: Row, report: Report, filings: dict[str, Any], present: datetime) -> Decision | None:
    cells = Cells(row, report)
    ref = cells.read("registration", clean, required=True)
    verdict = cells.read("decision", lambda text: member(Verdict, text), required=True)
    other = cells.read("other", clean, required=True)
    at = cells.read("at", parse_instant) or present
    reason = cells.read("reason", reason_of) or ""
    for column, value in (("registration", ref), ("other", other)):
        if value and value not in filings:
            cells.wrong(column, RuleViolation("import.unknown_registration", value=value[:40]))
        elif value and at < filings[value].filed_at:
            cells.wrong("at", RuleViolation("import.before_filing", value=row.cells.get("at", "")[:40]))
    if ref and ref == other:
        cells.wrong("other", RuleViolation("decision.one_filing"))
    if at > present:
        cells.wrong("at", RuleViolation("decision.in_the_future", value=row.cells["at"][:40]))
    if len(reason) > LONGEST_REASON:
        cells.wrong("reason", RuleViolation("text.too_long", length=len(reason), longest=LONGEST_REASON))
    if not cells.sound:
        return None
    return Decision(row, verdict, filings[ref], filings[other], at, reason)


@dataclass
class _Known:
    """What need not be said again: taken back later in the file, decided here before, said in it before."""

    taken_back: set[str]
    said: set[tuple[Any, ...]]
    read: list[Decision]

    def passes_over(self, each: Decision) -> bool:
        said = (each.verdict, each.one.id, each.other.founder_key or each.other.id)
        if each.row.cells.get("id", "") in self.taken_back or said in self.said:
            return True
        self.said.add(said)
        return each.verdict is Verdict.UNDONE and self._said_anew(each)

    def _said_anew(self, undone: Decision) -> bool:
        pair = (undone.one, undone.other)
        joins = (*_JOINS, Verdict.LINKED)
        after = (each for each in self.read if each.at > undone.at and (each.one, each.other) == pair)
        return any(each.verdict in joins for each in after)


def _taken_back(rows: list[Row]) -> set[str]:
    """The decisions that another row of the file takes back: neither is repeated."""
    return {row.cells["takes_back"] for row in rows if row.cells.get("takes_back")}


def _ruled_out(session: Session, read: list[Decision]) -> set[tuple[Any, ...]]:
    """What was decided to be different here already."""
    e = t.registration_event.c
    found: set[tuple[Any, ...]] = set()
    for part in chunks({each.one.id for each in read}):
        told = sa.select(e.registration_id, e.data).where(
            e.registration_id.in_(part), e.kind == EventKind.DECIDED_DIFFERENT
        )
        for row in session.execute(told):
            found.add((Verdict.DIFFERENT, row.registration_id, row.data["founder"]))
    return found


def _is_so(each: Decision) -> bool:
    """Whether it stands like that before the import: on one customer, or on two."""
    one, other = each.one.customer_id, each.other.customer_id
    return each.verdict in _JOINS and one is not None and bool(one == other)


def _of_two(each: Decision) -> bool:
    """Whether it tells two known customers apart: not what a filing is on, but what nobody asks again."""
    one, other = each.one.customer_id, each.other.customer_id
    return each.verdict is Verdict.DIFFERENT and None not in (one, other) and bool(one != other)


def _problem(session: Session, each: Decision) -> RuleViolation | None:
    """What stands against a decision, before anything is tried."""
    one, other = each.one.customer_id, each.other.customer_id
    if each.verdict is Verdict.DIFFERENT:
        return RuleViolation("decision.one_customer") if one is not None and one == other else None
    if one is None or other is None:
        return None
    try:
        check_merge(session, loser=one, winner=other)
    except RuleViolation as problem:
        return problem
    return None


def _fact(each: Decision, actor: Actor | None, now: datetime) -> dict[str, Any]:
    """A verdict on what is held, a merge of what is on two customers."""
    one, other = each.one, each.other
    founder = other.founder_key or other.id
    kind, data = _FACTS.get(each.verdict), {"founder": founder, "customer_id": other.customer_id}
    if kind is None or (each.verdict is Verdict.SAME and one.customer_id is not None):
        kind = EventKind.MERGED
        data = {
            "loser": one.founder_key or one.id, "winner": founder,
            "loser_id": one.customer_id, "winner_id": other.customer_id,
        }  # fmt: skip
    reason = each.reason or _NO_REASON
    return journal.fact(one.id, kind, at=each.at, now=now, actor=actor, reason=reason, data=data)


def _settle(
    session: Session,
    told: list[tuple[Decision, dict[str, Any]]],
    report: Report,
    actor: Actor | None,
    now: datetime,
) -> None:
    """Write the facts, replay, and see whether each decided what it says."""
    if not told:
        return
    journal.write(session, [fact for _each, fact in told], actor=actor)
    c = t.registration.c
    for part in chunks({each.one.id for each, _fact in told}):
        # Whoever has one of them open is told that it was decided meanwhile.
        session.execute(sa.update(t.registration).where(c.id.in_(part)).values(version=c.version + 1))
    decisions = [each for each, _fact in told]
    filings = {each.id for decision in decisions for each in (decision.one, decision.other)}
    also = {each.customer_id for decision in decisions for each in (decision.one, decision.other)}
    resettle(session, filings, now=now, also=also - {None})
    refs = {each.ref for decision in decisions for each in (decision.one, decision.other)}
    after = customers_by_ref(session, refs)
    joined = max((each.at for each in decisions if each.verdict in _JOINS), default=None)
    for each in decisions:
        one, other = after[each.one.ref].customer_id, after[each.other.ref].customer_id
        together = one is not None and one == other
        overtaken = joined is not None and joined > each.at
        apart = other is not None and (overtaken or not together)
        stands = together if each.verdict in _JOINS else apart
        if not stands:
            report.refuse(each.row, "decision", RuleViolation("decision.decides_nothing"))
    report.accepted += len(decisions)


def _say_of_two(session: Session, each: Decision, report: Report, actor: Actor | None, now: datetime) -> None:
    """Tell two customers apart, link two that signed, or take back a merge or a link that stands."""
    now_on = customers_by_ref(session, {each.one.ref, each.other.ref})
    one, other = now_on[each.one.ref].customer_id, now_on[each.other.ref].customer_id
    common: dict[str, Any] = {"actor": actor, "now": now, "reason": each.reason or _NO_REASON}
    linked = any(link.other_id == other for link in links_of(session, one or 0))
    merged = _merged(session, each.one.id) if each.verdict is Verdict.UNDONE else None
    try:
        if each.verdict is Verdict.LINKED and not linked:
            link_customers(session, one=one or 0, other=other or 0, **common)
        elif merged is not None:
            unmerge_customer(session, loser=merged, **common)
        elif each.verdict is Verdict.UNDONE and linked:
            unlink_customers(session, one=one or 0, other=other or 0, **common)
        elif each.verdict is Verdict.DIFFERENT and one == other:
            raise RuleViolation("decision.one_customer")
        elif each.verdict is Verdict.DIFFERENT and not told_apart(session, one, other):
            sides = ((now_on[each.one.ref].founder_key, one), (now_on[each.other.ref].founder_key, other))
            say_apart(session, sides=sides, **common)
        else:
            report.skipped += 1
            return
    except RuleViolation as problem:
        report.refuse(each.row, "decision", problem)
    else:
        report.accepted += 1


def _merged(session: Session, filing: int) -> int | None:
    """The customer that this filing made known, where it is merged into another one."""
    c = t.customer.c
    found: int | None = session.scalar(
        sa.select(c.id).where(c.founder_key.in_((filing, -filing)), c.merged_into_id.is_not(None))
    )
    return found
