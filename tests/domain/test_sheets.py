"""A partner's own weekly sheet: what it means is read, or said to be unreadable (W2)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.pipeline import Stage
from portal.domain.sheets import SheetRow, match_names, read_sheet
from portal.imports.words import SHEET_HEADS, member


def stage_of(text: str) -> Stage:
    found: Stage = member(Stage, text)
    return found


def test_titles_above_the_heads_and_merged_customers_are_understood() -> None:
    rows = [
        ["渠道周报", "", "", "", ""],
        ["", "", "", "", ""],
        ["目标客户", "端口需求", "预计收入（元）", "项目进度", "所需支持"],
        ["慢蜗牛快递", "60端口", "2.16万", "方案", "一起拜访"],
        ["", "", "", "", "样机两台"],
        ["夜鹭商贸有限公司", "80", "28,800.00", "3", ""],
        ["", "", "", "", ""],
        ["云上豆腐", "多", "", "作解决方案", ""],
    ]
    assert read_sheet(rows, SHEET_HEADS, stage_of) == [
        SheetRow(4, "慢蜗牛快递", 60, Decimal("21600.00"), Stage.SOLUTION, support="一起拜访；样机两台"),
        SheetRow(6, "夜鹭商贸有限公司", 80, Decimal("28800.00"), Stage.SOLUTION),
        SheetRow(8, "云上豆腐", None, None, Stage.SOLUTION, wrong={"ports": "多"}),
    ]


@pytest.mark.parametrize("word", ["3", "方案", "作解决方案", "解决方案", "Solution", "solution", "３"])
def test_a_stage_is_written_in_many_ways(word: str) -> None:
    (row,) = read_sheet([["客户", "进度"], ["慢蜗牛", word]], SHEET_HEADS, stage_of)
    assert row.stage is Stage.SOLUTION


@pytest.mark.parametrize(
    "rows", [[], [["", ""]], [["客户"]], [["客户名", "备注"], ["x", "y"]], 20 * [["x", "y"]]]
)
def test_a_sheet_without_heads_is_refused(rows: list[list[str]]) -> None:
    with pytest.raises(RuleViolation, match=r"sheet\.no_heads"):
        read_sheet(rows, SHEET_HEADS, stage_of)


def test_a_sheet_that_is_far_too_long_is_refused() -> None:
    rows = [["客户", "端口"], *(501 * [["慢蜗牛", "1"]])]
    with pytest.raises(RuleViolation, match=r"sheet\.too_long"):
        read_sheet(rows, SHEET_HEADS, stage_of)


def test_a_name_means_the_own_project_that_bears_it_and_none_where_two_do() -> None:
    projects = {
        1: "北京慢蜗牛快递有限公司",
        2: "夜鹭商贸有限公司",
        3: "上海夜鹭商贸有限公司",
        4: "云上豆腐有限公司",
    }
    names = ["慢蜗牛快递", "夜鹭商贸有限公司", "夜鹭商贸", "白帆造船", "云上豆腐有限公司"]
    assert match_names(names, projects) == {
        "慢蜗牛快递": 1, "夜鹭商贸有限公司": 2, "夜鹭商贸": None, "白帆造船": None, "云上豆腐有限公司": 4,
    }  # fmt: skip


cells = st.text(max_size=12)


@given(st.lists(st.lists(cells, max_size=6), max_size=12))
def test_whatever_stands_in_a_sheet_it_is_read_or_refused(rows: list[list[str]]) -> None:
    heads = ["客户", "端口", "收入", "进度", "支持"]
    found = read_sheet([heads, *rows], SHEET_HEADS, stage_of)
    assert all(row.customer for row in found)
    assert len(found) == sum(bool(row and row[0].strip()) for row in rows)
