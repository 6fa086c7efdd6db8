from datetime import UTC, datetime

import pytest

from portal import clock
from tests.support.clocks import At


def test_the_clock_stands_still_until_it_is_moved(at: At):
    assert at("2026-03-02 10:00") == datetime(2026, 3, 2, 2, 0, tzinfo=UTC) == clock.now()
    at("2026-03-30")
    assert clock.now() == datetime(2026, 3, 29, 16, 0, tzinfo=UTC)
    assert clock.today().isoformat() == "2026-03-30"


def test_a_time_without_a_zone_is_refused():
    with (
        pytest.raises(ValueError, match="aware instants only"),
        clock.frozen(datetime(2026, 3, 2)),  # noqa: DTZ001
    ):
        pass


def test_after_the_test_time_passes_again(at: At):
    before = clock.now()
    assert clock.now() > before
