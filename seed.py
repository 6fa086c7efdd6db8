"""Fill a new database with a believable, fictional channel, through the services.

People of every role, half a year of registrations with their histories: meetings, trials,
signed customers, lapses, cases, held filings. The same ``--random-seed`` gives the same
channel; ``--scale N`` multiplies it. Demo logins go to standard output, progress to standard error.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import clock, db, schema
from portal.config import Config
from portal.conflicts.decisions import decide_held
from portal.conflicts.service import settle_lapses
from portal.demo import inboxes, lookalikes, names, reports, reviews, rollups
from portal.demo.disputes import Disputes
from portal.demo.founding import DAYS, PASSWORD, Channel, Founding, refused
from portal.demo.helping import Helping
from portal.demo.money import Money
from portal.demo.relations import Relations
from portal.demo.stating import Stating
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.periods import business_date
from portal.domain.pipeline import STAGES, LostReason, Stage
from portal.domain.roles import Actor
from portal.domain.terms import CustomerClass, Source
from portal.models import tables as t
from portal.pipeline.service import lose, move_project, release
from portal.registrations.service import Filing, file_registration
from portal.registrations.work import add_note, ask_correction, set_next_step

REGISTRATIONS = 600
# What was filed in the last few days may still be held: some of it in time, hardly any overdue.
UNDECIDED = 3


class Seeder(Founding):
    """Draws the channel; every act goes through a service, at its own instant."""

    def run(self) -> Channel:
        """Everything, in the order it would have happened."""
        self.stating = Stating(self.random)
        founding = self.instant(self.start - timedelta(days=30), 9)
        with clock.frozen(founding), db.transaction(self.engine) as session:
            channel = self.found_channel(session, founding)
        last, disputed = self.instant(self.today, 0), self.instant(self.today - timedelta(days=12), 8)
        self.helping = Helping(channel, self.random, self.today)
        acts = [*self.plan(channel), *self.helping.on_partners()]
        acts = [act for act in acts if act[0] < last]
        acts += [*Relations(channel, self.today).acts(), *inboxes.acts(self.today)]
        acts += reviews.acts(channel, self.today)
        acts += [act for act in reports.acts(channel, self.today, self.random) if act[0] < last]
        money = Money(channel, today=self.today, start=self.start, draw=self.random, folder=self.folder)
        acts += [act for act in (*money.acts(), *rollups.acts(self.today)) if act[0] < last]
        self.enact([act for act in acts if act[0] < disputed])
        with db.reading(self.engine) as session:
            disputes = Disputes(channel)
            cases = list(disputes.acts(disputes.begin(session, business_date(disputed)), disputed))
        alike = lookalikes.acts(channel.manager, last)
        self.enact([act for act in [*acts, *cases, *alike] if disputed <= act[0] < last])
        self.close_up()
        return channel

    def enact(self, acts: list[tuple[datetime, Any]]) -> None:
        """Do what is planned, in the order in which it happens."""
        for number, (at, act) in enumerate(sorted(acts, key=lambda act: act[0])):
            if number % 200 == 0:
                print(f"\r{number}/{len(acts)} acts", end="", file=sys.stderr)
            # What a person would be refused (a claim that ended meanwhile) is left out.
            with clock.frozen(at), db.transaction(self.engine) as session, refused(session):
                act(session, at)
        print(f"\r{len(acts)}/{len(acts)} acts", file=sys.stderr)

    def plan(self, channel: Channel) -> Iterator[tuple[datetime, Any]]:
        """Every filing and what follows from it, each with its instant."""
        customers: list[str] = []
        for _ in range(REGISTRATIONS * self.scale):
            # More of them lately, as in a channel that grows.
            day = self.start + timedelta(days=int(DAYS * self.random.random() ** 0.5))
            day = min(day, self.today - timedelta(days=1))
            filer = self.filer(channel)
            name, code = self.customer(customers)
            yield from self.story(channel, filer, name, code, self.instant(day, self.random.uniform(9, 17)))

    def filer(self, channel: Channel) -> Actor:
        if self.random.random() < 0.08:
            return self.random.choice(channel.key_accounts)
        return self.random.choice(self.random.choice(list(channel.reps.values())))

    def customer(self, known: list[str]) -> tuple[str, str | None]:
        """Mostly a new company; sometimes one that somebody else knows, sometimes written otherwise."""
        lot = self.random.random()
        if known and lot < 0.14:
            return self.random.choice(known), None
        if known and lot < 0.21:
            return names.otherwise(self.random.choice(known)), None
        name = names.company(self.random)
        known.append(name)
        return name, names.uscc(self.random) if self.random.random() < 0.4 else None

    def story(
        self, channel: Channel, filer: Actor, name: str, code: str | None, at: datetime
    ) -> Iterator[tuple[datetime, Any]]:
        place: dict[str, int] = {}
        ports = self.random.choice((8, 10, 16, 20, 30, 40, 60, 80, 120, 200))
        revenue = Decimal(ports * self.random.choice((600, 900, 1200)))
        filing = Filing(
            customer_name=name,
            customer_name_en=names.english(self.random, name),
            uscc=code,
            contact=names.contact(self.random),
            phone=names.mobile(self.random),
            city=self.random.choice(names.CITIES),
            customer_class=CustomerClass("A" if ports >= 120 else "B" if ports >= 30 else "C"),
            ports=ports,
            yearly_revenue=revenue,
            stage=Stage.INTEREST,
            source=self.random.choice(list(Source)),
        )

        def file(session: Session, now: datetime) -> None:
            place["id"] = file_registration(session, actor=filer, now=now, filing=filing).registration_id

        yield at, file
        yield from self.progress(filer, place, at, ports, revenue)
        if (self.today - business_date(at)).days > UNDECIDED:
            # Twice: what is another customer than one may still look like the next.
            for hours in (self.random.uniform(2, 10), 20):
                yield at + timedelta(hours=hours), self.decide(channel, place)
        if self.random.random() < 0.04:
            yield at + timedelta(days=1), self.correction(channel, place)
        if self.random.random() < 0.05:
            yield at + timedelta(days=1), self.stating.act(channel.manager, place, name)

    def progress(
        self, filer: Actor, place: dict[str, int], at: datetime, ports: int, revenue: Decimal
    ) -> Iterator[tuple[datetime, Any]]:
        when = at
        for stage in STAGES[1 : 1 + self.random.choices(range(5), (14, 24, 24, 21, 17))[0]]:
            when += timedelta(days=self.random.uniform(4, 26))
            if when >= self.instant(self.today, 0):
                return
            yield when, self.move(filer, place, stage, ports, revenue)
            if self.random.random() < 0.3:
                yield when + timedelta(hours=1), self.note(filer, place)
            if stage.number >= 3 and self.random.random() < 0.25:
                yield from self.helping.on_project(filer, place, when + timedelta(hours=2))
            if stage.number >= 4:
                yield from self.helping.installed(place, when)
        if self.random.random() < 0.25:
            end = when + timedelta(days=self.random.uniform(5, 40))
            if end < self.instant(self.today, 0):
                yield end, self.ending(filer, place)
        elif self.random.random() < 0.5 and (self.today - business_date(when)).days < 30:
            yield when + timedelta(hours=3), self.step(filer, place)

    def move(self, filer: Actor, place: dict[str, int], stage: Stage, ports: int, revenue: Decimal) -> Any:
        def act(session: Session, now: datetime) -> None:
            version = self.version(session, place)
            day = business_date(now)
            gate = {
                "met_on": day,
                "met_with": names.contact(self.random),
                "solution": f"语音专网 {ports} 端口",
                "trial_agreement": f"SY-{place['id']:06d}",
                "trial_start": day,
                "trial_end": day + timedelta(days=30),
                "contract_no": f"HT-{place['id']:06d}",
                "contract_date": day,
                "ports": ports,
                "yearly_amount": revenue,
            }
            move_project(
                session,
                actor=filer,
                now=now,
                registration_id=place["id"],
                version=version,
                to=stage,
                gate=gate,
            )

        return act

    def ending(self, filer: Actor, place: dict[str, int]) -> Any:
        why = self.random.choice(list(LostReason))

        def act(session: Session, now: datetime) -> None:
            common = self.on(session, place, filer, now)
            if why is LostReason.OTHER:
                release(session, **common, reason="客户暂缓项目，先释放")
            else:
                lose(session, **common, why=why, note=names.loss(why.value))

        return act

    def note(self, filer: Actor, place: dict[str, int]) -> Any:
        text = self.random.choice(names.NOTES)

        def act(session: Session, now: datetime) -> None:
            self.version(session, place)
            add_note(session, actor=filer, now=now, registration_id=place["id"], text=text)

        return act

    def step(self, filer: Actor, place: dict[str, int]) -> Any:
        text, due = self.random.choice(names.STEPS), self.today + timedelta(days=self.random.randint(-2, 12))

        def act(session: Session, now: datetime) -> None:
            set_next_step(session, **self.on(session, place, filer, now), step=text, due=due)

        return act

    def on(self, session: Session, place: dict[str, int], actor: Actor, now: datetime) -> dict[str, Any]:
        version = self.version(session, place)
        return {"actor": actor, "now": now, "registration_id": place["id"], "version": version}

    def decide(self, channel: Channel, place: dict[str, int]) -> Any:
        same = self.random.random() < 0.6

        def act(session: Session, now: datetime) -> None:
            c = t.registration.c
            self.version(session, place)
            row = session.execute(
                sa.select(c.state, c.suspect_id, c.version).where(c.id == place["id"])
            ).one()
            if row.state is State.HELD and row.suspect_id:
                decide_held(
                    session, actor=channel.manager, now=now, registration_id=place["id"],
                    version=row.version, customer_id=row.suspect_id, same=same,
                    reason="电话核实：同一家公司" if same else "电话核实：两家公司，法人不同",
                )  # fmt: skip

        return act

    def correction(self, channel: Channel, place: dict[str, int]) -> Any:
        def act(session: Session, now: datetime) -> None:
            on = self.on(session, place, channel.manager, now)
            ask_correction(session, **on, fields=["phone", "contact"], note="电话打不通，请核对联系人和电话")

        return act

    def version(self, session: Session, place: dict[str, int]) -> int:
        if "id" not in place:
            raise RuleViolation("pipeline.ended")
        found = session.scalar(sa.select(t.registration.c.version).where(t.registration.c.id == place["id"]))
        return int(found or 0)

    def close_up(self) -> None:
        """Bring the demo to this morning: lapses written down and told of."""
        now = max(clock.now(), self.instant(self.today, 0))
        with db.transaction(self.engine) as session:
            db.lock_registry(session)
            settle_lapses(session, now=now, today=self.today)
        inboxes.close_up(self.engine, now)


def main() -> int:
    """Seed the configured database; refuses one that holds partners already."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--random-seed", type=int, default=2026)
    parser.add_argument("--today", type=date.fromisoformat, help="last day of the demo")
    options = parser.parse_args()
    config = Config.from_env()
    engine = db.make_engine(config.database_url)
    schema.bring_up_to_date(engine, now=clock.now())
    with db.reading(engine) as session:
        if session.scalar(sa.select(sa.func.count()).select_from(t.partner)):
            print("The database holds partners already; seed a new one.", file=sys.stderr)
            return 1
    seeder = Seeder(
        engine, scale=max(options.scale, 1), seed=options.random_seed, today=options.today or clock.today(),
        folder=config.files,
    )  # fmt: skip
    channel = seeder.run()
    print(f"Demo logins (password for all: {PASSWORD}):")
    for role, email in channel.logins:
        print(f"  {role:22} {email}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
