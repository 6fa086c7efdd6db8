"""Keep a partner's own sheet while it is looked at, and take its rows into the report (W2)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import audit
from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.reports import Draft, Line, Typed
from portal.domain.roles import Actor
from portal.domain.sheets import SheetRow
from portal.domain.weeks import Week, WeekFigures
from portal.models import tables as t
from portal.weekly.reporting import open_report, write_line


def form_name(week: Week) -> str:
    """The name under which a person's sheet of a week is kept."""
    return f"sheet-{week.thursday}"


def keep_sheet(
    session: Session, *, actor: Actor, now: datetime, week: Week, name: str, rows: Sequence[SheetRow]
) -> None:
    """Keep what was read of a sheet until its rows are taken; a newer sheet takes its place."""
    drop_sheet(session, actor=actor, week=week)
    data = {"file": name, "rows": [audit.plain(asdict(row)) for row in rows]}
    row = {"user_id": actor.user_id, "form": form_name(week), "data": data, "saved_at": now}
    session.execute(sa.insert(t.draft), [row])


def drop_sheet(session: Session, *, actor: Actor, week: Week) -> None:
    """Forget the sheet."""
    c = t.draft.c
    session.execute(sa.delete(t.draft).where(c.user_id == actor.user_id, c.form == form_name(week)))


def kept_sheet(session: Session, *, actor: Actor, week: Week) -> tuple[str, list[SheetRow]] | None:
    """The sheet's name and rows, None where none is kept."""
    c = t.draft.c
    query = sa.select(c.data).where(c.user_id == actor.user_id, c.form == form_name(week))
    data = session.scalar(query)
    if data is None:
        return None
    return data["file"], [_row(each) for each in data["rows"]]


def _row(told: Mapping[str, Any]) -> SheetRow:
    revenue, stage = told["yearly_revenue"], told["stage"]
    typed = {
        "yearly_revenue": None if revenue is None else Decimal(revenue),
        "stage": None if stage is None else Stage(stage),
    }
    return SheetRow(**{**told, **typed})


def merged(line: Line, row: SheetRow) -> Typed:
    """What a line says with the sheet's cells in their places; an empty cell changes nothing."""
    now = line.compared.now
    changes: dict[str, Any] = {
        name: getattr(row, name) for name in ("happened", "support", "next_step") if getattr(row, name)
    }
    if row.next_step and row.next_step != line.typed.next_step:
        changes["next_step_on"] = None
    for name in ("ports", "yearly_revenue"):
        stated = getattr(row, name)
        if stated is not None and now is not None:
            changes[name] = None if stated == getattr(now, name) else stated
    return replace(line.typed, **changes)


def take_rows(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    week: Week,
    draft: Draft,
    chosen: Mapping[int, int],
    rows: Sequence[SheetRow],
    figures: WeekFigures,
) -> int:
    """Write the chosen rows into the report's lines, all or none; `chosen`: a row's number to a project's.

    :raises RuleViolation: ``sheet.twice``: two rows for one project; ``sheet.gone``: not the partner's
        project (any more); ``stale``; what `open_report` raises.
    """
    lines = {line.registration_id: line for line in draft.lines if not line.is_gone}
    if len(set(chosen.values())) < len(chosen):
        raise RuleViolation("sheet.twice")
    report = open_report(session, partner_id=draft.partner["id"], week=week, now=now, figures=figures)
    taken = [row for row in rows if row.number in chosen]
    for row in taken:
        line = lines.get(chosen[row.number])
        if line is None:
            raise RuleViolation("sheet.gone", customer=row.customer)
        write_line(
            session, actor=actor, now=now, report_id=report.id, entry=line.entry, version=line.version,
            typed=merged(line, row),
        )  # fmt: skip
    drop_sheet(session, actor=actor, week=week)
    return len(taken)
