"""The portal's matcher under the evaluation's protocol: `build(rows)`, then `match(name, k)`.

    PYTHONPATH=. python ../shared/data/matching/eval.py --half dev --n 100000 --registry zh+en \\
        --matcher benchmarks.matcher:Product

The customers are rows of the portal's own tables, on a SQLite file, or where PORTAL_MATCH_URL says;
what answers is what a filing is compared by.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlmodel import Session

from benchmarks.registry import index, know
from portal import db
from portal.matching.service import compare_names


class Product:
    """Known names in the portal's tables, asked as a filing asks."""

    def build(self, rows: Iterable[Sequence[str]]) -> None:
        """Make known each row's id, name and other names."""
        folder = Path(tempfile.mkdtemp(prefix="match-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        url = os.environ.get("PORTAL_MATCH_URL") or f"sqlite:///{folder / 'match.db'}"
        self.engine = db.make_engine(url)
        self.ids: list[str] = []

        def named() -> Iterable[Sequence[str]]:
            for ident, *names in rows:
                self.ids.append(ident)
                yield names

        know(self.engine, named())
        index(self.engine, processes=1)
        self.session = Session(self.engine)

    def close(self) -> None:
        """Let go of the database."""
        self.session.close()
        self.engine.dispose()

    def match(self, name: str, k: int = 5) -> list[tuple[str, float]]:
        """The nearest customers, at most `k`, with their scores."""
        near = compare_names(self.session, name, None)
        return [(self.ids[each.customer - 1], each.alike.score) for each in near[:k]]
