"""`portal statements generate` killed (kill -9) at random: repeated, it ends as if undisturbed (M12)."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tests.statements.test_resumed import decided, parked, received, refunded
from tests.statements.test_sums import folk, world_of  # noqa: F401 - a fixture
from tests.support.clocks import At
from tests.support.commands import Commands
from tests.support.killing import Killed
from tests.support.people import Person

PERIOD = "2026-Q2"
GENERATE = ("statements", "generate", "--period", PERIOD)


def test_generation(
    killing: Killed,
    commands: Commands,
    engine: sa.Engine,
    db_url: str,
    folk: Mapping[str, Person],  # noqa: F811
    tmp_path: Any,
    at: At,
) -> None:
    """Of many receipts, one refunded, and of a dispute that was parked before."""
    world = world_of(engine, folk, tmp_path, 0)
    first = received(world, "R0", "2026-02-01", "12000.00")
    decided(world, parked(world, "2026-Q1", first), "5000.00")
    for number in range(1, 30):
        receipt = received(world, f"R{number}", f"2026-04-{number:02}", f"{number}00.05")
    refunded(world, receipt, "2026-06-01", "50.00")
    at("2026-12-02 12:00")
    engine.dispose()
    killing(db_url, commands(GENERATE), commands(GENERATE, ("check",)))
