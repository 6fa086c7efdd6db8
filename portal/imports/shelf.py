"""Uploaded files between preview and confirmation: kept beside the database, by a random name."""

import json
import re
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from portal.domain.errors import RuleViolation

_KEY = re.compile(r"[0-9a-f]{32}")
_LIFETIME = 24 * 3600


def keep(instance: Path, user_id: int, name: str, content: bytes, now: datetime) -> str:
    """Put a file on the shelf; answers its key. Old files are thrown away.

    :raises RuleViolation: ``file.storage``.
    """
    key = secrets.token_hex(16)
    told = json.dumps({"user": user_id, "name": name}).encode()
    try:
        _sweep(_folder(instance), now)
    except OSError as error:
        raise RuleViolation("file.storage", "file") from error
    _write(_folder(instance) / key, content)
    _write(_folder(instance) / f"{key}.json", told)
    return key


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise RuleViolation("file.storage", "file") from error


def keep_beside(instance: Path, key: str, ending: str, content: bytes) -> None:
    """Put what came of a file beside it, under its key."""
    _write(_folder(instance) / f"{key}.{ending}", content)


def take(instance: Path, user_id: int, key: str) -> tuple[str, bytes] | None:
    """Name and content of a file that this person put there."""
    name = _name(instance, user_id, key)
    return None if name is None else (name, (_folder(instance) / key).read_bytes())


def take_beside(instance: Path, user_id: int, key: str, ending: str) -> bytes | None:
    """What was put beside a file of this person."""
    path = _folder(instance) / f"{key}.{ending}"
    return None if _name(instance, user_id, key) is None or not path.is_file() else path.read_bytes()


def _name(instance: Path, user_id: int, key: str) -> str | None:
    folder = _folder(instance)
    if not _KEY.fullmatch(key) or not (folder / f"{key}.json").is_file():
        return None
    told = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
    return str(told["name"]) if told["user"] == user_id else None


def _folder(instance: Path) -> Path:
    folder = instance / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sweep(folder: Path, now: datetime) -> None:
    edge = now.timestamp() - _LIFETIME
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another worker sweeps too
            if path.stat().st_mtime < edge:
                path.unlink()
