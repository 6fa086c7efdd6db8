"""What was typed and not sent: kept per person and form, also through a login."""

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.roles import Actor
from portal.models import tables as t

FILING = "filing"
_LARGEST = 64 * 1024
_NOTE = re.compile(r"/registrations/(\d+)/notes")


def save_draft(session: Session, *, actor: Actor, now: datetime, form: str, fields: dict[str, Any]) -> None:
    """Keep the fields of a form for the person; replaces what was kept before."""
    kept = {name: value for name, value in fields.items() if name != "csrf_token" and value}
    if sum(len(str(value)) for value in kept.values()) > _LARGEST:
        return
    drop_draft(session, actor=actor, form=form)
    if kept:
        row = {"user_id": actor.user_id, "form": form, "data": kept, "saved_at": now}
        session.execute(sa.insert(t.draft), [row])


def load_draft(session: Session, *, actor: Actor, form: str) -> tuple[dict[str, Any], datetime] | None:
    """The kept fields and when they were kept."""
    row = session.execute(_DRAFT, {"user": actor.user_id, "form": form}).first()
    return (row.data, row.saved_at) if row else None


_DRAFT = sa.select(t.draft.c.data, t.draft.c.saved_at).where(
    t.draft.c.user_id == sa.bindparam("user"), t.draft.c.form == sa.bindparam("form")
)


def drop_draft(session: Session, *, actor: Actor, form: str) -> None:
    """Forget what was kept."""
    session.execute(sa.delete(t.draft).where(t.draft.c.user_id == actor.user_id, t.draft.c.form == form))


def note_form(registration_id: int) -> str:
    """The name of a registration's note draft."""
    return f"note-{registration_id}"


def keep_carried(
    session: Session, *, actor: Actor, now: datetime, path: str, fields: dict[str, Any]
) -> str | None:
    """Keep a form that was sent after log-out; answers the page that shows it again."""
    if path == "/registrations":
        save_draft(session, actor=actor, now=now, form=FILING, fields=fields)
        return "/registrations/new"
    if found := _NOTE.fullmatch(path):
        form = note_form(int(found[1]))
        save_draft(session, actor=actor, now=now, form=form, fields=fields)
        return f"/registrations/{found[1]}"
    return None
