"""There are words for everything the rules name: enum members, refusals, rules, rights."""

import ast
import re
from collections.abc import Iterator
from enum import StrEnum

import pytest

from portal.domain import cases
from portal.domain.access import Permission
from portal.domain.commissions import Flag
from portal.domain.deposits import Blame, Cause, DebtState, DeductionAct, DeductionState, EntryKind, Settling
from portal.domain.disputes import DisputeKind, DisputeState
from portal.domain.errors import RuleViolation
from portal.domain.evidence import IdentifierKind
from portal.domain.facts import Rule, State
from portal.domain.fishing import Pattern
from portal.domain.invoices import Age, Compared, InvoiceState
from portal.domain.lines import LineKind
from portal.domain.matching import MatchReason
from portal.domain.notices import Channel, Dropped, NoticeKind, OutboxState
from portal.domain.payments import AccountState, BatchState, Hindrance, ItemState, Result
from portal.domain.pipeline import LostReason, Stage
from portal.domain.rates import Product
from portal.domain.reports import ReportState
from portal.domain.roles import Role
from portal.domain.statements import Act, Station
from portal.domain.suspicions import Settled
from portal.domain.terms import CustomerClass, EventKind, NameKind, PartnerKind, Source, Tier
from portal.domain.weekly import Change, Group, LineVerdict
from portal.domain.wholesale import Service
from portal.imports.run import KINDS
from portal.support.records import ACTS as SUPPORT_ACTS
from portal.web import labels, matches, right_labels
from portal.web.messages import MESSAGES
from tests.support.source import Module, dotted, modules

ENUMS = (
    Stage,
    State,
    PartnerKind,
    Tier,
    CustomerClass,
    Source,
    LostReason,
    Role,
    EventKind,
    NameKind,
    AccountState,
    BatchState,
    Hindrance,
    ItemState,
    Result,
    Age,
    Compared,
    InvoiceState,
)
WEEK = (ReportState, Change, Group, LineVerdict)
DEPOSITS = (EntryKind, Cause, Blame, DeductionState, DebtState, Settling, Service)
CASES = (cases.CaseKind, cases.CaseStatus, cases.Outcome, cases.AppealOutcome, cases.Side, cases.Turn)
NOTICES = (NoticeKind, Channel, OutboxState, Dropped)
STATEMENTS = (Product, Station, Act, LineKind, Flag, DisputeKind, DisputeState)
REFUSALS = ("RuleViolation", "StaleVersion")


@pytest.mark.parametrize(
    "enum",
    [*ENUMS, *WEEK, *DEPOSITS, *CASES, *NOTICES, *STATEMENTS, Pattern, IdentifierKind],
    ids=lambda enum: enum.__name__,
)
def test_every_member_of_every_enum_has_a_word(enum: type[StrEnum]):
    for member in enum:
        assert str(labels.label(member)).strip(), member


def test_members_of_two_enums_with_one_value_keep_their_own_words():
    assert Stage.SIGNED == State.SIGNED  # this is why
    assert str(labels.label(Stage.SIGNED)) != str(labels.label(State.SIGNED))
    assert str(labels.label(Source.OTHER)) != str(labels.label(LostReason.OTHER))
    assert str(labels.label(Source.CALL_CENTER)) != str(labels.label(Role.CALL_CENTER))


def test_no_value_has_no_word():
    assert labels.label(None) == ""


def test_every_rule_reason_and_right_has_words():
    assert set(labels.RULES) == set(Rule)
    assert set(matches.MATCH_REASONS) == set(MatchReason)
    assert set(matches.SETTLED) == set(Settled)
    assert set(right_labels.RIGHTS) == set(Permission)


def raised(module: Module) -> Iterator[str]:
    """The codes a module refuses with; what is put together stands as ``{name}.rest``."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and node.args and dotted(node.func).rpartition(".")[2] in REFUSALS:
            yield from written(node.args[0])


def written(code: ast.expr) -> Iterator[str]:
    if isinstance(code, ast.Constant) and isinstance(code.value, str):
        yield code.value
    elif isinstance(code, ast.IfExp):
        yield from written(code.body)
        yield from written(code.orelse)
    elif isinstance(code, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"  # type: ignore[attr-defined]
            for part in code.values
        )


def test_every_code_that_is_raised_has_a_message():
    codes = {code for module in modules() for code in raised(module)}
    assert len(codes) > 40
    unspoken = set()
    for code in codes:
        fits = re.compile(re.sub(r"\\{[^}]*\\}", r"[\\w.]+", re.escape(code)))
        if not any(fits.fullmatch(known) for known in MESSAGES):
            unspoken.add(code)
    assert unspoken == set()


def test_a_code_put_together_has_a_message_for_every_kind():
    for kind in ("amount", "count"):
        for fault in ("negative", "too_large", "grouping", "not_a_number"):
            assert f"{kind}.{fault}" in MESSAGES


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_message_can_be_filled_in(code: str):
    """The figures a message needs are taken from it; no stray percent sign breaks it."""
    names = set(re.findall(r"%\((\w+)\)", str(MESSAGES[code])))
    text = labels.message(RuleViolation(code, **dict.fromkeys(names, 7)))
    assert text.strip()
    assert "%" not in text


def test_a_label_given_as_a_figure_is_shown_as_a_word():
    text = labels.message(RuleViolation("website.form", value=Tier.GOLD))
    assert str(labels.label(Tier.GOLD)) in text


def test_every_act_of_the_trail_has_a_word():
    """Actions are constants, or ``registration.``, ``import.``, ``statement.`` with every kind there is."""
    written = {
        keyword.value.value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "action" and isinstance(keyword.value, ast.Constant)
    }
    acts = {each for each in written if "." in str(each)} | {f"import.{kind}" for kind in KINDS}
    acts |= {f"statement.{act.value}" for act in Act}
    acts |= {f"account.{state.value}" for state in AccountState}
    acts |= {f"payment.{what}" for what in ("released", "withdrawn", "file_taken", *Result)}
    acts |= {"import.bank_answer"}
    acts |= {f"deposit.{kind.value}" for kind in EntryKind} | {f"debt.{how.value}" for how in Settling}
    acts |= {f"deduction.{act.value}" for act in DeductionAct}
    acts |= {f"wholesale.{what}" for what in ("counted", "resumed", "suspended", "warned")}
    acts |= {f"dispute.{what}" for what in ("opened", "parked", "granted", "refused", "withdrawn")}
    acts |= set(SUPPORT_ACTS.values())
    assert acts == set(labels.ACTS)
