"""The baselines for finding a name: what the two databases bring along, on the same names.

SQLite's FTS5 with its trigram tokenizer, PostgreSQL's pg_trgm; both over the normalised name, their
answers put in order by rapidfuzz as one would do by hand. Neither is part of the portal.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from rapidfuzz.distance import Indel
from sqlalchemy.engine import Connection

from portal.domain.names import normalise

_CANDIDATES = 50
_AT_ONCE = 50_000


class Trigrams:
    """One of the two; `load` adds names, `nearest` answers with the numbers of the five nearest."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgres = connection.dialect.name == "postgresql"
        self.name = "pg_trgm" if self.postgres else "FTS5 trigram"
        if self.postgres:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            connection.exec_driver_sql("CREATE TABLE rival (id int PRIMARY KEY, name text NOT NULL)")
            connection.exec_driver_sql("CREATE INDEX rival_gin ON rival USING gin (name gin_trgm_ops)")
        else:
            connection.exec_driver_sql("CREATE VIRTUAL TABLE rival USING fts5(name, tokenize = 'trigram')")
        connection.commit()

    def load(self, names: Sequence[str], first: int) -> None:
        """Index names, numbered from `first`."""
        for start in range(0, len(names), _AT_ONCE):
            part = enumerate(names[start : start + _AT_ONCE], first + start)
            rows = [(number, normalise(name)) for number, name in part]
            if self.postgres:
                driver: Any = self.connection.connection.driver_connection
                with driver.cursor() as cursor, cursor.copy("COPY rival (id, name) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                self.connection.exec_driver_sql("INSERT INTO rival (rowid, name) VALUES (?, ?)", rows)
        if self.postgres:
            self.connection.exec_driver_sql("ANALYZE rival")
        self.connection.commit()

    def nearest(self, name: str) -> list[int]:
        """The numbers of the five nearest names, the nearest first."""
        text = normalise(name)
        if self.postgres:
            query = sa.text(
                "SELECT id, name FROM rival WHERE name % :text"
                " ORDER BY similarity(name, :text) DESC LIMIT :most"
            )
            rows = self.connection.execute(query, {"text": text, "most": _CANDIDATES})
        else:
            threes = {text[at : at + 3] for at in range(len(text) - 2)} or {text}
            asked = " OR ".join(f'"{each}"' for each in sorted(threes))
            query = sa.text(
                "SELECT rowid AS id, name FROM rival WHERE name MATCH :asked ORDER BY rank LIMIT :most"
            )
            rows = self.connection.execute(query, {"asked": asked, "most": _CANDIDATES})
        found = [(Indel.normalized_similarity(text, row.name), row.id) for row in rows]
        return [number for _likeness, number in sorted(found, key=lambda each: (-each[0], each[1]))[:5]]
