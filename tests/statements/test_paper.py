"""The paper of a statement (M13–M15): what it says, on every page, whatever the customers are called."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.domain.commissions import Flag
from portal.domain.errors import RuleViolation
from portal.domain.rates import Product
from portal.models import tables as t
from portal.statements.paper import StatementPaper, load_paper, load_papers
from portal.statements.paper_rows import TOGETHER, Sender, grouped, verify_link, written
from portal.statements.setting import join, set_papers
from portal.web.language import in_language
from tests.statements.papers import heights_of, page_texts, qr_codes
from tests.support.people import Person
from tests.support.statements import LineOf, make_statement

FROM = Sender("云汀通信", "Yunting Telecom", "¥", "https://portal.example.com/verify")
LINES = (
    LineOf(),
    LineOf("3333.35", "0.10", "松果电台传媒有限公司", Product.CONFERENCE, year=2),
    LineOf("300.00", None, "水獭算法科技有限公司", Product.IDD, commission="78.00"),
    LineOf("8000.00", flag=Flag.PAST_TERM, customer="打盹熊家居有限公司", year=None),
    LineOf("900.00", flag=Flag.NO_TIER, tier=None, rate=None, customer="半杯茶文化有限公司"),
)


@pytest.fixture
def read(engine: sa.Engine, people: Mapping[str, Person]) -> Any:
    """`read(lines)` makes a statement of P001 and answers its paper."""

    def make(lines: Any = LINES, **how: Any) -> StatementPaper:
        with db.transaction(engine) as session:
            statement_id = make_statement(session, people["alice"].partner_id, lines=lines, **how)
        with db.reading(engine) as session:
            return load_paper(session, statement_id)

    return make


@pytest.fixture
def said(app: Flask) -> Iterator[Any]:
    """`said(paper, language)` sets a paper and answers the PDF."""
    with app.test_request_context("/"):

        def set_in(
            *papers: StatementPaper, language: str = "zh", tagged: bool = True, together: int = 1
        ) -> bytes:
            with in_language(language):
                words = [written(paper, FROM, together=together) for paper in papers]
            return set_papers(words, title="test", language=language, tagged=tagged)

        yield set_in


def test_it_says_what_the_rows_say(read: Any):
    paper = read()
    assert (paper.partner_code, str(paper.period), paper.revision) == ("P001", "2026-Q1", 1)
    assert [line.commission for line in paper.lines] == [
        Decimal("4800.00"), Decimal("333.34"), Decimal("78.00"),
    ]  # fmt: skip
    assert paper.total == Decimal("5211.34")
    assert paper.received == Decimal("15633.35")
    assert [(each.year, each.lines, each.commission) for each in paper.subtotals] == [
        (1, 2, Decimal("4878.00")),
        (2, 1, Decimal("333.34")),
    ]
    assert [line.flag for line in paper.withheld] == [Flag.PAST_TERM, Flag.NO_TIER]
    assert [day for _version, day in paper.policies] == [date(2025, 1, 1)] or paper.policies
    assert paper.capital_total == "人民币伍仟贰佰壹拾壹元叁角肆分"


def test_a_paper_that_does_not_add_up_is_not_set(read: Any, engine: sa.Engine):
    """M4: the total on a paper is the sum of its lines, or there is no paper."""
    paper = read()
    with db.transaction(engine) as session:
        session.execute(sa.update(t.statement_revision).values(total=Decimal("5211.35")))
    with db.reading(engine) as session, pytest.raises(RuleViolation, match=r"paper\.sums"):
        load_paper(session, paper.statement_id)


def test_many_are_read_in_two_queries(read: Any, engine: sa.Engine, people: Mapping[str, Person]):
    ids = [read(number=f"CS-{number}", period=f"2026-{number:02}").statement_id for number in range(1, 6)]
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_r: asked.append(statement))
    with db.reading(engine) as session:
        papers = load_papers(session, [(each, None) for each in reversed(ids)])
    assert [paper.statement_id for paper in papers] == ids[::-1]
    assert len([each for each in asked if each.startswith("SELECT")]) == 2


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "zh",
            (
                "佣金对账单", "Commission statement", "云汀通信", "P001", "2026 年第 1 季度", "首年",
                "次年小计", "合计", "人民币伍仟贰佰壹拾壹元叁角肆分", "底价", "打盹熊家居有限公司", "盖章",
            ),
        ),
        (
            "en",
            (
                "佣金对账单", "Commission statement", "Yunting Telecom", "P001", "Q1 2026", "Year 1",
                "Year 2 subtotal", "Total", "人民币伍仟贰佰壹拾壹元叁角肆分",
                "The customer is past its two years",
            ),
        ),
    ],
)  # fmt: skip
def test_both_languages_say_all_of_it(read: Any, said: Any, language: str, words: tuple[str, ...]):
    paper = read((*LINES[:2], replace(LINES[2], rate=None), *LINES[3:]))
    paper = replace(
        paper,
        lines=(*paper.lines[:2], replace(paper.lines[2], floor_price=Decimal("1.85"), late=True)),
    )
    text = " ".join(page_texts(said(paper, language=language)))
    for word in words:
        assert word.replace(" ", "") in text.replace(" ", ""), word
    for figure in (
        "12,000.00",
        "4,800.00",
        "3,333.35",
        "333.34",
        "78.00",
        "5,211.34",
        "15,633.35",
        "8,000.00",
    ):
        assert figure in text
    assert paper.content_hash in text


@pytest.mark.engines("sqlite")
def test_every_page_bears_number_hash_place_and_code(read: Any, said: Any):
    """M15: a page by itself can be checked; several statements in one file count their own pages."""
    long, short = (
        read([LineOf(customer=f"客户{number}有限公司") for number in range(95)]),
        read(number="CS-2026-Q2-1", period="2026-Q2"),
    )
    pdf = said(long, short)
    pages = page_texts(pdf)
    assert len(pages) == 4
    for place, (page, code) in enumerate(zip(pages, qr_codes(pdf), strict=True)):
        paper = long if place < 3 else short
        assert paper.number in page
        assert paper.content_hash in page
        assert grouped(paper.content_hash) in page
        assert (f"第 {place + 1} 页，共 3 页" if place < 3 else "第 1 页，共 1 页") in page
        assert code == verify_link(FROM.verify_at, paper)
        assert "客户" in page  # the head of the table stands on every page
    for number in (0, 40, 94):
        assert sum(f"客户{number}有限公司" in page.replace(" ", "") for page in pages) == 1


WIDEST = (
    "客户" * 6 + "有限公司",
    "Wide Waimea Mom & Wum Corp.",
    "云汀3号ABC客户客户客户有限",
    "客户-1/2（上海）",
)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_ordinary_lines_are_set_together_and_stand_in_rows(read: Any, app: Flask, said: Any, language: str):
    """A batch is quick because lines share their cells; nothing in one may need a second row."""
    line = read([LineOf()]).lines[0]
    lines = [
        replace(
            line,
            number=number,
            customer=WIDEST[number % len(WIDEST)],
            product=(Product.PORT, Product.IDD)[number % 2],
            amount=Decimal("-8888888.88"),
            commission=Decimal("-88888888.88"),
        )
        for number in range(101, 121)
    ]
    paper = replace(read([LineOf()], number="CS-2", period="2026-Q2"), lines=tuple(lines))
    with in_language(language):
        groups = written(paper, FROM, together=TOGETHER)["lines"]
    assert [group["count"] for group in groups if group["fits"]] == [TOGETHER] * 4
    numbers, sums = (
        heights_of(said(paper, language=language, tagged=False, together=TOGETHER), text)
        for text in ("1__", "-88,888,888.88")
    )
    assert len(sums) == 20
    steps = [above - below for above, below in pairwise(sums)]
    assert all(abs(step - 15) < 0.01 for step in steps), steps
    assert numbers == pytest.approx(sums, abs=0.5)


@pytest.mark.engines("sqlite")
def test_subtotals_and_total_stand_on_one_page(read: Any, said: Any):
    paper = read()
    papers = [replace(paper, lines=paper.lines[:1] * count) for count in range(34, 42)]
    texts = page_texts(said(*papers, tagged=False, together=TOGETHER))
    bearing = [page for page in texts if "次年小计" in page]
    assert len(bearing) == len(papers)
    assert len(texts) > len(papers)
    for page in bearing:
        assert "首年小计" in page
        assert "5,211.34" in page


@pytest.mark.engines("sqlite")
def test_a_sum_below_nothing_bears_its_sign_before_the_currency(read: Any, said: Any):
    paper = replace(read(), total=Decimal("-1234.50"))
    (page,) = page_texts(said(paper))
    assert "-¥1,234.50" in page
    assert "人民币负壹仟贰佰叁拾肆元伍角" in page


NASTY = [
    "Slow #Snail [Express] $x^2$ \\ \"quoted\" 'single' `raw` *bold* _em_ <label> @ref // comment /* c */",
    '#eval("1+1")',
    "#set page(width: 1pt)",
    "]]]]}}}} #let x = 1",
    "=heading\n- list\n+ enum",
    "蜗牛🐌快递\u200b有限\u202e公司\ufeff",
    "شركة الحلزون البطيء",
    "W" * 200,
    "很长" * 100,
    "a" * 7 + "\u200d" * 50 + "é̂̃",
    "\x0b\x1f\x7f",
    "",
    "<script>alert(1)</script>{{ 7*7 }}",
]


@pytest.mark.engines("sqlite")
def test_no_name_breaks_out_of_its_cell(read: Any, said: Any):
    """What people typed is text, whatever it looks like."""
    paper = read([LineOf(customer="客户有限公司") for _name in NASTY])
    lines = tuple(
        replace(line, customer=name, ref=name, refund_of=name[:40])
        for line, name in zip(paper.lines, NASTY, strict=True)
    )
    for language in ("zh", "en"):
        nasty = replace(paper, lines=lines, partner_name=NASTY[0], reason=NASTY[1], withheld=lines)
        pages = page_texts(said(nasty, language=language))
        text = "".join(pages).replace(" ", "").replace("\u200b", "")
        assert '#eval("1+1")' in text
        assert "#setpage(width:1pt)" in text
        assert "$x^2$" in text
        assert "W" * 200 in text
        assert "很长" * 100 in text
        assert "{{7*7}}" in text
        assert "\u202e" not in text


@pytest.mark.engines("sqlite")
def test_the_same_content_gives_the_same_bytes(read: Any, said: Any):
    paper = read()
    assert said(paper) == said(paper)
    assert said(paper) != said(replace(paper, content_hash="0" * 64))
    assert len(said(paper, tagged=False)) < 100_000


@pytest.mark.engines("sqlite")
def test_parts_are_joined_in_order(read: Any, said: Any):
    first, second = read(), read(number="CS-2", period="2026-Q2")
    whole, pages = join([said(first), said(second, language="en")])
    texts = page_texts(whole)
    assert pages == len(texts) == 2
    assert first.content_hash in texts[0]
    assert second.content_hash in texts[1]
    with pytest.raises(RuleViolation, match=r"file\.storage"):
        join([b"no pdf"])
