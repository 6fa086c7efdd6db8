"""Import registrations with their historical filing instant, in any order.

All rows are inserted first; then identity and ownership are replayed once for all of them, so
that the outcome is as if they had been filed live in order.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.service import resettle
from portal.db import chunks, insert_plain
from portal.domain.calendar import parse_instant
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule, State
from portal.domain.identifiers import clean, normalise_phone, normalise_website, parse_uscc
from portal.domain.money import parse_amount, parse_count
from portal.domain.names import check_name, keys_of, search_grams
from portal.domain.pipeline import Stage
from portal.domain.roles import Actor
from portal.domain.terms import CustomerClass, EventKind, Source
from portal.imports.reading import Row
from portal.imports.report import Cells, Report
from portal.imports.words import PARTY_KA, folded, member
from portal.models import tables as t

_STATED = (
    "partner_id", "filed_at", "customer_name", "customer_name_en", "uscc", "website", "contact",
    "phone", "city", "customer_class", "ports", "yearly_revenue", "filed_stage", "source",
)  # fmt: skip


def take(session: Session, rows: list[Row], report: Report, actor: Actor | None, now: datetime) -> None:
    """Check and add the rows, then settle every customer they touch, once."""
    partners = dict(session.execute(sa.select(t.partner.c.code, t.partner.c.id)).all())
    values = [(row, _read(row, report, partners, now)) for row in rows]
    stored = _stored(session, [each["ref"] for _row, each in values if each])
    fresh: dict[str, dict[str, Any]] = {}
    for row, each in values:
        if each is None:
            continue
        before = stored.get(each["ref"]) or fresh.get(each["ref"])
        if before is None:
            fresh[each["ref"]] = each
        elif all(before[name] == each[name] for name in _STATED):
            report.skipped += 1
        else:
            report.refuse(row, "ref", RuleViolation("import.other_content", ref=each["ref"]))
    if report.refused or not fresh:
        return
    ids = _insert(session, list(fresh.values()), actor, now)
    resettle(session, ids, now=now)
    report.accepted = len(ids)


def _read(row: Row, report: Report, partners: dict[str, int], now: datetime) -> dict[str, Any] | None:
    cells = Cells(row, report)

    def party(text: str) -> int | None:
        code = clean(text)
        if folded(code) in PARTY_KA:
            return None
        if code not in partners:
            raise RuleViolation("import.unknown_partner", value=code[:40])
        return partners[code]

    values = {
        "ref": cells.read("ref", _ref, required=True),
        "filed_at": cells.read("filed_at", parse_instant, required=True),
        "partner_id": cells.read("party", party, required=True),
        "customer_name": cells.read("customer_name", check_name, required=True),
        "customer_name_en": cells.read("customer_name_en", clean) or "",
        "uscc": cells.read("uscc", parse_uscc),
        "website": cells.read("website", normalise_website) or "",
        "contact": cells.read("contact", clean) or "",
        "phone": cells.read("phone", normalise_phone) or "",
        "city": cells.read("city", clean) or "",
        "customer_class": cells.read("class", lambda text: member(CustomerClass, text)),
        "ports": cells.read("ports", parse_count) or 0,
        "yearly_revenue": cells.read("yearly_revenue", parse_amount) or Decimal("0.00"),
        "filed_stage": cells.read("stage", lambda text: member(Stage, text)) or Stage.INTEREST,
        "source": cells.read("source", lambda text: member(Source, text)),
    }
    for column, longest in (("customer_name_en", 200), ("contact", 100), ("city", 60)):
        if len(values[column]) > longest:
            length = len(values[column])
            cells.wrong(column, RuleViolation("text.too_long", length=length, longest=longest))
    if values["filed_at"] and values["filed_at"] > now:
        cells.warn("filed_at", RuleViolation("import.in_the_future", value=row.cells["filed_at"][:40]))
    return values if cells.sound else None


def _ref(text: str) -> str:
    ref = clean(text)
    if len(ref) > 40:
        raise RuleViolation("import.bad_code", value=ref[:40])
    return ref


def _stored(session: Session, refs: list[str]) -> dict[str, Any]:
    """What was filed under these references, as the `filed` fact has it, not as edited since."""
    c, event = t.registration.c, t.registration_event.c
    found: dict[str, Any] = {}
    for part in chunks(refs):
        rows = session.execute(
            sa.select(c.ref, c.filed_at, c.filed_stage, event.data)
            .join(t.registration_event, event.registration_id == c.id)
            .where(c.ref.in_(part), event.kind == EventKind.FILED)
        )
        for row in rows:
            found[row.ref] = _as_filed(row)
    return found


def _as_filed(row: Any) -> dict[str, Any]:
    stated = dict(row.data)
    return {
        **stated,
        "filed_at": row.filed_at,
        "filed_stage": row.filed_stage,
        "yearly_revenue": Decimal(stated["yearly_revenue"]),
        "customer_class": stated["customer_class"] and CustomerClass(stated["customer_class"]),
        "source": stated["source"] and Source(stated["source"]),
    }


def _insert(session: Session, rows: list[dict[str, Any]], actor: Actor | None, now: datetime) -> list[int]:
    rows.sort(key=lambda row: (row["filed_at"], row["ref"]))
    session.execute(sa.insert(t.registration), [_as_row(row) for row in rows])
    ids: dict[str, int] = {}
    for part in chunks(row["ref"] for row in rows):
        found = session.execute(
            sa.select(t.registration.c.ref, t.registration.c.id).where(t.registration.c.ref.in_(part))
        )
        ids.update((row.ref, row.id) for row in found)
    journal.write(session, list(_facts(rows, ids, now)), actor=actor)
    # In the order of the table: with a million pieces, any other order costs twice the time.
    insert_plain(session, t.search_gram, ("gram", "registration_id"), sorted(_grams(rows, ids)))
    return list(ids.values())


def _as_row(row: dict[str, Any]) -> dict[str, Any]:
    keys = keys_of(row["customer_name"])
    return {
        **row,
        "version": 1,
        "imported": True,
        "full_key": keys.full,
        "core_key": keys.core,
        "match_outcome": "",
        "match_reason": "",
        "match_ruleset": "",
        "state": State.HELD,
        "state_rule": Rule.HELD,
        "state_since": row["filed_at"],
        "is_owner": False,
        "ever_owned": False,
        "stage": row["filed_stage"],
        "highest_stage": row["filed_stage"],
        "stage_since": row["filed_at"],
        "next_step": "",
        "support_note": "",
        "correction_note": "",
        "contract_no": "",
    }


def _facts(rows: list[dict[str, Any]], ids: dict[str, int], now: datetime) -> Iterator[dict[str, Any]]:
    for row in rows:
        stated = {name: value for name, value in row.items() if name not in ("filed_at", "filed_stage")}
        yield journal.fact(
            ids[row["ref"]], EventKind.FILED, at=row["filed_at"], now=now,
            stage=row["filed_stage"], data=stated,
        )  # fmt: skip


def _grams(rows: list[dict[str, Any]], ids: dict[str, int]) -> Iterator[tuple[str, int]]:
    for row in rows:
        for gram in search_grams(row["customer_name"], row["customer_name_en"], row["ref"]):
            yield (gram, ids[row["ref"]])
