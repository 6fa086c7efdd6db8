"""The support that a partner needs, as the Thursday review shows it: what is owed, and a line to add more."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.reviewing import can_be_held
from portal.domain.support import INSTALLS, SupportKind
from portal.domain.weeks import Week
from portal.support import rows as support_rows
from portal.support.scope import Party, may_ask
from portal.web.forms import posted_number
from portal.web.request import actor, today
from portal.weekly.meeting_queries import Seat
from portal.weekly.review_queries import Line

# An install follows a move by itself (S4).
KINDS = tuple(kind for kind in SupportKind if kind not in INSTALLS)


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel shows; the form keeps what was chosen where it comes back with a refusal."""

    lines: Sequence[support_rows.Line]
    projects: Sequence[tuple[int, str]]
    asks: bool
    closes: bool
    key: str
    kind: SupportKind
    chosen: int | None
    kinds: Sequence[SupportKind] = KINDS

    @property
    def open(self) -> int:
        """How much is owed."""
        return sum(line.is_open for line in self.lines)


def panel(
    requests: Sequence[Any], projects: Sequence[Line], seat: Seat, *, week: Week, refused: bool
) -> Panel:
    """The panel of one partner for the person who looks; asked is while the week's review can be held."""
    chosen = request.form.get("registration_id", "") if refused else ""
    kind = request.form.get("kind", "") if refused else ""
    key = request.form.get("request_key", "") if refused else ""
    return Panel(
        support_rows.lines(requests, today()),
        [(line.id, line.customer) for line in projects if line.is_owner],
        asks=can_be_held(week, today()) and may_ask(actor(), Party(seat.id, seat.region, seat.manager_id)),
        closes=allows(actor(), P.SUPPORT_GIVE),
        key=key or str(uuid.uuid4()),
        kind=SupportKind(kind) if kind in set(KINDS) else SupportKind.OTHER,
        chosen=posted_number(chosen) if chosen else None,
    )
