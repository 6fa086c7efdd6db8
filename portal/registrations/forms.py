"""The forms of a registration: filing, details, corrections."""

import dataclasses
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from portal.domain.errors import RuleViolation, RuleViolations
from portal.domain.names import check_name, keys_of
from portal.domain.pipeline import GATES, Stage
from portal.domain.terms import CustomerClass, Source
from portal.registrations.service import Filing
from portal.web import forms

FILING_STAGES = (Stage.INTEREST, Stage.MEETING, Stage.SOLUTION)


class CustomerFields(forms.PortalForm):
    """Who the customer is and what it needs; shared by filing and editing."""

    page_order = (
        *("customer_name", "uscc", "city", "customer_class", "contact", "phone", "website"),
        *("customer_name_en", "ports", "yearly_revenue", "stage", "source", "met_on", "met_with"),
        *("solution", "notes"),
    )

    customer_name_en = forms.text_field(_l("English name"))
    website = forms.website_field(_l("Website"))
    contact = forms.ParsedField(_l("Contact person"), forms.bounded(100), required=True)
    phone = forms.phone_field(_l("Telephone"), required=True)
    city = forms.ParsedField(_l("City"), forms.bounded(60), required=True)
    customer_class = forms.Choice(_l("Customer class"), CustomerClass)
    ports = forms.count_field(_l("Ports expected"), required=True)
    yearly_revenue = forms.money_field(_l("Yearly revenue expected"), required=True)
    source = forms.Choice(_l("Source"), Source)

    def stated(self) -> dict[str, Any]:
        """The values as columns of a registration."""
        return {
            "customer_name_en": self.customer_name_en.data or "",
            "website": self.website.data or "",
            "contact": self.contact.data,
            "phone": self.phone.data,
            "city": self.city.data,
            "customer_class": self.customer_class.member,
            "ports": self.ports.data,
            "yearly_revenue": self.yearly_revenue.data,
            "source": self.source.member,
        }


def filed_name(text: str) -> str:
    """A customer's name to file under: more than a place or a legal form, which thousands share.

    :raises RuleViolation: as `check_name`, and ``name.nobodys``.
    """
    name = check_name(text)
    if keys_of(name).core is None:
        raise RuleViolation("name.nobodys")
    return name


class FilingForm(CustomerFields):
    """A new registration (G2)."""

    request_key = HiddenField()
    customer_name = forms.ParsedField(_l("Legal name on the licence"), filed_name, required=True)
    uscc = forms.uscc_field(_l("Unified social credit code"))
    stage = forms.Choice(_l("Stage"), FILING_STAGES)
    met_on = forms.date_field(_l("Day of the meeting"))
    met_with = forms.text_field(_l("Whom you met"), 100)
    solution = forms.text_field(_l("What you proposed"), 500)
    notes = forms.TextArea(_l("How you met them"), forms.bounded(5000))

    def filing(self, today: date) -> Filing:
        """What was stated, ready to be filed.

        :raises RuleViolations: the stage's gate is not met (§5).
        """
        stage = self.stage.member
        gate = {name: self[name].data for name in GATES[stage]}
        missing = [RuleViolation("pipeline.gate_missing", name) for name, value in gate.items() if not value]
        if self.met_on.data and stage is Stage.MEETING and self.met_on.data > today:
            missing.append(RuleViolation("pipeline.in_the_future", "met_on"))
        if missing:
            raise RuleViolations(missing)
        return Filing(
            customer_name=self.customer_name.data,
            uscc=self.uscc.data,
            stage=stage,
            notes=self.notes.data or "",
            gate=gate,
            **self.stated(),
        )


class DetailsForm(CustomerFields):
    """What may be edited at any time."""

    version = HiddenField()


class CorrectionForm(CustomerFields):
    """The same with name and code; only the fields a reviewer named are shown and taken."""

    version = HiddenField()
    customer_name = forms.name_field(_l("Legal name on the licence"), required=True)
    uscc = forms.uscc_field(_l("Unified social credit code"))

    def keep_only(self, fields: list[str]) -> None:
        """Drop every field that was not named."""
        for name in list(self._fields):
            if name not in (*fields, "version"):
                del self[name]

    def named(self) -> dict[str, Any]:
        """The named fields' values as columns."""
        values: dict[str, Any] = {}
        for name, field in self._fields.items():
            if name != "version":
                values[name] = field.member if isinstance(field, forms.Choice) else field.data
        for name in ("customer_name_en", "website"):
            if name in values:
                values[name] = values[name] or ""
        return values


def as_data(row: Any) -> dict[str, Any]:
    """A registration's columns for filling a form."""
    names = {field.name for field in dataclasses.fields(Filing)} - {"stage", "notes", "gate"}
    return {name: getattr(row, name) for name in names} | {"version": row.version}
