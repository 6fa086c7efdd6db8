"""Whether a paper is genuine: anyone who holds it knows its number and its hash, and learns no more (M15)."""

import hmac
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session

from portal.db import lock_sign_in
from portal.domain.periods import Period, business_date, parse_period
from portal.models import tables as t
from portal.statements.paper import HASH_SHOWN

WINDOW = timedelta(minutes=15)
MISSES = 30
"""Wrong answers from one address within the window: enough for a clerk's typing, not for guessing."""
_CODE = re.compile(rf"[0-9a-f]{{{HASH_SHOWN},64}}")


@dataclass(frozen=True, slots=True)
class Genuine:
    """What the holder of a paper may compare it with; `newest` above `revision`: it is superseded."""

    number: str
    revision: int
    newest: int
    partner: str
    period: Period
    made_on: date
    total: Decimal


def find_paper(session: Session, number: str, code: str) -> Genuine | None:
    """The paper of this number whose hash begins with `code`, at least 16 of its figures; else None.

    A wrong hash and an unknown number are told apart by nothing.
    """
    code = re.sub(r"\s", "", code).lower()
    if not _CODE.fullmatch(code):
        return None
    s, r = t.statement.c, t.statement_revision.c
    rows = session.execute(
        sa.select(
            s.number, s.period, s.revision.label("newest"), r.revision, r.made_at, r.total, r.content_hash,
            t.partner.c.code,
        )
        .join(t.statement_revision, r.statement_id == s.id)
        .join(t.partner, t.partner.c.id == s.partner_id)
        .where(s.number == number.strip()[:40].upper())
        .order_by(r.revision.desc())
    ).all()  # fmt: skip
    for row in rows:
        if hmac.compare_digest(row.content_hash[: len(code)], code):
            made = business_date(row.made_at)
            return Genuine(
                row.number,
                row.revision,
                row.newest,
                masked(row.code),
                parse_period(row.period),
                made,
                row.total,
            )
    return None


def masked(code: str) -> str:
    """A partner's code so that who holds the paper knows it again, and nobody else learns it."""
    return code[:1] + "•" * max(len(code) - 2, 1) + (code[-1:] if len(code) > 2 else "")


def throttled(session: Session, address: str, now: datetime) -> bool:
    """Whether there were too many wrong answers to this address of late."""
    c = t.login_attempt.c
    misses = session.scalar(sa.select(sa.func.count()).where(c.key == _key(address), c.at >= now - WINDOW))
    return (misses or 0) >= MISSES


def note_miss(session: Session, address: str, now: datetime) -> None:
    """Count a wrong answer."""
    lock_sign_in(session)
    session.execute(sa.delete(t.login_attempt).where(t.login_attempt.c.at < now - WINDOW))
    session.execute(sa.insert(t.login_attempt), [{"key": _key(address), "at": now}])


def _key(address: str) -> str:
    return f"paper:{address}"[:128]
