"""Whatever happens, and in whatever order it comes to light, the rows are what all the facts come to.

After every act `portal check` replays everything from nothing and finds nothing to say: what an act
wrote by looking at what hangs together is what looking at all would have written. Each history
that is written out is the shortest in which that once failed. `PORTAL_WALKS=300` walks further.
"""

import os
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from portal import db, migrations
from portal.conflicts.service import resettle
from portal.domain.ties import TieKind
from portal.models import tables as t
from tests.conflicts.walking import KINDS, START, Act, Walk, walk
from tests.model.naive_identity import Spelling, companies
from tests.support.people import Person

People = Mapping[str, Person]
WALKS = int(os.environ.get("PORTAL_WALKS", "4"))
ACTS = 16
# What tells most about who is on which customer when.
TANGLED = (
    *("file", "import", "past", "past", "same", "other", "merge", "part", "decisions"),
    *("correct", "correct", "recorrect", "recorrect"),
)

FAILED: Mapping[str, Sequence[Act]] = {
    "a name stated after a correction that the past changed": (
        ("import", 15, 8, 1), ("file", 4, 18, 15), ("past", 6, 18, 17), ("correct", 19, 2, 13),
        ("state", 2, 11, 13),
    ),
    "a code borne before, filed by somebody else before that": (
        ("import", 11, 19, 19), ("recorrect", 2, 16, 11), ("past", 14, 7, 11),
    ),
}  # fmt: skip


def acts_of(seed: int, kinds: Sequence[str]) -> list[Act]:
    dice = random.Random(seed)

    def number() -> int:
        return dice.randint(0, 19)

    return [(dice.choice(kinds), number(), number(), number()) for _turn in range(ACTS)]


@pytest.mark.parametrize("what", FAILED)
def test_what_once_failed(engine: sa.Engine, people: People, what: str) -> None:
    assert walk(engine, people, FAILED[what]) == []


def rows(session: Session) -> list[Any]:
    """Where filings are and were, what customers are known by, and who owned them."""
    c, names, stays, owned = t.customer.c, t.customer_alias.c, t.placement.c, t.ownership.c
    columns = (
        (c.founder_key, c.uscc, c.merged_into_id),
        (names.customer_id, names.full_key, names.kind),
        (stays.registration_id, stays.at, stays.customer_id, stays.rule),
        (owned.customer_id, owned.registration_id, owned.starts_at, owned.ends_at, owned.rule),
    )
    return [session.execute(sa.select(*each).order_by(*each)).all() for each in columns]


@pytest.mark.parametrize("seed", range(WALKS))
@pytest.mark.parametrize("kinds", [KINDS, TANGLED], ids=["everything", "tangled"])
def test_a_random_walk(engine: sa.Engine, people: People, seed: int, kinds: Sequence[str]) -> None:
    acts = acts_of(seed, kinds)
    assert walk(engine, people, acts) == []
    with db.transaction(engine) as session:
        db.lock_registry(session)
        before = rows(session)
        now = START + timedelta(days=30)
        resettle(session, list(session.scalars(sa.select(t.registration.c.id))), now=now)
        assert rows(session) == before, "all replayed at once, nothing is elsewhere"


STEMS = ("星河动力", "青鲸物流")
PLAIN = {
    f"{place}{stem}{form}": stem for stem in STEMS for place in ("", "北京") for form in ("", "有限公司")
}


@pytest.mark.parametrize("seed", range(WALKS))
def test_filings_live_and_dated_back_are_where_the_naive_model_has_them(
    engine: sa.Engine, people: People, seed: int
) -> None:
    walked = Walk(engine, people, tuple(PLAIN))
    for act in acts_of(seed, ("file", "import", "past")):
        walked.do(act)
        with db.reading(engine) as session:
            filed = session.execute(
                sa.select(t.registration).order_by(t.registration.c.filed_at, t.registration.c.ref)
            ).all()
        spelled = (
            (row, Spelling(row.customer_name, row.customer_name, PLAIN[row.customer_name])) for row in filed
        )
        there, held = companies((row.ref, name, row.uscc or "") for row, name in spelled)
        groups: dict[int, set[str]] = {}
        for row in filed:
            groups.setdefault(row.customer_id, set()).add(row.ref)
        assert groups.pop(None, set()) == held
        assert sorted(map(sorted, groups.values())) == sorted(sorted(each.filings) for each in there)


def test_an_upgrade_ties_what_was_told_before(engine: sa.Engine, people: People) -> None:
    """What hung together by older facts is found: the ties made then are those made as facts are written."""
    walked = Walk(engine, people)
    acts = (("file", 0, 3, 1), ("file", 1, 2, 0), ("file", 1, 7, 0), ("other", 0, 0, 0), ("same", 0, 0, 0))
    assert [walked.do(act) for act in (*acts, ("correct", 0, 0, 2), ("merge", 0, 1, 0))][5:] == [True, True]
    ties = sa.select(t.tie).order_by(*t.tie.c)
    with db.reading(engine) as session:
        before = session.execute(ties).all()
    assert {row.kind for row in before} == set(TieKind) - {TieKind.CORE}
    migrations.downgrade(engine, "0012")
    migrations.upgrade(engine)
    with db.reading(engine) as session:
        assert session.execute(ties).all() == before
    assert walked.problems() == []
