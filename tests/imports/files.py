"""Small files to import, in every encoding people have."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from tests.support.source import ROOT

Rows = Sequence[Mapping[str, object]]

CODE = "91310115TX2334G26K"
PARTNERS: Rows = (
    {"code": "P1", "name": "云帆通信", "kind": "growth", "region": "东北", "signed_on": "2025-07-13"},
    {"code": "P2", "name": "鹿鸣通信", "kind": "wholesale", "region": "西南", "traffic_deposit": "100000.00"},
    {"code": "P3", "name": "青禾信息", "kind": "relationship", "region": "华中", "email": "a@example.com"},
)
TIERS: Rows = (
    {"partner": "P1", "tier": "gold", "starts_on": "2026-01-01", "ends_on": "2026-03-31"},
    {"partner": "P1", "tier": "silver", "starts_on": "2026-04-01", "ends_on": "2026-06-30"},
)
REGISTRATIONS: Rows = (
    {"ref": "B1", "filed_at": "2026-03-02 10:00:00", "party": "P1", "customer_name": "慢蜗牛快递有限公司",
     "uscc": CODE, "website": "https://www.snail.example.com/", "contact": "苏晓", "phone": "138 0000 0000",
     "city": "临江市", "class": "B", "ports": "60", "yearly_revenue": "21,600.00", "stage": "interest",
     "source": "own"},
    {"ref": "B2", "filed_at": "2026-03-02T09:00:00+00:00", "party": "P2",
     "customer_name": "慢蜗牛快递有限公司"},
    {"ref": "B3", "filed_at": "2026-03-02", "party": "KA", "customer_name": "静湖茶业集团"},
)  # fmt: skip
EVENTS: Rows = (
    {"registration": "B1", "at": "2026-03-10 10:00:00", "stage": "meeting", "met_with": "王总"},
    {"registration": "B3", "at": "2026-03-12 10:00:00", "stage": "lost", "reason": "价格"},
)
ALIASES: Rows = (
    {"registration": "B1", "kind": "brand", "name": "慢蜗牛", "reason": "官网"},
    {"registration": "B1", "kind": "曾用名", "name": "白帆造船厂"},
)
FILES: Mapping[str, Rows] = {
    "partners": PARTNERS, "tiers": TIERS, "registrations": REGISTRATIONS, "events": EVENTS,
    "aliases": ALIASES,
}  # fmt: skip


def moving_in() -> Path:
    """The files of a real move, kept beside the repository (or above a second working tree of it)."""
    folders = [parent / "shared" / "data" / "moving-in" for parent in ROOT.parents]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def header_of(rows: Rows) -> list[str]:
    """Every column that a row has, in order of appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def as_csv(
    rows: Rows, *, header: Mapping[str, str] | None = None, encoding: str = "utf-8", end: str = "\r\n"
) -> bytes:
    """The rows as a CSV file; `header` gives columns another name."""
    buffer, columns = io.StringIO(), header_of(rows)
    writer = csv.writer(buffer, lineterminator=end)
    writer.writerow([(header or {}).get(name, name) for name in columns])
    writer.writerows([row.get(name, "") for name in columns] for row in rows)
    return buffer.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[object]]) -> bytes:
    """The rows, header first, as the first sheet of a workbook with a second one."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.create_sheet("more").append(["nothing of ours"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
