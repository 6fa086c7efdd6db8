"""The form of one project in a weekly report; its fields bear the project's number: ``17-happened``."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from portal.domain.errors import RuleViolation
from portal.domain.money import parse_yuan
from portal.domain.reports import Entry, Typed
from portal.web import forms

QUICK_REASONS = (
    _l("The customer is deciding"),
    _l("Waiting for their budget"),
    _l("Waiting for the tender"),
    _l("Cannot be reached"),
    _l("The solution is being revised"),
    _l("The customer is on leave"),
)
"""Why nothing changed, for one tap; what is kept is the text."""


class LineForm(forms.PortalForm):
    """What people say of a project beyond its facts."""

    quick = forms.text_field(_l("Why nothing changed"), 500)

    happened = forms.TextArea(_l("What happened"), forms.bounded(2000))
    reason = forms.text_field(_l("Why nothing changed"), 500)
    next_step = forms.text_field(_l("Next step"), 500)
    next_step_on = forms.date_field(_l("Next step on"))
    support = forms.text_field(_l("Support needed"), 500)
    ports = forms.count_field(_l("Ports expected"))
    yearly_revenue = forms.money_field(_l("Yearly revenue expected"), parse_yuan)
    version = HiddenField()

    def typed(self, entry: Entry) -> Typed:
        """What was typed; a figure that is as registered is not stated again."""
        now = entry.now
        ports, revenue = self.ports.data, self.yearly_revenue.data
        return Typed(
            happened=self.happened.data or "",
            reason=self._reason(entry.typed.reason),
            support=self.support.data or "",
            next_step=self.next_step.data or "",
            next_step_on=self.next_step_on.data,
            ports=None if now is None or ports in (None, now.ports) else ports,
            yearly_revenue=None if now is None or revenue in (None, now.yearly_revenue) else revenue,
        )

    def _reason(self, kept: str) -> str:
        """Own words, or the reason that was tapped: of the two the one that was chosen now."""
        own = self.reason.data or ""
        return self.quick.data if self.quick.data and own in ("", kept) else own

    def refuse(self, error: RuleViolation) -> None:
        """A refusal names its field with the project's number before it."""
        own = (error.field or "").partition("-")[2]
        super().refuse(RuleViolation(error.code, own or None, **error.params))


def form_of(entry: Entry, posted: Any = None) -> LineForm:
    """The form of a project, with what was posted or what is kept."""
    typed = entry.typed
    data = {
        "happened": typed.happened or None, "reason": typed.reason or None,
        "support": typed.support or None, "next_step": typed.next_step or None,
        "next_step_on": typed.next_step_on, "ports": entry.ports, "yearly_revenue": entry.yearly_revenue,
        "version": entry.version,
    }  # fmt: skip
    return LineForm(posted, prefix=str(entry.registration_id), data=data)
