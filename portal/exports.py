"""Tables as files: CSV and xlsx, with cells that no spreadsheet takes for a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.domain.periods import BUSINESS_OFFSET

# Characters that xlsx, being XML, has no way to hold; one of them would fail the whole file.
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def plain_cell(value: Any) -> str:
    """A value as text: instants in Shanghai time, enums by value, nothing as empty."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(BUSINESS_OFFSET).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def safe_cell(value: Any) -> str:
    """The same, with a leading apostrophe where a spreadsheet would run it as a formula."""
    text = plain_cell(value)
    if isinstance(value, str) and text.startswith(_FORMULA):
        return "'" + text
    return text


def from_safe_cell(text: str) -> str:
    """A cell of a file that was written here, without the apostrophe that kept it from being a formula."""
    return text[1:] if text.startswith(tuple("'" + sign for sign in _FORMULA)) else text


MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV, line by line, with a BOM so that spreadsheets read the Chinese right."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(header)
    yield buffer.getvalue()
    for cells in rows:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe_cell(cell) for cell in cells])
        yield buffer.getvalue()


def xlsx_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]], title: str) -> bytes:
    """One sheet with a frozen, bold header."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, value=text) for text in header]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for cells in rows:
        sheet.append([_typed(cell) for cell in cells])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: `sums` stand in bold beneath the rows, as values.

    `formats`: number formats by column, from 0; `widths`: of the columns, in characters.
    """

    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[Any]]
    sums: Sequence[Sequence[Any]] = ()
    formats: Mapping[int, str] = field(default_factory=dict)
    widths: Sequence[int] = ()


def xlsx_book(sheets: Sequence[Sheet]) -> bytes:
    """Sheets with a frozen, bold header, dates and figures as such and formatted."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book, bold = Workbook(write_only=True), Font(bold=True)
    for each in sheets:
        sheet = book.create_sheet(each.title[:31])
        sheet.freeze_panes = "A2"
        for place, width in enumerate(each.widths, start=1):
            sheet.column_dimensions[get_column_letter(place)].width = width

        def styled(cells: Sequence[Any], font: Font | None, of: Any = sheet, by: Sheet = each) -> list[Any]:
            made = []
            for place, value in enumerate(cells):
                plain: Any = value if isinstance(value, date) and place in by.formats else _typed(value)
                cell = WriteOnlyCell(of, value=plain)
                if font:
                    cell.font = font
                if place in by.formats and not isinstance(plain, str):
                    cell.number_format = by.formats[place]
                made.append(cell)
            return made

        head = styled(each.header, bold)
        for place in each.formats:  # a head stands where its figures do
            head[place].alignment = Alignment(horizontal="right")
        sheet.append(head)
        for row in each.rows:
            sheet.append(styled(row, None))
        for row in each.sums:
            sheet.append(styled(row, bold))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _typed(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, (int, Decimal)):
        return value
    return _UNHOLDABLE.sub("", safe_cell(value))
