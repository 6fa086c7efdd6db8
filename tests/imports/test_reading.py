"""What files may look like: encodings, headers and words of both languages, xlsx; and what is refused."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import pytest
from flask_babel import force_locale

from portal.commands import output
from portal.domain.pipeline import LostReason, Stage
from portal.domain.terms import CustomerClass, PartnerKind, Source, Tier
from portal.imports.run import KINDS
from portal.imports.words import ENDINGS, member
from portal.web import labels
from tests.imports.conftest import Bring, Exported
from tests.imports.files import EVENTS, FILES, PARTNERS, REGISTRATIONS, TIERS, as_csv, as_xlsx, header_of

pytestmark = pytest.mark.engines("sqlite")


ENCODINGS = ("utf-8", "utf-8-sig", "gb18030")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("chinese", [False, True], ids=["English", "Chinese"])
def test_every_encoding_and_both_headers_read_alike(bring: Bring, encoding: str, chinese: bool) -> None:
    for kind, rows in FILES.items():
        assert bring(kind).accepted == len(rows)
        twins = KINDS[kind].columns if chinese else {}
        again = bring(kind, as_csv(rows, header=twins, encoding=encoding))
        assert (again.refused, again.skipped) == ([], len(rows))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_and_no_line_end_at_the_end(bring: Bring, end: str) -> None:
    content = as_csv(PARTNERS, end=end)
    assert bring("partners", content.rstrip(end.encode())).accepted == 3


def wall(day: date, clock: time = time.min) -> datetime:
    """A typed cell: spreadsheets know no offset."""
    return datetime.combine(day, clock)


def test_xlsx_with_typed_cells(bring: Bring, exported: Exported) -> None:
    bring("partners")
    sheet = as_xlsx(
        [
            ["报备编号", "报备时间", "报备方", "客户名称", "端口数", "年收入预估", None],
            ["X1", wall(date(2026, 3, 2), time(10)), "P1", "慢蜗牛快递有限公司", 60, 21600.5],
            ["X2", wall(date(2026, 3, 3)), "大客户部", "静湖茶业集团", None, 100],
            [None, None, None],
            [70123, "2026-03-04 00:00:00", "P2", 360, 5.0, None],
        ]
    )
    report = bring("registrations", sheet, file_name="x.xlsx")
    assert (report.refused[0].row, report.refused[0].problem.code) == (5, "name.no_letters")
    sheet = as_xlsx(
        [["ref", "filed_at", "party", "customer_name"], [70123, wall(date(2026, 3, 4)), "P2", "三六零"]]
    )
    assert bring("registrations", sheet).accepted == 1
    assert exported()["70123"]["filed_at"] == "2026-03-04T00:00:00+08:00"


def test_headers_are_compared_after_trimming_and_width_folding(bring: Bring) -> None:
    header = {"code": " ＣＯＤＥ ", "name": "Name", "kind": "渠道 类型", "region": "REGION\u200b"}
    assert bring("partners", as_csv(PARTNERS, header=header)).accepted == 3


def test_columns_may_come_in_any_order(bring: Bring) -> None:
    turned = [dict(reversed(row.items())) for row in PARTNERS]
    assert header_of(turned) != header_of(PARTNERS)
    assert bring("partners", turned).accepted == 3


WORDS = {
    ("partners", "kind"): {
        "growth": ["growth", "Growth", "发展型"], "wholesale": ["Wholesale", "话批型"],
        "virtual_operator": ["virtual_operator", "Virtual operator", "虚拟运营商"],
        "relationship": ["RELATIONSHIP", "关系型"],
    },
    ("tiers", "tier"): {
        "gold": ["gold", "Gold", "金牌", " ｇｏｌｄ "], "silver": ["silver", "银牌"],
        "ordinary": ["ordinary", "Ordinary", "普通"],
    },
    ("registrations", "stage"): {
        "interest": ["interest", "Interest", "有兴趣", "1"], "meeting": ["Meeting", "面谈", "2", "２"],
        "solution": ["solution", "作解决方案", "3"], "trial": ["trial", "试用", "4"],
        "signed": ["Signed", "签约", "5"],
    },
    ("registrations", "party"): {"KA": ["KA", "ka", "ＫＡ", "大客户部"], "P1": ["P1", " Ｐ１ "]},
    ("registrations", "class"): {"A": ["A", "a", "Ａ", "A类"], "C": ["C", "Class C"]},
    ("registrations", "source"): {
        "own": ["own"], "call_center": ["call_center", "Call center", "Call Center"],
        "referral": ["referral", "Referral", "转介绍"],
    },
}  # fmt: skip


@pytest.mark.parametrize(("kind", "column"), WORDS)
def test_keys_and_the_labels_of_either_language_mean_the_same(bring: Bring, kind: str, column: str) -> None:
    for before in list(FILES)[: list(FILES).index(kind)]:
        bring(before)
    template, number = FILES[kind][0], 0
    for key, words in WORDS[kind, column].items():
        for word in words:
            if kind == "registrations":
                again = {**template, "ref": f"W-{key}", column: word}
            elif kind == "tiers":
                day = f"20{30 + list(WORDS[kind, column]).index(key)}"
                again = {**template, "starts_on": f"{day}-01-01", "ends_on": f"{day}-12-31", column: word}
            else:
                again = {**template, "code": f"W-{key}", column: word}
            report = bring(kind, [again])
            assert (report.refused, report.accepted + report.skipped) == ([], 1), word
            number += report.accepted
    assert number == len(WORDS[kind, column])


@pytest.mark.parametrize("word", [word for words in ENDINGS.values() for word in words] + list(ENDINGS))
def test_the_words_for_losses_and_releases(bring: Bring, exported: Exported, word: str) -> None:
    bring("partners")
    bring("registrations")
    bring("events", [{"registration": "B1", "at": "2026-03-05", "stage": word, "reason": "没有预算"}])
    expected = "lost" if word.lower() == "lost" or "单" in word else "released"
    rows = exported()
    assert (rows["B1"]["state"], rows["B2"]["owner"]) == (expected, True)


def zipped(size: int) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * size)
    return buffer.getvalue()


FILES_REFUSED = {
    "nothing": (b"", "file.empty"),
    "blanks": (b" \n\n", "file.empty"),
    "an unknown column": (as_csv(TIERS, header={"tier": "teir"}), "import.unknown_columns"),
    "a column twice": (as_csv(TIERS, header={"tier": "渠道编号"}), "import.column_twice"),
    "a missing column": (as_csv([{"partner": "P1", "tier": "gold", "ends_on": "2026-01-01"}]),
                         "import.missing_columns"),
    "another kind's file": (as_csv(REGISTRATIONS), "import.unknown_columns"),
    "neither encoding": (b"partner,tier\n\xff\xff\xff\x00\x80,gold\n", "import.encoding"),
    "two encodings": ("partner,tier\n云帆,gold\n".encode() + "渠道,gold\n".encode("gb18030"),
                      "import.mixed_encodings"),
    "UTF-16": (as_csv(EVENTS, encoding="utf-16"), None),
    "an old Excel": (b"\xd0\xcf\x11\xe0" + bytes(600), "import.old_excel"),
    "a zip": (zipped(10), "import.not_xlsx"),
    "half a zip": (zipped(10)[:30], "import.not_xlsx"),
    "a NUL far down": (as_csv(TIERS) + b"\n" * 5000 + b"P1,go\x00ld\n", "import.not_a_table"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, None),
}  # fmt: skip


@pytest.mark.parametrize("what", FILES_REFUSED)
def test_files_that_are_no_table_of_this_kind_are_refused(bring: Bring, what: str) -> None:
    content, code = FILES_REFUSED[what]
    [refused] = bring("tiers", content).refused
    assert refused.row == 1
    assert code is None or refused.problem.code == code


def test_a_file_that_unpacks_to_too_much_is_refused(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.imports.reading.MOST_UNPACKED", 10_000)
    assert bring("tiers", zipped(20_000)).refused[0].problem.code == "import.bomb"


def test_a_file_with_too_many_rows_is_refused(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.imports.reading.MOST_ROWS", 3)
    assert bring("partners").refused[0].problem.code == "import.too_many_rows"


def test_an_unclosed_quote_or_a_row_too_short_or_long_is_no_crash(bring: Bring) -> None:
    head = b"code,name,kind,region\n"
    assert bring("partners", head + b'P1,"name,growth,east\nP2,n,growth,east\n').refused
    assert [each.column for each in bring("partners", head + b"P1,name\n").refused] == ["kind", "region"]
    assert bring("partners", head + "P1,名称,growth,east,more,and more\n".encode()).accepted == 1
    long = "名" * 10_000
    assert bring("partners", head + f"P5,{long},growth,east\n".encode()).refused[0].column == "name"


def sheet_with(change: Callable[[bytes], bytes]) -> bytes:
    """A sound sheet of partners whose XML was changed by hand."""
    out, sound = BytesIO(), BytesIO(as_xlsx([list(PARTNERS[0]), list(PARTNERS[0].values())]))
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if "sheet1.xml" in entry.filename else content)
    return out.getvalue()


FAR = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'


def test_a_cell_at_the_far_end_of_the_sheet_does_not_take_the_portal_along(bring: Bring) -> None:
    """A few kilobytes that ask for half a terabyte of memory."""
    content = sheet_with(lambda xml: xml.replace(b"</sheetData>", FAR))
    assert len(content) < 20_000
    [refused] = bring("partners", content).refused
    assert refused.problem.code == "import.unreadable"


def test_an_xlsx_that_lies_about_its_size_is_bounded(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    spaces = b" " * 50_000_000
    content = bytearray(sheet_with(lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + spaces)))
    with zipfile.ZipFile(BytesIO(content)) as archive:
        real = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    lie, at = (100).to_bytes(4, "little"), 0
    while (at := content.find(real.to_bytes(4, "little"), at)) >= 0:
        content[at : at + 4] = lie
    assert bring("partners", bytes(content)).refused


def test_entities_of_a_sheet_are_not_fetched_or_unfolded(bring: Bring) -> None:
    doctype = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname"><!ENTITY b "&a;&a;&a;&a;">]><worksheet'
    content = sheet_with(lambda xml: xml.replace(b"<worksheet", doctype, 1).replace(b">P1<", b">&b;<"))
    report = bring("partners", content)
    codes = [row.get("code", "") for row in report.sample]
    assert not any("\n" in code or len(code) > 10 for code in codes)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_of_too_many_rows_is_refused_before_they_are_kept(
    bring: Bring, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.imports.reading.MOST_ROWS", 100)
    rows = [{**PARTNERS[0], "code": f"P{number}"} for number in range(99)]
    long = [*rows, {**PARTNERS[0], "code": "one too many"}]

    def content(rows: list[dict[str, Any]]) -> bytes:
        if form == "csv":
            return as_csv(rows)
        return as_xlsx([list(rows[0]), *(list(row.values()) for row in rows)])

    assert bring("partners", content(rows)).accepted == 99
    report = bring("partners", content(long))
    assert [each.problem.code for each in report.refused] == ["import.too_many_rows"]
    assert report.rows == 0


def test_every_unknown_column_is_named_with_the_one_that_was_meant(bring: Bring) -> None:
    header = {"tier": "teir", "starts_on": "begins", "ends_on": "ends on"}
    [refused] = bring("tiers", as_csv(TIERS, header=header)).refused
    assert refused.problem.params["columns"] == "teir → tier?, begins, ends on → ends_on?"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_word_of_the_portal_is_understood_in_a_file(language: str) -> None:
    """What a refusal names as possible can be typed."""
    with output.speaking(), force_locale(language):
        for enum in (Stage, PartnerKind, Tier, CustomerClass, Source, LostReason):
            for each in enum:
                assert member(enum, labels.word(enum, each.value, language)) is each
