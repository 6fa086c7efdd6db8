"""Files hung on a registration: type sniffed, size bounded, stored under a random name."""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import IO, Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.domain.terms import EventKind
from portal.models import tables as t

_TEXT = "text/plain"
_OFFICE = (".docx", ".xlsx", ".pptx")
_OLD_OFFICE = (".doc", ".xls", ".ppt", ".wps", ".et", ".dps")
# What a file may be called: nobody's computer is to run a text because its name ends in .bat.
_ENDINGS = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "application/zip": (".zip", *_OFFICE),
    "application/msword": _OLD_OFFICE,
    "application/vnd.ms-excel": (".xls", *_OLD_OFFICE),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _OFFICE,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx", *_OFFICE),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx", *_OFFICE),
    _TEXT: (".txt", ".csv", ".md", ".log"),
}


def add_file(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    registration_id: int,
    name: str,
    content: bytes,
    store: str,
) -> None:
    """Store a file and note it on the time line. The bytes are written before the row.

    :raises RuleViolation: ``file.empty``, ``file.kind`` (by content, whatever the name says),
        ``file.storage``: it could not be written.
    """
    if not content:
        raise RuleViolation("file.empty", "file")
    media_type = _sniffed(content)
    key = secrets.token_hex(24)
    _put(store, key, content)
    row: dict[str, Any] = {
        "registration_id": registration_id,
        "name": _tidy(name, media_type),
        "media_type": media_type,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "storage_key": key,
        "uploaded_by_id": actor.user_id,
        "uploaded_at": now,
    }
    session.execute(sa.insert(t.attachment), [row])
    fact = journal.fact(
        registration_id, EventKind.FILE_ADDED, at=now, now=now, actor=actor, note=row["name"],
        data={"sha256": row["sha256"], "size": row["size"]},
    )  # fmt: skip
    journal.write(session, [fact], actor=actor)


def open_file(store: str, key: str) -> IO[bytes]:
    """The stored bytes.

    :raises RuleViolation: ``file.storage``: they cannot be read.
    """
    import fsspec

    try:
        opened: IO[bytes] = fsspec.open(_path(store, key), "rb").open()
    except OSError as error:
        raise RuleViolation("file.storage", "file") from error
    return opened


def file_of(session: Session, registration_id: int, file_id: int) -> Any:
    """The row of one file of one registration, or None."""
    c = t.attachment.c
    return session.execute(
        sa.select(t.attachment).where(c.id == file_id, c.registration_id == registration_id)
    ).first()


def _put(store: str, key: str, content: bytes) -> None:
    import fsspec

    path = _path(store, key)
    try:
        system, plain = fsspec.core.url_to_fs(path)
        system.makedirs(str(PurePosixPath(plain).parent), exist_ok=True)
        try:
            with system.open(plain, "wb") as target:
                target.write(content)
        except OSError:
            with suppress(OSError):
                system.rm_file(plain)
            raise
    except OSError as error:
        raise RuleViolation("file.storage", "file") from error


def _path(store: str, key: str) -> str:
    return f"{store.rstrip('/')}/{key[:2]}/{key}"


def _sniffed(content: bytes) -> str:
    import filetype

    kind = filetype.guess(content)
    if kind is not None:
        if kind.mime in _ENDINGS:
            return str(kind.mime)
        raise RuleViolation("file.kind", "file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise RuleViolation("file.kind", "file") from None
    if "\x00" in text or text.lstrip().startswith(("<", "#!")):
        raise RuleViolation("file.kind", "file")
    return _TEXT


def _tidy(name: str, media_type: str) -> str:
    """The last part of the sent name, printable, short, with an ending that suits what is in it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    tidy = "".join(char for char in last if char.isprintable())[-200:].strip() or "file"
    endings = _ENDINGS[media_type]
    return tidy if tidy.lower().endswith(endings) else tidy + endings[0]
