"""`portal check`: everything that must hold, verified on the real database, row by row."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.conflicts import check_claims, check_contracts
from portal.domain.errors import RuleViolation
from portal.domain.roles import PARTNER_ROLES
from portal.matching import check as check_matching
from portal.matching import check_index
from portal.models import tables as t

Problem = tuple[str, Any, RuleViolation]
"""Table, row, and what is wrong with it."""


_ENTERED = ("user.added", "user.changed")
_UNREADABLE = (
    *(RuleViolation, LookupError, TypeError, ValueError, ArithmeticError),
    *(AttributeError, RecursionError),
)


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Every broken invariant; nothing is repaired."""
    for table, part in (
        ("audit_entry", _audit_chain(session)),
        ("partner", _register(session)),
        ("user_account", _people(session)),
        ("policy_version", _policies(session)),
        ("customer", check_matching.problems(session)),
        ("tie", check_matching.problems_of_ties(session)),
        ("name_gram", check_index.problems(session)),
        ("suspicion", check_matching.problems_of_pairs(session)),
        ("registration", check_claims.problems(session, now=now)),
        ("contract", check_contracts.problems(session)),
        ("conflict_case", _cases(session)),
        ("fishing_alarm", _alarms(session)),
    ):
        try:
            yield from part
        except _UNREADABLE as error:
            # What was tampered with may not even be readable: that is a finding, no crash.
            yield table, "*", RuleViolation("check.unreadable", error=f"{type(error).__name__}: {error}")


def _audit_chain(session: Session) -> Iterator[Problem]:
    rows = session.execute(sa.select(t.audit_entry).order_by(t.audit_entry.c.id))
    for row_id in audit.broken_links(dict(row._mapping) for row in rows):
        yield "audit_entry", row_id, RuleViolation("check.seal")


def _trail(session: Session, subject: str) -> dict[int, list[Any]]:
    """The entries about each subject of a kind, oldest first."""
    entries: dict[int, list[Any]] = {}
    c = t.audit_entry.c
    query = sa.select(c.subject_id, c.action, c.details).where(c.subject_type == subject).order_by(c.id)
    for row in session.execute(query):
        entries.setdefault(row.subject_id, []).append(row)
    return entries


def _register(session: Session) -> Iterator[Problem]:
    """Partners and their tiers are what the trail says was entered."""
    entries = _trail(session, "partner")
    terms: set[tuple[Any, ...]] = set()
    for row in session.execute(sa.select(t.partner)):
        told: dict[str, Any] = {}
        for entry in entries.pop(row.id, []):
            if entry.action == "partner.tier_added":
                terms.add((row.id, *(entry.details[name] for name in ("tier", "starts_on", "ends_on"))))
            else:
                told |= entry.details.get("after", {})
        yield from _differing("partner", row, told)
    for missing in entries:
        yield "partner", missing, RuleViolation("check.missing")
    c = t.tier_term.c
    for row in session.execute(sa.select(c.id, c.partner_id, c.tier, c.starts_on, c.ends_on)):
        term = (row.partner_id, *audit.plain([row.tier, row.starts_on, row.ends_on]))
        if term in terms:
            terms.discard(term)
        else:
            yield "tier_term", row.id, RuleViolation("check.untrailed")
    for partner_id, *_term in terms:
        yield "tier_term", f"partner {partner_id}", RuleViolation("check.missing")


def _differing(table: str, row: Any, told: dict[str, Any]) -> Iterator[Problem]:
    if not told:
        yield table, row.id, RuleViolation("check.untrailed")
    for column, value in told.items():
        if not check_claims.same(getattr(row, column), value):
            yield table, row.id, RuleViolation("check.not_trailed", column=column)


def _people(session: Session) -> Iterator[Problem]:
    """People, their roles and where they belong are what the trail says; nobody is without a role."""
    entries, u, r = _trail(session, "user"), t.user.c, t.user_role.c
    roles: dict[int, set[Any]] = {}
    for row in session.execute(sa.select(r.user_id, r.role)):
        roles.setdefault(row.user_id, set()).add(row.role)
    for row in session.execute(sa.select(u.id, u.email, u.name, u.partner_id, u.region, u.active)):
        told: dict[str, Any] = {}
        for entry in entries.pop(row.id, []):
            if entry.action in _ENTERED:
                told |= entry.details.get("after", entry.details)
        held = roles.pop(row.id, set())
        if told and sorted(held) != sorted(told.pop("roles", held)):
            yield "user_account", row.id, RuleViolation("check.not_trailed", column="roles")
        yield from _differing("user_account", row, told)
        if not held:
            yield "user_account", row.id, RuleViolation("check.no_role")
        for role in sorted(held):
            if (role in PARTNER_ROLES) != (row.partner_id is not None):
                yield "user_account", row.id, RuleViolation("check.role", role=role)
    gone = {user for user, about in entries.items() if any(each.action in _ENTERED for each in about)}
    for missing in sorted(gone | set(roles)):
        yield "user_account", missing, RuleViolation("check.missing")


def _cases(session: Session) -> Iterator[Problem]:
    """Cases and votes are what the trail says was asked, answered, voted and decided."""
    entries = _trail(session, "case")
    votes = [each.details["vote"] for about in entries.values() for each in about if "vote" in each.details]
    for row in session.execute(sa.select(t.conflict_case)):
        told: dict[str, Any] = {}
        for entry in entries.pop(row.id, []):
            told |= entry.details.get("after", {})
        yield from _differing("conflict_case", row, told)
        if row.decision is not None and audit.digest(row.decision) != row.decision_digest:
            yield "conflict_case", row.id, RuleViolation("check.seal")
    for missing in entries:
        yield "conflict_case", missing, RuleViolation("check.missing")
    for row in session.execute(sa.select(t.case_vote)):
        vote = audit.plain({name: value for name, value in row._mapping.items() if name != "id"})
        if vote in votes:
            votes.remove(vote)
        else:
            yield "case_vote", row.id, RuleViolation("check.untrailed")
    for vote in votes:
        yield "case_vote", f"case {vote['case_id']}", RuleViolation("check.missing")


def _alarms(session: Session) -> Iterator[Problem]:
    """Alarms are what the trail says was raised and answered."""
    entries = _trail(session, "alarm")
    for row in session.execute(sa.select(t.fishing_alarm)):
        told: dict[str, Any] = {}
        for entry in entries.pop(row.id, []):
            told |= entry.details.get("after", {})
        yield from _differing("fishing_alarm", row, told)
    for missing in entries:
        yield "fishing_alarm", missing, RuleViolation("check.missing")


def _policies(session: Session) -> Iterator[Problem]:
    """A version in force is never edited (§12); one that was withdrawn is not there any more."""
    entries = _trail(session, "policy")
    c = t.policy_version.c
    for row in session.execute(sa.select(c.id, c.effective_from, c.body)):
        [*_older, entry] = entries.pop(row.id, [None])
        if entry is None or entry.action == "policy.withdrawn":
            yield "policy_version", row.id, RuleViolation("check.untrailed")
            continue
        stored = {"effective_from": row.effective_from, "digest": audit.digest(row.body)}
        for name, value in audit.plain(stored).items():
            if entry.details.get(name, value) != value:
                yield "policy_version", row.id, RuleViolation("check.not_trailed", column=name)
    for missing, about in entries.items():
        if about[-1].action != "policy.withdrawn":
            yield "policy_version", missing, RuleViolation("check.missing")
