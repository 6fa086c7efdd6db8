"""Every figure of a policy version: named, limited, compared, typed (§12)."""

import json
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import portal.policy
from portal.domain.errors import RuleViolation
from portal.domain.figures import FIGURES, Unit, body_of, flat
from portal.domain.policy import Policies, parse_policy
from portal.domain.rates import Product
from portal.domain.terms import Tier
from portal.domain.thresholds import Threshold, parse_thresholds, tier_reached
from portal.domain.typed_figures import parse_figure, parse_share
from portal.domain.versions import bad_figures, changes, exact, merged, oddities, unknown
from tests.domain.test_policy import DAY

BODY: dict[str, Any] = json.loads(Path(portal.policy.__file__).with_name("default.json").read_text("utf-8"))
SHIPPED = {name: value for name, value in BODY.items() if name not in ("effective_from", "reason")}
FULL = merged(
    SHIPPED,
    {
        "floor_prices": {
            "ddd": {"gold": "0.12", "silver": "0.13", "ordinary": "0.15"},
            "idd": {"gold": "1.85", "silver": "1.90", "ordinary": "2.00"},
        },
        "early_stage_limit": {"gold": 30, "none": 3},
        "tiers": {"gold": {"ports": 500}},
    },
)


def test_the_shipped_policy_has_no_figure_without_a_name() -> None:
    assert unknown(SHIPPED) == bad_figures(SHIPPED) == []
    assert body_of(flat(SHIPPED)) == SHIPPED


def test_every_figure_has_its_place_in_a_full_version() -> None:
    optional = {"rates.conference.second_year", "early_stage_limit.silver", "early_stage_limit.ordinary"}
    optional |= {"tiers.silver.ports", "tiers.ordinary.ports"}
    assert set(FIGURES) - set(flat(FULL)) == optional


shares = st.integers(0, 10_000).map(lambda each: Decimal(each).scaleb(-4))


def values(unit: Unit, most: int) -> st.SearchStrategy[Any]:
    if unit is Unit.SHARE:
        return shares
    if unit is Unit.SHARES:
        return st.sets(shares, max_size=4).map(lambda each: tuple(sorted(each)))
    if unit is Unit.YUAN:
        return st.integers(0, 10**10).map(lambda each: Decimal(each).scaleb(-2))
    if unit is Unit.YUAN_PER_MINUTE:
        return st.integers(0, 10**6).map(lambda each: Decimal(each).scaleb(-4))
    return st.integers(0, most)


@st.composite
def versions(draw: st.DrawFn) -> dict[str, Any]:
    """Any sound version: all that must be there, and of the rest some."""
    said: dict[str, Any] = {}
    for name, figure in FIGURES.items():
        if figure.path[0] in ("tiers", "fishing"):
            continue
        if figure.required or draw(st.booleans()):
            said[name] = draw(values(figure.unit, figure.most))
    for product in ("port", "conference"):  # a second year alone is no rate
        if not any(f"rates.{product}.{tier}" in said for tier in Tier):
            said.pop(f"rates.{product}.second_year", None)
    low, high = sorted(draw(st.tuples(st.integers(1, 50), st.integers(1, 50))))
    return said | {"tiers.gold.closed_customers": high, "tiers.silver.closed_customers": low}


@given(versions())
def test_a_version_that_was_written_reads_the_same(said: dict[str, Any]) -> None:
    """Figures → JSON → figures is stable, through the text that the database keeps."""
    body = json.loads(json.dumps(body_of(said)))
    assert flat(body) == said
    assert body_of(flat(body)) == body
    read = parse_policy(1, DAY, body)
    assert parse_policy(1, DAY, body_of(flat(read.body))) == read
    assert unknown(body) == bad_figures(body) == []


def leaves(body: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(body, dict):
        return [leaf for key, value in body.items() for leaf in leaves(value, (*path, key))]
    return [path]


WRONG = (None, True, -1, "x", "-0.10", "NaN", "Infinity", "1e30", "0.123456", 1.5, [], {}, "٤", 10**12)


@given(st.sampled_from(leaves(FULL)), st.sampled_from(WRONG))
def test_a_single_figure_that_is_spoiled_is_refused_by_name(path: tuple[str, ...], wrong: Any) -> None:
    if path == ("traffic_warnings",) and wrong == []:
        return  # no warnings at all is a choice
    body = deepcopy(FULL)
    place: Any = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = wrong
    with pytest.raises(RuleViolation) as refused:
        parse_policy(1, DAY, body)
    assert refused.value.code == "policy.bad_figure"
    assert refused.value.params["figure"].startswith(".".join(path))


def test_what_a_version_does_not_name_is_carried_over() -> None:
    after = merged(FULL, {"rates": {"port": {"gold": "0.42"}}, "protection_days": 30})
    found = {change.figure.name: (change.before, change.after) for change in changes(FULL, after)}
    assert found == {"rates.port.gold": (Decimal("0.40"), Decimal("0.42")), "protection_days": (28, 30)}


def test_one_rate_for_all_becomes_a_table_when_one_tier_gets_its_own() -> None:
    after = merged(FULL, {"rates": {"conference": {"gold": "0.12"}}})
    assert after["rates"]["conference"] == {"gold": "0.12", "silver": "0.10", "ordinary": "0.10"}
    pay = parse_policy(1, DAY, after).pay
    assert pay is not None
    assert pay.rates[Product.CONFERENCE, Tier.GOLD] == (Decimal("0.12"), Decimal("0.12"))
    assert merged(after, {"rates": {"conference": "0.10"}}) == FULL


def test_the_same_figure_written_otherwise_is_no_change() -> None:
    after = merged(FULL, {"rates": {"conference": "0.1"}, "deposits": {"gold": "90000"}})
    assert changes(FULL, after) == []


def test_strange_names_are_found_however_deep() -> None:
    strange = {"protection_day": 3, "rates": {"fax": {"gold": "1"}, "port": {"bronze": "0.1"}}}
    assert unknown(strange) == ["protection_day", "rates.fax", "rates.port.bronze"]


def test_numbers_of_a_file_are_exact() -> None:
    assert exact({"deposits": {"gold": 90000}, "protection_days": 28, "rates": {"conference": 1}}) == {
        "deposits": {"gold": "90000"}, "protection_days": 28, "rates": {"conference": "1"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "share"),
    [("40", "0.4"), ("40%", "0.4"), ("0.40", "0.4"), ("４０％", "0.4"), (" 12.5 % ", "0.125"), ("0", "0"),
     ("1%", "0.01"), ("100", "1"), ("100%", "1"), ("0.5%", "0.005"), ("0.05", "0.05")],
)  # fmt: skip
def test_a_percentage_is_understood_as_people_write_it(typed: str, share: str) -> None:
    assert parse_share(typed) == Decimal(share)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("1", "share.one"), ("1.0", "share.one"), ("101", "share.too_large"), ("x", "share.not_a_share"),
     ("-5%", "share.not_a_share"), ("1e1", "share.not_a_share"), ("12.345%", "share.decimals"),
     ("", "share.not_a_share"), ("9" * 5000, "share.not_a_share"), ("4٠", "share.not_a_share")],
)  # fmt: skip
def test_what_could_be_two_shares_or_none_is_asked_again(typed: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_share(typed)
    assert refused.value.code == code


@given(shares)
def test_a_share_typed_as_it_is_shown_is_itself(share: Decimal) -> None:
    assert parse_share(f"{(share * 100).normalize():f}%") == share


def test_figures_are_typed_in_their_units() -> None:
    assert parse_figure(FIGURES["floor_prices.idd.gold"], "¥1.85") == Decimal("1.85")
    assert parse_figure(FIGURES["traffic_warnings"], "80%、95%") == (Decimal("0.80"), Decimal("0.95"))
    assert parse_figure(FIGURES["deposits.gold"], "90,000") == Decimal("90000.00")
    for name, typed, code in (
        ("floor_prices.idd.gold", "1.85001", "price.decimals"),
        ("traffic_warnings", "95%, 80%", "share.order"),
        ("debt_due_days", "367", "policy.too_many"),
        ("deposits.gold", "9999999999", "amount.too_large"),
        ("protection_days", "2.5", "count.not_whole"),
    ):
        with pytest.raises(RuleViolation) as refused:
            parse_figure(FIGURES[name], typed)
        assert refused.value.code == code


def test_gold_with_a_worse_price_than_silver_is_allowed_and_odd() -> None:
    """M3: gold has the best price."""
    assert oddities(FULL) == []
    worse = merged(FULL, {"floor_prices": {"idd": {"gold": "1.95"}}, "rates": {"port": {"gold": "0.25"}}})
    assert parse_policy(1, DAY, worse)
    assert [(odd.code, odd.params["product"]) for odd in oddities(worse)] == [
        ("policy.odd_rate_order", Product.PORT), ("policy.odd_floor_order", Product.IDD),
    ]  # fmt: skip
    assert [odd.code for odd in oddities(SHIPPED)] == ["policy.odd_no_floor"] * 2


@pytest.mark.parametrize(
    ("closed", "ports", "tier"), [(10, 0, "gold"), (9, 900, "silver"), (5, 0, "silver"), (4, 0, "ordinary")]
)
def test_a_tier_is_reached_by_closed_customers(closed: int, ports: int, tier: str) -> None:
    """T2: gold 10 and more, silver 5 to 9, ordinary below."""
    asked = parse_policy(1, DAY, SHIPPED).tiers
    assert tier_reached(asked, closed_customers=closed, ports=ports) is Tier(tier)


def test_a_tier_can_ask_for_customers_and_ports() -> None:
    asked = {Tier.GOLD: Threshold(10, 500), Tier.SILVER: Threshold(None, 200)}
    assert tier_reached(asked, closed_customers=12, ports=499) is Tier.SILVER
    assert tier_reached(asked, closed_customers=10, ports=500) is Tier.GOLD
    assert tier_reached(asked, closed_customers=9, ports=0) is Tier.ORDINARY


@pytest.mark.parametrize(
    ("table", "figure"),
    [
        ({"gold": {"closed_customers": 4}, "silver": {"closed_customers": 5}}, "tiers.gold.closed_customers"),
        ({"silver": {"closed_customers": 5}}, "tiers.gold"),
        ({"gold": {}, "silver": {"ports": 5}}, "tiers.gold"),
        ({"gold": 10, "silver": {"ports": 5}}, "tiers.gold"),
        ({"bronze": {"ports": 1}}, "tiers.bronze"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(table: Any, figure: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_thresholds(table)
    assert refused.value.params["figure"] == figure


def test_what_if_puts_a_draft_in_place_over_a_period_only() -> None:
    first, second = parse_policy(1, DAY, SHIPPED), parse_policy(2, DAY.replace(day=20), FULL)
    draft = parse_policy(0, DAY, merged(SHIPPED, {"protection_days": 99}))
    supposed = Policies([first, second]).under(draft, DAY.replace(day=10), DAY.replace(day=25))
    days = (2, 9, 10, 20, 25, 26)
    assert [supposed.at(DAY.replace(day=day)).version for day in days] == [1, 1, 0, 0, 0, 2]
    early = DAY.replace(year=2020)
    alone = Policies([first]).under(draft, early, early)
    assert alone.at(early).version == 0
