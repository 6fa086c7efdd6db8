"""Every page, both languages, both themes, both widths: accessible, in one language, never sideways.

A page is opened once in each language: Chinese is looked at closely on a wide screen, English on a phone.
Then the same page takes the other width, for what sticks out; before that the wide one, which shows most,
turns dark, for its contrast.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
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
from portal.deposits.debts import open_debt
from portal.deposits.deductions import act_on, propose_for_arrears
from portal.deposits.ledger import record_paid_in
from portal.domain.cases import CaseKind
from portal.domain.commissions import Flag
from portal.domain.deposits import Blame, DeductionAct, EntryKind
from portal.domain.disputes import DisputeKind
from portal.domain.evidence import IdentifierKind
from portal.domain.notices import Dropped, NoticeKind, OutboxState
from portal.domain.reports import Typed
from portal.domain.statements import Station
from portal.domain.support import SupportKind
from portal.domain.terms import NameKind, PartnerKind
from portal.domain.versions import merged
from portal.domain.weeks import Week
from portal.models import tables as t
from portal.notices.service import read_all, tell
from portal.policy.drafts import save_draft
from portal.policy.service import completed, policy_on
from portal.policy.versions import put_in_force
from portal.registrations.checks import check_customer
from portal.statements.disputes import Stated, open_disputes
from portal.statements.printing import start_job
from portal.support.service import ask, finish
from portal.weekly.reporting import open_report, send_report, write_line
from portal.weekly.reports import load_draft
from portal.weekly.rollup import make_rollups
from tests.support.browser import PHONE, WIDE
from tests.support.people import Person, make_partner
from tests.support.statements import WITHHELD_LINE, LineOf, make_statement, walk_to

People = Mapping[str, Person]
# A sentence of the other language: three words in a row, or any Han character.
LATIN = re.compile(r"[A-Za-z]{2,}(?:[ ,]+[a-z]{2,}){2,}")
HAN = re.compile(r"[\u4e00-\u9fff]+")
PAGES = {
    "alice": (
        "/", "/weekly/2026-04-16", "/weekly/2026-04-09", "/weekly/2026-04-09/1",
        "/board", "/board?show=lapsing", "/registrations", "/registrations/new", "/registrations/1",
        "/registrations/1/edit", "/registrations/1/move?to=trial", "/registrations/1/move?to=interest",
        "/registrations/1/end/release", "/registrations/1/end/lost", "/registrations/1/correct",
        "/registrations/4", "/search?q=snail", "/search?q=nothing", "/more", "/password", "/people",
        "/people/new", "/people/2", "/partners", "/cases", "/cases/1", "/registrations/4/case",
        "/support", "/support?show=done", "/support/1", "/support/2", "/support/ask?partner_id=1",
        "/payments/made", "/payments/uninvoiced", "/partners/1/account",
        "/statements", "/statements/4", "/statements/4/confirm", "/statements/4/revisions",
        "/statements/4/revisions/1", "/statements/4/dispute?receipt=6&missing=1", "/statements/forecast",
        "/disputes", "/disputes/1", "/deposits/1", "/deductions/2/object", "/notices", "/notices?kind=lapsed",
        "/notices/settings", "/no-such-page",
    ),
    "finance": (
        "/", "/payments", "/payments/batches", "/payments/answers", "/payments/accounts",
        "/payments/closing", "/payments/uninvoiced", "/payments/made", "/partners/1/account",
        "/statements/board", "/statements/board?q=CS", "/statements/generate",
        "/statements/generate?period=2026-Q1", "/statements/3/withheld", "/papers/2",
        "/statements", "/statements/4", "/disputes", "/disputes/1", "/disputes?show=over",
        "/receipts", "/receipts?matched=no", "/receipts/1", "/receipts/new", "/receipts/1/refund",
        "/receipts/numbers", "/receipts/numbers/match?number=HT-CS-1-1", "/receipts/periods",
        "/receipts/periods/2026-Q1", "/deposits", "/deposits?show=short", "/deposits/1", "/deposits/3",
        "/deposits/open", "/deposits/1/top_up", "/deposits/1/arrears", "/deposits/1/return",
        "/deposits/3/traffic", "/debts/1/cash", "/debts/1/deduct", "/deductions/2/announce",
    ),
    "channel_manager": (
        "/", "/held", "/held/3", "/held/pairs/1", "/held/pairs/2", "/customers/1/merge/2?pair=1",
        "/alarms", "/alarms/1", "/registrations", "/registrations/1",
        "/customers/1", "/customers/1?q=Tofu", "/customers/2",
        "/customers", "/customers/1/merge/2", "/customers/3", "/customers/4", "/customers/4/unmerge",
        "/partners", "/partners/1", "/partners/1/edit", "/partners/new", "/import", "/audit",
        "/cases", "/cases/1", "/policy", "/policy/1", "/policy/2", "/policy/2/withdraw", "/policy/new",
        "/policy/new?from=2", "/policy/drafts/1", "/policy/drafts/1/edit", "/policy/drafts/1/enforce",
        "/policy/drafts/1/what-if", "/receipts/1", "/deposits/open", "/deductions/1/approve",
        "/deductions/2/uphold", "/thursday/2026-04-16/1", "/thursday/2026-04-09/1?show=all",
        "/thursday/2026-04-16/minutes", "/rollups", "/rollups/2026-03-12",
        "/rollups/newest", "/rollups/2026-03-04",
        "/rollups/2026-03-19?region=east", "/rollups/running",
    ),
    "channel_sales": (
        "/", "/weekly/2026-04-09", "/weekly/2026-04-09/1", "/weekly/2026-04-09/2",
        "/more", "/support", "/support?show=open", "/support/1", "/partners/1", "/deposits/1",
        "/payments/made", "/statements/4", "/thursday/2026-04-16/2?show=all",
        "/thursday/2026-04-02/1/minutes",
    ),
    "carol": ("/cases/1",),
    "admin": ("/", "/people", "/people/new", "/people/5", "/audit", "/statements/board",
        "/admin/notices", "/admin/notices?state=dropped", "/notices"),
    "call_center": (
        "/", "/papers", "/papers/1", "/papers/2", "/policy", "/policy/1", "/statements/board",
        "/statements/board?step=2", "/statements/1/act/print",
        "/statements/3/act/send", "/statements/3/withheld",
    ),
    "coo": ("/statements/board?step=5", "/statements/2/refuse", "/statements/2/act/approve_coo",
        "/deposits/3/waive"),
    "": (
        "/login", "/verify", "/verify?n=CS-1&h=abababababababab", "/verify?n=CS-1&h=cdcdcdcdcdcdcdcd",
        "/verify?n=CS-1&h=efefefefefefefef",
    ),
}  # fmt: skip


NOT_THERE = ("/no-such-page", "/rollups/2026-03-04", "/verify?n=CS-1&h=efefefefefefefef")


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
    help_out(engine, people, at("2026-03-12 10:00"))
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
                next_step="-", next_step_on=now.date(),
            )
        )  # fmt: skip
        session.execute(sa.update(t.registration).values(city="-", contact="-"))
        session.execute(sa.update(t.partner).values(name=t.partner.c.code))
        for day in (12, 19):
            make_rollups(session, Week(date(2026, 3, day)), now=now, actor=None)


def help_out(engine: sa.Engine, people: People, now: Any) -> None:
    """Alice's partner asks for support on a project, which comes late, and for itself, which was given."""
    about = {"actor": people["alice"].actor, "now": now, "need": "-"}
    with db.transaction(engine) as session:
        ask(session, **about, registration_id=1, kind=SupportKind.SOLUTION)
        given = ask(session, **about, partner_id=people["alice"].partner_id, kind=SupportKind.TRAINING)
        finish(
            session, actor=people["product_marketing"].actor, now=now, request_id=given, version=1, result="-"
        )


@pytest.fixture
def papers(people: People, statement: None, at: Any, engine: sa.Engine) -> None:
    """A statement of two revisions that waits to be printed; a batch that is set, and one that is not."""
    now = at("2026-04-10 10:30")
    by = {"actor": people["call_center"].actor, "now": now, "language": "zh", "verify_at": "-"}
    with db.transaction(engine) as session:
        partner = people["alice"].partner_id or 0
        statement_id = make_statement(session, partner, "2025-Q4", number="CS-1")
        made, rev, line = t.statement.c.id, t.statement_revision.c, t.statement_line.c
        its = rev.statement_id == statement_id
        old = session.execute(sa.select(t.statement_revision).where(its)).one()._asdict()
        session.execute(sa.update(t.statement_revision).where(its).values(content_hash="cd" * 32))
        session.execute(sa.insert(t.statement_revision), [old | {"revision": 2, "content_hash": "ab" * 32}])
        of_it = sa.update(t.statement_line).where(line.statement_id == statement_id)
        session.execute(of_it.values(revision=2))
        it = sa.update(t.statement).where(made == statement_id)
        session.execute(it.values(revision=2, content_hash="ab" * 32))
        for _job in range(2):
            start_job(session, **by, statement_ids=[statement_id])
        done = sa.update(t.paper_job).where(t.paper_job.c.id == 2)
        session.execute(done.values(done=1, file_key="-", pages=1, size=1, finished_at=now))
        session.execute(sa.update(t.paper_job_item).values(content_hash="ab" * 32))


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


@pytest.fixture
def statement(people: People, steps: None, at: Any, engine: sa.Engine) -> None:
    """A statement of alice's partner with one line in dispute, one late, and one that is not on it."""
    partner = people["alice"].partner_id
    assert partner is not None
    lines = [
        LineOf(customer="Slow Snail Express Ltd"),
        LineOf(customer="Cloud Tofu Ltd", rate="0.10", year=2),
        LineOf(customer="Night Owl Ltd", flag=Flag.PAST_TERM, rate=None, year=None),
    ]
    with db.transaction(engine) as session:
        made = make_statement(session, partner, lines=lines)
        walk_to(session, people, made, Station.SENT)
        line = t.statement_line.c
        second = sa.and_(line.statement_id == made, line.ordinal == 2)
        session.execute(sa.update(t.statement_line).where(second).values(late=True))
        version = session.scalar(sa.select(t.statement.c.version).where(t.statement.c.id == made))
        assert version is not None
        open_disputes(
            session, actor=people["alice"].actor, now=at("2026-04-10 10:00"), statement_id=made,
            version=version, stated=[Stated(DisputeKind.RATE, "-", receipt_id=5)], folder="",
        )  # fmt: skip


@pytest.fixture
def deposits(people: People, papers: None, at: Any, engine: sa.Engine) -> None:
    """Alice's partner: paid in, a debt, a deduction proposed and one announced; a wholesale partner (3)."""
    now, partner, finance = at("2026-04-10 11:00"), people["alice"].partner_id or 0, people["finance"].actor
    with db.transaction(engine) as session:
        make_partner(session, "PW", kind=PartnerKind.WHOLESALE)
        session.execute(sa.update(t.partner).values(name=t.partner.c.code))
        record_paid_in(
            session, actor=finance, now=now, partner_id=partner, kind=EntryKind.PAYMENT,
            amount=Decimal("90000.00"), on=now.date(), reference="R-1",
        )  # fmt: skip
        open_debt(
            session, actor=None, now=now, partner_id=partner, statement_id=4, amount=Decimal("80.00"),
            on=date(2026, 2, 1),
        )  # fmt: skip
        for document in ("D-1", "D-2"):
            propose_for_arrears(
                session, actor=finance, now=now, partner_id=partner, amount=Decimal("100.00"),
                document=document, note="-", blame=Blame.CUSTOMER,
            )  # fmt: skip
    for who, act in (("channel_manager", DeductionAct.APPROVE), ("finance", DeductionAct.ANNOUNCE)):
        with db.transaction(engine) as session:
            act_on(
                session, actor=people[who].actor, now=now, deduction_id=2, version=None, act=act, reason="-"
            )


@pytest.fixture
def notices(people: People, deposits: None, at: Any, engine: sa.Engine) -> None:
    """Notices of every kind; messages of every state."""
    now = at("2026-04-10 12:00")
    name, told = "Slow Snail Express Ltd", {"week": "2026-04-09", "due_on": "2026-04-08", "due_hour": 18}
    about = {**told, "partner": "P001", "customer": name, "until": "2026-04-12", "who": "-", "need": "-"}
    about |= {"reason": "-", "result": "-", "region": "-", "looked_at": 1, "accepted": 1, "returned": 1}
    with db.transaction(engine) as session:
        for kind in NoticeKind:
            tell(
                session, now=now, people=[each.user_id for each in people.values()], kind=kind, about=about,
                link="/registrations/1", key=kind.value,
            )  # fmt: skip
        read_all(session, user_id=people["alice"].user_id, now=now, up_to=8)
        o = t.outbox.c
        message = sa.update(t.outbox)
        sent = {"state": OutboxState.SENT, "batch": "-", "sent_at": now, "attempts": 1}
        dropped = {"state": OutboxState.DROPPED, "last_error": Dropped.NO_MAIL_SERVER.value}
        failed = {"state": OutboxState.FAILED, "last_error": "550 -", "attempts": 10}
        for rest, values in ((0, sent), (1, dropped), (2, failed)):
            session.execute(message.where(o.id % 4 == rest).values(values))


def speak(engine: sa.Engine, locale: str) -> None:
    with db.transaction(engine) as session:
        session.execute(sa.update(t.user).values(locale=locale, theme="auto"))


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


@pytest.fixture
def traced() -> bool:
    """Pictures of hundreds of pages take longer than looking at them; what is wrong names its page."""
    return False


def sideways(page: Page) -> bool:
    """Whether something sticks out of the screen."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


def looked_at(page: Page, axe: Any, locale: str, sizes: tuple[Any, Any]) -> list[str]:
    """What is wrong with the page that is open, at the first size closely."""
    wrong = axe(page)
    wrong += [f"other language: {each!r}" for each in foreign(page, locale)]
    if sizes[0] == WIDE:
        page.emulate_media(color_scheme="dark")
        wrong += [f"dark: {each}" for each in axe(page, "color-contrast")]
    for size in sizes:
        page.set_viewport_size(size)
        if sideways(page):
            wrong.append(f"sideways scroll at {size['width']}")
    return wrong


@pytest.fixture
def report(people: People, history: None, at: Any, engine: sa.Engine) -> None:
    """Alice's weekly report of 9 April, sent late and corrected."""
    alice, week, now = people["alice"], Week(date(2026, 4, 9)), at("2026-04-10 08:00")
    for said in ("-", "+"):
        with db.transaction(engine) as session:
            partner = session.execute(sa.select(t.partner).where(t.partner.c.id == alice.partner_id)).one()
            policy = policy_on(session, now.date())
            assert policy.week is not None
            row = open_report(session, partner_id=partner.id, week=week, now=now, figures=policy.week)
            draft = load_draft(
                session, partner=partner, week=week, now=now, policy=policy, report=row, promised=None
            )
            for line in draft.lines:
                write_line(
                    session, actor=alice.actor, now=now, report_id=row.id, version=line.version,
                    entry=line.entry, typed=Typed(happened=said, reason="-"),
                )  # fmt: skip
            send_report(session, actor=alice.actor, now=now, partner=partner, week=week, policy=policy)


@pytest.mark.usefixtures("dispute", "notices", "report")
@pytest.mark.parametrize("person", PAGES)
@pytest.mark.parametrize(
    ("locale", "sizes", "browser_options"),
    [
        # Nothing fades while it is measured.
        (locale, sizes, {"locale": full, "viewport": sizes[0], "reduced_motion": "reduce"})
        for locale, full, sizes in (("zh", "zh-CN", (WIDE, PHONE)), ("en", "en-US", (PHONE, WIDE)))
    ],
    ids=["zh-1440", "en-390"],
)
def test_every_page(
    page: Page, people: People, sign_in: Any, axe: Any, engine: sa.Engine, person: str, locale: str,
    sizes: tuple[Any, Any],
) -> None:  # fmt: skip
    speak(engine, locale)
    if person:
        sign_in(page, people[person])
    wrong = []
    for path in PAGES[person]:
        page.set_viewport_size(sizes[0])
        page.emulate_media(color_scheme="light")
        answer = page.goto(path)
        assert answer is not None
        if answer.status >= 500 or (answer.status >= 400 and path not in NOT_THERE):
            wrong.append(f"{path}: {answer.status}")
        wrong += [f"{path}: {each}" for each in looked_at(page, axe, locale, sizes)]
    assert wrong == []
