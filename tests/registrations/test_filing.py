"""Filing through the service: the three outcomes, order, and what is refused (G1–G9, C1, C2)."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.errors import RuleViolation
from portal.domain.facts import Rule, State
from portal.domain.pipeline import Stage
from portal.models import tables as t
from portal.policy.service import add_policy
from portal.registrations.service import file_registration
from tests.support.filings import CODE, OTHER_CODE, filing
from tests.support.people import Person

People = Mapping[str, Person]


def test_the_first_filing_owns_the_customer_for_28_days(
    people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    row = row_of(file_as(people["alice"], at("2026-03-02 10:00")).registration_id)
    assert (row.state, row.is_owner, row.queue_position) == (State.ACTIVE, True, 0)
    assert (row.state_rule, row.protected_until) == (Rule.FIRST, date(2026, 3, 30))


def test_the_second_party_waits_in_order_of_filing(
    people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"))
    second = file_as(people["key_accounts"], at("2026-03-05 10:00"))
    third = file_as(people["carol"], at("2026-03-06 10:00"))
    assert (second.state, third.state) == (State.WAITING, State.WAITING)
    assert [row_of(each.registration_id).queue_position for each in (second, third)] == [1, 2]


def test_a_partner_of_the_same_day_comes_before_key_accounts(
    people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    """§13 example 5, through storage."""
    theirs = file_as(people["key_accounts"], at("2026-03-02 09:00"))
    ours = file_as(people["alice"], at("2026-03-02 10:00"))
    assert ours.state is State.ACTIVE
    loser = row_of(theirs.registration_id)
    assert (loser.state, loser.state_rule, loser.queue_position) == (State.WAITING, Rule.SAME_DAY, 1)


def test_a_name_alike_but_for_form_and_region_is_held_and_keeps_its_instant(
    people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), "深圳市华达科技有限公司")
    held = file_as(people["carol"], at("2026-03-03 10:00"), "华达科技")
    row = row_of(held.registration_id)
    assert (held.state, row.match_reason, row.customer_id) == (State.HELD, "alike_name", None)
    assert row.suspect_id is not None


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (("华达科技有限公司", CODE), ("完全不同有限公司", CODE), State.WAITING),
        (("华达科技有限公司", CODE), ("华达科技有限公司", OTHER_CODE), State.ACTIVE),
        (("華達科技（有限公司）", None), ("华达科技 有限公司", None), State.WAITING),
        (("HUADA Tech Co., Ltd.", None), ("ＨＵＡＤＡ　ｔｅｃｈ co ltd", None), State.WAITING),
        (("有限公司", None), ("上海有限公司", None), State.ACTIVE),
    ],
    ids=["same code", "two codes", "traditional, brackets", "width and case", "only suffix"],
)
def test_same_customer_or_not(
    people: People, file_as: Any, at: Any, first: Any, second: Any, state: State
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), first[0], uscc=first[1])
    assert file_as(people["carol"], at("2026-03-03 10:00"), second[0], uscc=second[1]).state is state


def test_a_customer_learns_the_code_of_a_later_filing(
    people: People, file_as: Any, at: Any, engine: sa.Engine
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), "华达科技有限公司")
    file_as(people["carol"], at("2026-03-03 10:00"), "华达科技有限公司", uscc=CODE)
    with db.reading(engine) as session:
        assert session.scalars(sa.select(t.customer.c.uscc)).all() == [CODE]


def test_the_own_party_is_pointed_to_its_first_claim(people: People, file_as: Any, at: Any) -> None:
    first = file_as(people["alice"], at("2026-03-02 10:00"))
    with pytest.raises(RuleViolation) as refused:
        file_as(people["bob"], at("2026-03-03 10:00"))
    assert refused.value.code == "registration.own_already"
    assert refused.value.params["registration_id"] == first.registration_id


def test_the_same_form_sent_twice_files_once(people: People, engine: sa.Engine, at: Any) -> None:
    key, outcomes = "6f1a3a2e-9d0e-4e0f-8a55-0b6c3f4d2e11", []
    for _ in range(2):
        with db.transaction(engine) as session:
            outcomes.append(
                file_registration(
                    session, actor=people["alice"].actor, now=at("2026-03-02 10:00"), filing=filing(),
                    request_key=key,
                )
            )  # fmt: skip
    assert outcomes[0].registration_id == outcomes[1].registration_id
    assert [each.repeated for each in outcomes] == [False, True]


def test_no_two_filings_share_an_instant_even_when_the_clock_stands_still(
    people: People, file_as: Any, row_of: Any, at: Any
) -> None:
    now = at("2026-03-02 10:00")
    first = row_of(file_as(people["alice"], now, "甲公司").registration_id)
    second = row_of(file_as(people["carol"], now, "乙公司").registration_id)
    assert first.filed_at < second.filed_at


def test_the_database_itself_refuses_a_second_owner(
    people: People, file_as: Any, at: Any, engine: sa.Engine
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"))
    second = file_as(people["carol"], at("2026-03-03 10:00")).registration_id
    with pytest.raises(RuleViolation) as refused, db.transaction(engine) as session:
        session.execute(
            sa.update(t.registration)
            .where(t.registration.c.id == second)
            .values(is_owner=True, state=State.ACTIVE)
        )
    assert refused.value.code == "db.conflict"


def test_hoarding_is_limited_where_the_policy_says_so(
    people: People, file_as: Any, at: Any, engine: sa.Engine
) -> None:
    """G9: alice's partner is gold; the policy allows gold one early project."""
    with db.transaction(engine) as session:
        body = {**session.execute(sa.select(t.policy_version)).one().body, "early_stage_limit": {"gold": 1}}
        since = date(2026, 1, 1)
        add_policy(
            session, actor=None, now=at("2026-01-01 10:00"), effective_from=since, reason="-", body=body
        )
    file_as(people["alice"], at("2026-03-02 10:00"), "甲公司")
    with pytest.raises(RuleViolation) as refused:
        file_as(people["bob"], at("2026-03-03 10:00"), "乙公司")
    assert (refused.value.code, refused.value.params["limit"]) == ("registration.early_limit", 1)
    assert file_as(people["bob"], at("2026-03-04 10:00"), "丙公司", stage=Stage.SOLUTION)


def test_every_filing_is_sealed_in_the_audit_trail(
    people: People, file_as: Callable[..., Any], at: Any, engine: sa.Engine
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"))
    with db.reading(engine) as session:
        entry = session.execute(
            sa.select(t.audit_entry).where(t.audit_entry.c.action == "registration.filed")
        ).one()
        digest = session.scalars(sa.select(t.registration_event.c.digest)).one()
    assert (entry.actor, entry.subject_id) == ("Alice", filed.registration_id)
    assert entry.details["digest"] == digest
