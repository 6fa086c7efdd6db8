"""Many statements as one PDF, set a part at a time: progress shows and a crash loses little (§8 step 3).

No process works in the background: whoever has the page of a job open moves it on. What counts is the row; a
part that was written but not noted is written again, under the same name.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.db import chunks, lock_registry
from portal.domain.errors import RuleViolation
from portal.domain.roles import Actor
from portal.domain.statements import Act, Station
from portal.models import tables as t
from portal.statements.paper import StatementPaper, load_papers
from portal.statements.paper_files import drop, open_kept, put
from portal.statements.setting import join
from portal.statements.walk import take_step

PART = 25
"""Statements set at a time: about half a second, in which the process does nothing else."""
MOST = 5_000

_job, _item, _s = t.paper_job.c, t.paper_job_item.c, t.statement.c
Setter = Callable[[Sequence[StatementPaper]], bytes]


def start_job(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    statement_ids: Collection[int],
    language: str,
    verify_at: str,
) -> int:
    """Begin one PDF of these statements, by partner and period; the job's id.

    :raises RuleViolation: ``paper.none`` there is nothing to print; ``paper.too_many``.
    """
    found = [
        row
        for part in chunks(set(statement_ids))
        for row in session.execute(
            sa.select(_s.id, _s.period, t.partner.c.code)
            .join(t.partner, t.partner.c.id == _s.partner_id)
            .where(_s.id.in_(part))
        )
    ]
    if not found:
        raise RuleViolation("paper.none")
    if len(found) > MOST:
        raise RuleViolation("paper.too_many", most=MOST)
    found.sort(key=lambda row: (row.code, row.period))
    values = {
        "key": secrets.token_hex(16), "language": language, "verify_at": verify_at,
        "made_by_id": actor.user_id, "made_at": now, "total": len(found), "done": 0, "parts": [],
    }  # fmt: skip
    job_id = int(session.scalar(sa.insert(t.paper_job).values(values).returning(_job.id)) or 0)
    session.execute(
        sa.insert(t.paper_job_item),
        [{"job_id": job_id, "ordinal": ordinal, "statement_id": row.id} for ordinal, row in enumerate(found)],
    )
    audit.record(
        session, actor=actor, action="paper.started", at=now, subject=("paper", job_id),
        language=language, statements=[row.id for row in found],
    )  # fmt: skip
    return job_id


class Step(NamedTuple):
    """What was set outside of any transaction and is now to be noted: a part, or the whole file."""

    job: Any
    papers: Sequence[StatementPaper]
    key: str
    size: int
    pages: int | None
    sha256: str


def next_step(session: Session, job: Any, *, store: str, set_part: Setter) -> Step | None:
    """Set the next part of a job and keep its file; after the last, join them. None: it is finished.

    :raises RuleViolation: ``file.storage``; ``paper.sums`` of a statement whose lines do not add up.
    """
    if job.file_key is not None:
        return None
    if job.done < job.total:
        ids = session.scalars(
            sa.select(_item.statement_id)
            .where(_item.job_id == job.id, _item.ordinal >= job.done, _item.ordinal < job.done + PART)
            .order_by(_item.ordinal)
        ).all()
        papers = load_papers(session, [(each, None) for each in ids])
        content, pages = set_part(papers), None
    else:
        papers = []
        content, pages = join([_read(store, key) for key in job.parts])
    digest = hashlib.sha256(content).hexdigest()
    # By what is in it: set again after a crash, a part lands on its own file.
    key = f"{job.key}-{digest[:32]}"
    put(store, key, content)
    return Step(job, papers, key, len(content), pages, digest)


def note_step(session: Session, step: Step, *, actor: Actor, now: datetime) -> bool:
    """Note what was set; False when somebody else had the page open too and was quicker."""
    job = step.job
    same = sa.update(t.paper_job).where(_job.id == job.id, _job.done == job.done, _job.file_key.is_(None))
    if step.pages is not None:
        whole = same.values(file_key=step.key, pages=step.pages, size=step.size, finished_at=now)
        if session.execute(whole.returning(_job.id)).first() is None:
            return False
        audit.record(
            session, actor=actor, action="paper.finished", at=now, subject=("paper", job.id),
            sha256=step.sha256, pages=step.pages, statements=job.total,
        )  # fmt: skip
        return True
    done = min(job.total, job.done + PART)
    if (
        session.execute(same.values(done=done, parts=[*job.parts, step.key]).returning(_job.id)).first()
        is None
    ):
        return False
    for paper in step.papers:
        session.execute(
            sa.update(t.paper_job_item)
            .where(_item.job_id == job.id, _item.statement_id == paper.statement_id)
            .values(revision=paper.revision, content_hash=paper.content_hash)
        )
    return True


def forget_parts(store: str, job: Any) -> None:
    """The parts of a job whose whole file is kept; called when that is committed."""
    for key in job.parts:
        drop(store, key)


def job_row(session: Session, job_id: int) -> Any:
    """A job with the name of who started it, or None."""
    return session.execute(
        sa.select(t.paper_job, t.user.c.name.label("by"))
        .join(t.user, t.user.c.id == _job.made_by_id)
        .where(_job.id == job_id)
    ).first()


def recent_jobs(session: Session, *, most: int = 20) -> list[Any]:
    """The newest jobs."""
    return list(
        session.execute(
            sa.select(_job.id, _job.made_at, _job.total, _job.done, _job.pages, _job.file_key, t.user.c.name)
            .join(t.user, t.user.c.id == _job.made_by_id)
            .order_by(_job.made_at.desc(), _job.id.desc())
            .limit(most)
        )
    )


def to_print(session: Session) -> list[Any]:
    """The periods with statements that wait to be printed: period, how many."""
    return list(
        session.execute(
            sa.select(_s.period, sa.func.count().label("count"))
            .where(_s.station == Station.GENERATED)
            .group_by(_s.period)
            .order_by(_s.period.desc())
        )
    )


def waiting_in(session: Session, period: str) -> list[int]:
    """The statements of a period that wait to be printed."""
    return list(session.scalars(sa.select(_s.id).where(_s.station == Station.GENERATED, _s.period == period)))


class Standing(NamedTuple):
    """How many statements of a job wait to be marked as printed, and how many were made anew since."""

    waiting: int
    changed: int


def standing(session: Session, job_id: int) -> Standing:
    """What marking a job as printed would do."""
    ids, changed = _as_printed(session, job_id)
    return Standing(len(ids), changed)


def mark_printed(session: Session, *, actor: Actor, now: datetime, job_id: int) -> Standing:
    """Say that the paper of a job is printed: its statements go on, those made anew since do not (M12).

    :raises RuleViolation: as `walk.take_step`; ``paper.not_ready``: the PDF is not finished.
    """
    lock_registry(session)
    if session.scalar(sa.select(_job.file_key).where(_job.id == job_id)) is None:
        raise RuleViolation("paper.not_ready")
    ids, changed = _as_printed(session, job_id)
    for statement_id in ids:
        take_step(
            session, actor=actor, now=now, statement_id=statement_id, version=None, act=Act.PRINT,
            data={"paper": job_id},
        )  # fmt: skip
    return Standing(len(ids), changed)


def _as_printed(session: Session, job_id: int) -> tuple[list[int], int]:
    """Statements still to be printed that are what the paper says, and how many are not."""
    rows = session.execute(
        sa.select(_s.id, (_s.content_hash == _item.content_hash).label("same"))
        .join(t.paper_job_item, _item.statement_id == _s.id)
        .where(_item.job_id == job_id, _s.station == Station.GENERATED)
        .order_by(_item.ordinal)
    ).all()
    ids = [row.id for row in rows if row.same]
    return ids, len(rows) - len(ids)


def _read(store: str, key: str) -> bytes:
    with open_kept(store, key) as file:
        try:
            return file.read()
        except OSError as error:
            raise RuleViolation("file.storage", "file") from error
