"""Uploaded files between preview and confirmation: kept beside the database, by a random name."""

import json
import re
import secrets
from datetime import datetime
from pathlib import Path

_KEY = re.compile(r"[0-9a-f]{32}")
_LIFETIME = 24 * 3600


def keep(instance: Path, user_id: int, name: str, content: bytes, now: datetime) -> str:
    """Put a file on the shelf; answers its key. Old files are thrown away."""
    folder = _folder(instance)
    _sweep(folder, now)
    key = secrets.token_hex(16)
    (folder / key).write_bytes(content)
    (folder / f"{key}.json").write_text(json.dumps({"user": user_id, "name": name}), encoding="utf-8")
    return key


def take(instance: Path, user_id: int, key: str) -> tuple[str, bytes] | None:
    """Name and content of a file that this person put there."""
    folder = _folder(instance)
    if not _KEY.fullmatch(key) or not (folder / f"{key}.json").is_file():
        return None
    told = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))
    if told["user"] != user_id:
        return None
    return told["name"], (folder / key).read_bytes()


def _folder(instance: Path) -> Path:
    folder = instance / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sweep(folder: Path, now: datetime) -> None:
    edge = now.timestamp() - _LIFETIME
    for path in folder.iterdir():
        if path.stat().st_mtime < edge:
            path.unlink(missing_ok=True)
