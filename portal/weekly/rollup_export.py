"""Roll-ups as files for the command line: the frozen texts as they are, or their figures as flat rows."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.domain.errors import RuleViolation
from portal.domain.pipeline import STAGES
from portal.models import tables as t
from portal.weekly.rollup_queries import newest_week

COLUMNS = ("week", "region", "what", "projects", "ports", "revenue", "weighted")


def contents_as_of(session: Session, day: date) -> list[str]:
    """The frozen texts of the newest week that has a roll-up and was over by the end of a day, all first.

    :raises RuleViolation: ``rollup.none``.
    """
    week, c = newest_week(session, day), t.rollup.c
    if week is None:
        raise RuleViolation("rollup.none")
    query = sa.select(c.content).where(c.week == week.thursday).order_by(c.region)
    return list(session.scalars(query))


def as_json(contents: list[str]) -> bytes:
    """A list of the texts, each to the letter as it was frozen."""
    return ("[\n" + ",\n".join(contents) + "\n]\n").encode()


def rows_of(contents: list[str]) -> Iterator[dict[str, Any]]:
    """Their figures, one row each."""
    nothing = dict.fromkeys(COLUMNS)
    for text in map(json.loads, contents):
        head = nothing | {"week": text["week"], "region": text["region"]}
        sums = [(stage.value, text["stages"][stage.value]) for stage in STAGES]
        sums += [("open", text["open"]), ("signed_this_week", text["signed"])]
        sums += [
            ("expected_this_month", text["closings"]["expected"]),
            ("closed_this_month", text["closings"]["closed"]),
        ]
        for name, place in sums:
            yield head | {"what": name} | {each: place.get(each) for each in COLUMNS[3:]}
        for name, number in text["changes"].items():
            yield head | {"what": name, "projects": number}
        for name in ("missing", "late"):
            yield head | {"what": f"reports_{name}", "projects": len(text["reports"][name])}
