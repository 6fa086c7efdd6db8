"""Files into rows of text: CSV in the encodings people have, xlsx with its dangers bounded."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from portal.domain.errors import RuleViolation
from portal.imports.words import folded

MOST_ROWS = 400_000
MOST_BYTES = 200 * 1024 * 1024
# An xlsx is a zip: a few kilobytes can unpack to gigabytes.
MOST_UNPACKED = 600 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number (the header is 1) and its cells by column key."""

    number: int
    cells: Mapping[str, str]


def read_rows(content: bytes, columns: Mapping[str, str], required: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a CSV or xlsx file, with cells under the columns' keys.

    Header names are the keys or their Chinese twins, compared after trimming and width folding.
    Rows without any cell are passed over.

    :raises RuleViolation: ``import.*``: empty, too large, encoding, not a spreadsheet, wrong header.
    """
    if not content.strip():
        raise RuleViolation("file.empty")
    if len(content) > MOST_BYTES:
        raise RuleViolation("import.too_large", largest=MOST_BYTES // 1024 // 1024)
    if content.startswith(_OLD_EXCEL):
        raise RuleViolation("import.old_excel")
    lines = _xlsx_rows(content) if content.startswith(_ZIP) else _csv_rows(content)
    header = next(lines, None)
    if header is None:
        raise RuleViolation("file.empty")
    keys = _header(header, columns, required)
    for number, cells in enumerate(lines, start=2):
        if number > MOST_ROWS:
            raise RuleViolation("import.too_many_rows", most=MOST_ROWS)
        if any(cell.strip() for cell in cells):
            yield Row(number, {key: cells[at].strip() for at, key in keys if at < len(cells)})


def _header(
    header: list[str], columns: Mapping[str, str], required: tuple[str, ...]
) -> list[tuple[int, str]]:
    known = {folded(word): key for key, twin in columns.items() for word in (key, twin)}
    keys: list[tuple[int, str]] = []
    for at, text in enumerate(header):
        key = known.get(folded(text))
        if key is None and text.strip():
            near = get_close_matches(folded(text), known, 1)
            meant = known[near[0]] if near else ", ".join(columns)
            raise RuleViolation("import.unknown_column", column=text.strip()[:40], meant=meant)
        if key is not None:
            if key in {each for _at, each in keys}:
                raise RuleViolation("import.column_twice", column=text.strip()[:40])
            keys.append((at, key))
    missing = [f"{key} ({columns[key]})" for key in required if key not in {each for _at, each in keys}]
    if missing:
        raise RuleViolation("import.missing_columns", columns=", ".join(missing))
    return keys


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    if "\x00" in text[:4096]:
        raise RuleViolation("import.not_a_table")
    # A cell longer than this is an unclosed quote, not a name.
    csv.field_size_limit(1_000_000)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=False)
    except csv.Error as error:
        raise RuleViolation("import.not_a_table") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse_mixed(content)
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RuleViolation("import.encoding", row=line) from error


def _refuse_mixed(content: bytes) -> None:
    """GB18030 takes nearly any bytes: lines that are plainly UTF-8 show that the file is pasted."""
    utf8 = other = 0
    for number, line in enumerate(content.splitlines(), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            other = other or number
        else:
            utf8 = utf8 or number
        if utf8 and other:
            raise RuleViolation("import.mixed_encodings", row=max(utf8, other))


def _xlsx_rows(content: bytes) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise RuleViolation("import.not_xlsx") from error
    if unpacked > MOST_UNPACKED:
        raise RuleViolation("import.bomb", size=unpacked // 1024 // 1024)
    if "xl/workbook.xml" not in names:
        raise RuleViolation("import.not_xlsx")
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.iter_rows()
        for row in rows:
            yield [_cell(value) for value in row]
    except (CalamineError, ValueError) as error:
        raise RuleViolation("import.not_xlsx") from error


def _cell(value: Any) -> str:
    """A typed cell as the text a person sees."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
