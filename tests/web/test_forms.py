"""Fields parse with the rules of the domain, say what is wrong, and keep what was typed."""

from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from portal.domain.errors import RuleViolation, RuleViolations
from portal.domain.terms import Tier
from portal.web import forms

pytestmark = pytest.mark.engines("sqlite")


class Sample(forms.PortalForm):
    name = forms.name_field("Name", required=True)
    amount = forms.money_field("Amount")
    ports = forms.count_field("Ports", required=True)
    day = forms.date_field("Day")
    tier = forms.Choice("Tier", Tier)


GOOD = {"name": "纸飞机", "amount": "1,234.50", "ports": "0", "day": "2026-03-01", "tier": "gold"}


@pytest.fixture(autouse=True)
def in_a_request(app: Flask):
    with app.test_request_context():
        yield


def sample(**typed: str) -> Sample:
    return Sample(MultiDict(GOOD | typed))


def test_what_is_typed_well_is_parsed():
    form = sample()
    assert form.validate()
    assert form.amount.data == Decimal("1234.50")
    assert form.ports.data == 0
    assert form.tier.member is Tier.GOLD
    assert form.failed == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        *(("amount", text) for text in ("1e9", "-5", "1.234", "NaN", "Infinity", "12,34", "abc", "9" * 40)),
        *(("ports", text) for text in ("", "1.5", "-1", "1e3", "x")),
        *(("day", text) for text in ("2026-02-30", "2026/3", "tomorrow", "1899-01-01", "2026-13-01")),
        *(("name", text) for text in ("", "   ", "x" * 10_000, "a\x07b", "...")),
        *(("tier", text) for text in ("", "platinum", "None", "GOLD")),
    ],
)
def test_what_is_typed_badly_is_refused_on_its_field_and_kept(field: str, typed: str):
    form = sample(**{field: typed})
    assert not form.validate()
    assert [(name, bool(text)) for name, _label, text in form.failed] == [(field, True)]
    if field != "tier":
        assert form[field]._value() == typed


@pytest.mark.parametrize("typed", ["１２３", "123 ", "123"])
def test_full_width_digits_are_digits(typed: str):
    form = sample(ports=typed)
    assert form.validate()
    assert form.ports.data == 123


def test_a_field_that_was_not_sent_is_as_empty_as_one_sent_empty():
    form = Sample(MultiDict())
    assert not form.validate()
    assert [name for name, _label, _text in form.failed] == ["name", "ports", "tier"]


def test_a_rule_speaks_on_its_field_or_above_the_form():
    form = sample()
    form.validate()
    problems = [RuleViolation("reason.required"), RuleViolation("pipeline.gate_missing", "day")]
    form.refuse(RuleViolations(problems))
    assert [name for name, _label, _text in form.failed] == [None, "day"]


def test_the_summary_follows_the_page():
    class Ordered(Sample):
        page_order = ("tier", "ports", "name")

    form = Ordered(MultiDict())
    form.validate()
    assert [name for name, _label, _text in form.failed] == ["tier", "ports", "name"]
