"""The form of a person's own notices."""

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from portal.domain.notices import OUTER, Channel, NoticeKind, parse_hours
from portal.notices.settings import Addresses, parse_dingtalk_key, parse_wecom_key
from portal.web import forms


class SettingsForm(forms.PortalForm):
    """Addresses of a person. A key is never shown again: left empty, the kept one stays."""

    email_on = BooleanField(_l("Send me e-mail"))
    wecom_key = forms.ParsedField(_l("Key of my WeCom robot"), parse_wecom_key)
    wecom_gone = BooleanField(_l("Remove the WeCom robot"))
    dingtalk_token = forms.ParsedField(_l("Token of my DingTalk robot"), parse_dingtalk_key)
    dingtalk_secret = forms.ParsedField(_l("Its secret, if it signs"), parse_dingtalk_key)
    dingtalk_gone = BooleanField(_l("Remove the DingTalk robot"))

    def addresses(self, hours: list[str]) -> Addresses:
        """What was typed and ticked."""
        no_wecom, no_dingtalk = bool(self.wecom_gone.data), bool(self.dingtalk_gone.data)
        return Addresses(
            email_on=bool(self.email_on.data),
            wecom_key="" if no_wecom else self.wecom_key.data or None,
            dingtalk_token="" if no_dingtalk else self.dingtalk_token.data or None,
            # A new robot comes with its own secret, or without one.
            dingtalk_secret=(
                "" if no_dingtalk else self.dingtalk_secret.data or ("" if self.dingtalk_token.data else None)
            ),
            hours=parse_hours(hours),
        )


def wanted(kinds: list[NoticeKind], ticked: Callable[[str], Any]) -> set[tuple[NoticeKind, Channel]]:
    """The switches that are on: boxes named ``report_missing.email``."""
    return {(kind, channel) for kind in kinds for channel in OUTER if ticked(f"{kind}.{channel}")}
