"""The raw facts of a quarter, and what they say of every customer and project at an instant.

It knows nothing of placements, snapshots, folds or projections: who is on which customer follows from names
as filed and from merges, who owns it from the naive owner model, the rest from the facts one by one.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t
from tests.model.naive_ownership import Brought, Customer, Told, day_of, in_order, midnight

DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)
_HEARD = {
    "moved": "moved", "progress": "progress", "released": "released", "lost": "lost", "restored": "restored",
    "case_opened": "contested", "case_closed": "settled", "reassigned": "reassigned",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A partner's project at the end of a week."""

    partner: int
    stage: str
    ports: int
    revenue: Decimal
    until: date | None
    clock: date
    paused: bool
    signed: date | None
    trial_ends: date | None


@dataclass(frozen=True)
class Help:
    """A request as it stood: when it was asked for, until when it was owed, when it was over."""

    need: str
    asked: date
    due: date
    done: date | None = None
    declined: bool = False

    def owed(self, today: date) -> set[date]:
        """The days after the due day, to the day it was given; declined, that day counts again."""
        last = today if self.done is None else self.done - DAY if self.declined else self.done
        return {self.due + each * DAY for each in range(1, (last - self.due).days + 1)}


def end_of(thursday: date) -> datetime:
    """The last instant of the week."""
    return midnight(thursday + DAY) - _TICK


class Facts:
    """Every fact by its claim, and on which customer each claim was from when on."""

    def __init__(self, session: Session) -> None:
        c, e = t.registration.c, t.registration_event.c
        self.claims = {
            row.id: row
            for row in session.execute(
                sa.select(c.id, c.ref, c.partner_id, c.customer_name, c.filed_at).order_by(c.filed_at)
            )
        }
        self.facts: dict[int, list[Any]] = {each: [] for each in self.claims}
        for row in session.execute(sa.select(t.registration_event).order_by(e.at, e.id)):
            self.facts[row.registration_id].append(row)
        self.stays: dict[int, list[tuple[datetime, int]]] = {}
        self._place()

    def _place(self) -> None:
        """A name that nobody filed before is a customer, called by its claim; a merge takes all along."""
        of_name: dict[str, int] = {}
        filings = [(row.filed_at, 0, row.id, None) for row in self.claims.values()]
        merges = [
            (fact.at, 1, fact.id, fact.data)
            for facts in self.facts.values() for fact in facts if fact.kind.value == "merged"
        ]  # fmt: skip
        for at, _kind, number, merge in sorted([*filings, *merges], key=lambda each: each[:3]):
            if merge is None:
                customer = of_name.setdefault(self.claims[number].customer_name, number)
                self.stays[number] = [(at, customer)]
                continue
            loser, winner = (self.stays[merge[side]][-1][1] for side in ("loser", "winner"))
            of_name |= {name: winner for name, customer in of_name.items() if customer == loser}
            for stays in self.stays.values():
                if stays[-1][1] == loser:
                    stays.append((at, winner))

    def known(self, claim: int, until: datetime, *kinds: str) -> list[Any]:
        """What was told of a claim by an instant and was not taken back by then."""
        there = [fact for fact in self.facts[claim] if fact.at <= until]
        undone = {fact.about_id for fact in there if fact.kind.value == "undone"}
        return [fact for fact in there if fact.id not in undone and (not kinds or fact.kind.value in kinds)]

    def helps(self, claim: int, until: datetime) -> list[Help]:
        """The requests of a claim, in the order in which they were asked for."""
        found: dict[str, Help] = {}
        for fact in self.known(claim, until, "support_asked", "support_planned", "support_done"):
            data, ref, day = fact.data, fact.data["request"], day_of(fact.at)
            if fact.kind.value == "support_asked":
                found[ref] = Help(fact.note, day, date.fromisoformat(data["due"]))
                continue
            was = found[ref]
            if fact.kind.value == "support_planned":
                found[ref] = Help(was.need, was.asked, date.fromisoformat(data["due"]))
            else:
                found[ref] = Help(was.need, was.asked, was.due, day, data["state"] == "declined")
        return list(found.values())

    def owed(self, claim: int, until: datetime) -> set[date]:
        """The days on which the vendor owed a claim something, as known at an instant (C3)."""
        return {day for each in self.helps(claim, until) for day in each.owed(day_of(until))}

    def customer_of(self, claim: int, until: datetime) -> int:
        """On which customer a claim was."""
        return [customer for at, customer in self.stays[claim] if at <= until][-1]

    def stand(self, customer: int, until: datetime) -> Customer:
        """The customer as the naive model imagines it."""
        days: dict[str, set[date]] = {}

        def owed(ref: str) -> set[date]:
            if ref not in days:
                days[ref] = self.owed(int(ref), until)
            return days[ref]

        return customer_at(self._story(customer, until), until, owed)

    def _story(self, customer: int, until: datetime) -> list[Told]:
        story: list[Told] = []
        for claim, stays in self.stays.items():
            for place, (at, there) in enumerate(stays):
                if there != customer or at > until:
                    continue
                arrival = self._arrival(claim, place)
                gone = stays[place + 1][0] if place + 1 < len(stays) else None
                if arrival:
                    story.append(arrival)
                if arrival and arrival.what == "filed":
                    story += [
                        each for each in self._told(claim, until) if at <= each.at < (gone or until + _TICK)
                    ]
                if gone is not None and gone <= until:
                    story.append(Told(gone, "gone", ref_of(claim), how="C12"))
        return story

    def _arrival(self, claim: int, place: int) -> Told | None:
        """What a customer hears of a claim that comes, with what it had reached elsewhere if it goes on."""
        row, (at, _customer) = self.claims[claim], self.stays[claim][place]
        ref, party = ref_of(claim), str(row.partner_id) if row.partner_id else "KA"
        if not place:
            return Told(at, "filed", ref, "interest", party, row.filed_at)
        before = self.stand(self.stays[claim][place - 1][1], at - _TICK)
        if ref not in before.claims:  # it had ended before it came there
            return before.brought.get(ref) and Told(
                at, "brought", ref, party=party, filed_at=before.brought[ref][1]
            )
        if (there := before.claims[ref]).ended:
            return Told(at, "brought", ref, party=party, filed_at=there.taken_at) if there.taken else None
        had = before.picture(at - _TICK).rows[ref]
        brought = Brought(had.stage, had.highest, had.progressed_at, had.owned_since)
        return Told(at, "filed", ref, "interest", party, row.filed_at, "C12", brought)

    def _told(self, claim: int, until: datetime) -> Iterator[Told]:
        for fact in self.known(claim, until, *_HEARD):
            other = fact.data.get("to") or fact.data.get("by")
            yield Told(
                fact.at,
                _HEARD[fact.kind.value],
                ref_of(claim),
                fact.stage.value if fact.stage else "interest",
                other=ref_of(other) if other else "",
                how=fact.data.get("rule", "C1"),
            )

    def lines(self, thursday: date) -> Iterator[tuple[int, Line]]:
        """The projects of partners at the end of a week: open, or signed in it."""
        until = end_of(thursday)
        there = {claim for claim, row in self.claims.items() if row.filed_at <= until}
        for customer in {self.customer_of(claim, until) for claim in there}:
            stand = self.stand(customer, until)
            if stand.owner is not None and self.claims[int(stand.owner)].partner_id is not None:
                line = self._line(int(stand.owner), stand, thursday)
                if line.signed is None or line.signed > thursday - 7 * DAY:
                    yield int(stand.owner), line

    def _line(self, claim: int, stand: Customer, thursday: date) -> Line:
        until = end_of(thursday)
        row, stated = stand.picture(until).rows[ref_of(claim)], self.stated(claim, until)
        signed = day_of(self.known(claim, until, "moved")[-1].at) if row.stage == "signed" else None
        last = row.protected_until if signed is None else None
        # What was given in the course of the day is owed no more at its end.
        late = any(each.done is None and each.due < thursday for each in self.helps(claim, until))
        return Line(
            partner=self.claims[claim].partner_id,
            stage=row.stage,
            ports=stated["ports"],
            revenue=stated["revenue"],
            until=last,
            clock=max(day_of(each) for each in (row.owned_since, row.progressed_at) if each),
            paused=bool(last and late and stand.clock_day() < thursday <= last),
            signed=signed,
            trial_ends=stated["trial"],
        )

    def stated(self, claim: int, until: datetime) -> dict[str, Any]:
        """What people stated of a claim until an instant, fact by fact."""
        found: dict[str, Any] = {"trial": None, "step": "", "step_on": None}
        for fact in self.known(claim, until):
            data, kind = fact.data, fact.kind.value
            if kind == "filed":
                found |= {"ports": int(data["ports"]), "revenue": Decimal(data["yearly_revenue"])}
            elif kind in ("edited", "corrected"):
                found["ports"] = int(data["after"].get("ports", found["ports"]))
                found["revenue"] = Decimal(data["after"].get("yearly_revenue", found["revenue"]))
            elif kind == "next_step":
                due = data.get("due") if fact.note else None
                found |= {"step": fact.note, "step_on": due and date.fromisoformat(due)}
            elif kind == "moved" and "trial_end" in data:
                found["trial"] = date.fromisoformat(data["trial_end"])
        return found


def ref_of(claim: int) -> str:
    """A name of a claim that sorts as claims were filed."""
    return f"{claim:09d}"


def customer_at(story: Iterable[Told], until: datetime, owed: Callable[[str], Collection[date]]) -> Customer:
    """The customer once it has heard everything; `owed`: the days on which a claim was owed something."""
    known = [told for told in story if told.at <= until]
    customer = Customer(lambda _day: 28, frozenset(), owed)
    for instant in sorted({told.at for told in known}):
        for told in in_order([told for told in known if told.at == instant]):
            customer.hear(told)
    return customer
