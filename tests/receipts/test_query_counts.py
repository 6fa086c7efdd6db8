"""No page about receipts asks more than eight questions."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.people import Person

PAGES = ("/receipts", "/receipts?q=HT-1&matched=1", "/receipts/1", "/receipts/numbers", "/receipts/periods")


@pytest.mark.engines("sqlite")
def test_pages_about_receipts_ask_few_questions(
    app: Flask, people: Mapping[str, Person], login: Any, received: None
) -> None:
    client, asked = login(app.test_client(), people["finance"]), []
    engine = app.extensions["portal_engine"]
    sa.event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    counts = {}
    for page in PAGES:
        asked.clear()
        assert client.get(page).status_code == 200
        counts[page] = sum(not each.startswith("BEGIN") for each in asked)
    assert {page: count for page, count in counts.items() if count > 8} == {}
