"""M9 by example and by property: who may dispute what, and what a revision comes to."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.commissions import ZERO, Flag
from portal.domain.confirming import check_typed_name
from portal.domain.disputes import (
    DisputeKind,
    DisputeState,
    Entry,
    Objection,
    check_answer,
    check_dispute,
    comes_to,
    resumed,
    revise,
)
from portal.domain.errors import RuleViolation
from portal.domain.lines import LineKind
from portal.domain.statements import Station

OPEN, GRANTED, REFUSED = DisputeState.OPEN, DisputeState.GRANTED, DisputeState.REFUSED


def entry(number: int, commission: str = "100.00", **over: object) -> Entry:
    values = {
        "id": number, "kind": LineKind.RECEIPT, "counted": True, "settles": True, "about": number,
        "commission": Decimal(commission), "flag": None,
    } | over  # fmt: skip
    return Entry(**values)  # type: ignore[arg-type]


LINES = (
    entry(1),
    entry(2, "0.00", counted=False, flag=Flag.PAST_TERM),
    entry(3, "0.00", counted=False, settles=False, flag=Flag.NO_TIER),
    entry(4, "0.00", counted=False, flag=Flag.DISPUTED),
)


def refused(code: str, *arguments: object) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_dispute(*arguments)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_line_of_a_sent_statement_may_be_disputed_and_so_may_what_is_not_counted():
    for receipt in (1, 2):
        check_dispute(Station.SENT, DisputeKind.RATE, "30 %?", receipt, LINES, ())
    check_dispute(Station.DISPUTED, DisputeKind.MISSING, "Paid on 3 March", None, LINES, ())


@pytest.mark.parametrize("station", sorted(set(Station) - {Station.SENT, Station.DISPUTED}))
def test_before_it_is_sent_and_after_it_is_confirmed_nothing_is_disputed(station: Station):
    refused("dispute.not_now", station, DisputeKind.RATE, "why", 1, LINES, ())


def test_a_dispute_says_why_and_names_one_line_that_is_there():
    refused("required", Station.SENT, DisputeKind.RATE, "", 1, LINES, ())
    refused("dispute.which_line", Station.SENT, DisputeKind.RATE, "why", 99, LINES, ())
    refused("dispute.which_line", Station.SENT, DisputeKind.RATE, "why", None, LINES, ())
    refused("dispute.which_line", Station.SENT, DisputeKind.MISSING, "why", 1, LINES, ())


def test_a_receipt_that_waits_for_a_term_or_is_parked_is_not_disputed():
    refused("dispute.waits", Station.SENT, DisputeKind.RATE, "why", 3, LINES, ())
    refused("dispute.parked", Station.SENT, DisputeKind.RATE, "why", 4, LINES, ())


def test_a_line_is_disputed_once_until_it_is_refused():
    for state in (OPEN, GRANTED):
        so_far = (Objection(7, 1, state, Decimal("120.00")),)
        refused("dispute.open_already", Station.DISPUTED, DisputeKind.RATE, "why", 1, LINES, so_far)
    check_dispute(Station.SENT, DisputeKind.RATE, "why", 1, LINES, (Objection(7, 1, REFUSED),))


def test_a_grant_gives_and_a_refusal_says_why():
    assert check_answer(OPEN, Decimal("120.00"), "", Decimal("100.00")) is GRANTED
    assert check_answer(OPEN, None, "As signed", Decimal("100.00")) is REFUSED
    # What a refund takes back may be granted to be less.
    assert check_answer(OPEN, Decimal("-900.00"), "", Decimal("-1200.00")) is GRANTED
    for code, state, amount, text in (
        ("dispute.not_more", OPEN, Decimal("100.00"), ""),
        ("reason.required", OPEN, None, ""),
        ("dispute.answered", REFUSED, Decimal("120.00"), ""),
    ):
        with pytest.raises(RuleViolation) as caught:
            check_answer(state, amount, text, Decimal("100.00"))
        assert caught.value.code == code


def test_a_grant_adds_the_difference_and_a_parked_line_counts_no_more_but_stays_settled():
    round_so_far = (Objection(7, 1, GRANTED, Decimal("130.00")), Objection(8, 2, OPEN))
    made = revise(LINES, round_so_far)
    assert [(each.dispute_id, each.difference) for each in made.added] == [(7, Decimal("30.00"))]
    assert [(each.about, each.counted, each.settles, each.flag) for each in made.parked] == [
        (2, False, True, Flag.DISPUTED)
    ]
    assert made.total == Decimal("130.00")


def test_what_an_earlier_dispute_added_is_parked_with_its_line():
    lines = (*LINES, entry(9, "30.00", kind=LineKind.GRANTED, settles=False, about=1))
    assert comes_to(lines, 1) == Decimal("130.00")
    made = revise(lines, (Objection(8, 1, OPEN),))
    assert {each.id for each in made.parked} == {1, 9}
    assert made.total == ZERO


def test_a_parked_dispute_resumes_with_the_grant_or_with_what_the_line_came_to():
    assert resumed(OPEN, None, Decimal("100.00")) is None
    assert resumed(GRANTED, Decimal("130.00"), Decimal("100.00")) == Decimal("130.00")
    assert resumed(REFUSED, None, Decimal("100.00")) == Decimal("100.00")
    assert resumed(DisputeState.WITHDRAWN, None, Decimal("100.00")) == Decimal("100.00")


def test_a_typed_name_is_compared_without_width_case_and_spaces():
    check_typed_name(" ｌｉｎ  zhixia", "Lin Zhixia")
    for typed, code in (("", "required"), ("Lin Zhi", "statement.other_name")):
        with pytest.raises(RuleViolation) as caught:
            check_typed_name(typed, "Lin Zhixia")
        assert caught.value.code == code


fen = st.integers(-50_000, 50_000).map(lambda each: Decimal(each).scaleb(-2))


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[Entry], list[Objection]]:
    """Lines, some of them added by earlier disputes, and a round of disputes over different receipts."""
    receipts = range(1, draw(st.integers(1, 6)) + 1)
    lines = [entry(each, str(draw(fen))) for each in receipts]
    for about in draw(st.lists(st.sampled_from(list(receipts)), max_size=3)):
        added = str(abs(draw(fen)))
        lines.append(entry(100 + len(lines), added, kind=LineKind.GRANTED, settles=False, about=about))
    disputed = draw(st.lists(st.sampled_from([*receipts, None]), unique=True, max_size=6))
    disputes = []
    for number, receipt in enumerate(disputed):
        state = draw(st.sampled_from(list(DisputeState)))
        granted = comes_to(lines, receipt) + abs(draw(fen)) if state is GRANTED else None
        disputes.append(Objection(number, receipt, state, granted))
    return lines, disputes


@given(rounds())
def test_the_new_total_is_the_old_one_and_the_grants_without_the_parked(
    drawn: tuple[list[Entry], list[Objection]],
):
    lines, disputes = drawn
    made = revise(lines, disputes)
    old = sum((each.commission for each in lines), ZERO)
    grants = sum(
        (
            (each.granted or ZERO) - comes_to(lines, each.receipt_id)
            for each in disputes
            if each.state is GRANTED
        ),
        ZERO,
    )
    parked = sum((comes_to(lines, each.receipt_id) for each in disputes if each.state is OPEN), ZERO)
    assert made.total == old + grants - parked
    assert len(made.kept) + len(made.parked) == len(lines)
    assert all(not each.counted and each.settles == (each.kind is LineKind.RECEIPT) for each in made.parked)


@given(rounds(), st.data())
def test_nothing_is_lost_or_paid_twice_over_all_statements(
    drawn: tuple[list[Entry], list[Objection]], data: st.DataObject
):
    """Once the parked ones are decided, statements together come to the lines and all that was granted."""
    lines, disputes = drawn
    later, wanted = ZERO, sum((each.commission for each in lines), ZERO)
    for each in disputes:
        original = comes_to(lines, each.receipt_id)
        if each.state is OPEN:
            grant = data.draw(st.one_of(st.none(), fen.map(abs)))
            state, granted = (REFUSED, None) if grant is None else (GRANTED, original + grant)
            later += resumed(state, granted, original) or ZERO
            wanted += grant or ZERO
        elif each.state is GRANTED:
            wanted += (each.granted or ZERO) - original
    assert revise(lines, disputes).total + later == wanted
