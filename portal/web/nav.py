"""The entries of the side bar and the tab bar, by permission."""

from dataclasses import dataclass

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.config import Config
from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.web.filters import sign
from portal.web.language import locale


@dataclass(frozen=True)
class Entry:
    """One entry: where it leads, how it looks, who sees it, which pages lie under it.

    `short` is its name in the phone's bar, five to a row; without one it is not in that bar.
    `under` names the blueprints (or single endpoints) whose pages light it up.
    """

    endpoint: str
    icon: str
    label: object
    permission: P
    group: str = "main"
    short: object = None
    under: tuple[str, ...] = ()


ENTRIES = (
    Entry("home.today", "home", _l("Today"), P.PROFILE, short=_l("Today")),
    Entry(
        *("pipeline.board", "layout-kanban", _l("Pipeline"), P.REGISTRATION_VIEW),
        short=_l("Pipeline"),
        under=("pipeline",),
    ),
    Entry(
        *("registrations.new_form", "file-plus", _l("Register customer"), P.REGISTRATION_FILE),
        short=_l("Register"),
        under=("registrations.create", "registrations.keep_draft"),
    ),
    Entry(
        *("registrations.list_page", "inbox", _l("Registrations"), P.REGISTRATION_VIEW),
        short=_l("List"),
        under=("registrations", "registration"),
    ),
    Entry(*("held.queue", "scale", _l("Held filings"), P.HELD_DECIDE), short=_l("Held"), under=("held",)),
    Entry("partners.list_page", "building", _l("Partners"), P.PARTNER_VIEW, under=("partners",)),
    Entry("imports.start", "download", _l("Import"), P.IMPORT_RUN, group="admin", under=("imports",)),
    Entry("admin.users", "users", _l("People"), P.USER_MANAGE_OWN, group="admin", under=("admin",)),
    Entry("admin.users", "users", _l("People"), P.USER_MANAGE_ALL, group="admin", under=("admin",)),
    Entry("admin.audit", "history", _l("Audit trail"), P.AUDIT_VIEW, group="admin"),
)


def entry_of(endpoint: str) -> Entry | None:
    """The entry under which a page lies: its own, else the one that names it or its blueprint."""
    exact = [each for each in ENTRIES if each.endpoint == endpoint or endpoint in each.under]
    blueprint = endpoint.partition(".")[0]
    near = [each for each in ENTRIES if blueprint in each.under]
    return next(iter(exact + near), None)


def init_app(app: Flask, config: Config) -> None:
    """Give templates the navigation and the vendor's name."""

    @app.template_global()
    def current_entry() -> Entry | None:
        return entry_of(request.endpoint or "")

    @app.context_processor
    def navigation() -> dict[str, object]:
        actor = g.get("actor")
        entries = [each for each in ENTRIES if actor and allows(actor, each.permission)]
        zh = locale() == "zh"
        return {
            "entries": entries,
            "signed_in": current_user if actor else None,
            "currency_sign": sign().strip(),
            "own_logo": config.logo is not None,
            "brand": config.vendor_name if zh else config.vendor_name_en,
        }
