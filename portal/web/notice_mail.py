"""One message about many notices, in the language of its reader; made outside of any request."""

from collections.abc import Sequence
from functools import cache

from flask_babel import gettext, ngettext
from jinja2 import Environment, FileSystemLoader, Template

from portal.config import Config, resource_dir
from portal.domain.letters import Letter, Told, fitting, one_line
from portal.domain.notices import Channel
from portal.web import notice_words
from portal.web.language import LOCALES, in_language

# What a robot takes in one message; the rest stays in the inbox.
_ROOM = {Channel.WECOM: 2048, Channel.DINGTALK: 16_000}
_RESERVE = 300


def compose(
    config: Config, *, name: str, language: str | None, channel: Channel, items: Sequence[Told], total: int
) -> Letter:
    """The message: `items` in full (the newest first), and how many of `total` are in the inbox alone.

    Links need PORTAL_PUBLIC_URL: without it the message says what happened, and leads nowhere.
    """
    chosen = language if language in LOCALES else LOCALES[0]
    with in_language(chosen):
        brand = config.vendor_name if chosen == "zh" else config.vendor_name_en
        shown = [(notice_words.title(each), notice_words.sentence(each), each.link) for each in items]
        subject = one_line(
            shown[0][0] if total == 1 else ngettext("%(num)d notice", "%(num)d notices", total)
        )
        site = config.public_url
        page = {
            "language": "zh-CN" if chosen == "zh" else "en",
            "greeting": gettext("Hello %(name)s,", name=one_line(name)),
            "items": [(head, text, f"{site}{link}" if site else "") for head, text, link in shown],
            "more": _more(total - len(shown)),
            "inbox": f"{site}/notices" if site else "",
            "settings": f"{site}/notices/settings" if site else "",
            "words": {
                "inbox": gettext("All notices"), "settings": gettext("What is sent to you, how and when"),
            },
        }  # fmt: skip
        text = "" if channel not in _ROOM else _robot_text(subject, shown, site, total, _ROOM[channel])
        return Letter(one_line(f"[{brand}] {subject}"), text, _page().render(page, brand=brand))


def test_letter(config: Config, *, name: str, language: str | None) -> Letter:
    """What a person gets who wants to see whether messages arrive."""
    with in_language(language if language in LOCALES else LOCALES[0]):
        text = gettext("Hello %(name)s, messages from the portal arrive here.", name=one_line(name))
        subject = gettext("A test from the portal")
        brand = config.vendor_name if language == "zh" else config.vendor_name_en
        page = {"language": language or "zh", "greeting": text, "items": [], "more": "", "inbox": ""}
        return Letter(one_line(f"[{brand}] {subject}"), text, _page().render(page, brand=brand))


def _more(number: int) -> str:
    if number <= 0:
        return ""
    return str(ngettext("… and %(num)d more in the inbox", "… and %(num)d more in the inbox", number))


def _robot_text(
    subject: str, shown: Sequence[tuple[str, str, str]], site: str | None, total: int, room: int
) -> str:
    if total == 1:
        (head, sentence, link) = shown[0]
        return "\n".join(filter(None, (head, sentence, f"{site}{link}" if site else "")))
    lines = [f"• {head}" for head, _sentence, _link in shown]
    fit = fitting(lines, room - _RESERVE)
    ending = [_more(total - fit), f"{site}/notices" if site else ""]
    return "\n".join(filter(None, (subject, *lines[:fit], *ending)))


@cache
def _page() -> Template:
    """The mail's page: no request, no portal's frame around it."""
    environment = Environment(loader=FileSystemLoader(str(resource_dir("templates"))), autoescape=True)
    return environment.get_template("mail/notices.html")
