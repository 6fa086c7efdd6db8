"""Acts on customers, named by small numbers: a history that can be written down, shortened and done again.

What an act is about is taken from what there is, modulo how many; one that is refused does nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlmodel import Session

from portal import db
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.held import candidates
from portal.conflicts.naming import state_name
from portal.conflicts.pairs import take_back, tell_apart
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.terms import NameKind
from portal.imports.run import import_file
from portal.matching.suspicions import look
from portal.models import tables as t
from portal.registrations.service import file_registration
from portal.registrations.work import ask_correction, correct, edit_details
from tests.imports.files import as_csv
from tests.support.clocks import shanghai
from tests.support.filings import CODE, OTHER_CODE, filing
from tests.support.people import Person

THIRD_CODE = "91330106R3E9BHKFGW"
CODES = (None, CODE, OTHER_CODE, None, THIRD_CODE)
STEMS = ("星河动力", "星合动力", "青鲸物流", "白帆造船")
NAMES = tuple(f"{place}{stem}{form}" for stem in STEMS for place in ("", "北京") for form in ("", "有限公司"))
START = shanghai("2026-03-02 09:00")
FILERS = ("alice", "carol", "key_accounts")

Act = tuple[str, int, int, int]
"""What is done, and three numbers that say about what."""

KINDS = ("file", "file", "import", "past", "same", "other", "merge", "part", "correct", "recorrect",
         "state", "apart", "rejoin", "decisions", "english", "tick")  # fmt: skip


class Walk:
    """A history as it is lived: each act a transaction of its own, half a day after the one before."""

    def __init__(self, engine: sa.Engine, people: Mapping[str, Person], names: Sequence[str] = NAMES) -> None:
        self.engine, self.people, self.names = engine, people, names
        self.manager = people["channel_manager"].actor
        self.now, self.turn = START, 0

    def do(self, act: Act) -> bool:
        """Whether it was done; refused or about nothing there is: nothing changes."""
        kind, one, two, three = act
        self.turn += 1
        self.now = START + timedelta(hours=11 * self.turn)
        do: Callable[[Session, int, int, int], None] = getattr(self, f"_{kind}")
        try:
            with db.transaction(self.engine) as session:
                do(session, one, two, three)
        except (RuleViolation, NoResultFound, ZeroDivisionError):
            return False
        return True

    def problems(self) -> list[Any]:
        with db.reading(self.engine) as session:
            return list(problems(session, now=self.now))

    def _how(self) -> dict[str, Any]:
        return {"actor": self.manager, "now": self.now, "reason": "核实"}

    def _name(self, number: int) -> str:
        return self.names[number % len(self.names)]

    def _one_of(self, session: Session, query: Any, number: int) -> Any:
        rows = session.execute(query).all()
        return rows[number % len(rows)]

    def _claim(self, session: Session, number: int, *where: Any) -> Any:
        r = t.registration.c
        return self._one_of(session, sa.select(t.registration).where(*where).order_by(r.id), number)

    def _customer(self, session: Session, number: int, *where: Any) -> Any:
        c = t.customer.c
        where = where or (c.merged_into_id.is_(None),)
        return self._one_of(session, sa.select(t.customer).where(*where).order_by(c.id), number)

    def _file(self, session: Session, who: int, name: int, code: int) -> None:
        stated = filing(self._name(name), uscc=CODES[code % len(CODES)])
        actor = self.people[FILERS[who % len(FILERS)]].actor
        file_registration(session, actor=actor, now=self.now, filing=stated)

    def _bring(self, session: Session, filed_at: datetime, name: int, code: int) -> None:
        rows = [
            {
                "ref": f"B{self.turn}-{number}",
                "filed_at": (filed_at + timedelta(minutes=number)).isoformat(),
                "party": "P001", "customer_name": self._name(name * (number + 1) + number),
                "uscc": CODES[(code + 2 * number) % len(CODES)] or "",
            }
            for number in range(2)
        ]  # fmt: skip
        import_file(
            session, kind="registrations", file_name="r.csv", content=as_csv(rows), actor=None, now=self.now
        )

    def _import(self, session: Session, name: int, code: int, _three: int) -> None:
        self._bring(session, self.now - timedelta(minutes=5), name, code)

    def _past(self, session: Session, name: int, code: int, turns: int) -> None:
        back = turns % (self.turn + 2)
        self._bring(session, self.now - timedelta(hours=11 * back + 1), name, code)

    def _decide(self, session: Session, number: int, which: int, *, same: bool) -> None:
        row = self._claim(session, number, t.registration.c.state == State.HELD)
        near = [row.suspect_id, *(each.id for each in candidates(session, row) if each.id != row.suspect_id)]
        decide_held(
            session, registration_id=row.id, version=row.version, customer_id=near[which % len(near)],
            same=same, **self._how(),
        )  # fmt: skip

    def _same(self, session: Session, number: int, which: int, _three: int) -> None:
        self._decide(session, number, which, same=True)

    def _other(self, session: Session, number: int, which: int, _three: int) -> None:
        self._decide(session, number, which, same=False)

    def _merge(self, session: Session, loser: int, winner: int, _three: int) -> None:
        merge_customers(
            session, loser=self._customer(session, loser).id, winner=self._customer(session, winner).id,
            **self._how(),
        )  # fmt: skip

    def _part(self, session: Session, number: int, _two: int, _three: int) -> None:
        loser = self._customer(session, number, t.customer.c.merged_into_id.is_not(None))
        unmerge_customer(session, loser=loser.id, **self._how())

    def _correct_to(self, session: Session, claim: int, **values: Any) -> None:
        row = self._claim(session, claim)
        how = {"now": self.now, "registration_id": row.id}
        fields = list(values)
        ask_correction(session, actor=self.manager, version=row.version, fields=fields, note="请核对", **how)
        correct(session, actor=self.manager, version=row.version + 1, values=values, **how)

    def _correct(self, session: Session, claim: int, name: int, code: int) -> None:
        uscc = CODES[code % len(CODES)]
        self._correct_to(session, claim, customer_name=self._name(name), uscc=uscc)

    def _recorrect(self, session: Session, claim: int, code: int, _three: int) -> None:
        self._correct_to(session, claim, uscc=CODES[code % len(CODES)])

    def _english(self, session: Session, claim: int, name: int, _three: int) -> None:
        row = self._claim(session, claim)
        values = {"customer_name_en": ("Xinghe Power", "White Sail Ltd", "")[name % 3]}
        edit_details(
            session, actor=self.manager, now=self.now, registration_id=row.id, version=row.version,
            values=values,
        )  # fmt: skip

    def _state(self, session: Session, number: int, name: int, _three: int) -> None:
        customer, kind = self._customer(session, number).id, NameKind.FORMER
        state_name(session, customer_id=customer, kind=kind, name=self._name(name), **self._how())

    def _apart(self, session: Session, number: int, _two: int, _three: int) -> None:
        c = t.suspicion.c
        row = self._one_of(session, sa.select(t.suspicion).where(c.is_open).order_by(c.id), number)
        tell_apart(session, pair_id=row.id, version=row.version, **self._how())

    def _rejoin(self, session: Session, number: int, _two: int, _three: int) -> None:
        row = self._one_of(session, sa.select(t.suspicion).order_by(t.suspicion.c.id), number)
        take_back(session, pair_id=row.id, **self._how())

    def _decisions(self, session: Session, one: int, other: int, turns: int) -> None:
        """A decision made elsewhere, some turns ago."""
        first, second = self._claim(session, one), self._claim(session, other)
        at = self.now - timedelta(hours=11 * ((turns // 2) % (self.turn + 1)), minutes=30)
        row = {
            "registration": first.ref, "decision": ("same", "different")[turns % 2], "other": second.ref,
            "at": at.isoformat(), "reason": "核实",
        }  # fmt: skip
        import_file(
            session, kind="decisions", file_name="d.csv", content=as_csv([row]), actor=None, now=self.now
        )

    def _tick(self, session: Session, _one: int, _two: int, _three: int) -> None:
        db.lock_registry(session)
        look(session, now=self.now, most=50)


def walk(engine: sa.Engine, people: Mapping[str, Person], acts: Sequence[Act]) -> list[Any]:
    """Do them in order; answers what `portal check` says after the first act that broke anything."""
    walked = Walk(engine, people)
    for act in acts:
        if walked.do(act) and (found := walked.problems()):
            return found
    return []
