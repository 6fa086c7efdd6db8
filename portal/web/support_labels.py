"""Words for support requests (L2): kinds, states, acts of the trail, rights, causes of a pause."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.access import Permission
from portal.domain.support import SupportKind, SupportState, Withdrawal

LABELS: tuple[tuple[StrEnum, Any], ...] = (
    (SupportKind.JOINT_VISIT, _l("Joint visit")),
    (SupportKind.SOLUTION, _l("Help with the solution")),
    (SupportKind.TRAINING, _l("Training")),
    (SupportKind.MARKETING, _l("Marketing")),
    (SupportKind.PRICE, _l("Special price")),
    (SupportKind.TRIAL_INSTALL, _l("Install for the trial")),
    (SupportKind.PRODUCTION_INSTALL, _l("Install for production")),
    (SupportKind.OTHER, _l("Other help")),
    (SupportState.OPEN, _l("Open request")),
    (SupportState.DONE, _l("Answered")),
    (SupportState.DECLINED, _l("Declined")),
    (Withdrawal.MOVE_UNDONE, _l("The move that asked for it was taken back.")),
    (Withdrawal.MOVED_BACK, _l("The project moved back to an earlier stage.")),
    (Withdrawal.CLAIM_ENDED, _l("The claim has ended.")),
)
ACTS: Mapping[str, Any] = {
    "support.asked": _l("Asked for support of a partner"),
    "support.planned": _l("Planned support of a partner"),
    "support.closed": _l("Answered a partner's request for support"),
}
SUBJECTS: Mapping[str, Any] = {"support_request": _l("Support request")}
RIGHTS: Mapping[Permission, Any] = {
    Permission.SUPPORT_ASK: _l("ask for support"),
    Permission.SUPPORT_GIVE: _l("plan and answer requests for support"),
    Permission.SUPPORT_VIEW: _l("see requests for support"),
}
CAUSES: Mapping[str, Any] = {
    "held_review": _l("the decision on the held filing was overdue. These days do not count (C3)."),
    "support": _l("support that was asked for was overdue. These days do not count (C3)."),
    "trial_install": _l("the install for the trial was overdue. These days do not count (C3)."),
    "production_install": _l("the install for production was overdue. These days do not count (C3)."),
}


def cause_words(cause: str) -> str:
    """Why days of a clock do not count."""
    return str(CAUSES[cause])
