"""How the rows of long lists look: everything a row shows, ready to be written into its template.

A list has hundreds of values; asking for language, day and format once for all of them is most of
what makes a list quick.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from portal.web.language import gettext
from portal.web.marks import look


def list_rows(rows: Iterable[Any], *, show_partner: bool) -> Iterator[tuple[Any, ...]]:
    """For each row of `list_registrations` what it shows, in the order of `_table.html`."""
    eyes, key_accounts, place = look(), gettext("Key accounts"), gettext("place %(number)s")
    # Taken apart at once: asking a row for its columns by name takes as long as writing them out.
    for (
        id, ref, name, _key, city, _class, ports, revenue, stage, filed_at, until, paused, queued,
        to_correct, needs_support, partner, state,
    ) in rows:  # fmt: skip
        below = f"{ref} · {city}" if city else ref
        if show_partner:
            below = f"{below} · {partner or key_accounts}"
        yield (
            str(id),
            name,
            below,
            eyes.state(state),
            place % {"number": queued} if queued else "",
            to_correct,
            needs_support,
            str(stage.number),
            eyes.label(stage),
            f"{ports:,}",
            f"{revenue:,.2f}",
            eyes.day(filed_at),
            eyes.guard(state, until, paused),
        )
