"""Every page, both languages, both themes, both widths: accessible, in one language, never sideways."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlmodel import Session

from portal import db
from portal.cases.service import open_case
from portal.conflicts.belonging import state_parent
from portal.conflicts.decisions import merge_customers
from portal.conflicts.identifying import state_identifier
from portal.conflicts.naming import state_name
from portal.conflicts.pairs import tell_apart
from portal.domain.cases import CaseKind
from portal.domain.evidence import IdentifierKind
from portal.domain.statements import Station
from portal.domain.terms import NameKind
from portal.domain.versions import merged
from portal.models import tables as t
from portal.policy.drafts import save_draft
from portal.policy.service import completed
from portal.policy.versions import put_in_force
from portal.registrations.checks import check_customer
from tests.support.browser import PHONE, WIDE
from tests.support.people import Person
from tests.support.statements import WITHHELD_LINE, LineOf, make_statement, walk_to

People = Mapping[str, Person]
# A sentence of the other language: three words in a row, or any Han character.
LATIN = re.compile(r"[A-Za-z]{2,}(?:[ ,]+[a-z]{2,}){2,}")
HAN = re.compile(r"[\u4e00-\u9fff]+")
PAGES = {
    "alice": (
        "/", "/board", "/board?show=lapsing", "/registrations", "/registrations/new", "/registrations/1",
        "/registrations/1/edit", "/registrations/1/move?to=trial", "/registrations/1/move?to=interest",
        "/registrations/1/end/release", "/registrations/1/end/lost", "/registrations/1/correct",
        "/registrations/4", "/search?q=snail", "/search?q=nothing", "/more", "/password", "/people",
        "/people/new", "/people/2", "/partners", "/cases", "/cases/1", "/registrations/4/case",
        "/payments/made", "/payments/uninvoiced", "/partners/1/account", "/no-such-page",
    ),
    "finance": (
        "/", "/payments", "/payments/batches", "/payments/answers", "/payments/accounts",
        "/payments/closing", "/payments/uninvoiced", "/payments/made", "/partners/1/account",
        "/statements/board", "/statements/board?q=CS", "/statements/generate",
        "/statements/generate?period=2026-Q1", "/statements/3/withheld",
    ),
    "channel_manager": (
        "/", "/held", "/held/3", "/held/pairs/1", "/held/pairs/2", "/customers/1/merge/2?pair=1",
        "/alarms", "/alarms/1", "/registrations", "/registrations/1",
        "/customers/1", "/customers/1?q=Tofu", "/customers/2",
        "/customers", "/customers/1/merge/2", "/customers/3", "/customers/4", "/customers/4/unmerge",
        "/partners", "/partners/1", "/partners/1/edit", "/partners/new", "/import", "/audit",
        "/cases", "/cases/1", "/policy", "/policy/1", "/policy/2", "/policy/2/withdraw", "/policy/new",
        "/policy/new?from=2", "/policy/drafts/1", "/policy/drafts/1/edit", "/policy/drafts/1/enforce",
        "/policy/drafts/1/what-if",
    ),
    "carol": ("/cases/1",),
    "admin": ("/", "/people", "/people/new", "/people/5", "/audit", "/statements/board"),
    "call_center": (
        "/", "/policy", "/policy/1", "/statements/board", "/statements/board?step=2",
        "/statements/1/act/print",
        "/statements/3/act/send", "/statements/3/withheld",
    ),
    "coo": ("/statements/board?step=5", "/statements/2/refuse", "/statements/2/act/approve_coo"),
    "": ("/login",),
}  # fmt: skip


@pytest.fixture
def history(people: People, file_as: Any, at: Any, engine: sa.Engine) -> None:
    """One of every kind: owned, waiting, held, two customers, a correction, support, a next step."""
    file_as(
        people["alice"], at("2026-03-02 10:00"), "Slow Snail Express Ltd", customer_name_en="Grey Heron Ltd"
    )
    with db.transaction(engine) as session:
        state_name(
            session, actor=None, now=at("2026-03-02 11:00"), customer_id=1, kind=NameKind.BRAND,
            name="Blue Finch", reason="-",
        )  # fmt: skip
    file_as(people["carol"], at("2026-03-03 10:00"), "Cloud Tofu Ltd")
    file_as(people["carol"], at("2026-03-04 10:00"), "Slow Snail Express")
    file_as(people["alice"], at("2026-03-05 10:00"), "Cloud Tofu Ltd")
    file_as(people["key_accounts"], at("2026-03-06 10:00"), "Night Owl Ltd")
    file_as(people["key_accounts"], at("2026-03-07 10:00"), "Early Lark Ltd")
    now = at("2026-03-20 10:00")
    suspect(engine, people, now)
    with db.transaction(engine) as session:
        for number in range(15):
            check_customer(session, actor=people["carol"].actor, now=now, name=f"-{number:02}a", uscc=None)
        merge_customers(session, actor=None, now=now, loser=4, winner=3, reason="-")
        change_policy(session, people["channel_manager"], now)
        for customer in (1, 2):
            state_identifier(
                session, actor=None, now=now, customer=customer, kind=IdentifierKind.WEBSITE, text="snail.cn"
            )
        state_parent(session, actor=None, now=now, customer=2, parent=1, reason="-")
    with db.transaction(engine) as session:
        session.execute(
            sa.update(t.registration)
            .where(t.registration.c.id == 1)
            .values(
                stage="meeting", correction_fields=["phone"], correction_note="-", correction_since=now,
                support_note="-", support_since=now, next_step="-", next_step_on=now.date(),
            )
        )  # fmt: skip
        session.execute(sa.update(t.registration).values(city="-", contact="-"))
        session.execute(sa.update(t.partner).values(name=t.partner.c.code))


def change_policy(session: Session, manager: Person, now: Any) -> None:
    """A version far in the future, and a draft with figures of every kind, some of them odd."""
    shipped = completed({})
    figures: dict[str, Any] = {
        "rates": {"port": {"gold": "0.45"}, "conference": "0.12"}, "deposits": {"gold": "95000.00"},
        "floor_prices": {"idd": {"gold": "1.9", "silver": "1.85"}}, "undo_seconds": 90, "debt_due_days": 45,
        "statement_days": {"pay": 3}, "tiers": {"gold": {"ports": 500}}, "traffic_warnings": ["0.70", "0.90"],
    }  # fmt: skip
    body = merged(shipped, figures)
    far = date(2199, 1, 1)
    put_in_force(session, actor=manager.actor, now=now, effective_from=far, reason="-", body=body)
    save_draft(session, actor=manager.actor, now=now, body=body, effective_from=None, reason="-")


@pytest.fixture
def steps(people: People, history: None, engine: sa.Engine) -> None:
    """Statements: one to print, one before the last approval, one with a receipt withheld."""
    partner = people["alice"].partner_id
    assert partner is not None
    lines = [LineOf(customer="Slow Snail Express Ltd")]
    with db.transaction(engine) as session:
        for period, station, more in (
            ("2026-01", Station.GENERATED, []), ("2026-02", Station.DIRECTOR_APPROVED, []),
            ("2025-12", Station.PRINTED, [replace(WITHHELD_LINE, customer="Cloud Tofu Ltd")]),
        ):  # fmt: skip
            made = make_statement(session, partner, period, [*lines, *more])
            walk_to(session, people, made, station)


def suspect(engine: sa.Engine, people: People, now: Any) -> None:
    """Customers that may be one: two pairs to decide, one told apart."""
    found = {"score": 93, "why": "slip", "ruleset": "-", "found_at": now, "is_open": True, "version": 1}
    names = {1: "Slow Snail Express Ltd", 2: "Cloud Tofu Ltd", 5: "Night Owl Ltd"}
    with db.transaction(engine) as session:
        pairs = ((1, 2), (1, 5), (2, 5))
        for one, other in pairs:
            named = {"one_name": names[one], "other_name": names[other]}
            session.execute(sa.insert(t.suspicion), [{"one": one, "other": other, **named, **found}])
        tell_apart(session, actor=people["channel_manager"].actor, now=now, pair_id=2, version=1, reason="-")


@pytest.fixture
def dispute(people: People, history: None, at: Any, engine: sa.Engine) -> None:
    """Alice has asked for the customer that carol let lapse."""
    with db.transaction(engine) as session:
        open_case(
            session, actor=people["alice"].actor, now=at("2026-04-02 10:00"), registration_id=4,
            kind=CaseKind.TAKEOVER, reason="-",
        )  # fmt: skip


def speak(engine: sa.Engine, locale: str, theme: str) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale=locale, theme=theme))


def foreign(page: Page, locale: str) -> list[str]:
    """Runs of the other language in what a person sees or a screen reader reads."""
    shown = page.evaluate(
        """() => {
            const skip = 'script, style, [translate=no], [hreflang], button[name=locale], .copy';
            const texts = [document.title];
            const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const node = walker.currentNode;
                if (!node.parentElement.closest(skip)) texts.push(node.textContent);
            }
            document.querySelectorAll('[aria-label], [placeholder], [title]').forEach(e => {
                if (e.closest(skip)) return;
                const names = ['aria-label', 'placeholder', 'title'];
                for (const name of names) texts.push(e.getAttribute(name) || '');
            });
            return texts;
        }"""
    )
    pattern = LATIN if locale == "zh" else HAN
    known = re.compile(
        r"Slow Snail Express( Ltd)?|Cloud Tofu Ltd|Night Owl Ltd|Early Lark Ltd|Grey Heron Ltd|Blue Finch"
    )
    return [text.strip()[:80] for text in shown if pattern.search(known.sub("", text))]


CASES = [("zh", "light", WIDE), ("zh", "dark", PHONE), ("en", "light", PHONE), ("en", "dark", WIDE)]


@pytest.mark.usefixtures("dispute", "steps")
@pytest.mark.parametrize("person", PAGES)
@pytest.mark.parametrize(
    ("locale", "theme", "browser_options"),
    [
        (
            locale,
            theme,
            {"locale": "zh-CN" if locale == "zh" else "en-US", "viewport": size, "color_scheme": theme},
        )
        for locale, theme, size in CASES
    ],
    ids=[f"{locale}-{theme}-{size['width']}" for locale, theme, size in CASES],
)
def test_every_page(
    page: Page,
    people: People,
    sign_in: Any,
    axe: Any,
    engine: sa.Engine,
    person: str,
    locale: str,
    theme: str,
) -> None:
    speak(engine, locale, theme)
    if person:
        sign_in(page, people[person])
    wrong = []
    for path in PAGES[person]:
        answer = page.goto(path)
        assert answer is not None
        if answer.status >= 500 or (answer.status >= 400 and path != "/no-such-page"):
            wrong.append(f"{path}: {answer.status}")
        wrong += [f"{path}: {each}" for each in axe(page)]
        wrong += [f"{path}: other language: {each!r}" for each in foreign(page, locale)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{path}: sideways scroll")
    assert wrong == []
