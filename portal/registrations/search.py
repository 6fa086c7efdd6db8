"""Find registrations by a part of a name or reference, at any size."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.names import normalise
from portal.models import tables as t

# A piece of a name that more registrations have than this narrows a search too little.
RARE = 1000
# Pieces that nearly every company bears: looking them up would cost more than it narrows.
_COMMON = frozenset(
    ("有限", "限公", "公司", "股份", "份有", "科技", "技有", "集团", "限责", "责任", "任公", "实业")
)


def found_by(session: Session, text: str) -> Any:
    """The condition on `registration` for names or references that contain `text`.

    The name decides. Where one of its two-character pieces is rare, the table of pieces narrows
    first; where all are common, going through the list in its order meets enough rows soon.
    """
    c, gram = t.registration.c, t.search_gram.c
    plain = normalise(text)
    english = sa.func.lower(c.customer_name_en).contains(text.strip().lower(), autoescape=True)
    if not plain:
        return english
    inside = sa.func.lower(c.full_key).contains(plain, autoescape=True)
    reference = sa.func.lower(c.ref).contains(plain, autoescape=True)
    matches = sa.or_(inside, reference, english)
    rare = _rarest(session, plain)
    if rare is None:
        return matches
    return sa.and_(matches, c.id.in_(sa.select(gram.registration_id).where(gram.gram == rare)))


def _rarest(session: Session, plain: str) -> str | None:
    """The piece of a search text that the fewest registrations have; None if all are common."""
    pieces = sorted({plain[i : i + 2] for i in range(len(plain) - 1)} - _COMMON)[:8]
    if not pieces:
        return None
    gram = t.search_gram.c.gram
    counts = session.execute(
        sa.select(
            *(
                sa.select(sa.func.count())
                .select_from(sa.select(gram).where(gram == piece).limit(RARE + 1).subquery())
                .scalar_subquery()
                for piece in pieces
            )
        )
    ).one()
    number, piece = min(zip(counts, pieces, strict=True))
    return piece if number <= RARE else None
