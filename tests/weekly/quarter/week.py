"""A week of some partners anew from the raw facts: loops and sums, nothing else."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.model.naive_ownership import day_of, midnight
from tests.weekly.quarter.deadlines import deadline
from tests.weekly.quarter.facts import DAY, Facts, Line, end_of

Text = dict[str, Any]
STAGES = ("interest", "meeting", "solution", "trial", "signed")
# The shipped policy, written down once more.
WEIGHTS = dict(zip(STAGES, ("0.10", "0.25", "0.50", "0.75", "1.00"), strict=True))
STUCK, SOON = 14, 7
MARKS = ("lapsing", "lapsed", "stuck")


@dataclass(frozen=True)
class Known:
    """The raw facts, the projects at the end of each week, every revision that was sent, every case."""

    facts: Facts
    ends: Mapping[date, Mapping[int, Line]]
    sent: Sequence[Any]
    cases: Sequence[Any]


class WeekAnew:
    """A week of these partners."""

    def __init__(self, known: Known, thursday: date, partners: Mapping[int, Any], made_at: datetime) -> None:
        self.known, self.facts, self.thursday, self.made_at = known, known.facts, thursday, made_at
        self.partners, self.end = partners, end_of(thursday)
        self.start = midnight(thursday - 6 * DAY)
        self.now, self.before = (
            {number: line for number, line in known.ends[day].items() if line.partner in partners}
            for day in (thursday, thursday - 7 * DAY)
        )
        self.open = {number: line for number, line in self.now.items() if line.stage != "signed"}

    # Figures

    def stages(self) -> Text:
        return {
            stage: sums([line for line in self.now.values() if line.stage == stage], stage)
            for stage in STAGES
        }

    def figures(self) -> Text:
        open_, signed = list(self.open.values()), [line for line in self.now.values() if line.signed]
        weighted = sum((line.revenue * Decimal(WEIGHTS[line.stage]) for line in open_), Decimal(0))
        there = {number for number, line in self.before.items() if line.stage != "signed"} | self.now.keys()
        changes = Counter(change(self.before.get(each), self.now.get(each)) for each in there)
        return {
            "stages": self.stages(),
            "open": sums(open_) | {
                "weighted": fen(weighted), "key": sum(line.stage in STAGES[2:] for line in open_),
            },
            "signed": sums(signed),
            "changes": {
                **{name: changes[name] for name in ("new", "advanced", "fell_back", "same", "gone")},
                **{mark: sum(mark in self.marks(line) for line in open_) for mark in MARKS},
                "lapsed_now": sum(self.lapsed_now(line) for line in open_),
            },
        }  # fmt: skip

    def marks(self, line: Line) -> list[str]:
        """Whether its protection runs out within a week, is over, or nothing moved for two weeks."""
        if line.until is None:
            return []
        left, found = (line.until - self.thursday).days, []
        if 0 <= left <= SOON and not line.paused:
            found.append("lapsing")
        if left < 0:
            found.append("lapsed")
        elif (self.thursday - line.clock).days > STUCK:
            found.append("stuck")
        return found

    def lapsed_now(self, line: Line) -> bool:
        """Whether it was protected a week ago, or began this week without."""
        return "lapsed" in self.marks(line) and line.until >= self.thursday - 7 * DAY  # type: ignore[operator]

    # Lists

    def _in_order(self, lines: Mapping[int, Line]) -> list[int]:
        """The furthest first, then the dearest."""
        return sorted(
            lines,
            key=lambda number: (-STAGES.index(lines[number].stage), -lines[number].revenue, number),
        )

    def listed(self, wanted: Callable[[Line], bool]) -> list[Text]:
        lines = {number: line for number, line in self.now.items() if wanted(line)}
        return [self.told(number, lines[number]) for number in self._in_order(lines)]

    def gone(self) -> list[Text]:
        """Key projects of last week that are not the partner's any more."""
        lines = {
            number: line
            for number, line in self.before.items()
            if line.stage in STAGES[2:4] and number not in self.now
        }
        return [self.told(number, lines[number]) for number in self._in_order(lines)]

    def told(self, number: int, line: Line) -> Text:
        row, partner = self.facts.claims[number], self.partners[line.partner]
        before, there = self.before.get(number), number in self.now
        stated = self.facts.stated(number, self.end)
        return {
            "id": number, "ref": row.ref, "customer": row.customer_name, "partner": partner.code,
            "partner_name": partner.name, "stage": line.stage, "before": before.stage if before else "",
            "change": change(before, line if there else None), "ports": line.ports,
            "revenue": fen(line.revenue), "protected_until": day(line.until),
            "trial_ends_on": day(stated["trial"] if line.stage == "trial" else None),
            "next_step": stated["step"], "next_on": day(stated["step_on"]), "signed_on": day(line.signed),
            "marks": self.marks(line) if there else [],
        }  # fmt: skip

    def support(self) -> list[Text]:
        """What was asked for and not given yet, the oldest request of a project, the oldest first."""
        found = []
        for number, line in self.open.items():
            waits = [each for each in self.facts.helps(number, self.end) if each.done is None]
            if waits:
                days = (self.thursday - waits[0].asked).days
                more = {"need": waits[0].need, "since": day(waits[0].asked), "days": days}
                found.append(self.told(number, line) | more)
        return sorted(found, key=lambda each: (-each["days"], each["id"]))

    def expected(self) -> dict[int, Line]:
        """In trial, and the trial's end or the next step lies in the month."""
        month = f"{self.thursday:%Y-%m}"
        return {
            number: line
            for number, line in self.open.items()
            if line.stage == "trial"
            and month in (f"{line.trial_ends}"[:7], f"{self.facts.stated(number, self.end)['step_on']}"[:7])
        }

    def closed(self, month: str) -> list[Line]:
        """Signed in a month by the end of the week, as the last week's end that knows the project has it."""
        newest: dict[int, Line] = {}
        for thursday, lines in sorted(self.known.ends.items()):
            if thursday <= self.thursday:
                newest |= lines
        return [
            line for line in newest.values()
            if line.signed and f"{line.signed:%Y-%m}" == month and line.partner in self.partners
        ]  # fmt: skip

    def closings(self) -> Text:
        expected, month = self.expected(), f"{self.thursday:%Y-%m}"
        last = f"{self.thursday.replace(day=1) - DAY:%Y-%m}"
        return {
            "month": month,
            "expected": sums(list(expected.values()), "trial"),
            "closed": sums(self.closed(month)),
            "listed": [self.told(number, expected[number]) for number in self._in_order(expected)],
            "last_month": {"month": last, "closed": sums(self.closed(last))},
        }

    # Who reported, who contests

    def reports(self) -> Text:
        """Who had to report, or did; late by its first revision, and only what came before the roll-up."""
        first: dict[int, datetime] = {}
        for row in self.known.sent:
            if (
                row.week == self.thursday
                and row.submitted_at <= self.made_at
                and row.partner_id in self.partners
            ):
                first.setdefault(row.partner_id, row.submitted_at)
        due = {
            line.partner for line in self.open.values() if self.partners[line.partner].active
        } | first.keys()
        late = [number for number, at in first.items() if at > deadline(self.thursday)]
        return {
            "due": len(due),
            "in_time": len(first) - len(late),
            "late": self._named(late),
            "missing": self._named([number for number in due if number not in first]),
        }

    def _named(self, numbers: list[int]) -> list[Text]:
        rows = sorted((self.partners[number] for number in numbers), key=lambda row: row.code)
        return [{"code": row.code, "name": row.name, "region": row.region} for row in rows]

    def cases(self) -> Text:
        """Asked for or decided in the week, where the owner's partner is, or else the challenger's."""
        found = []
        for case in self.known.cases:
            owner, asking = (self.facts.claims[each] for each in (case.owner_id, case.challenger_id))
            partner = self.partners.get(owner.partner_id or asking.partner_id)
            opened = self._fact(asking.id, "case_asked", case.ref)
            passed = self._fact(owner.id, "reassigned", case.ref, rule=("C4", "C9"))
            decided = passed or self._fact(owner.id, "case_closed", case.ref, outcome=("refused",))
            if partner is None or not (opened or decided):
                continue
            found.append(
                {
                    "ref": case.ref, "customer": owner.customer_name, "kind": case.kind.value,
                    "partner": partner.code, "partner_name": partner.name, "opened": opened,
                    "decided": decided, "outcome": case.outcome.value if decided else "",
                }
            )  # fmt: skip
        return {
            "opened": sum(each["opened"] for each in found),
            "decided": sum(each["decided"] for each in found),
            "listed": found,
        }

    def _fact(self, claim: int, kind: str, ref: str, **data: tuple[str, ...]) -> bool:
        return any(
            fact.data["case"] == ref and all(fact.data.get(name) in among for name, among in data.items())
            for fact in self.facts.known(claim, self.end, kind)
            if fact.at >= self.start
        )

    # What the next weeks remember of it

    def entry(self) -> Text:
        """The week in the history that charts, conversion and median days are made of."""
        flows = {stage: dict.fromkeys(("stood", "further", "back", "gone"), 0) for stage in STAGES[:4]}
        days: dict[str, Counter[str]] = {stage: Counter() for stage in STAGES[:4]}
        for number, line in self.before.items():
            if line.stage == "signed":
                continue
            became = change(line, self.now.get(number))
            flows[line.stage]["stood"] += 1
            for name, changes in (("further", "advanced"), ("back", "fell_back"), ("gone", "gone")):
                flows[line.stage][name] += became == changes
            if became == "advanced":
                days[line.stage][str(self.stood(number, line.stage))] += 1
        return {
            "week": self.thursday.isoformat(),
            "stages": self.stages(),
            "expected": sums(list(self.expected().values())),
            "closed": sums(self.closed(f"{self.thursday:%Y-%m}")),
            "flows": flows,
            "days": days,
        }

    def stood(self, number: int, stage: str) -> int:
        """From its last coming to the stage before the week to its first move off it in the week."""
        path = [(each.at, each.stage.value) for each in self.facts.known(number, self.end, "filed", "moved")]
        left = next(at for at, to in path if at >= self.start and to != stage)
        came, here = path[0]
        for at, to in path:
            if at < self.start and to != here:
                came, here = at, to
        assert here == stage
        return (day_of(left) - day_of(came)).days


def change(before: Line | None, now: Line | None) -> str:
    """What became of a project within a week."""
    if before is None or now is None:
        return "new" if now else "gone"
    step = STAGES.index(now.stage) - STAGES.index(before.stage)
    return "same" if not step else "advanced" if step > 0 else "fell_back"


def sums(lines: list[Line], stage: str = "") -> Text:
    """Projects, ports and revenue; of a stage weighted besides."""
    revenue = sum((line.revenue for line in lines), Decimal(0))
    found = {"projects": len(lines), "ports": sum(line.ports for line in lines), "revenue": fen(revenue)}
    return found | {"weighted": fen(revenue * Decimal(WEIGHTS[stage]))} if stage else found


def fen(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01"), ROUND_HALF_UP))


def day(value: date | None) -> str:
    return value.isoformat() if value else ""
