"""Known customers of a given number, filed without their filings: what a name is compared with."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from portal import db, schema
from portal.domain.names import keys_of
from portal.matching.building import rebuild_index
from portal.models import tables as t

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_AT_ONCE = 20_000
# Their founders: above any filing's number, as none was filed.
_NOBODYS = 1_000_000_000


def know(engine: Engine, customers: Iterable[Sequence[str]], first: int = 1) -> None:
    """Make customers known by their names, as many names each as there are; numbered from `first`."""
    schema.bring_up_to_date(engine, now=NOW)
    numbered = enumerate(customers, first)
    with db.transaction(engine) as session:
        while part := list(islice(numbered, _AT_ONCE)):
            session.execute(
                sa.insert(t.customer),
                [
                    {
                        "id": number, "name": names[0][:200], "founder_key": _NOBODYS + number,
                        "founder_at": NOW, "founder_ref": f"R{number}", "created_at": NOW,
                    }
                    for number, names in part
                ],
            )  # fmt: skip
            session.execute(sa.insert(t.customer_alias), list(_aliases(part)))


def _aliases(part: Iterable[tuple[int, Sequence[str]]]) -> Iterator[dict[str, object]]:
    for number, names in part:
        seen: set[str] = set()
        for name in names:
            keys = keys_of(name)
            if keys.full not in seen:
                seen.add(keys.full)
                yield {
                    "customer_id": number, "name": name[:200],
                    "full_key": keys.full, "core_key": keys.core,
                }  # fmt: skip


def index(engine: Engine, processes: int) -> int:
    """Build the index of these names, as `portal rebuild index` does; how many names."""
    with db.transaction(engine) as session:
        return rebuild_index(session, processes=processes)
