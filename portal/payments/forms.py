"""Forms about payment: a bank account, an invoice."""

from flask_babel import lazy_gettext as _l

from portal.domain.invoices import parse_invoice_number, parse_tax_no
from portal.domain.payments import parse_account_number
from portal.web import forms


class AccountForm(forms.PortalForm):
    """A bank account as the bank writes it."""

    holder = forms.ParsedField(_l("Account holder"), forms.bounded(200), required=True)
    bank = forms.ParsedField(_l("Bank"), forms.bounded(100), required=True)
    branch = forms.ParsedField(_l("Branch"), forms.bounded(200), required=True)
    number = forms.ParsedField(_l("Account number"), parse_account_number, required=True)

    def values(self) -> dict[str, str]:
        """The account as columns."""
        return {name: getattr(self, name).data for name in ("holder", "bank", "branch", "number")}


class InvoiceForm(forms.PortalForm):
    """What an invoice says."""

    number = forms.ParsedField(_l("Invoice number"), parse_invoice_number, required=True)
    reference = forms.ParsedField(_l("Statement number on the invoice"), forms.bounded(60), required=True)
    title = forms.ParsedField(_l("Invoice title"), forms.bounded(200), required=True)
    tax_no = forms.ParsedField(_l("Tax number"), parse_tax_no, required=True)
    amount = forms.money_field(_l("Amount, tax included"), required=True)
    issued_on = forms.date_field(_l("Invoice date"), required=True)

    def values(self) -> dict[str, object]:
        """The invoice as columns."""
        names = ("number", "reference", "title", "tax_no", "amount", "issued_on")
        return {name: getattr(self, name).data for name in names}
