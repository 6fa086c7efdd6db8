"""Let facts tell of planned support, weekly reports and reviews

Revision ID: 0022
Revises: 0021
"""

from portal.migrations.words import change_words, refuse_losing

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_BEFORE = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_done", "file_added", "correction_asked", "corrected"),
    *("decided_same", "decided_different", "merged"),
    *("case_asked", "case_opened", "case_answered", "case_closed", "reassigned", "restored", "linked"),
    *("compared", "named", "identified", "belongs", "told_apart"),
)
_NEW = ("support_planned", "reported", "reviewed", "returned")
_AFTER = (
    *("filed", "moved", "progress", "released", "lost", "undone", "note", "edited", "next_step"),
    *("support_asked", "support_planned", "support_done", "file_added", "correction_asked", "corrected"),
    *_BEFORE[14:],
    *("reported", "reviewed", "returned"),
)


def upgrade() -> None:
    change_words("registration_event", "kind", _BEFORE, _AFTER)


def downgrade() -> None:
    refuse_losing("registration_event", "kind", *_NEW)
    change_words("registration_event", "kind", _AFTER, _BEFORE)
