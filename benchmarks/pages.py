"""What the pages cost, at 10,000 and at 300,000 registrations, beside a bare Flask route.

    python -m benchmarks.pages --url sqlite:////tmp/bench.db --sizes 10000,300000

The baseline of each page is a Flask route without session or login that runs one hand-written query
of fifty rows (the board: of its cards; the search: of what it finds) and renders a compiled template
to as many bytes as the page has.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy.engine import Engine

from benchmarks.filling import NOW, fill, found, multiply
from portal import clock, create_app, db
from portal.config import Config
from portal.domain.pipeline import STAGES
from portal.models import tables as t
from portal.pipeline.queries import COLUMN_SIZE

BARE = """<!doctype html><title>bare</title><table>{% for r in rows %}<tr>
{% for cell in r %}<td>{{ cell }}</td>{% endfor %}{{ row_rest }}</tr>{% endfor %}</table>{{ rest }}"""
CLOCKS = {"wall": time.perf_counter, "own": time.process_time}
SEARCHED = "纸飞机"


def measure(call: Callable[[], Any], clock_name: str, seconds: float = 2.0) -> float:
    """The median of repeated calls, in milliseconds.

    `wall`: what a person waits, with the database's part. `own`: only this process's processor
    time, for a machine on which other programs run too.
    """
    now = CLOCKS[clock_name]
    call()
    times: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(times) < 5:
        began = now()
        call()
        times.append((now() - began) * 1000)
    return statistics.median(times)


class Counter:
    """Counts the statements an engine runs."""

    def __init__(self, engine: Engine) -> None:
        self.number = 0
        sa.event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, _c: Any, _cu: Any, statement: str, *_rest: Any) -> None:
        self.number += not statement.startswith("BEGIN")


def plain(who: str, what: str) -> Any:
    """Fifty rows by one query, as one would write it by hand: columns, no objects.

    The board has its cards instead, the search the rows it finds.
    """
    c = t.registration.c
    query = sa.select(
        c.id, c.ref, c.customer_name, c.city, c.ports, c.yearly_revenue, c.stage, c.state, c.filed_at
    )
    if who == "rep":
        query = query.where(c.partner_id == 1)
    if what == "board":
        owned = query.where(c.is_owner).order_by(c.protected_until, c.id).limit(COLUMN_SIZE)
        return sa.union_all(*(sa.select(owned.where(c.stage == stage).subquery()) for stage in STAGES))
    if what == "list, searched":
        query = query.where(c.full_key.contains(SEARCHED))
    return query.order_by(c.filed_at.desc(), c.id.desc()).limit(50)


def bare(engine: Engine, query: Any, size: int) -> FlaskClient:
    """The baseline: that query, a compiled template, `size` bytes; no session, no login."""
    app = Flask("bare")
    template = app.jinja_env.from_string(BARE)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    missing = max(size - len(template.render(rows=rows).encode()), 0)
    each = missing // len(rows) if rows else 0
    fixed = {"row_rest": Markup("x" * each), "rest": Markup("x" * (missing - each * len(rows)))}  # noqa: S704

    @app.get("/")
    def page() -> str:
        with engine.connect() as connection:
            return template.render(rows=connection.execute(query).all(), **fixed)

    return app.test_client()


def signed_in(app: Flask, engine: Engine, email: str) -> FlaskClient:
    """A client with the cookie of a person; hashing a password is not what is measured."""
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(t.user.c.id, t.user.c.session_stamp).where(t.user.c.email == email)
        ).one()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = f"{row.id}:{row.session_stamp}", True
    return client


def pages(engine: Engine) -> list[tuple[str, str, str]]:
    """(who, what, path)."""
    c = t.registration.c
    with engine.connect() as connection:
        own = connection.execute(sa.select(c.id).where(c.partner_id == 1).limit(1)).scalar_one()
        other = connection.execute(sa.select(c.id).where(c.is_owner).limit(1)).scalar_one()
    everybody = [
        ("home", "/"),
        ("board", "/board"),
        ("list", "/registrations"),
        ("list, filtered", "/registrations?state=waiting&stage=meeting"),
        ("list, searched", f"/registrations?q={SEARCHED}"),
    ]
    check = "/registrations/check?customer_name=青鲸物流7有限公司"
    rep = [*everybody, ("detail", f"/registrations/{own}"), ("live check", check)]
    manager = [*everybody, ("detail", f"/registrations/{other}"), ("held queue", "/held")]
    return [("rep", *page) for page in rep] + [("manager", *page) for page in manager]


def run(url: str, sizes: list[int], clock_name: str) -> None:
    """Fill, measure, print."""
    engine = db.make_engine(url)
    found(engine)
    app = create_app(
        Config(
            database_url=url, secret_key="benchmark", instance=Path("/tmp"), files="/tmp", testing=True,
            log_level="ERROR",
        )
    )  # fmt: skip
    app.config["WTF_CSRF_ENABLED"] = False
    counter = Counter(app.extensions["portal_engine"])
    first: dict[tuple[str, str], float] = {}
    for size in sizes:
        print(f"\n{size:,} registrations ({engine.dialect.name})")
        if size == sizes[0]:
            print(f"import: {fill(engine, 0, size):,.0f} registrations/s")
        else:
            multiply(engine, sizes[0], size // sizes[0])
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("ANALYZE"))
        print("| who | page | queries | bytes | ms | pages/s | bare ms | share | growth |")
        print("| --- " * 9 + "|")
        for who, what, path in pages(engine):
            client = signed_in(app, engine, f"{who}@example.com")
            counter.number = 0
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            queries, length = counter.number, len(answer.data)
            ms = measure(partial(client.get, path), clock_name, 1.0)
            base = measure(partial(bare(engine, plain(who, what), length).get, "/"), clock_name, 0.5)
            first.setdefault((who, what), ms)
            growth = ms / first[who, what]
            share = f"{base / ms:.2f} | {growth:.2f}"
            speed = f"{ms:.1f} | {1000 / ms:.0f} | {base:.1f}"
            print(f"| {who} | {what} | {queries} | {length:,} | {speed} | {share} |", flush=True)
        ms = filing(app, engine, size, clock_name)
        growth = ms / first.setdefault(("rep", "file"), ms)
        print(f"| rep | file, with its check | | | {ms:.1f} | {1000 / ms:.0f} | | | {growth:.2f} |")
    engine.dispose()


def filing(app: Flask, engine: Engine, size: int, clock_name: str) -> float:
    """The median of filing new customers through the form."""
    client, number = signed_in(app, engine, "rep@example.com"), iter(range(10_000_000))

    def file() -> None:
        name = f"新客户{size}号{next(number)}有限公司"
        form = {
            "customer_name": name, "contact": "王总", "phone": "17000000000", "city": "临江市",
            "customer_class": "B", "ports": "10", "yearly_revenue": "9600", "stage": "interest",
            "source": "own",
        }  # fmt: skip
        answer = client.post("/registrations", data=form)
        assert answer.status_code == 303, answer.status_code

    return measure(file, clock_name, 1.5)


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--sizes", default="10000,300000")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    with clock.frozen(NOW):
        run(options.url, [int(size) for size in options.sizes.split(",")], options.clock)


if __name__ == "__main__":
    main()
