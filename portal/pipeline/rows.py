"""How the cards of the board look: everything a card shows, ready to be written into its template."""

from collections.abc import Iterable, Iterator
from typing import Any

from portal.domain.pipeline import Stage
from portal.web.filters import initials
from portal.web.language import gettext
from portal.web.marks import look


def card_rows(cards: Iterable[Any], stage: Stage, *, show_partner: bool) -> Iterator[tuple[Any, ...]]:
    """For each row of a column of `board` what its card shows, in the order of `_board.html`."""
    eyes, key_accounts = look(), gettext("Key accounts")
    signed_on, move = gettext("Signed %(day)s"), gettext("Move %(name)s to another stage")
    for (
        id, name, ports, revenue, _stage, state, until, paused, next_step, next_step_on, support_note,
        support_since, contract_on, worker, partner,
    ) in cards:  # fmt: skip
        if stage is Stage.SIGNED and contract_on:
            below = signed_on % {"day": eyes.day(contract_on)}
        else:
            below = next_step or ""
            if below and next_step_on:
                below = f"{below} · {eyes.day(next_step_on)}"
        yield (
            str(id),
            name,
            f"{ports:,}",
            eyes.whole_money(revenue),
            (partner or key_accounts) if show_partner else "",
            below,
            (support_note or "") if support_since else None,
            eyes.guard(state, until, paused),
            move % {"name": name},
            worker,
            initials(worker) if worker else "",
        )
