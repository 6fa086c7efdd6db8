"""The demo is filled through the services: what comes of it holds, and is the same every time."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session

import seed
from portal import clock, db, schema
from portal.commands.checking import problems
from portal.conflicts.belonging import family_of
from portal.demo import founding, relations
from portal.domain.evidence import IdentifierKind
from portal.domain.facts import State
from portal.domain.notices import OutboxState
from portal.domain.terms import NameKind
from portal.matching.identifiers import identifier_rows, shared_values
from portal.models import tables as t

TODAY = date(2026, 11, 20)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel a tenth as large: seconds instead of a minute."""
    monkeypatch.setattr(seed, "REGISTRATIONS", 60)
    monkeypatch.setattr(founding, "PARTNERS", 5)


def filled(url: str, random_seed: int, folder: str) -> list[tuple[Any, ...]]:
    """Seed a new database; its registrations as they stand, after everything was checked."""
    engine = db.make_engine(url)
    schema.bring_up_to_date(engine, now=clock.now())
    seed.Seeder(engine, scale=1, seed=random_seed, today=TODAY, folder=folder).run()
    c = t.registration.c
    with db.reading(engine) as session:
        assert list(problems(session, now=clock.now())) == []
        found = session.execute(sa.select(c.ref, c.customer_name, c.filed_at, c.state).order_by(c.id))
        rows = [tuple(row) for row in found]
        shown(session)
        told(session)
        alias = t.customer_alias.c
        kinds = session.execute(sa.select(alias.kind, alias.event_id.is_(None)).distinct()).all()
        assert {NameKind.FILED, NameKind.ENGLISH} <= {kind for kind, by_filing in kinds if by_filing}
        assert any(not by_filing for _kind, by_filing in kinds), "names that the manager states"
    engine.dispose()
    return rows


def shown(session: Session) -> None:
    """What belongs together and what is shared: a branch, a subsidiary, a tax id, a telephone, a website."""
    r = t.registration.c
    filed = {row.customer_name: row for row in session.execute(sa.select(t.registration))}
    parent, child = (filed[name].customer_id for name in (relations.PARENT, relations.SUBSIDIARY))
    assert filed[relations.BRANCH].customer_id == parent != child
    assert [each.id for each in family_of(session, parent).subsidiaries] == [child]
    assert (IdentifierKind.TAX_ID, relations.OLD_TAX_NUMBER, parent) in identifier_rows(session, {parent})
    held = filed[relations.CALLED[1]]
    assert (held.state, held.suspect_id) == (State.HELD, filed[relations.CALLED[0]].customer_id)
    assert (IdentifierKind.WEBSITE, "example.cn") in shared_values(session)
    assert session.scalar(sa.select(sa.func.count()).where(r.website == relations.PARK_SITE)) == 3


def told(session: Session) -> None:
    """Inboxes with something read and something new; nothing that would be sent to people who are none."""
    read = session.scalars(sa.select(t.notice.c.read_at.is_(None)).distinct()).all()
    assert sorted(read) == [False, True]
    assert set(session.scalars(sa.select(t.outbox.c.state))) == {OutboxState.DROPPED}


@pytest.mark.usefixtures("small")
def test_the_demo_holds_and_is_the_same_for_the_same_seed(
    empty_db_url: str, tmp_path: Any, at: Callable[[str], Any]
):
    at("2026-11-20 09:00")
    rows = filled(empty_db_url, 7, str(tmp_path / "files"))
    assert len(rows) > 40
    assert len({state for *_rest, state in rows}) > 3
    assert filled(f"sqlite:///{tmp_path / 'again.db'}", 7, str(tmp_path / "more")) == rows
