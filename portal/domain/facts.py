"""What the ownership fold is told and what it answers (§6): plain, frozen, ordered by instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from portal.domain.pipeline import Stage


class State(StrEnum):
    """How a claim stands (G4, G5)."""

    HELD = "held"
    ACTIVE = "active"
    WAITING = "waiting"
    LAPSED = "lapsed"
    RELEASED = "released"
    SIGNED = "signed"
    LOST = "lost"


OWNING_STATES = frozenset({State.ACTIVE, State.LAPSED, State.SIGNED})


class Rule(StrEnum):
    """The rule that decided something; shown in words beside every decision."""

    FIRST = "C1"
    SAME_DAY = "C2"
    LAPSED = "C3"
    TAKEOVER = "C4"
    NEXT_OWNER = "C5"
    NEW_CLOCK = "C6"
    RENEWED = "C7"
    APPEAL = "C8"
    VOLUNTARY = "C9"
    SIGNED = "C10"
    MERGED = "C12"
    HELD = "G4"
    CORRECTED = "G8"
    PROGRESS = "S3"
    MOVED_BACK = "S2"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a claim brings along when a merge or a correction moves it to another customer."""

    stage: Stage
    highest: Stage
    stage_since: datetime
    last_progress_at: datetime | None
    owned_since: datetime | None
    ever_owned: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """A claim enters a customer: when filed, when a held one is found to be it, when merged.

    Its place is its filing's (`filed_at`, `ref`), whenever it enters (C1, G7).
    """

    claim: int
    at: datetime
    filed_at: datetime
    ref: str
    party: str
    stage: Stage
    via: Rule = Rule.FIRST
    carried: Carried | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A stage move of a claim."""

    claim: int
    at: datetime
    stage: Stage


@dataclass(frozen=True, slots=True)
class Progressed:
    """An entry accepted as progress at the Thursday review (S3)."""

    claim: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """A claim is given up (`RELEASED`) or its project is `LOST` (C9)."""

    claim: int
    at: datetime
    state: State


@dataclass(frozen=True, slots=True)
class Left:
    """A merge or a correction takes the claim to another customer."""

    claim: int
    at: datetime
    rule: Rule


@dataclass(frozen=True, slots=True)
class Contested:
    """A case is opened against a lapsed owner's claim, by a claim that waits (C4, C7)."""

    claim: int
    at: datetime
    by: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The case against the owner's claim ends and the customer stays where it is (C4)."""

    claim: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reassigned:
    """The owner's claim passes to `to`: by decision (C4), on appeal (C8) or as both agreed (C9)."""

    claim: int
    at: datetime
    to: int
    rule: Rule


@dataclass(frozen=True, slots=True)
class Restored:
    """On appeal a claim that was taken away gets the customer back (C8)."""

    claim: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Regained:
    """A merge is undone: who owned the customer just before it does again, on the same clock (C12).

    `among` are the claims that were on the customer then; one that came since keeps its place.
    """

    claim: int
    at: datetime
    since: datetime
    among: frozenset[int]


@dataclass(frozen=True, slots=True)
class Taken:
    """A merge brings along that a customer was taken from `party` by decision at `since` (C6)."""

    claim: int
    at: datetime
    party: str
    since: datetime


CaseFact = Contested | Settled | Reassigned
Fact = Joined | Moved | Progressed | Ended | Left | CaseFact | Restored | Regained | Taken


@dataclass(frozen=True, slots=True)
class Pause:
    """Days, both included, on which the vendor owed the next step; they do not count (C3).

    `last` None: it is owed still. `claim` is whom it was owed to; None: whoever owns the customer.
    """

    first: date
    last: date | None
    cause: str
    claim: int | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """One party's ownership, half-open; `end` None: still."""

    claim: int
    start: datetime
    end: datetime | None
    rule: Rule


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on the claim stood in `state`, because of `rule`."""

    at: datetime
    state: State
    rule: Rule


@dataclass(frozen=True, slots=True)
class Ignored:
    """A fact that decides nothing and why.

    ``not_owner``, ``ended``, ``signed``, ``same_stage``, ``not_contestable``, ``not_waiting``.
    """

    fact: Fact
    reason: str


@dataclass(slots=True)
class Standing:
    """How one claim stands at the end of the replay.

    `protected_until` is the last protected business day (None unless an unsigned owner); where
    `paused_from` is set, the clock stands from that day on, and the last day moves on with every day
    that it does (`protection.end_on`).
    `queue_position` is 0 for the owner, 1… for the waiting, None otherwise.
    """

    state: State
    rule: Rule
    since: datetime
    stage: Stage
    highest: Stage
    stage_since: datetime
    owned_since: datetime | None = None
    last_progress_at: datetime | None = None
    protected_until: date | None = None
    paused_from: date | None = None
    queue_position: int | None = None
    ever_owned: bool = False
    history: list[Change] = field(default_factory=list)

    def unprotect(self) -> None:
        """No clock runs for this claim any more."""
        self.protected_until = self.paused_from = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole ownership time line of one customer up to the instant asked for.

    `contested` is the owner's claim while a case against it is open.
    """

    intervals: Sequence[Interval]
    claims: Mapping[int, Standing]
    ignored: Sequence[Ignored]
    contested: int | None = None

    @property
    def owner(self) -> int | None:
        """The claim that owns the customer at the end, if any."""
        last = self.intervals[-1] if self.intervals else None
        return last.claim if last and last.end is None else None

    def owner_at(self, instant: datetime) -> int | None:
        """The claim that owned the customer at `instant`."""
        for interval in self.intervals:
            if interval.start <= instant and (interval.end is None or instant < interval.end):
                return interval.claim
        return None
