"""Forms of deposits; each act is confirmed on a page that says what it leads to."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from portal.domain.deposits import Blame
from portal.web import forms


class MoneyForm(forms.PortalForm):
    """Money that came in: amount, day, reference."""

    amount = forms.money_field(_l("Amount (yuan)"), required=True)
    on = forms.date_field(_l("Came in on"), required=True)
    reference = forms.text_field(_l("Reference of the bank"), 80, required=True)
    note = forms.text_field(_l("Note"), 500)


class CashForm(forms.PortalForm):
    """A payment of a debt."""

    version = HiddenField()
    amount = forms.money_field(_l("Amount (yuan)"), required=True)
    on = forms.date_field(_l("Came in on"), required=True)
    reference = forms.text_field(_l("Reference of the bank"), 80, required=True)


class ArrearsForm(forms.PortalForm):
    """Customers' arrears that the deposit is to bear."""

    amount = forms.money_field(_l("Amount (yuan)"), required=True)
    document = forms.text_field(_l("Document number"), 80, required=True)
    blame = forms.Choice(_l("Why the customer does not pay"), Blame)
    note = forms.TextArea(_l("Which customer, for what"), forms.bounded(2000), required=True)


class DeductForm(forms.PortalForm):
    """An overdue debt that the deposit is to bear."""

    version = HiddenField()
    document = forms.text_field(_l("Document number"), 80, required=True)
    note = forms.TextArea(_l("Note"), forms.bounded(2000))


class ReasonForm(forms.PortalForm):
    """Why."""

    version = HiddenField()
    seen = HiddenField()
    reason = forms.TextArea(_l("Reason"), forms.bounded(500), required=True)


class SureForm(forms.PortalForm):
    """Nothing to say, only to confirm."""

    version = HiddenField()


class ReturnForm(forms.PortalForm):
    """The deposit goes back."""

    version = HiddenField()
    seen = HiddenField()
    reference = forms.text_field(_l("Reference of the bank"), 80, required=True)
    note = forms.text_field(_l("Note"), 500)


def typed(form: forms.PortalForm) -> list[tuple[str, Any]]:
    """The fields as they were typed, to be carried through the confirmation."""
    return [
        (field.name, field.data or "" if isinstance(field, HiddenField) else _shown(field)) for field in form
    ]


def _shown(field: Any) -> str:
    return field.data or "" if isinstance(field, forms.Choice) else field._value()
