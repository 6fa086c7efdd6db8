"""The entries of the side bar and the tab bar, by permission."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from portal.config import Config
from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.roles import Actor
from portal.web.filters import sign_of
from portal.web.language import locale
from portal.web.templating import part

_FRAMES = 1000
_BAR = 4


@dataclass(frozen=True)
class Entry:
    """One entry: where it leads, how it looks, who sees it, which pages lie under it.

    `short` is its name in the phone's bar, which has room for the four of lowest `rank`; without one it is
    never in that bar. Who has `beside` comes to its pages by another entry, and does not see this one.
    `under` names the blueprints (or single endpoints) whose pages light it up.
    """

    endpoint: str
    icon: str
    label: object
    permission: P
    group: str = "main"
    short: object = None
    rank: int = 0
    beside: P | None = None
    under: tuple[str, ...] = ()


ENTRIES = (
    Entry("home.today", "home", _l("Today"), P.PROFILE, short=_l("Today")),
    Entry(
        *("pipeline.board", "layout-kanban", _l("Pipeline"), P.REGISTRATION_VIEW),
        short=_l("Pipeline"),
        rank=6,
        under=("pipeline",),
    ),
    Entry(
        *("registrations.new_form", "file-plus", _l("Register customer"), P.REGISTRATION_FILE),
        short=_l("Register"),
        rank=1,
        under=("registrations.create", "registrations.keep_draft"),
    ),
    Entry(
        *("registrations.list_page", "inbox", _l("Registrations"), P.REGISTRATION_VIEW),
        short=_l("List"),
        rank=7,
        under=("registrations", "registration"),
    ),
    Entry(
        *("held.queue", "scale", _l("Held filings"), P.HELD_DECIDE),
        short=_l("Held"),
        rank=2,
        under=("held",),
    ),
    Entry(
        *("weekly.start", "calendar-event", _l("Weekly report"), P.REPORT_WRITE),
        short=_l("Report"),
        rank=2,
        under=("weekly",),
    ),
    Entry(
        *("weekly.start", "notes", _l("Weekly reports"), P.REPORT_VIEW),
        beside=P.REPORT_WRITE,
        under=("weekly",),
    ),
    Entry(
        *("support.list_page", "lifebuoy", _l("Support"), P.SUPPORT_VIEW),
        short=_l("Support"),
        rank=9,
        under=("support",),
    ),
    Entry(
        *("thursday.start", "calendar-event", _l("Thursday review"), P.REVIEW_VIEW),
        short=_l("Review"),
        rank=1,
        under=("thursday",),
    ),
    Entry("cases.list_page", "gavel", _l("Cases"), P.CASE_VIEW, under=("cases",)),
    Entry(
        *("registrations.customers", "users", _l("Customers"), P.CUSTOMER_MERGE),
        under=(
            *("held.customer", "held.merge_form", "held.merge", "held.unmerge_form", "held.unmerge"),
            "held.link",
        ),
    ),
    Entry(
        *("rollups.list_page", "trending-up", _l("Friday’s roll-ups"), P.ROLLUP_VIEW),
        short=_l("Roll-ups"),
        rank=9,
        under=("rollups",),
    ),
    Entry("alarms.list_page", "search", _l("Alarms"), P.ALARM_VIEW, under=("alarms",)),
    Entry("partners.list_page", "building", _l("Partners"), P.PARTNER_VIEW, under=("partners",)),
    Entry(
        *("receipts.list_page", "coin", _l("Receipts"), P.RECEIPT_VIEW, "money"),
        under=("receipts",),
    ),
    Entry(
        *("statement_board.show", "receipt", _l("Statements"), P.STATEMENT_BOARD, "money"),
        short=_l("Statements"),
        rank=3,
        under=(
            *("statement_board", "statement_acts", "statement_dossier"),
            *("statements", "forecast", "disputes"),
        ),
    ),
    Entry(
        *("statements.list_page", "receipt", _l("Statements"), P.STATEMENT_CONFIRM, "money"),
        short=_l("Statements"),
        rank=3,
        under=("statements", "statement_confirm", "forecast", "disputes"),
    ),
    Entry(
        *("papers.start_form", "printer", _l("Print statements"), P.STATEMENT_PRINT, "money"),
        short=_l("Print"),
        rank=8,
        under=("papers",),
    ),
    Entry(
        *("disputes.list_page", "flag", _l("Disputes"), P.DISPUTE_ANSWER, "money"),
        short=_l("Disputes"),
        rank=5,
        under=("disputes.detail", "disputes.answer"),
    ),
    Entry(
        *("payments.work", "transfer", _l("Pay"), P.PAYMENT_RUN, "money"),
        short=_l("Pay"),
        rank=4,
        under=("payments", "bank_answers", "accounts.waiting", "invoices", "accounts"),
    ),
    Entry(
        *("payments.made", "report-money", _l("Payments and invoices"), P.PAYMENT_VIEW, "money"),
        beside=P.PAYMENT_RUN,
        under=("invoices", "accounts"),
    ),
    Entry(
        *("deposits.list_page", "wallet", _l("Deposits"), P.DEPOSIT_VIEW, "money"),
        under=("deposits", "deposit_acts", "deductions"),
    ),
    Entry(
        *("policy.list_page", "adjustments-horizontal", _l("Policy"), P.POLICY_VIEW, "admin"),
        under=("policy", "what_if"),
    ),
    Entry("imports.start", "download", _l("Import"), P.IMPORT_RUN, group="admin", under=("imports",)),
    Entry("admin.users", "users", _l("People"), P.USER_MANAGE_OWN, group="admin", under=("admin",)),
    Entry("admin.users", "users", _l("People"), P.USER_MANAGE_ALL, group="admin", under=("admin",)),
    Entry("notices.log", "send", _l("Messages sent"), P.NOTICE_WATCH, group="admin"),
    Entry("admin.audit", "history", _l("Audit trail"), P.AUDIT_VIEW, group="admin"),
)


def entries_of(actor: Actor) -> tuple[Entry, ...]:
    """The entries of one person: what is allowed, and does not lie under another entry of the person's."""
    return tuple(
        each
        for each in ENTRIES
        if allows(actor, each.permission) and not (each.beside and allows(actor, each.beside))
    )


def in_bar(entries: Sequence[Entry]) -> set[Entry]:
    """Those of the phone's bar: as many as there is room for beside "More", the most needed first."""
    return set(sorted((each for each in entries if each.short), key=lambda each: each.rank)[:_BAR])


def entry_of(endpoint: str, entries: Sequence[Entry] = ENTRIES) -> Entry | None:
    """The entry under which a page lies: its own, else the one that names it or its blueprint.

    Two kinds of people may come to one page by different entries: `entries` are those of one of them.
    """
    exact = [each for each in entries if each.endpoint == endpoint or endpoint in each.under]
    blueprint = endpoint.partition(".")[0]
    near = [each for each in entries if blueprint in each.under]
    return next(iter(exact + near), None)


@dataclass(frozen=True)
class Frame:
    """What stands around every page a person opens: drawn once per language, roles and place."""

    head: Markup
    side: Markup
    tabs: Markup
    rest: tuple[Entry, ...]


def init_app(app: Flask, config: Config) -> None:
    """Give templates the navigation, the vendor's name and the currency."""
    names = {"zh": config.vendor_name, "en": config.vendor_name_en}
    app.jinja_env.globals["currency_sign"] = sign_of(config.currency).strip()
    app.jinja_env.globals["own_logo"] = config.logo is not None
    app.jinja_env.globals["brand"] = lambda: names[locale()]

    @lru_cache(maxsize=_FRAMES)
    def drawn(_locale: str, actor: Actor | None, endpoint: str) -> Frame:
        return _draw(actor, endpoint)

    @app.context_processor
    def navigation() -> dict[str, object]:
        actor: Actor | None = g.get("actor")
        kind = Actor(0, "", actor.roles, 0 if actor.is_partner else None) if actor else None
        return {
            "frame": drawn(locale(), kind, request.endpoint or ""),
            "signed_in": current_user._get_current_object() if actor else None,
        }


def _draw(actor: Actor | None, endpoint: str) -> Frame:
    """The frame for people of `actor`'s roles on the page `endpoint`."""
    entries = entries_of(actor) if actor else ()
    section = entry_of(endpoint, entries)
    here = "page" if section and section.endpoint == endpoint else "true"
    marked = [(each, here if section and each.endpoint == section.endpoint else "") for each in entries]
    groups = [
        (title, [pair for pair in marked if pair[0].group == group])
        for group, title in (
            ("main", gettext("Main")), ("money", gettext("Money")), ("admin", gettext("Administration")),
        )
    ]  # fmt: skip
    bar = in_bar(entries)

    return Frame(
        part("layout/_head.html"),
        part("layout/_side_nav.html", groups=[each for each in groups if each[1]]),
        part("layout/_tab_bar.html", entries=[pair for pair in marked if pair[0] in bar], endpoint=endpoint),
        tuple(each for each in entries if each not in bar),
    )
