"""Files that people send: type sniffed by content, size noted, stored under a random name."""

import hashlib
import io
import secrets
import zipfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from portal.domain.errors import RuleViolation

_TEXT = "text/plain"
_OFD = "application/ofd"
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
    _OFD: (".ofd",),
}
SCANS = frozenset({"application/pdf", "image/png", "image/jpeg"})
"""What a scanner or a camera makes of paper."""
INVOICES = SCANS | {_OFD}
"""What an invoice comes as: on paper, or as the tax office's own file."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as a person sent it: what it was called, and what is in it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the store; the fields are columns of the tables that keep files."""

    name: str
    media_type: str
    size: int
    sha256: str
    storage_key: str


def store(folder: str, sent: Sent, *, only: Collection[str] | None = None) -> Stored:
    """Put a file into the store, before any row names it; `only` narrows the types it may be of.

    :raises RuleViolation: ``file.empty``; ``file.kind``, ``file.not_a_scan`` and ``file.not_an_invoice``
        (by content, whatever the name says); ``file.storage``: it could not be written.
    """
    media_type = sniff(sent.content, only=only)
    key = secrets.token_hex(24)
    put(folder, key, sent.content)
    digest = hashlib.sha256(sent.content).hexdigest()
    return Stored(tidy(sent.name, media_type), media_type, len(sent.content), digest, key)


def open_stored(folder: str, key: str) -> IO[bytes]:
    """The stored bytes.

    :raises RuleViolation: ``file.storage``: they cannot be read.
    """
    import fsspec

    try:
        opened: IO[bytes] = fsspec.open(_path(folder, key), "rb").open()
    except OSError as error:
        raise RuleViolation("file.storage", "file") from error
    return opened


def put(folder: str, key: str, content: bytes) -> None:
    """Write the bytes; half a file is taken away again.

    :raises RuleViolation: ``file.storage``: they cannot be written.
    """
    import fsspec

    path = _path(folder, key)
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


def _path(folder: str, key: str) -> str:
    return f"{folder.rstrip('/')}/{key[:2]}/{key}"


def sniff(content: bytes, *, only: Collection[str] | None = None) -> str:
    """The type of what is in a file, whatever its name says.

    :raises RuleViolation: ``file.empty``, ``file.kind``, ``file.not_a_scan``, ``file.not_an_invoice``: none
        of `only`.
    """
    import filetype

    if not content:
        raise RuleViolation("file.empty", "file")
    kind = filetype.guess(content)
    if only is not None:
        mime = _OFD if _OFD in only and _is_ofd(content) else kind and str(kind.mime)
        if mime not in only:
            raise RuleViolation("file.not_an_invoice" if _OFD in only else "file.not_a_scan", "file")
        return str(mime)
    if kind is not None:
        if kind.mime in _ENDINGS:
            return str(kind.mime)
        raise RuleViolation("file.kind", "file")
    return _text(content)


def _is_ofd(content: bytes) -> bool:
    """Whether it is an OFD document (GB/T 33190): a zip that says so; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "OFD.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _text(content: bytes) -> str:
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


def plain_name(name: str) -> str:
    """The last part of the sent name, printable and short: no page, log or database stumbles over it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[-200:].strip() or "file"


def tidy(name: str, media_type: str) -> str:
    """The last part of the sent name, printable, short, with an ending that suits what is in it."""
    plain = plain_name(name)
    endings = _ENDINGS[media_type]
    if plain.lower().endswith(endings):
        return plain
    return plain[: 200 - len(endings[0])] + endings[0]
