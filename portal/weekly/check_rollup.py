"""`portal check`: every frozen roll-up bears its seal, and its sums are those of the week's kept projects."""

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.errors import RuleViolation
from portal.domain.pipeline import STAGES
from portal.models import tables as t
from portal.weekly.rollup import canonical, digest_of

Problem = tuple[str, Any, RuleViolation]


def problems(session: Session, *, now: datetime) -> Iterator[Problem]:
    """Texts that were changed by hand, texts that nobody made, and sums that are not their week's."""
    c = t.rollup.c
    sealed = _sealed(session)
    regions: dict[str, dict[str, list[Any]]] = {}
    for row in session.execute(sa.select(t.rollup).order_by(c.week, c.region)):
        if digest_of(row.content) != row.digest or sealed.get((row.week, row.region)) != row.digest:
            yield "rollup", row.id, RuleViolation("check.seal")
            continue
        text = json.loads(row.content)
        if canonical(text) != row.content or (text["week"], text["region"]) != (
            row.week.isoformat(),
            row.region,
        ):
            yield "rollup", row.id, RuleViolation("check.rollup_text")
        sums = _sums(text["stages"])
        if row.region:
            regions.setdefault(text["week"], {}).setdefault("", []).append(sums)
        elif sums != _kept(session, row.week):
            yield "rollup", row.id, RuleViolation("check.rollup_sums", week=row.week)
        else:
            regions.setdefault(text["week"], {})["all"] = [row.id, sums]
    yield from _missing(session, sealed)
    for week, found in regions.items():
        if "all" in found and _together(found.get("", [])) != found["all"][1]:
            yield "rollup", found["all"][0], RuleViolation("check.rollup_sums", week=week)


def _sealed(session: Session) -> dict[tuple[date, str], str]:
    """What the trail says was made, by week and region."""
    c = t.audit_entry.c
    found = {}
    for details in session.scalars(sa.select(c.details).where(c.action == "rollup.made")):
        for region, digest in details["digests"].items():
            found[date.fromisoformat(details["week"]), region] = digest
    return found


def _missing(session: Session, sealed: Mapping[tuple[date, str], str]) -> Iterator[Problem]:
    c = t.rollup.c
    there = {(row.week, row.region) for row in session.execute(sa.select(c.week, c.region))}
    for week, region in sorted(sealed.keys() - there):
        yield "rollup", f"{week} {region}".strip(), RuleViolation("check.rollup_missing", week=week)


def _sums(stages: Mapping[str, Any]) -> dict[str, tuple[int, int, Decimal]]:
    return {
        stage.value: (place["projects"], place["ports"], Decimal(place["revenue"]))
        for stage in STAGES
        for place in (stages[stage.value],)
    }


def _kept(session: Session, week: date) -> dict[str, tuple[int, int, Decimal]]:
    """The same, counted anew from what was kept of the week."""
    c = t.week_project.c
    query = (
        sa.select(c.stage, sa.func.count(), sa.func.sum(c.ports), sa.func.sum(c.yearly_revenue))
        .where(c.week == week)
        .group_by(c.stage)
    )
    found = {stage.value: (0, 0, Decimal(0)) for stage in STAGES}
    for stage, projects, ports, revenue in session.execute(query):
        found[stage.value] = (projects, ports, revenue)
    return found


def _together(parts: list[dict[str, tuple[int, int, Decimal]]]) -> dict[str, tuple[int, int, Decimal]]:
    return {
        stage.value: (
            sum(part[stage.value][0] for part in parts),
            sum(part[stage.value][1] for part in parts),
            sum((part[stage.value][2] for part in parts), Decimal(0)),
        )
        for stage in STAGES
    }
