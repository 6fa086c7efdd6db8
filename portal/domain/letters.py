"""A message to one person about many notices: what it holds, and how it is cut to what fits."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.notices import NoticeKind

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+")


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as it is read: its kind, when, what its words are made of, where it leads."""

    kind: NoticeKind
    at: datetime
    params: Mapping[str, Any]
    link: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be sent: `text` for robots, `html` for mail, which makes its plain part of it."""

    subject: str
    text: str
    html: str


def one_line(text: str, longest: int = 150) -> str:
    """`text` as it may stand in a header or a list: no breaks, no signs that turn writing round."""
    tidy = _BREAKS.sub(" ", text).strip()
    return tidy if len(tidy) <= longest else f"{tidy[: longest - 1]}…"


def fitting(lines: Sequence[str], most_bytes: int) -> int:
    """How many of the lines, from the first on, fit into so many bytes of UTF-8, breaks counted."""
    used = 0
    for number, line in enumerate(lines):
        used += len(line.encode()) + 1
        if used > most_bytes:
            return number
    return len(lines)
