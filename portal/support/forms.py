"""Asking for support, planning it, answering it."""

import uuid
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField

from portal.domain.support import LONGEST_NEED, LONGEST_RESULT, SupportKind
from portal.web import forms


class AskForm(forms.PortalForm):
    """What kind of help is needed, and what for; on a registration or a partner."""

    request_key = HiddenField()
    registration_id = HiddenField()
    partner_id = HiddenField()
    kind = forms.Choice(_l("Kind of help"), SupportKind)
    need = forms.text_field(_l("What help is needed"), LONGEST_NEED, required=True)

    def about(self) -> dict[str, int | None]:
        """What it is asked on, as numbers; −1 is no row's."""
        given = {"registration_id": self.registration_id.data, "partner_id": self.partner_id.data}
        return {name: forms.posted_number(value) if value else None for name, value in given.items()}

    def key(self) -> str | None:
        """What tells a form that is sent twice, or nothing where somebody made it up."""
        try:
            return str(uuid.UUID(self.request_key.data or ""))
        except ValueError:
            return None


class PlanForm(forms.PortalForm):
    """Who takes a request, and by when it is due."""

    version = HiddenField()
    owner_id = SelectField(_l("Who takes it"), coerce=str, validate_choice=False)
    due = forms.date_field(_l("Due on"))
    reason = forms.text_field(_l("Why the day is moved"), 500)

    def offer(self, people: Any, department: str) -> None:
        """The people who can take it; nobody: it stays with the department."""
        nobody = _("nobody yet: %(department)s", department=department)
        self.owner_id.choices = [("", nobody)] + [(str(each.id), each.name) for each in people]

    def owner(self) -> int | None:
        """Who was chosen; −1, whom no rule accepts, for what is not a number."""
        return forms.posted_number(self.owner_id.data) if self.owner_id.data else None


class FinishForm(forms.PortalForm):
    """What came of a request."""

    result = forms.TextArea(_l("What came of it"), forms.bounded(LONGEST_RESULT), required=True)


class DeclineForm(forms.PortalForm):
    """Why it is declined, or not needed any more."""

    result = forms.TextArea(_l("Why not"), forms.bounded(LONGEST_RESULT), required=True)
