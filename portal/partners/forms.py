"""Forms of the partner register."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField

from portal.domain.terms import PartnerKind, Tier
from portal.web import forms


class PartnerForm(forms.PortalForm):
    """A partner's facts."""

    version = HiddenField()
    code = forms.ParsedField(_l("Partner code"), forms.bounded(32), required=True)
    name = forms.name_field(_l("Partner name"), required=True)
    kind = forms.Choice(_l("Partner kind"), PartnerKind)
    region = forms.ParsedField(_l("Region"), forms.bounded(40), required=True)
    contact = forms.text_field(_l("Contact person"), 100)
    phone = forms.phone_field(_l("Telephone"))
    email = forms.email_field(_l("E-mail"))
    signed_on = forms.date_field(_l("Signed on"))
    traffic_deposit = forms.money_field(_l("Traffic deposit (wholesale)"))
    manager_id = SelectField(_l("Looked after by"), coerce=str, validate_choice=False)

    def offer_managers(self, managers: list[Any]) -> None:
        """The channel sales people to choose from."""
        self.manager_id.choices = [("", "—")] + [
            (str(each.id), f"{each.name} · {each.region or ''}".rstrip(" ·")) for each in managers
        ]

    def values(self) -> dict[str, Any]:
        """The facts as columns; a manager outside the list counts as none."""
        offered = {value for value, _text in self.manager_id.choices}
        chosen = self.manager_id.data if self.manager_id.data in offered else ""
        return {
            "name": self.name.data,
            "kind": self.kind.member,
            "region": self.region.data,
            "contact": self.contact.data or "",
            "phone": self.phone.data or "",
            "email": self.email.data or "",
            "signed_on": self.signed_on.data,
            "traffic_deposit": self.traffic_deposit.data,
            "manager_id": int(chosen) if chosen else None,
        }


class TierForm(forms.PortalForm):
    """A term of a tier."""

    tier = forms.Choice(_l("Tier"), Tier)
    starts_on = forms.date_field(_l("From"), required=True)
    ends_on = forms.date_field(_l("To, included"), required=True)
