"""What people note about customers in the record and the held queue changes no answer to a partner (G6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import db
from portal.cases.service import open_case
from portal.conflicts.belonging import state_parent
from portal.conflicts.identifying import state_identifier
from portal.conflicts.pairs import tell_apart
from portal.domain.cases import CaseKind
from portal.domain.evidence import IdentifierKind
from portal.domain.roles import Actor, Role
from portal.imports.run import import_file
from portal.matching import suspicions
from portal.models import tables as t
from tests.support.clocks import shanghai
from tests.support.filings import FORM
from tests.support.people import make_user
from tests.web.test_secrecy import OWNED, _where, told, worlds

__all__ = ["worlds"]
ONE, OTHER = "深圳市远帆精工有限公司", "深圳市远凡精工有限公司"
PAIR = "ref,filed_at,party,customer_name\n" + "\n".join(
    f"H{n},2026-01-0{n} 10:00,P00{n + 1},{name}" for n, name in enumerate((ONE, OTHER, ONE), start=1)
).replace("P004", "P003")
READ = (
    "/", "/board", "/registrations", "/registrations/6", "/registrations/7", "/registrations/8", "/more",
    "/registrations/export.csv", "/search?q=远帆", "/search?q=13911112222", "/search?q=hidden",
    "/cases", "/cases/1", "/cases/1/decision", "/held", "/held/pairs", "/held/pairs/1",
    "/customers/1", "/customers/3", "/customers/3/family", "/alarms", "/alarms/1", "/import",
)  # fmt: skip


def _nothing(_session: Session, _boss: Actor, _now: datetime) -> None:
    """The world in which nobody noted anything."""


def _identifiers(session: Session, boss: Actor, now: datetime) -> None:
    for kind, text in (
        (IdentifierKind.WEBSITE, "hidden.example.com"), (IdentifierKind.PHONE, "13911112222"),
        (IdentifierKind.TAX_ID, "04595257"),
    ):  # fmt: skip
        state_identifier(session, actor=boss, now=now, customer=1, kind=kind, text=text)


def _parent(session: Session, boss: Actor, now: datetime) -> None:
    state_parent(session, actor=boss, now=now, customer=1, parent=3, reason="股东")


def _apart(session: Session, boss: Actor, now: datetime) -> None:
    pair = session.execute(sa.select(t.suspicion)).one()
    tell_apart(session, actor=boss, now=now, pair_id=pair.id, version=pair.version, reason="两家")


def _case(session: Session, _boss: Actor, now: datetime) -> None:
    """Two others settle a customer between them."""
    third = session.scalar(sa.select(t.partner.c.id).where(t.partner.c.code == "P003"))
    asks = make_user(session, "asks", Role.PARTNER_REP, partner_id=third)
    waiting = session.scalar(sa.select(t.registration.c.id).where(t.registration.c.ref == "H3"))
    open_case(
        session,
        actor=asks.actor,
        now=now,
        registration_id=waiting or 0,
        kind=CaseKind.HANDOVER,
        reason="说好了",
    )


HIDDEN: dict[str, Callable[[Session, Actor, datetime], None]] = {
    "nothing": _nothing,
    "identifiers": _identifiers,
    "a parent": _parent,
    "a pair told apart": _apart,
    "a case of two others": _case,
}


def everything(app: Any, people: Any, login: Any, at: Any, hide: Any) -> dict[str, Any]:
    """What a partner's person is answered to checks, filings and looking around."""
    engine = app.extensions["portal_engine"]
    with db.transaction(engine) as session:
        boss = make_user(session, "boss", Role.CHANNEL_MANAGER)
        now = shanghai("2026-03-02 12:00")
        bring = {"kind": "registrations", "file_name": "r.csv", "content": PAIR.encode(), "actor": None}
        import_file(session, **bring, now=now)
        suspicions.look(session, now=now, most=50)
    with db.transaction(engine) as session:
        hide(session, boss.actor, now)
    at("2026-03-03 10:00")
    bob = login(app.test_client(), people["bob"])
    heard = {}
    for name in (OWNED, ONE, OTHER, "远帆精工", "谁也没有报过的公司"):
        asked = {"customer_name": name, "customer_name_en": "Hidden", "uscc": ""}
        heard[f"check {name}"] = told(bob.get("/registrations/check", query_string=asked))
        heard[f"file {name}"] = told(bob.post("/registrations", data=FORM | {"customer_name": name}))
    for path in READ:
        heard[path] = told(bob.get(path))
    return heard


def test_what_is_noted_of_customers_changes_no_answer(worlds: Any, login: Any, at: Any) -> None:
    first: dict[str, Any] = {}
    for hidden, hide in HIDDEN.items():
        with worlds("another partner") as (app, people):
            heard = everything(app, people, login, at, hide)
        assert max(status for status, _headers, _body in heard.values()) < 500
        assert heard["/registrations/6"][0] == 200
        first = first or heard
        assert {key: _where(first[key], heard[key]) for key in first if first[key] != heard[key]} == {}, (
            hidden
        )
