"""Short ways to tell the ownership fold a history: by party, by Shanghai wall clock."""

from datetime import datetime

from portal.domain.conflicts import replay
from portal.domain.facts import (
    Carried,
    Change,
    Contested,
    Ended,
    Fact,
    Joined,
    Left,
    Moved,
    Pause,
    Progressed,
    Reassigned,
    Restored,
    Rule,
    Settled,
    Standing,
    State,
    Taken,
    Timeline,
)
from portal.domain.pipeline import Stage
from portal.domain.policy import Policies
from tests.model.histories import policy
from tests.support.clocks import shanghai

POLICIES = Policies([policy()])


class Story:
    """A customer's facts, told by the name of the claim: its party is the name's first word."""

    def __init__(self, policies: Policies = POLICIES) -> None:
        self.policies = policies
        self.facts: list[Fact] = []
        self.pauses: list[Pause] = []
        self.names: dict[str, int] = {}

    def files(
        self,
        who: str,
        when: str,
        *,
        stage: Stage = Stage.INTEREST,
        entered: str | None = None,
        via: Rule = Rule.FIRST,
        carried: Carried | None = None,
    ) -> "Story":
        number = self.names[who] = len(self.names) + 1
        filed, at = shanghai(when), shanghai(entered or when)
        party = who.split()[0]
        self.facts.append(Joined(number, at, filed, f"R{number:08d}", party, stage, via, carried))
        return self

    def moves(self, who: str, when: str, stage: Stage) -> "Story":
        self.facts.append(Moved(self.names[who], shanghai(when), stage))
        return self

    def progresses(self, who: str, when: str) -> "Story":
        self.facts.append(Progressed(self.names[who], shanghai(when)))
        return self

    def releases(self, who: str, when: str) -> "Story":
        self.facts.append(Ended(self.names[who], shanghai(when), State.RELEASED))
        return self

    def loses(self, who: str, when: str) -> "Story":
        self.facts.append(Ended(self.names[who], shanghai(when), State.LOST))
        return self

    def leaves(self, who: str, when: str, rule: Rule = Rule.MERGED) -> "Story":
        self.facts.append(Left(self.names[who], shanghai(when), rule))
        return self

    def contests(self, who: str, owner: str, when: str) -> "Story":
        self.facts.append(Contested(self.names[owner], shanghai(when), self.names[who]))
        return self

    def keeps(self, who: str, when: str) -> "Story":
        self.facts.append(Settled(self.names[who], shanghai(when)))
        return self

    def passes(self, who: str, to: str, when: str, rule: Rule = Rule.TAKEOVER) -> "Story":
        self.facts.append(Reassigned(self.names[who], shanghai(when), self.names[to], rule))
        return self

    def gets_back(self, who: str, when: str) -> "Story":
        self.facts.append(Restored(self.names[who], shanghai(when)))
        return self

    def lost_elsewhere(self, party: str, since: str, when: str) -> "Story":
        """A merge on `when` brings along that a decision took the customer from `party`."""
        number = self.names[f"{party} elsewhere"] = len(self.names) + 1
        self.facts.append(Taken(number, shanghai(when), party, shanghai(since)))
        return self

    def as_of(self, when: str) -> "Told":
        timeline = replay(self.facts, self.policies, shanghai(when), self.pauses)
        return Told(timeline, {number: name for name, number in self.names.items()})


class Told:
    """The time line, read by the names of the claims."""

    def __init__(self, timeline: Timeline, names: dict[int, str]) -> None:
        self.timeline = timeline
        self.names = names

    @property
    def owner(self) -> str | None:
        owner = self.timeline.owner
        return None if owner is None else self.names[owner]

    @property
    def queue(self) -> list[str]:
        """The waiting claims, first in line first."""
        waiting = [
            (each.queue_position, claim)
            for claim, each in self.timeline.claims.items()
            if each.queue_position
        ]
        return [self.names[claim] for _position, claim in sorted(waiting)]

    @property
    def reigns(self) -> list[tuple[str, datetime, datetime | None, Rule]]:
        """Every interval of ownership."""
        return [(self.names[i.claim], i.start, i.end, i.rule) for i in self.timeline.intervals]

    @property
    def ignored(self) -> list[str]:
        return [each.reason for each in self.timeline.ignored]

    def __getitem__(self, who: str) -> Standing:
        number = next(number for number, name in self.names.items() if name == who)
        return self.timeline.claims[number]

    def history(self, who: str) -> list[Change]:
        return self[who].history
