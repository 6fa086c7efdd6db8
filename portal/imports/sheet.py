"""A program of its own: an xlsx on standard input, its first sheet as CSV on standard output.

Run by `reading`, in a process with little memory and time: a few kilobytes of xlsx can ask a reader
for hundreds of gigabytes, by what they unpack to or by one cell at the far end of the sheet, and a
reader that runs out of memory takes its whole process along. Nothing of the portal is imported here.
"""

import contextlib
import csv
import io
import sys
from datetime import date, datetime, time
from typing import Any

MEMORY = 2 * 1024**3
SECONDS = 120
NOT_XLSX = 3


def main() -> int:
    """Read, write, answer the exit code: 0, `NOT_XLSX`, or whatever the system ends it with."""
    _limit()
    from python_calamine import CalamineError, CalamineWorkbook

    content = io.BytesIO(sys.stdin.buffer.read())
    out = csv.writer(io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False))
    try:
        for row in CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).iter_rows():
            out.writerow([text_of(value) for value in row])
    except (CalamineError, ValueError, IndexError):
        return NOT_XLSX
    return 0


def _limit() -> None:
    """Bound this process's memory and processor time where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def text_of(value: Any) -> str:
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
    return str(value).replace("\x00", "")  # a sheet can hold one, written out; PostgreSQL has no such text


if __name__ == "__main__":
    sys.exit(main())
