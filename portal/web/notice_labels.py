"""Words about notices: kinds, channels, how far a message is, refusals. The notices' own: `notice_words`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.notices import Channel, Dropped, NoticeKind, OutboxState

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (NoticeKind.REPORT_REMINDER, _l("Weekly report is due")),
    (NoticeKind.REPORT_MISSING, _l("Weekly report is missing")),
    (NoticeKind.REPORT_LATE_IN, _l("Weekly report came in late")),
    (NoticeKind.LINE_RETURNED, _l("Line of a report returned")),
    (NoticeKind.PROGRESS_ACCEPTED, _l("Progress accepted")),
    (NoticeKind.SUPPORT_ASKED, _l("Support asked for")),
    (NoticeKind.SUPPORT_PLANNED, _l("Support planned")),
    (NoticeKind.SUPPORT_OVERDUE, _l("Support overdue")),
    (NoticeKind.SUPPORT_CLOSED, _l("Support given")),
    (NoticeKind.LAPSE_SOON, _l("Protection ends soon")),
    (NoticeKind.LAPSED, _l("Protection lapsed")),
    (NoticeKind.ROLLUP_READY, _l("Roll-up of the region is ready")),
    (NoticeKind.REVIEW_DONE, _l("Thursday review is done")),
    (Channel.INBOX, _l("Inbox")),
    (Channel.EMAIL, _l("Mail")),
    (Channel.WECOM, _l("WeCom robot")),
    (Channel.DINGTALK, _l("DingTalk robot")),
    (OutboxState.WAITING, _l("Waiting to be sent")),
    (OutboxState.SENT, _l("Sent")),
    (OutboxState.FAILED, _l("Given up")),
    (OutboxState.DROPPED, _l("Not sent")),
    (Dropped.INACTIVE, _l("The person is switched off.")),
    (Dropped.PARTNER_LEFT, _l("The person’s partner has left.")),
    (Dropped.NO_ADDRESS, _l("The person has no address there any more.")),
    (Dropped.NO_MAIL_SERVER, _l("No mail server is set (PORTAL_MAIL_URL).")),
    (
        Dropped.KEY_LOST,
        _l(
            "The robot’s key cannot be read any more: it was kept under another PORTAL_SECRET_KEY. Set the "
            "old secret again, or have the person state the key anew under “Notices to me”."
        ),
    ),
)

MESSAGES: Mapping[str, Any] = {
    "check.outbox": _l("It does not go with the notice it is about."),
    "check.outbox_state": _l("Its state, its tries and what it notes do not go together."),
    "check.notice_words": _l("It lacks “%(name)s”, which its words need."),
    "notice.gone": _l("This was sent or taken up again meanwhile: look at how it stands."),
    "notice.no_robot": _l("State the key first and save it."),
    "notice.robot_key": _l(
        "This is no key of a robot. Copy what follows “key=” or “access_token=” in its webhook address: "
        "letters, digits, - and _."
    ),
    "notice.secret_alone": _l("A secret needs the token of its robot."),
    "notice.too_soon": _l("A test was sent less than a minute ago. Wait a little."),
}

ACTS: Mapping[str, Any] = {
    "notice.forgotten": _l("Forgot old notices and messages"),
    "notice.retried": _l("Had a message sent again"),
}
SUBJECTS: Mapping[str, Any] = {"notice": _l("Notices"), "outbox": _l("Message")}
