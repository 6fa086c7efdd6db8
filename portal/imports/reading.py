"""Files into rows of text: CSV in the encodings people have, xlsx with its dangers bounded."""

import codecs
import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from portal.domain.errors import RuleViolation
from portal.imports import sheet
from portal.imports.words import OURS, folded

MOST_ROWS = 400_000
MOST_BYTES = 200 * 1024 * 1024
# An xlsx is a zip: a few kilobytes can unpack to gigabytes.
MOST_UNPACKED = 600 * 1024 * 1024
# So many columns are named when a header is refused.
_NAMED = 12
_PIECE = 1024 * 1024
_ADDED = (["row", "reason"], ["行", "原因"])
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"

Line = tuple[int, list[str]]
"""A line's number (the header is 1) and its cells as they stand."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may hold."""

    rows: int
    megabytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number (the header is 1) and its cells by column key."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns by place, and its lines behind the header with their numbers, read once."""

    keys: Sequence[tuple[int, str]]
    lines: Iterator[Line]

    def row(self, number: int, cells: list[str]) -> Row:
        """A line with its cells under the columns' keys."""
        return Row(number, {key: cells[at].strip() for at, key in self.keys if at < len(cells)})


def usual_limits() -> Limits:
    """What a file may hold unless its kind says otherwise."""
    return Limits(MOST_ROWS, MOST_BYTES // 1024 // 1024)


def content_of(path: Path, limits: Limits | None = None) -> bytes:
    """The bytes of a file, unless there are far too many.

    :raises RuleViolation: ``import.too_large``.
    """
    limits = limits or usual_limits()
    if path.stat().st_size > limits.megabytes * 1024 * 1024:
        raise RuleViolation("import.too_large", largest=limits.megabytes)
    return path.read_bytes()


def read_rows(content: bytes, columns: Mapping[str, str], required: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a CSV or xlsx file, with cells under the columns' keys; see `read_table`."""
    table = read_table(content, columns, required)
    for number, cells in table.lines:
        yield table.row(number, cells)


def read_table(
    content: bytes,
    columns: Mapping[str, str],
    required: tuple[str, ...],
    limits: Limits | None = None,
) -> Table:
    """The lines of a CSV or xlsx file as they stand, and which cell is of which column.

    Header names are the keys or their Chinese twins, compared after trimming and width folding.
    Lines without any cell are passed over. Reading on may raise as well.

    :raises RuleViolation: ``import.*``: empty, too large, encoding, not a spreadsheet, wrong header.
    """
    limits = limits or usual_limits()
    lines = _rows(content, limits)
    header = next(lines, None)
    if header is None:
        raise RuleViolation("file.empty")
    return Table(_header(header, columns, required), _numbered(lines, limits.rows))


def raw_rows(content: bytes, limits: Limits) -> Iterator[list[str]]:
    """The rows of a CSV or xlsx file as they stand, for sheets that have no fixed header.

    :raises RuleViolation: as `read_table`, but for the header.
    """
    for number, cells in enumerate(_rows(content, limits), start=1):
        if number > limits.rows:
            raise RuleViolation("import.too_many_rows", most=limits.rows)
        yield cells


def _rows(content: bytes, limits: Limits) -> Iterator[list[str]]:
    if not content or content.isspace():
        raise RuleViolation("file.empty")
    if len(content) > limits.megabytes * 1024 * 1024:
        raise RuleViolation("import.too_large", largest=limits.megabytes)
    if content.startswith(_OLD_EXCEL):
        raise RuleViolation("import.old_excel")
    return _xlsx_rows(content) if content.startswith(_ZIP) else _csv_rows(content, limits.rows)


def _numbered(lines: Iterator[list[str]], most: int) -> Iterator[Line]:
    for number, cells in enumerate(lines, start=2):
        if number > most:
            raise RuleViolation("import.too_many_rows", most=most)
        # The first cell nearly always answers it.
        if (cells and cells[0].strip()) or any(cell.strip() for cell in cells):
            yield number, cells


def _header(
    header: list[str], columns: Mapping[str, str], required: tuple[str, ...]
) -> list[tuple[int, str]]:
    known = {folded(word): key for key, twin in columns.items() for word in (key, twin)}
    keys: list[tuple[int, str]] = []
    strange: list[str] = []
    # The file of refused rows puts its own two columns first; a kind may have a reason of its own.
    added = 2 if [folded(text) for text in header[:2]] in _ADDED else 0
    for at, text in enumerate(header[added:], start=added):
        key = known.get(folded(text))
        if key is None and text.strip() and folded(text) not in OURS:
            near = get_close_matches(folded(text), known, 1)
            strange.append(f"{text.strip()[:40]} → {known[near[0]]}?" if near else text.strip()[:40])
        if key is not None:
            if key in {each for _at, each in keys}:
                raise RuleViolation("import.column_twice", column=text.strip()[:40])
            keys.append((at, key))
    if strange:
        named = ", ".join(strange[:_NAMED]) + (" …" if len(strange) > _NAMED else "")
        raise RuleViolation("import.unknown_columns", columns=named, known=", ".join(columns))
    missing = [f"{key} ({columns[key]})" for key in required if key not in {each for _at, each in keys}]
    if missing:
        raise RuleViolation("import.missing_columns", columns=", ".join(missing))
    return keys


def _csv_rows(content: bytes, most: int) -> Iterator[list[str]]:
    encoding = _encoding(content)
    if b"\x00" in content:  # wherever it stands: PostgreSQL has no text with one
        raise RuleViolation("import.not_a_table")
    # Counted before any row is kept: a file that is far too long costs no memory.
    if content.count(b"\n") + content.count(b"\r") > most:
        longest = next(islice(_parsed(content, encoding), most, None), None)
        if longest is not None:
            raise RuleViolation("import.too_many_rows", most=most)
    yield from _parsed(content, encoding)


def _parsed(content: bytes, encoding: str) -> Iterator[list[str]]:
    # A cell longer than this is an unclosed quote, not a name.
    csv.field_size_limit(1_000_000)
    try:
        yield from csv.reader(io.TextIOWrapper(io.BytesIO(content), encoding, newline=""), strict=False)
    except csv.Error as error:
        raise RuleViolation("import.not_a_table") from error


def _encoding(content: bytes) -> str:
    """The encoding that all of the file can be read in."""
    if _undecodable(content, "utf-8-sig") is None:
        return "utf-8-sig"
    _refuse_mixed(content)
    at = _undecodable(content, "gb18030")
    if at is not None:
        raise RuleViolation("import.encoding", row=content.count(b"\n", 0, at) + 1)
    return "gb18030"


def _undecodable(content: bytes, encoding: str) -> int | None:
    """About where the first bytes stand that are not in `encoding`; decoded a piece at a time."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), _PIECE):
        piece = content[start : start + _PIECE]
        try:
            decoder.decode(piece, final=start + _PIECE >= len(content))
        except UnicodeDecodeError as error:
            return start + min(error.start, len(piece) - 1)
    return None


def _refuse_mixed(content: bytes) -> None:
    """GB18030 takes nearly any bytes: lines that are plainly UTF-8 show that the file is pasted."""
    utf8 = other = 0
    for number, line in enumerate(io.BytesIO(content), start=1):
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
    """The first sheet, read by a process that may take only so much memory and time."""
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
    command = [sys.executable, "-I", sheet.__file__]
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        reader = subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with reader:
        try:
            assert reader.stdout is not None  # noqa: S101 - it is a pipe
            with io.TextIOWrapper(reader.stdout, "utf-8", newline="") as text:
                yield from csv.reader(text)
        finally:
            reader.kill()  # when the rows were not wanted to the end
    if reader.returncode == sheet.NOT_XLSX:
        raise RuleViolation("import.not_xlsx")
    if reader.returncode:
        raise RuleViolation("import.unreadable")
