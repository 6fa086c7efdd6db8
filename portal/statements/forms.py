"""What people type about a statement: a dispute over a line, its answer, a confirmation."""

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.disputes import WITHOUT_LINE, DisputeKind
from portal.domain.money import parse_amount
from portal.web.forms import Choice, ParsedField, PortalForm, TextArea, bounded, text_field


def signed_amount(text: str) -> Decimal:
    """An amount in yuan that may be negative: what a refund takes back is.

    :raises RuleViolation: as `parse_amount`.
    """
    tidy = text.strip()
    if tidy[:1] in ("-", "−", "－"):
        return -parse_amount(tidy[1:])
    return parse_amount(tidy)


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}"


class DisputeForm(PortalForm):
    """One objection. The file is read from the request."""

    kind = Choice(_l("What is wrong"), DisputeKind)
    expected = ParsedField(_l("Commission that you expect, in yuan"), signed_amount, show=_plain)
    text = TextArea(_l("Why"), bounded(2000), required=True)

    def about_line(self, *, has_line: bool) -> "DisputeForm":
        """Offer only what can be said about a line, or about none."""
        without = {kind for kind in DisputeKind if kind in WITHOUT_LINE}
        wanted = set(DisputeKind) - {DisputeKind.MISSING} if has_line else without
        field: Any = self.kind
        field.members = {kind.value: kind for kind in DisputeKind if kind in wanted}
        field.choices = [each for each in field.choices if each[0] in ("", *field.members)]
        return self


class AnswerForm(PortalForm):
    """Finance's answer to a dispute."""

    granted = ParsedField(_l("The receipt shall come to, in yuan"), signed_amount, show=_plain)
    answer = TextArea(_l("Answer to the partner"), bounded(2000))


class ConfirmForm(PortalForm):
    """The name that confirms. The scan is read from the request."""

    typed = text_field(_l("Your full name"), 100, required=True)
