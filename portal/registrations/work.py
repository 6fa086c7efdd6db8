"""Work on a registration after filing: notes, details, next step, corrections (G8)."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts import stats
from portal.conflicts.claims import next_instant, next_of_claim, take_version
from portal.conflicts.service import resettle
from portal.db import lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.evidence import identifiers_of
from portal.domain.facts import State
from portal.domain.matching import Keys
from portal.domain.names import search_grams
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.matching.identifiers import write_identifiers
from portal.matching.service import compare_names, compared_data, keys_for
from portal.models import tables as t

EDITABLE = (
    "customer_name_en",
    "website",
    "contact",
    "phone",
    "city",
    "customer_class",
    "ports",
    "yearly_revenue",
    "source",
)
CORRECTABLE = ("customer_name", "uscc", *EDITABLE)
COMPARED = ("customer_name", "customer_name_en", "uscc", "website", "phone")
_ENDED = (State.RELEASED, State.LOST)


def _fact(
    session: Session, registration_id: int, kind: EventKind, actor: Actor, now: datetime, **about: Any
) -> None:
    fact = journal.fact(registration_id, kind, at=now, now=now, actor=actor, **about)
    journal.write(session, [fact], actor=actor)


def add_note(session: Session, *, actor: Actor, now: datetime, registration_id: int, text: str) -> None:
    """A note on the time line; notes are not progress (S3)."""
    if not text:
        raise RuleViolation("required", "note")
    _fact(session, registration_id, EventKind.NOTE, actor, now, note=text)


def edit_details(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    values: Mapping[str, Any],
) -> None:
    """Change what may be changed at any time; name and credit code need a correction.

    A customer is known by the English names that its filings state now: it learns a new one.

    :raises StaleVersion: somebody else changed the registration meanwhile.
    """
    lock_registry(session)
    row = take_version(session, registration_id, version)
    changes = _changes(row, values, EDITABLE)
    if not changes:
        return
    now = next_of_claim(session, registration_id, now)
    _store(session, row, changes)
    if row.customer_id is not None and changes.keys() & set(COMPARED):
        write_identifiers(session, {row.customer_id})
    _fact(session, registration_id, EventKind.EDITED, actor, now, data=_before_after(row, changes))
    if "customer_name_en" in changes and row.customer_id is not None:
        resettle(session, [registration_id], now=now)


def _changes(row: Any, values: Mapping[str, Any], allowed: Collection[str]) -> dict[str, Any]:
    return {
        field: value for field, value in values.items() if field in allowed and value != getattr(row, field)
    }


def _before_after(row: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "before": {field: getattr(row, field) for field in changes},
        "after": dict(changes),
    }


def _store(session: Session, row: Any, changes: dict[str, Any]) -> None:
    totals = stats.Delta()
    totals.change(row, changes)
    session.execute(sa.update(t.registration).where(t.registration.c.id == row.id).values(**changes))
    totals.apply(session)
    if "customer_name" in changes or "customer_name_en" in changes:
        names = (changes.get(f, getattr(row, f)) for f in ("customer_name", "customer_name_en"))
        grams = search_grams(*names, row.ref)
        session.execute(sa.delete(t.search_gram).where(t.search_gram.c.registration_id == row.id))
        session.execute(
            sa.insert(t.search_gram),
            [{"gram": gram, "registration_id": row.id} for gram in sorted(grams)],
        )


def set_next_step(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    step: str,
    due: date | None,
) -> None:
    """What happens next and by when; empty clears it."""
    row = take_version(session, registration_id, version)
    now = next_of_claim(session, registration_id, now)
    _store(session, row, {"next_step": step, "next_step_on": due if step else None})
    _fact(
        session, registration_id, EventKind.NEXT_STEP, actor, now, note=step, data={"due": due} if due else {}
    )


def ask_correction(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    fields: Collection[str],
    note: str,
) -> None:
    """Send a filing back for correction (G8): only the named fields open, its place stays."""
    row = take_version(session, registration_id, version)
    named = [field for field in CORRECTABLE if field in fields]
    if not named:
        raise RuleViolation("required", "fields")
    if not note:
        raise RuleViolation("required", "note")
    if row.state in _ENDED:
        raise RuleViolation("pipeline.ended")
    now = next_of_claim(session, registration_id, now)
    _store(
        session,
        row,
        {"correction_fields": named, "correction_note": note, "correction_since": now},
    )
    _fact(
        session, registration_id, EventKind.CORRECTION_ASKED, actor, now, reason=note, data={"fields": named}
    )


def correct(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    version: int,
    values: Mapping[str, Any],
) -> None:
    """Answer a correction: changes the named fields only; the filing instant never changes (G3).

    A new name, English name, credit code, website or telephone compares the filing anew with the
    customers that are known, by key, by name and by identifier.

    :raises RuleViolation: ``registration.no_correction``, ``registration.field_closed``.
    """
    lock_registry(session)
    row = take_version(session, registration_id, version)
    if not row.correction_fields:
        raise RuleViolation("registration.no_correction")
    if any(field not in row.correction_fields for field in values):
        raise RuleViolation("registration.field_closed")
    changes = _changes(row, values, CORRECTABLE)
    data = _before_after(row, changes)
    anew = any(field in changes for field in COMPARED)
    now = next_of_claim(session, registration_id, now)
    if anew:
        keys = keys_for(changes.get("customer_name", row.customer_name), changes.get("uscc", row.uscc))
        before = Keys(row.uscc, row.full_key, row.core_key)
        data["keys"] = {"before": _listed(before), "after": _listed(keys)}
        data["name_before"] = row.customer_name
        changes |= {"full_key": keys.full, "core_key": keys.core}
        # It decides where the filing is: a replay must not take it before what it came after.
        now = next_instant(session, now)
    closed = {"correction_fields": None, "correction_note": "", "correction_since": None}
    _store(session, row, changes | closed)
    _fact(session, registration_id, EventKind.CORRECTED, actor, now, data=data)
    if anew:
        _compare_anew(session, row, changes, actor, now)
        also = {row.customer_id} - {None}
        resettle(session, [registration_id], now=now, also=also)


def _compare_anew(
    session: Session, row: Any, changes: Mapping[str, Any], actor: Actor, now: datetime
) -> None:
    """Keep what the corrected filing is like, also where it is nothing: the older comparison is void.

    A customer that nobody else filed says nothing against its own new name.
    """
    c = t.registration.c
    others = sa.select(c.id).where(c.customer_id == row.customer_id, c.id != row.id).limit(1)
    alone = row.customer_id is not None and session.scalar(others) is None
    name, english, uscc, website, phone = (changes.get(field, getattr(row, field)) for field in COMPARED)
    told = identifiers_of(website, phone, uscc)
    excluded = {row.customer_id} if alone else ()
    nearest = compare_names(session, name, uscc, excluded, told, english=english)
    _fact(session, row.id, EventKind.COMPARED, actor, now, data=compared_data(nearest))


def _listed(keys: Keys) -> list[str | None]:
    return [keys.uscc, keys.full, keys.core]
