"""The entries of the side bar and the tab bar, by permission."""

from dataclasses import dataclass

from flask import Flask, g
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.config import Config
from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.web.language import locale


@dataclass(frozen=True)
class Entry:
    """One entry: where it leads, how it looks, who sees it, and whether the phone's bar has it."""

    endpoint: str
    icon: str
    label: object
    permission: P
    group: str = "main"
    phone: bool = False


ENTRIES = (
    Entry("home.today", "home", _l("Today"), P.PROFILE, phone=True),
    Entry("pipeline.board", "layout-kanban", _l("Pipeline"), P.REGISTRATION_VIEW, phone=True),
    Entry("registrations.new_form", "file-plus", _l("Register customer"), P.REGISTRATION_FILE, phone=True),
    Entry("registrations.list_page", "inbox", _l("Registrations"), P.REGISTRATION_VIEW, phone=True),
    Entry("held.queue", "scale", _l("Held filings"), P.HELD_DECIDE, phone=True),
    Entry("partners.list_page", "building", _l("Partners"), P.PARTNER_VIEW),
    Entry("imports.start", "download", _l("Import"), P.IMPORT_RUN, group="admin"),
    Entry("admin.users", "users", _l("People"), P.USER_MANAGE_OWN, group="admin"),
    Entry("admin.users", "users", _l("People"), P.USER_MANAGE_ALL, group="admin"),
    Entry("admin.audit", "history", _l("Audit trail"), P.AUDIT_VIEW, group="admin"),
)


def init_app(app: Flask, config: Config) -> None:
    """Give templates the navigation and the vendor's name."""

    @app.context_processor
    def navigation() -> dict[str, object]:
        actor = g.get("actor")
        entries = [each for each in ENTRIES if actor and allows(actor, each.permission)]
        zh = locale() == "zh"
        return {
            "entries": entries,
            "signed_in": current_user if actor else None,
            "brand": config.vendor_name if zh else config.vendor_name_en,
        }
