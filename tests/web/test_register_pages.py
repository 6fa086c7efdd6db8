"""Pages of the people and the partner register, sent exactly as a browser sends them."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.models import tables as t
from tests.support.people import Person


def test_pages_without_the_fixed_field_can_be_sent(
    app: Flask, people: Mapping[str, Person], login: Any, engine: sa.Engine
) -> None:
    """A person's e-mail and a partner's code never change: their pages show them and do not send them."""
    admin, bob = login(app.test_client(), people["admin"]), people["bob"]
    fields = {"version": "1", "name": "Robert", "roles": ["partner_rep"]}
    assert admin.post(f"/people/{bob.user_id}", data=fields).status_code == 303
    manager = login(app.test_client(), people["channel_manager"])
    fields = {"version": "1", "name": "东方通信", "kind": "growth", "region": "north"}
    assert manager.post(f"/partners/{bob.partner_id}/edit", data=fields).status_code == 303
    with db.reading(engine) as session:
        person = session.execute(sa.select(t.user).where(t.user.c.id == bob.user_id)).one()
        partner = session.execute(sa.select(t.partner).where(t.partner.c.id == bob.partner_id)).one()
    assert (person.name, person.email, person.active) == ("Robert", "bob@example.com", False)
    assert (partner.name, partner.code, partner.region) == ("东方通信", "P001", "north")
    assert admin.post("/people", data={"name": "X", "roles": ["admin"]}).status_code == 422
