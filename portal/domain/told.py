"""What the facts of a registration tell about its columns that people state, edit and correct.

Facts are folded in order of instant; a move that was taken back tells nothing. Values are plain
JSON, as facts hold them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.pipeline import Stage
from portal.domain.support import SUPPORT_KINDS, requests_told
from portal.domain.terms import EventKind

LONGEST_CONTRACT_NO = 60
_UNTOLD: Mapping[str, Any] = {
    "next_step": "",
    "next_step_on": None,
    "support_note": "",
    "support_since": None,
    "correction_fields": None,
    "correction_note": "",
    "correction_since": None,
    "contract_no": "",
    "contract_on": None,
    "trial_ends_on": None,
    "lost_reason": None,
}
STATED = (
    "ref", "partner_id", "customer_name", "customer_name_en", "uscc", "website", "contact", "phone",
    "city", "customer_class", "ports", "yearly_revenue", "source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One fact, with the id that a later one takes it back by."""

    id: int
    kind: EventKind
    at: datetime
    stage: Stage | None
    reason: str
    note: str
    data: Mapping[str, Any]
    about_id: int | None = None


def columns_told(facts: Iterable[Told]) -> dict[str, Any]:
    """Every column that the facts of one registration tell, by name."""
    ordered = sorted(facts, key=lambda fact: (fact.at, fact.id))
    undone = {fact.about_id for fact in ordered if fact.kind is EventKind.UNDONE}
    standing = [fact for fact in ordered if fact.id not in undone]
    columns = dict(_UNTOLD)
    for fact in standing:
        columns |= _told_by(fact)
    return columns | _support_told(standing)


def project_told(facts: Iterable[Told]) -> dict[str, Any]:
    """Of these the ones that moves and endings tell: contract, end of trial, reason of loss."""
    names = ("contract_no", "contract_on", "trial_ends_on", "lost_reason")
    told = columns_told(facts)
    return {name: told[name] for name in names}


def _told_by(fact: Told) -> dict[str, Any]:
    kind, data = fact.kind, fact.data
    if kind is EventKind.FILED:
        return {name: data.get(name) for name in STATED}
    if kind in (EventKind.EDITED, EventKind.CORRECTED):
        changed = dict(data["after"])
        if kind is EventKind.CORRECTED:
            changed |= {"correction_fields": None, "correction_note": "", "correction_since": None}
        return changed
    if kind is EventKind.NEXT_STEP:
        return {"next_step": fact.note, "next_step_on": data.get("due") if fact.note else None}
    if kind is EventKind.CORRECTION_ASKED:
        return {
            "correction_fields": data["fields"],
            "correction_note": fact.reason,
            "correction_since": fact.at,
        }
    if kind is EventKind.LOST:
        return {"lost_reason": data.get("lost_reason")}
    return _gate_told(data) if kind is EventKind.MOVED else {}


def _support_told(facts: Iterable[Told]) -> dict[str, Any]:
    """The oldest request that is open: what the board and lists show of a project."""
    for request in requests_told(fact for fact in facts if fact.kind in SUPPORT_KINDS):
        if request.closed is None:
            return {"support_note": request.asked.note, "support_since": request.asked.at}
    return {}


def _gate_told(data: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if "contract_no" in data:
        told["contract_no"] = data["contract_no"][:LONGEST_CONTRACT_NO]
    if "contract_date" in data:
        told["contract_on"] = data["contract_date"]
    if "trial_end" in data:
        told["trial_ends_on"] = data["trial_end"]
    return told
