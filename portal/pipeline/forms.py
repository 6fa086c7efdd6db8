"""The gates as small forms (§5), and leaving the pipeline."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from portal.domain.pipeline import STAGES, LostReason
from portal.web import forms


class MoveForm(forms.PortalForm):
    """A stage move: the target's gate, or the reason for going back."""

    version = HiddenField()
    to = forms.Choice(_l("Stage"), STAGES)
    met_on = forms.date_field(_l("Day of the meeting"))
    met_with = forms.text_field(_l("Whom you met"), 100)
    solution = forms.text_field(_l("What you proposed"), 500)
    trial_agreement = forms.text_field(_l("Trial agreement number"), 60)
    trial_start = forms.date_field(_l("Trial starts"))
    trial_end = forms.date_field(_l("Trial ends"))
    contract_no = forms.text_field(_l("Contract number"), 60)
    contract_date = forms.date_field(_l("Contract date"))
    ports = forms.count_field(_l("Ports"))
    yearly_amount = forms.money_field(_l("Yearly amount"))
    reason = forms.text_field(_l("Why it goes back"), 500)


class EndForm(forms.PortalForm):
    """Release a customer or withdraw a claim."""

    version = HiddenField()
    reason = forms.text_field(_l("What happened"), 500, required=True)


class LossForm(EndForm):
    """Close a project as lost (G5)."""

    lost_reason = forms.Choice(_l("Why it was lost"), LostReason)
