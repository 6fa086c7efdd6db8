"""Find registrations by a part of a name or reference, at any size."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.names import normalise
from portal.models import tables as t

# A piece of a name that more registrations have than this narrows a search too little.
RARE = 400
_PIECES = 8
ESCAPE = "/"
_HAN = re.compile("[\u3400-\u9fff]")
# Pieces that nearly every company bears: looking them up would cost more than it narrows.
_COMMON = frozenset(
    ("有限", "限公", "公司", "股份", "份有", "科技", "技有", "集团", "限责", "责任", "任公", "实业")
)


class Kind(StrEnum):
    """What a text is looked for in."""

    NAME = "name"
    ENGLISH = "english"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True)
class Search:
    """How a text is searched: which condition fits it (`found`), and the values of its parameters."""

    kind: Kind
    narrowed: bool
    values: Mapping[str, str]


def search_for(session: Session, text: str) -> Search:
    """How to find names or references that contain `text`.

    The name decides. Where one of its two-character pieces is rare, the table of pieces narrows
    first; where all are common, going through the list in its order meets enough rows soon.
    A text with a Chinese character is no part of an English name, and has no case to ignore.
    """
    plain, typed = normalise(text), _containing(text.strip().lower())
    if not plain:
        return Search(Kind.ENGLISH, False, {"typed": typed})
    kind = Kind.NAME if _HAN.search(plain) else Kind.EVERYWHERE
    values = {"typed": typed, "inside": _containing(plain)}
    rare = _rarest(session, plain)
    return Search(kind, rare is not None, {**values, "piece": rare} if rare else values)


@cache
def found(kind: Kind, narrowed: bool) -> Any:
    """The condition on `registration` for a kind of search; its parameters come with `Search`."""
    c, gram = t.registration.c, t.search_gram.c
    typed = sa.bindparam("typed", type_=sa.String())
    english = c.customer_name_en.ilike(typed, escape=ESCAPE)
    # Bare columns: PostgreSQL knows how common a text is in a column, but not in a function of it.
    inside = sa.bindparam("inside", type_=sa.String())
    matches = {
        Kind.ENGLISH: english,
        Kind.NAME: sa.or_(c.full_key.like(inside, escape=ESCAPE), c.ref.like(typed, escape=ESCAPE)),
        Kind.EVERYWHERE: sa.or_(
            c.full_key.like(inside, escape=ESCAPE), c.ref.ilike(typed, escape=ESCAPE), english
        ),
    }[kind]
    if not narrowed:
        return matches
    rare = sa.select(gram.registration_id).where(gram.gram == sa.bindparam("piece"))
    return sa.and_(matches, c.id.in_(rare))


def _containing(text: str) -> str:
    """A LIKE pattern for texts that contain `text`, whose own signs stand for themselves."""
    for sign in (ESCAPE, "%", "_"):
        text = text.replace(sign, ESCAPE + sign)
    return f"%{text}%"


def _rarest(session: Session, plain: str) -> str | None:
    """The piece of a search text that the fewest registrations have; None if all are common."""
    pieces = sorted({plain[i : i + 2] for i in range(len(plain) - 1)} - _COMMON)[:_PIECES]
    if not pieces:
        return None
    counts = session.execute(_counts(len(pieces)), {f"piece{i}": each for i, each in enumerate(pieces)})
    number, piece = min(zip(counts.one(), pieces, strict=True))
    return piece if number <= RARE else None


@cache
def _counts(pieces: int) -> Any:
    """How many registrations have each of so many pieces, counted up to `RARE` + 1."""
    gram = t.search_gram.c.gram
    of_each = (sa.select(gram).where(gram == sa.bindparam(f"piece{i}")) for i in range(pieces))
    return sa.select(
        *(
            sa.select(sa.func.count()).select_from(each.limit(RARE + 1).subquery()).scalar_subquery()
            for each in of_each
        )
    )
