"""Where set papers are kept: under PORTAL_FILES, by names that nobody guesses."""

from contextlib import suppress
from pathlib import PurePosixPath
from typing import IO, Any

from portal.domain.errors import RuleViolation


def put(store: str, key: str, content: bytes) -> None:
    """Keep a file; the same again is written over it, so that half a file of a crash does not stay.

    :raises RuleViolation: ``file.storage``.
    """
    try:
        system, path = _place(store, key)
        system.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
        with system.open(path, "wb") as target:
            target.write(content)
    except OSError as error:
        raise RuleViolation("file.storage", "file") from error


def open_kept(store: str, key: str) -> IO[bytes]:
    """A kept file, to be read.

    :raises RuleViolation: ``file.storage``: it cannot be read.
    """
    try:
        system, path = _place(store, key)
        opened: IO[bytes] = system.open(path, "rb")
    except OSError as error:
        raise RuleViolation("file.storage", "file") from error
    return opened


def drop(store: str, key: str) -> None:
    """Forget a file; one that is gone already is no error."""
    with suppress(OSError):
        system, path = _place(store, key)
        system.rm_file(path)


def _place(store: str, key: str) -> tuple[Any, str]:
    import fsspec

    found: tuple[Any, str] = fsspec.core.url_to_fs(f"{store.rstrip('/')}/papers/{key}.pdf")
    return found
