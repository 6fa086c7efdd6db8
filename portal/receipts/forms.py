"""Forms of finance: a receipt entered by hand, a refund."""

from flask_babel import lazy_gettext as _l

from portal.domain.rates import Product
from portal.domain.receipts import parse_number, parse_received, parse_ref, parse_source
from portal.receipts.service import Entry
from portal.web import forms


class ReceiptForm(forms.PortalForm):
    """A receipt that no file brings."""

    source = forms.ParsedField(_l("Source"), parse_source, required=True)
    ref = forms.ParsedField(_l("Receipt number"), parse_ref, required=True)
    received_on = forms.date_field(_l("Received on"), required=True)
    contract_no = forms.ParsedField(_l("Contract number"), parse_number, required=True)
    product = forms.Choice(_l("Product"), Product)
    amount = forms.ParsedField(
        _l("Amount received"), lambda text: parse_received(text, refund=False), required=True
    )
    minutes = forms.count_field(_l("Minutes"))

    def entry(self) -> Entry:
        """What was typed."""
        return Entry(
            source=self.source.data,
            ref=self.ref.data,
            received_on=self.received_on.data,
            contract_no=self.contract_no.data,
            product=self.product.member,
            amount=self.amount.data,
            minutes=self.minutes.data,
        )


class RefundForm(forms.PortalForm):
    """Money paid back of a receipt."""

    ref = forms.ParsedField(_l("Receipt number"), parse_ref, required=True)
    received_on = forms.date_field(_l("Paid back on"), required=True)
    amount = forms.ParsedField(
        _l("Amount paid back"), lambda text: -parse_received(text, refund=True), required=True
    )
    note = forms.text_field(_l("Why"), 500, required=True)
