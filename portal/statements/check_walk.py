"""`portal check` of the nine steps: every walk legal by the table, and what is stored as the trail tells."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.conflicts.check_claims import same
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor, Role
from portal.domain.statements import Act, Done, Station, check_act, check_return, leads, standing
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]
_ENTERED = ("user.added", "user.changed")
_HEAD = ("number", "partner_id", "period", "due_on")
_OF_REVISION = ("total", "received", "lines", "content_hash", "withheld")


def problems(session: Session) -> Iterator[Problem]:
    """Acts out of order, by the wrong person or untold; statements elsewhere than their walk led them."""
    people, trail, walks = _people(session), _trail(session), defaultdict(list)
    for act in session.execute(sa.select(t.statement_act).order_by(t.statement_act.c.id)):
        walks[act.statement_id].append(act)
    r = t.statement_revision.c
    first = {
        row.statement_id: row
        for row in session.execute(sa.select(t.statement_revision).where(r.revision == 1))
    }
    for row in session.execute(sa.select(t.statement).order_by(t.statement.c.id)):
        walk, told = walks[row.id], trail.pop(row.id, [])
        yield from _legal(row, walk, people)
        yield from _as_told(row, walk, told)
        yield from _head(row, walk, told, first.get(row.id))
    for missing in trail:
        yield "statement", missing, RuleViolation("check.missing")
    yield from _deferred(session)


def _trail(session: Session) -> dict[int, list[Any]]:
    """What the trail says was done to each statement, oldest first."""
    c, entries = t.audit_entry.c, defaultdict(list)
    query = (
        sa.select(c.subject_id, c.action, c.at, c.actor_id, c.reason, c.details)
        .where(c.subject_type == "statement")
        .order_by(c.id)
    )
    for row in session.execute(query):
        entries[row.subject_id].append(row)
    return entries


class _People:
    """Who held which roles, and for whom, at an instant: as the trail tells."""

    def __init__(self) -> None:
        self._told: defaultdict[int, list[tuple[datetime, Mapping[str, Any]]]] = defaultdict(list)

    def tell(self, user_id: int, at: datetime, said: Mapping[str, Any]) -> None:
        before = self._told[user_id][-1][1] if self._told[user_id] else {}
        self._told[user_id].append((at, {**before, **said}))

    def at(self, user_id: int, instant: datetime) -> Actor:
        """The person as it was then; of one who was entered later, as it was entered."""
        entries = self._told[user_id]
        said = next(
            (said for at, said in reversed(entries) if at <= instant), entries[0][1] if entries else {}
        )
        roles = frozenset(Role(each) for each in said.get("roles", ()))
        return Actor(user_id, "", roles, said.get("partner_id"), said.get("region"))


def _people(session: Session) -> _People:
    people, c = _People(), t.audit_entry.c
    query = (
        sa.select(c.subject_id, c.at, c.details)
        .where(c.subject_type == "user", c.action.in_(_ENTERED))
        .order_by(c.id)
    )
    for row in session.execute(query):
        people.tell(row.subject_id, row.at, row.details.get("after", row.details))
    return people


def _legal(row: Any, walk: list[Any], people: _People) -> Iterator[Problem]:
    """Each act starts where the one before ended, is in the table, and was that person's to do (M10)."""
    place: Station | None = None
    done: list[Done] = []
    for number, act in enumerate(walk):
        begins = act.from_station in (None, Station.COLLECTED) if number == 0 else act.from_station is place
        fine = (
            begins and leads(act.act, act.from_station, act.to_station) and _his_turn(row, act, people, done)
        )
        if not fine:
            yield "statement_act", act.id, RuleViolation("check.walk", act=act.act)
        place = act.to_station
        done.append(Done(act.act, act.actor_id, act.to_station))
    if place is not row.station:
        yield "statement", row.id, RuleViolation("check.not_trailed", column="station")


def _his_turn(row: Any, act: Any, people: _People, done: list[Done]) -> bool:
    actor = None if act.actor_id is None else people.at(act.actor_id, act.at)
    try:
        if act.act is Act.REFUSE:
            if actor is None:
                return False
            check_return(act.from_station, act.to_station, act.reason, actor, standing(done))
        else:
            station = Station.COLLECTED if act.act is Act.GENERATE else act.from_station
            check_act(station, act.act, actor, standing(done))
    except RuleViolation:
        return False
    return actor is None or not actor.is_partner or actor.partner_id == row.partner_id


def _as_told(row: Any, walk: list[Any], told: list[Any]) -> Iterator[Problem]:
    """The acts are those of the trail, one by one: who, when, why, from where to where."""
    acts = [entry for entry in told if entry.action in _ACTIONS]
    for act, entry in zip(walk, acts, strict=False):
        if not _tells(entry, act):
            yield "statement_act", act.id, RuleViolation("check.not_trailed", column="act")
    for act in walk[len(acts) :]:
        yield "statement_act", act.id, RuleViolation("check.untrailed")
    if len(acts) > len(walk):
        yield "statement_act", f"statement {row.id}", RuleViolation("check.missing")


_ACTIONS = frozenset(f"statement.{act.value}" for act in Act)


def _tells(entry: Any, act: Any) -> bool:
    details = entry.details
    after = details.get("after")
    if isinstance(after, dict):  # a generation tells the whole head instead
        to, revision, data = (
            Station.GENERATED.value,
            after.get("revision"),
            {"hash": after.get("content_hash")},
        )
    else:
        to, revision, data = after, details.get("revision"), details.get("data", {})
    told = (
        entry.action, entry.actor_id, entry.at, entry.reason, details.get("before"), to, revision, data,
    )  # fmt: skip
    stored = (
        f"statement.{act.act.value}", act.actor_id, act.at, act.reason,
        act.from_station and act.from_station.value, act.to_station.value, act.revision, act.data,
    )  # fmt: skip
    return told == stored


def _head(row: Any, walk: list[Any], told: list[Any], first: Any) -> Iterator[Problem]:
    """What the statement itself says is what the trail told last."""
    said: dict[str, Any] = {}
    for entry in told:
        after = entry.details.get("after")
        said |= after if isinstance(after, dict) else {}
        if "due_on" in entry.details:
            said["due_on"] = entry.details["due_on"]
    if not said:
        yield "statement", row.id, RuleViolation("check.untrailed")
        return
    columns = _HEAD + (_OF_REVISION if row.revision == said.get("revision") else ())
    for column in columns:
        if column in said and not same(getattr(row, column), said[column]):
            yield "statement", row.id, RuleViolation("check.not_trailed", column=column)
    if row.revision < int(said.get("revision", 1)):
        yield "statement", row.id, RuleViolation("check.not_trailed", column="revision")
    generated = [act for act in walk if act.act is Act.GENERATE]
    if walk and row.station_since != walk[-1].at:
        yield "statement", row.id, RuleViolation("check.not_trailed", column="station_since")
    if generated and row.generated_at != generated[-1].at:
        yield "statement", row.id, RuleViolation("check.not_trailed", column="generated_at")
    made = (first.made_at, first.made_by_id, first.reason) if first else None
    if generated and made and made != (generated[-1].at, generated[-1].actor_id, ""):
        yield "statement_revision", f"{row.number} r1", RuleViolation("check.not_trailed", column="made_at")


def _deferred(session: Session) -> Iterator[Problem]:
    """Receipts are deferred by whom, when and why the trail tells (M2)."""
    told = _told(session, "statement.deferred", "deferred")
    for row in session.execute(sa.select(t.deferred_receipt)):
        said = audit.plain(dict(row._mapping))
        if said in told:
            told.remove(said)
        else:
            yield "deferred_receipt", f"{row.statement_id}/{row.receipt_id}", RuleViolation("check.untrailed")
    for said in told:
        place = f"{said['statement_id']}/{said['receipt_id']}"
        yield "deferred_receipt", place, RuleViolation("check.missing")


def _told(session: Session, action: str, name: str) -> list[Any]:
    c = t.audit_entry.c
    return [row.details[name] for row in session.execute(sa.select(c.details).where(c.action == action))]
