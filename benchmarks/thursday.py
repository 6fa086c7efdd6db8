"""What the Thursday review costs with 40 partners and 2,000 open projects, beside a bare Flask route.

    python -m benchmarks.thursday --url sqlite:////tmp/thursday.db

The first view, a step to the next partner (J), and what is asked every 15 seconds. The baseline of each is a
route without session or login that runs one hand-written query of the partner's projects and renders a
compiled template to as many bytes, measured in the same run.
"""

import argparse
import csv
import io
import random
import statistics
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from benchmarks import filling
from benchmarks.filling import NOW
from benchmarks.pages import CLOCKS, Counter, bare, measure, signed_in
from portal import clock, create_app, db
from portal.config import Config
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.weeks import week_of
from portal.imports.run import import_file
from portal.models import tables as t
from portal.weekly.review_line_rows import line
from portal.weekly.snapshots import keep_week

PARTNERS, PROJECTS = 40, 2000
_PLACES = ("望海", "临江", "云汀", "松洲", "石湾", "青屏", "朗川", "白沙", "沙丘", "竹节")
_WORDS = (
    *("星河", "蜗牛", "豆腐", "鹿角", "红枫", "旧井", "风筝", "石榴", "橙舟", "木星"),
    *("夜鹭", "白帆", "海桥", "拾光"),
)


def fill(engine: Engine) -> None:
    """Projects of all ages up to this week's; last week's end is kept, then some of them move."""
    filling.PARTNERS = PARTNERS
    filling.found(engine)
    draw, buffer = random.Random(7), io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["ref", "filed_at", "party", "customer_name", "ports", "stage"])
    for number in range(PROJECTS):
        name = f"{_PLACES[number % 10]}{_WORDS[number // 10 % 14]}{_WORDS[number // 140 % 14]}{number}号公司"
        filed = NOW - timedelta(days=draw.uniform(0.1, 40))
        stage = draw.choice(("interest", "meeting", "solution", "trial"))
        writer.writerow(
            [f"T{number}", filed.isoformat(), f"B{number % PARTNERS:03d}", name, 10 + number % 90, stage]
        )
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="t.csv", content=buffer.getvalue().encode(), actor=None,
            now=NOW,
        )  # fmt: skip
    with db.transaction(engine) as session:
        keep_week(session, week_of(business_date(NOW)).before, now=NOW)
    c = t.registration.c
    with engine.begin() as connection:  # what a week's moves leave behind
        for stage, rest in ((Stage.TRIAL, 11), (Stage.MEETING, 13)):
            moved = sa.update(t.registration).where(c.id % rest == 0, c.is_owner)
            connection.execute(moved.values(stage=stage, stage_since=NOW))


def plain() -> Any:
    """A partner's open projects, as one would ask for them by hand."""
    c = t.registration.c
    return sa.select(
        c.id, c.customer_name, c.stage, c.ports, c.protected_until, c.owned_since, c.last_progress_at
    ).where(c.partner_id == 2, c.is_owner)


def run(url: str, clock_name: str) -> None:
    """Fill, measure, print."""
    engine = db.make_engine(url)
    fill(engine)
    with engine.connect() as connection:
        owned = connection.scalar(
            sa.select(sa.func.count()).select_from(t.registration).where(t.registration.c.is_owner)
        )
    app = create_app(
        Config(
            database_url=url, secret_key="benchmark", instance=Path("/tmp"), files="/tmp", testing=True,
            log_level="ERROR",
        )
    )  # fmt: skip
    app.config["WTF_CSRF_ENABLED"] = False
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
    counter = Counter(app.extensions["portal_engine"])
    client = signed_in(app, engine, "manager@example.com")
    here = f"/thursday/{week_of(business_date(NOW)).thursday.isoformat()}/2"
    print(f"{PARTNERS} partners, {owned:,} open projects ({engine.dialect.name})")
    print("| what | queries | bytes | ms | bare ms | times bare |\n" + "| --- " * 6 + "|")
    fragment = {"HX-Request": "true"}
    for what, call in (
        ("first view", partial(client.get, here)),
        ("a step (J)", partial(client.get, here, headers=fragment)),
        ("all projects", partial(client.get, f"{here}?show=all", headers=fragment)),
        ("news, none", partial(client.get, f"{here}/news?{_known(client, here)}", headers=fragment)),
        ("an empty list, for comparison", partial(client.get, "/held")),
    ):
        call()
        counter.number = 0
        answer = call()
        assert answer.status_code in (200, 204), (what, answer.status_code)
        queries, length = counter.number, len(answer.data)
        ms = measure(call, clock_name)
        base = measure(partial(bare(engine, plain(), length).get, "/"), clock_name, 1.0)
        print(f"| {what} | {queries} | {length:,} | {ms:.1f} | {base:.1f} | {ms / base:.1f} |", flush=True)
    print(
        f"a step to each partner for the first time: {_first_steps(client, here, clock_name):.1f} ms (median)"
    )
    engine.dispose()


def _first_steps(client: Any, here: str, clock_name: str) -> float:
    """The median of a step to a partner whose lines nobody has seen yet."""
    tick, times = CLOCKS[clock_name], []
    line.cache_clear()
    for number in range(1, PARTNERS + 1):
        began = tick()
        client.get(f"{here.rpartition('/')[0]}/{number}", headers={"HX-Request": "true"})
        times.append((tick() - began) * 1000)
    return statistics.median(times)


def _known(client: Any, here: str) -> str:
    """What the page carries to ask for news with."""
    page: str = client.get(here).text
    states = {name: page.split(f'name="{name}" value="')[1].split('"')[0] for name in ("state", "list")}
    return "&".join(f"{name}={value}" for name, value in states.items())


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    with clock.frozen(NOW):
        run(options.url, options.clock)


if __name__ == "__main__":
    main()
