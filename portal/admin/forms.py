"""Forms of administration."""

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField

from portal.domain.roles import Role
from portal.web import forms, labels


class UserForm(forms.PortalForm):
    """A person: name, address, roles, and where they belong."""

    version = HiddenField()
    name = forms.ParsedField(_l("Name"), forms.bounded(100), required=True)
    email = forms.email_field(_l("E-mail"), required=True)
    partner_id = SelectField(_l("Partner"), coerce=str, validate_choice=False)
    region = forms.text_field(_l("Region"), 40)
    roles = SelectMultipleField(_l("Roles"), coerce=str, validate_choice=False)
    active = BooleanField(_l("May sign in"))

    def offer(self, roles: Collection[Role], partners: list[Any]) -> None:
        """What can be chosen by the person who fills this in."""
        self.roles.choices = [(role.value, str(labels.label(role))) for role in roles]
        self.partner_id.choices = [("", "—")] + [(str(p.id), f"{p.code} {p.name}") for p in partners]

    def chosen_roles(self) -> set[Role]:
        """The chosen roles that were on offer."""
        offered = {value for value, _text in self.roles.choices}
        return {Role(value) for value in self.roles.data or [] if value in offered}

    def chosen_partner(self) -> int | None:
        """The chosen partner, if it was on offer."""
        offered = {value for value, _text in self.partner_id.choices}
        value = self.partner_id.data
        return int(value) if value and value in offered else None
