"""Nothing that a partner is answered tells who else is there: the bytes are the same whatever is hidden (G6).

Each world hides something else: who owns the customer, how it was typed, what is noted about it, who
waits behind. A partner's representative and admin then do everything a person can do, in every world.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from portal import db
from portal.cases.service import open_case
from portal.conflicts.naming import state_name
from portal.domain.cases import CaseKind
from portal.domain.facts import State
from portal.domain.pipeline import Stage
from portal.domain.roles import Role
from portal.domain.terms import CustomerClass, NameKind, Source
from portal.models import tables as t
from portal.registrations.service import file_registration
from portal.registrations.work import add_note
from tests.support.clocks import shanghai
from tests.support.filings import FORM, filing
from tests.support.people import Person, make_partner, make_user

OWNED, HELD, OWN = "慢蜗牛快递有限公司", "深圳市华达科技有限公司", "静湖茶业集团有限公司"
LATER = "别的客户有限公司"
# Of the owned customer: one of its names, so in every world a check of it is answered alike.
ENGLISH = "Hidden English Name Ltd"
NAMED = "another name stated"
OTHER = {
    "contact": "欧阳无名",
    "phone": "13911112222",
    "city": "远方市",
    "customer_class": CustomerClass.A,
    "ports": 9999,
    "yearly_revenue": Decimal("7654321.00"),
    "stage": Stage.SOLUTION,
    "source": Source.REFERRAL,
    "website": "hidden.example.com",
    "notes": "谁也不该看见",
}
# What the observer's own filings state as well.
SAME = {"phone": "13800000000", "website": "snail.example.cn"}
# What is hidden: the owner, how it typed the names, what else it stated, who files afterwards, and what
# else the customer is called.
WORLDS: dict[str, tuple[str, str, str, dict[str, Any], str]] = {
    "another partner": ("carol", OWNED, HELD, {}, LATER),
    "a third partner": ("dave", OWNED, HELD, {}, LATER),
    "key accounts": ("kate", OWNED, HELD, {}, LATER),
    "typed otherwise": ("carol", " 慢蝸牛\u200b快遞（有限公司）", "深圳市 華達科技（有限公司）", {}, LATER),
    "English typed otherwise": ("carol", OWNED, HELD, {"customer_name_en": "HIDDEN english-name LTD"}, LATER),
    "everything else stated": ("carol", OWNED, HELD, OTHER, LATER),
    "the observer's telephone stated": ("carol", OWNED, HELD, SAME, LATER),
    NAMED: ("carol", OWNED, HELD, {}, LATER),
    "somebody waits behind": ("carol", OWNED, HELD, {}, OWNED),
}  # fmt: skip
Answer = tuple[int, list[tuple[str, str]], bytes]
_FLEETING = (
    re.compile(rb'nonce="[^"]*"'),
    re.compile(rb'(name="csrf_token"|name="csrf-token"|name="request_key"|id="request_key")[^>]*'),
    re.compile(rb'"X-CSRFToken"[^}]*'),
    re.compile(rb"Reference [0-9A-F]{8}"),
)


@pytest.fixture
def worlds(anew: Callable[[], str], app: Flask) -> Callable[..., Any]:
    """`with worlds(name) as app`: the application on a database with that name's secrets, and no others."""

    @contextmanager
    def make(name: str) -> Iterator[tuple[Flask, dict[str, Person]]]:
        anew()
        engine = app.extensions["portal_engine"]
        yield app, _hide(engine, name)
        engine.dispose()

    return make


def _hide(engine: sa.Engine, world: str) -> dict[str, Person]:
    """The people, and what is filed before the observer comes."""
    owner, owned, held, stated, _later = WORLDS[world]
    with db.transaction(engine) as session:
        ours, other, third = (make_partner(session, f"P00{number}") for number in (1, 2, 3))
        people = {
            "alice": make_user(session, "alice", Role.PARTNER_ADMIN, partner_id=ours),
            "bob": make_user(session, "bob", Role.PARTNER_REP, partner_id=ours),
            "carol": make_user(session, "carol", Role.PARTNER_ADMIN, partner_id=other),
            "dave": make_user(session, "dave", Role.PARTNER_ADMIN, partner_id=third),
            "kate": make_user(session, "kate", Role.KEY_ACCOUNTS),
        }
    for when, name in (("2026-03-02 10:00", owned), ("2026-03-02 11:00", held)):
        english = {"customer_name_en": ENGLISH} | stated if name == owned else {"customer_name_en": ""}
        _file(engine, people[owner], shanghai(when), name, **(stated | english))
    if world == NAMED:
        with db.transaction(engine) as session:
            state_name(session, actor=None, now=shanghai("2026-03-02 12:00"), customer_id=1,
                       kind=NameKind.BRAND, name="无人知道", reason="官网")  # fmt: skip
    if stated:
        with db.transaction(engine) as session:
            add_note(session, actor=people[owner].actor, now=shanghai("2026-03-02 12:00"),
                     registration_id=1, text="价格谈好了")  # fmt: skip
    return people


def _file(engine: sa.Engine, person: Person, at: datetime, name: str, **stated: Any) -> None:
    with db.transaction(engine) as session:
        file_registration(session, actor=person.actor, now=at, filing=filing(name.strip(), **stated))


def told(answer: TestResponse) -> Answer:
    """What an answer says: its status, its headers and its bytes, without what is random each time."""
    body = answer.get_data()
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"".join(book.read(name) for name in sorted(book.namelist()) if "docProps" not in name)
        size = 0
    else:
        for each in _FLEETING:
            body = each.sub(b"", body)
        size = len(body)
    skip = {"Set-Cookie", "Date", "Content-Security-Policy", "Content-Length", "X-Request-Id"}
    headers = sorted((name, value) for name, value in answer.headers if name not in skip)
    return answer.status_code, [*headers, ("size", str(size))], body


READ = (
    "/", "/board", "/board?show=lapsing", "/registrations", "/registrations?q=慢蜗牛",
    "/registrations?partner=2", "/registrations?state=active&state=lapsed",
    "/registrations?stage=solution", "/registrations/new",
    "/registrations/export.csv", "/registrations/export.xlsx", "/search?q=慢蜗牛", "/search?q=R00000001",
    "/search?q=Hidden", "/search?q=13911112222", "/search?q=P002", "/people", "/partners", "/audit", "/held",
    "/registrations/3", "/registrations/3?filed=1", "/registrations/4", "/registrations/5",
    "/registrations/3/edit", "/registrations/3/move?to=meeting", "/registrations/3/end/release",
    "/registrations/1", "/registrations/6",
)  # fmt: skip
CHECKED = (
    OWNED, HELD, "华达科技", "慢蜗牛快递", "慢蝸牛快遞有限公司", "慢蜗牛", ENGLISH,
    "欧阳无名", "hidden.example.com", OWN, "静湖茶业", "谁也没有报过的公司",
)  # fmt: skip
POSTED = (
    ("/registrations/1/notes", {"note": "?"}), ("/registrations/1/move", {"to": "meeting", "version": "1"}),
    ("/registrations/3/notes", {"note": "自己的"}),
    ("/registrations/3/move", {"to": "meeting", "version": "1"}),
    ("/held/1", {"verdict": "same"}), ("/customers/1/merge/2", {"reason": "x"}),
    ("/registrations", FORM | {"customer_name": OWNED, "uscc": "1"}),
    ("/registrations", FORM | {"customer_name": OWN}), ("/registrations", FORM | {"customer_name": OWNED}),
)  # fmt: skip


def everything(app: Flask, people: dict[str, Person], login: Any, at: Any, world: str) -> dict[str, Answer]:
    """All that the observer's people can do, one after the other, and what each was answered."""
    at("2026-03-03 10:00")
    heard: dict[str, Answer] = {}
    bob, alice = (login(app.test_client(), people[name]) for name in ("bob", "alice"))
    for name in CHECKED:
        heard[f"check {name}"] = told(bob.get("/registrations/check", query_string={"customer_name": name}))
    for name in (OWNED, "华达科技", OWN):
        heard[f"file {name}"] = told(bob.post("/registrations", data=FORM | {"customer_name": name}))
    at("2026-03-03 11:00")
    later = people["dave" if WORLDS[world][0] != "dave" else "carol"]
    _file(app.extensions["portal_engine"], later, shanghai("2026-03-03 11:00"), WORLDS[world][4])
    at("2026-03-04 10:00")
    for client, who in ((bob, "bob"), (alice, "alice")):
        for path in READ:
            heard[f"{who} {path}"] = told(client.get(path))
            heard[f"{who} htmx {path}"] = told(client.hx.get(path))
        for name in CHECKED:
            check = client.hx.get("/registrations/check", query_string={"customer_name": name})
            heard[f"{who} check again {name}"] = told(check)
        for number, (path, form) in enumerate(POSTED):
            heard[f"{who} post {number} {path}"] = told(client.post(path, data=form))
    return heard


def test_the_bytes_are_the_same_whatever_is_hidden(worlds: Any, login: Any, at: Any) -> None:
    first: dict[str, Answer] = {}
    for world in WORLDS:
        with worlds(world) as (app, people):
            heard = everything(app, people, login, at, world)
        assert max(status for status, _headers, _body in heard.values()) < 500
        assert heard[f"file {OWNED}"][0] == heard["file 华达科技"][0] == 303
        first = first or heard
        differing = {key: _where(first[key], heard[key]) for key in first if first[key] != heard[key]}
        assert differing == {}, world


def _where(one: Answer, other: Answer) -> str:
    """The first place where two answers part."""
    if one[:2] != other[:2]:
        return f"{set(one[1]) ^ set(other[1])} {one[0]} {other[0]} {one[2][-200:]!r}" + _text(
            one[2], other[2]
        )
    return _text(one[2], other[2])


def _text(one: bytes, other: bytes) -> str:
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    return f"{one[start - 80 : start + 80].decode(errors='replace')!r} | {other[start : start + 80]!r}"


def test_held_by_a_telephone_and_held_by_its_name_are_answered_alike(
    worlds: Any, login: Any, at: Any
) -> None:
    """A filer learns that a person decides (G4), not that a telephone or website of its own is known."""
    hidden = (("临江远帆科计有限公司", {}), ("临江远帆物流有限公司", SAME), ("临江远帆家居有限公司", SAME))
    heard = []
    for name, stated in hidden:
        with worlds("another partner") as (app, people):
            _file(app.extensions["portal_engine"], people["dave"], at("2026-03-03 09:00"), name, **stated)
            at("2026-03-03 10:00")
            bob = login(app.test_client(), people["bob"])
            form = FORM | {"customer_name": "临江远帆科技有限公司", "website": SAME["website"]}
            answers = [told(bob.post("/registrations", data=form))]
            answers += [told(bob.get(path)) for path in ("/registrations/4", "/", "/registrations", "/board")]
            assert state_of(app, 4) is State.HELD
            heard.append(answers)
    assert heard[0] == heard[1] == heard[2]


def state_of(app: Flask, registration_id: int) -> State:
    with db.reading(app.extensions["portal_engine"]) as session:
        c = t.registration.c
        return State(session.scalar(sa.select(c.state).where(c.id == registration_id)))


def test_a_number_that_is_guessed_answers_the_same_whether_there_is_such_a_thing(
    worlds: Any, login: Any, at: Any
) -> None:
    """Every address with a number in it, with what others have and with what nobody has."""
    with worlds("everything else stated") as (app, people):
        now = at("2026-03-03 10:00")
        engine = app.extensions["portal_engine"]
        _file(engine, people["dave"], now, OWNED)
        with db.transaction(engine) as session:
            open_case(session, actor=people["dave"].actor, now=now, registration_id=3,
                      kind=CaseKind.HANDOVER, reason="说好了")  # fmt: skip
        clients = [login(app.test_client(), people[name]) for name in ("bob", "alice")]
        fixed: dict[str, Any] = {"form": "csv", "how": "lost", "kind": "partners", "key": "0" * 32}
        fixed |= {"what": "answer", "period": "2026-Q1"}
        wrong, tried = [], 0
        for rule in app.url_map.iter_rules():
            ids = {name for name in rule.arguments if name not in fixed}
            if not ids or rule.endpoint == "static" or rule.endpoint.startswith("auth."):
                continue
            tried += 1
            others = {"user_id": 3, "partner_id": 2, "other_id": 2}
            words = {name: sorted(each.items)[0] for name, each in choices(rule).items()}
            ids -= set(words)
            with app.test_request_context():
                told_ids = {name: others.get(name, 1) for name in ids}
                there = app.url_for(rule.endpoint, **{**fixed, **words}, **told_ids)
                nowhere = app.url_for(rule.endpoint, **{**fixed, **words}, **dict.fromkeys(ids, 98765))
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            for client in clients:
                one, other = (_unnumbered(client.open(path, method=method)) for path in (there, nowhere))
                if one != other or one[0] not in (403, 404, 303):
                    wrong.append((method, there, one[0], other[0]))
        assert tried > 20
        assert wrong == []


def choices(rule: Rule) -> dict[str, AnyConverter]:
    """The parts of an address that are one of a few words."""
    return {name: each for name, each in rule._converters.items() if isinstance(each, AnyConverter)}


def _unnumbered(answer: TestResponse) -> Answer:
    """What is told, without the number that was asked for (an address in the page's own language links)."""
    status, _headers, body = told(answer)
    path = answer.request.path.encode()
    return status, [], body.replace(path, b"").replace(path.replace(b"/", b"%2F"), b"")
