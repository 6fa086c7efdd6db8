"""The statement's own pages: what each person reads, and what the lines say."""

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from tests.support.desks import Desk
from tests.support.people import Person

pytestmark = pytest.mark.engines("sqlite")
People = Mapping[str, Person]


def test_smoke(app: Flask, people: People, login: Any, desk: Desk):
    alice = login(app.test_client(), people["alice"])
    for path in (
        "/statements",
        "/statements/1",
        "/statements/1/revisions",
        "/statements/1/revisions/1",
        "/statements/1/confirm",
        "/statements/1/dispute?receipt=1&receipt=3&missing=1",
        "/disputes",
        "/statements/forecast",
        "/statements/forecast/part",
    ):
        answer = alice.get(path)
        assert answer.status_code == 200, (path, answer.text[:3000])
    desk.object_to(0)
    for path in ("/statements/1", "/disputes", "/disputes/1", "/statements/1/confirm"):
        answer = alice.get(path)
        assert answer.status_code == 200, (path, answer.text[:3000])
    finance = login(app.test_client(), people["finance"])
    for path in ("/statements/1", "/disputes", "/disputes/1", "/statements"):
        assert finance.get(path).status_code == 200, path
