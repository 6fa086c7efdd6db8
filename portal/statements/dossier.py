"""Everything about one statement in one zip for an auditor: lines, facts, acts, files, trail, hashes."""

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation
from portal.domain.statements import Done, standing
from portal.models import tables as t
from portal.statements.sealing import lines_of

Member = tuple[str, Iterable[bytes]]
_BLOCK = 64 * 1024
_UNSAFE = re.compile(r"[^\w.\-]+")
_LINE = (
    "revision", "ordinal", "kind", "source", "ref", "contract_no", "customer_name", "product", "received_on",
    "amount", "minutes", "contract_on", "tier", "policy_id", "year", "rate", "floor_price", "refunded_before",
    "taken_before", "commission", "rule", "flag", "late", "settles", "receipt_id", "registration_id",
    "dispute_id",
)  # fmt: skip


def zipped(members: Iterable[Member]) -> Iterator[bytes]:
    """The zip, piece by piece: nothing is held whole. Its last member lists the SHA-256 of all others."""
    pipe, sums = _Pipe(), []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in members:
            seal = hashlib.sha256()
            with archive.open(name, "w") as target:
                for piece in pieces:
                    seal.update(piece)
                    target.write(piece)
                    yield pipe.taken()
            sums.append(f"{seal.hexdigest()}  {name}\n")
            yield pipe.taken()
        archive.writestr("SHA256SUMS", "".join(sums))
    yield pipe.taken()


class _Pipe(io.RawIOBase):
    """Where the archive is written: what came since it was last taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Only that."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until it is taken."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What was written since."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def safe_name(text: str, longest: int = 120) -> str:
    """A text as the name of a file on any computer: no paths, no signs that a shell or a system reads."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip("._") or "_"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:longest]
    return f"{stem[: longest - len(ending) - 1]}.{ending}"


@dataclass(frozen=True)
class Means:
    """What the zip is made with: how a stored file is read by its key, and how a table is written as CSV."""

    open_file: Callable[[str], IO[bytes]]
    csv_lines: Callable[[Sequence[str], Iterable[Sequence[Any]]], Iterator[str]]


def members(session: Session, statement_id: int, *, readme: str, means: Means) -> Iterator[Member]:
    """What is in the zip, in order."""
    head = session.execute(
        sa.select(t.statement, t.partner.c.code, t.partner.c.name, t.partner.c.kind, t.partner.c.region)
        .join(t.partner, t.partner.c.id == t.statement.c.partner_id)
        .where(t.statement.c.id == statement_id)
    ).one()
    lines = [row for number in range(1, head.revision + 1) for row in lines_of(session, statement_id, number)]
    yield "README.txt", [readme.encode()]
    yield "statement.json", _json(_statement(session, head))
    yield "lines.csv", _csv(means, _LINE, (_of(row, _LINE) for row in lines if row.counted))
    yield "not_included.csv", _csv(means, _LINE, (_of(row, _LINE) for row in lines if not row.counted))
    yield from _facts(session, means, head.partner_id, lines)
    yield from _acts(session, means, statement_id)
    yield from _files(session, means, statement_id)
    yield "trail.jsonl", _trail(session, statement_id)


def _statement(session: Session, head: Any) -> dict[str, Any]:
    r = t.statement_revision
    query = sa.select(r).where(r.c.statement_id == head.id).order_by(r.c.revision)
    revisions = [dict(row._mapping) for row in session.execute(query)]
    said: dict[str, Any] = audit.plain({**head._mapping, "state": head.station.state, "revisions": revisions})
    return said


def _facts(session: Session, means: Means, partner_id: int, lines: Sequence[Any]) -> Iterator[Member]:
    """What the lines were computed from: receipts, contracts, tiers, policy versions."""
    receipts = {row.receipt_id for row in lines} | {row.refund_of_id for row in lines}
    yield "receipts.csv", _table(session, means, t.receipt, t.receipt.c.id, receipts)
    registrations = {row.registration_id for row in lines}
    yield "contracts.csv", _table(session, means, t.contract, t.contract.c.registration_id, registrations)
    yield "tiers.csv", _table(session, means, t.tier_term, t.tier_term.c.partner_id, {partner_id})
    p = t.policy_version.c
    wanted = sorted({row.policy_id for row in lines if row.policy_id is not None})
    for row in session.execute(sa.select(t.policy_version).where(p.id.in_(wanted)).order_by(p.id)):
        version = audit.plain({**row._mapping, "digest": audit.digest(row.body)})
        yield f"policies/policy-{row.id}.json", _json(version)


def _acts(session: Session, means: Means, statement_id: int) -> Iterator[Member]:
    """What was done, by whom and when; whether it still counts."""
    a, u = t.statement_act, t.user.c
    rows = session.execute(
        sa.select(a, u.name.label("actor"), u.email)
        .join(t.user, u.id == a.c.actor_id, isouter=True)
        .where(a.c.statement_id == statement_id)
        .order_by(a.c.id)
    ).all()
    walk = [Done(row.act, row.actor_id, row.to_station) for row in rows]
    counting = {id(each) for each in standing(walk)}
    names = (
        "id",
        "act",
        "from_station",
        "to_station",
        "revision",
        "at",
        "actor_id",
        "actor",
        "email",
        "reason",
    )
    yield (
        "acts.csv",
        _csv(
            means,
            (*names, "counts", "data"),
            (
                (*_of(row, names), id(each) in counting, json.dumps(row.data, ensure_ascii=False))
                for row, each in zip(rows, walk, strict=True)
            ),
        ),
    )
    for table in (t.dispute, t.deferred_receipt):
        name = "disputes.csv" if table is t.dispute else "deferred.csv"
        yield name, _table(session, means, table, table.c.statement_id, {statement_id})


def _files(session: Session, means: Means, statement_id: int) -> Iterator[Member]:
    """The files themselves; one that cannot be read is named with that, the rest still comes."""
    f, listed = t.statement_file, []
    for row in session.execute(sa.select(f).where(f.c.statement_id == statement_id).order_by(f.c.id)).all():
        name = f"files/{row.id}-{safe_name(row.purpose, 20)}-{safe_name(row.name)}"
        try:
            stored = means.open_file(row.storage_key)
        except RuleViolation:
            name = ""
        else:
            yield name, _blocks(stored)
        names = ("id", "revision", "purpose", "media_type", "size", "sha256", "uploaded_by_id", "uploaded_at")
        listed.append((*_of(row, names), row.name, name))
    header = (
        "id", "revision", "purpose", "media_type", "size", "sha256", "uploaded_by_id", "uploaded_at", "name",
        "member",
    )  # fmt: skip
    yield "files.csv", _csv(means, header, listed)


def _trail(session: Session, statement_id: int) -> Iterator[bytes]:
    """The audit trail about the statement and its disputes: whole entries, so that seals can be checked."""
    c = t.audit_entry.c
    disputes = sa.select(t.dispute.c.id).where(t.dispute.c.statement_id == statement_id)
    about = sa.or_(
        sa.and_(c.subject_type == "statement", c.subject_id == statement_id),
        sa.and_(c.subject_type == "dispute", c.subject_id.in_(disputes)),
    )
    for row in session.execute(sa.select(t.audit_entry).where(about).order_by(c.id)):
        text = json.dumps(audit.plain(dict(row._mapping)), ensure_ascii=False, sort_keys=True)
        yield text.encode() + b"\n"


def _table(session: Session, means: Means, table: Any, column: Any, wanted: set[Any]) -> Iterator[bytes]:
    """The rows of a table that are about these, with every column."""
    names = [each.name for each in table.columns]
    ids = sorted(each for each in wanted if each is not None)
    rows = (
        row
        for start in range(0, len(ids), 500)
        for row in session.execute(
            sa.select(table).where(column.in_(ids[start : start + 500])).order_by(*table.primary_key)
        )
    )
    return _csv(means, names, (_of(row, names) for row in rows))


def _of(row: Any, names: Sequence[str]) -> list[Any]:
    return [getattr(row, name) for name in names]


def _csv(means: Means, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    return (line.encode("utf-8", "replace") for line in means.csv_lines(header, rows))


def _json(value: Any) -> list[bytes]:
    return [json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode("utf-8", "replace")]


def _blocks(stored: IO[bytes]) -> Iterator[bytes]:
    with stored:
        while block := stored.read(_BLOCK):
            yield block
