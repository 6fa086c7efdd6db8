"""Many filings at once: one owner, everybody else in the queue, nobody turned away (C11).

Half of the threads of each process file ten of the customers, the other half the other ten: fifty want
each. With PORTAL_RACE=20 every thread files all twenty, and a hundred want each.
"""

import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa

from portal import clock, db
from portal.conflicts.check import problems
from portal.domain.facts import State
from portal.domain.roles import Actor, Role
from portal.models import tables as t
from portal.registrations.service import file_registration
from tests.support.filings import filing
from tests.support.people import Person, make_partner, make_user

PROCESSES, THREADS, CUSTOMERS = 2, 50, 20
EACH = int(os.environ.get("PORTAL_RACE", "10"))
GROUPS = CUSTOMERS // EACH


def storm(url: str, actors: list[tuple[int, int, int]], results: Any) -> None:
    """One process: every actor files the customers of a group, in threads; puts the errors met."""
    engine = db.make_engine(url)

    def file_all(who: tuple[int, int, int]) -> list[str]:
        actor, errors = Actor(who[0], "x", frozenset({Role.PARTNER_REP}), who[1]), []
        for number in range(who[2] * EACH, (who[2] + 1) * EACH):
            try:
                with db.transaction(engine) as session:
                    file_registration(
                        session, actor=actor, now=clock.now(), filing=filing(f"第{number}号客户有限公司")
                    )
            except Exception as error:
                errors.append(repr(error))
        return errors

    with ThreadPoolExecutor(THREADS) as pool:
        results.put([error for errors in pool.map(file_all, actors) for error in errors])
    engine.dispose()


def test_fifty_threads_in_two_processes_file_the_same_twenty_customers(
    engine: sa.Engine, db_url: str, people: Mapping[str, Person]
) -> None:
    with db.transaction(engine) as session:
        actors = []
        for number in range(PROCESSES * THREADS):
            partner = make_partner(session, f"R{number:03d}")
            person = make_user(session, f"racer{number}", Role.PARTNER_REP, partner_id=partner)
            actors.append((person.user_id, partner, number // PROCESSES % GROUPS))
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    runs = [
        context.Process(target=storm, args=(db_url, actors[start::PROCESSES], results))
        for start in range(PROCESSES)
    ]
    for run in runs:
        run.start()
    errors = [error for _run in runs for error in results.get(timeout=240)]
    for run in runs:
        run.join()
    assert errors == []
    rivals = len(actors) // GROUPS
    c = t.registration.c
    with db.reading(engine) as session:
        customers = session.scalars(sa.select(c.customer_id).distinct()).all()
        assert len(customers) == CUSTOMERS
        for customer in customers:
            rows = session.execute(
                sa.select(c.state, c.queue_position).where(c.customer_id == customer).order_by(c.filed_at)
            ).all()
            assert [row.queue_position for row in rows] == list(range(rivals))
            assert [row.state for row in rows] == [State.ACTIVE] + [State.WAITING] * (rivals - 1)
        assert list(problems(session, now=clock.now())) == []
