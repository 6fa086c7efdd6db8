"""Names of a registration's fields, and what a fact's data says, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from portal.domain.pipeline import LostReason
from portal.domain.support import Withdrawal
from portal.domain.terms import CustomerClass, Source
from portal.web import labels

FIELDS: Mapping[str, Any] = {
    "customer_name": _l("Customer"),
    "customer_name_en": _l("English name"),
    "uscc": _l("Credit code"),
    "website": _l("Website"),
    "contact": _l("Contact person"),
    "phone": _l("Telephone"),
    "city": _l("City"),
    "customer_class": _l("Customer class"),
    "ports": _l("Ports"),
    "yearly_revenue": _l("Yearly revenue"),
    "source": _l("Source"),
    "met_on": _l("Day of the meeting"),
    "met_with": _l("Whom you met"),
    "solution": _l("What you proposed"),
    "trial_agreement": _l("Trial agreement number"),
    "trial_start": _l("Trial starts"),
    "trial_end": _l("Trial ends"),
    "contract_no": _l("Contract number"),
    "contract_date": _l("Contract date"),
    "yearly_amount": _l("Yearly amount"),
    "lost_reason": _l("Why it was lost"),
    "due": _l("By when"),
    "why": _l("Why"),
}
_ENUMS = {"customer_class": CustomerClass, "source": Source, "lost_reason": LostReason, "why": Withdrawal}


def field_names(names: Iterable[str]) -> str:
    """The fields' names, listed."""
    return str(gettext(", ")).join(str(FIELDS[name]) for name in names)


def fact_words(data: Mapping[str, Any]) -> str:
    """The figures of a fact: a gate's fields, or what an edit or correction changed."""
    if "before" in data and "after" in data and isinstance(data["before"], Mapping):
        return str(gettext("; ")).join(
            f"{FIELDS[name]}{gettext(': ')}{_shown(name, data['before'][name])} → {_shown(name, value)}"
            for name, value in data["after"].items()
            if name in FIELDS
        )
    if "fields" in data:
        return field_names(name for name in data["fields"] if name in FIELDS)
    told = data.get("gate", data)
    if "ref" in told:
        return ""
    pairs = ((name, value) for name, value in told.items() if name in FIELDS and value)
    return str(gettext("; ")).join(
        f"{FIELDS[name]}{gettext(': ')}{_shown(name, value)}" for name, value in pairs
    )


def _shown(name: str, value: Any) -> str:
    if value in (None, ""):
        return "–"
    return str(labels.label(_ENUMS[name](value))) if name in _ENUMS else str(value)
