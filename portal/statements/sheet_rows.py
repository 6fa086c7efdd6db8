"""The lines of a statement as a spreadsheet, and what is not on it and why (M14)."""

from decimal import Decimal
from typing import Any

from portal.statements.paper import StatementPaper
from portal.statements.word_rows import notes, product_words, subtotal_words
from portal.web.labels import label
from portal.web.language import gettext as _


def line_sheet(paper: StatementPaper) -> tuple[Any, ...]:
    """The lines as a spreadsheet: title, header, rows, sums, formats and widths of the columns."""
    header = [
        "#", _("Customer"), _("Contract number"), _("Receipt"), _("Received on"), _("Product"), _("Minutes"),
        _("Year"), _("Received"), _("Rate"), _("Floor price"), _("Commission"), _("Tier"),
        _("Policy version"), _("Rule"), _("Note"),
    ]  # fmt: skip
    rows = [
        (
            line.number, line.customer, line.contract_no, line.ref, line.received_on,
            product_words(line.product), line.minutes, line.year, line.amount, line.rate, line.floor_price,
            line.commission, label(line.tier), line.policy, line.rule, notes(line),
        )
        for line in paper.lines
    ]  # fmt: skip
    sums = [("", subtotal_words(each), *_sums(each.received, each.commission)) for each in paper.subtotals]
    sums.append(("", _("Total"), *_sums(paper.received, paper.total)))
    formats = {4: "yyyy-mm-dd", 6: "#,##0", 8: _AMOUNT, 9: "0.0#%", 10: "0.0000", 11: _AMOUNT}
    widths = (6, 34, 20, 20, 12, 19, 10, 7, 16, 8, 12, 16, 10, 15, 7, 44)
    return f"{paper.number} r{paper.revision}", header, rows, sums, formats, widths


def missing_sheet(paper: StatementPaper) -> tuple[Any, ...]:
    """What is not on the statement, and why, in the same form."""
    header = [
        _("Received on"), _("Customer"), _("Contract number"), _("Receipt"), _("Product"), _("Minutes"),
        _("Received"), _("Why"),
    ]  # fmt: skip
    rows = [
        (
            line.received_on, line.customer, line.contract_no, line.ref, product_words(line.product),
            line.minutes, line.amount, notes(line),
        )
        for line in paper.withheld
    ]  # fmt: skip
    formats = {0: "yyyy-mm-dd", 5: "#,##0", 6: _AMOUNT}
    return _("Not on it, because"), header, rows, [], formats, (12, 34, 20, 20, 19, 10, 16, 56)


_AMOUNT = "#,##0.00"


def _sums(received: Decimal, commission: Decimal) -> tuple[Any, ...]:
    return (*[""] * 6, received, "", "", commission)
