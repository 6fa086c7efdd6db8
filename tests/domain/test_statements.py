"""The nine steps (§8, M9–M12): who may do what and when, against the table of domain.md written out anew."""

from collections.abc import Callable
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.errors import RuleViolation
from portal.domain.policy import parse_policy
from portal.domain.rates import PayFigures
from portal.domain.roles import PARTNER_ROLES, Actor, Role
from portal.domain.statements import (
    APPROVALS,
    STEPS,
    Act,
    Done,
    Party,
    Station,
    check_act,
    check_party,
    check_return,
    days_late,
    due_on,
    leads,
    next_step,
    standing,
    stations_of,
)
from portal.policy.service import _shipped

# The nine steps as §8 has them, in words of its own: state before, act, state after, who.
TABLE = {
    ("collected", "generate"): ("generated", {"finance", "admin"}),  # step 2
    ("generated", "print"): ("printed", {"call_center"}),  # step 3
    ("printed", "send"): ("sent", {"call_center"}),  # step 4
    ("sent", "confirm"): ("confirmed", {"partner_admin"}),  # step 5
    ("sent", "dispute"): ("disputed", {"partner_admin"}),  # M9
    ("disputed", "answer"): ("sent", {"finance"}),  # M9
    ("confirmed", "pass_on"): ("passed_on", {"channel_sales"}),  # step 5
    ("passed_on", "approve_manager"): ("manager_approved", {"channel_manager"}),  # step 6
    ("manager_approved", "approve_director"): ("director_approved", {"channel_director"}),
    ("director_approved", "approve_coo"): ("approved", {"coo"}),
    ("approved", "pay"): ("paid", {"finance"}),  # step 7
    ("paid", "invoice"): ("invoiced", {"partner_admin", "channel_sales"}),  # step 8
    ("invoiced", "close"): ("closed", {"finance"}),  # step 9
}
# M10: who is due in step 6 or 7 may send back, to where the partner, channel sales or the manager is due.
REFUSERS = {
    "passed_on": ("channel_manager", {"sent", "confirmed"}),
    "manager_approved": ("channel_director", {"sent", "confirmed", "passed_on"}),
    "director_approved": ("coo", {"sent", "confirmed", "passed_on"}),
    "approved": ("finance", {"sent", "confirmed", "passed_on"}),
}
FOUR_EYES = {"pass_on", "approve_manager", "approve_director", "approve_coo", "pay"}
ACTS = [each for each in Act if each is not Act.REFUSE]


def person(*roles: Role, user_id: int = 1) -> Actor:
    partner = 7 if set(roles) & PARTNER_ROLES else None
    return Actor(user_id, "x", frozenset(roles), partner, "east")


def refusal(do: Callable[..., object], *arguments: object) -> str | None:
    try:
        do(*arguments)
    except RuleViolation as error:
        return error.code
    return None


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says_at_every_station_and_nothing_else(role: Role) -> None:
    for station, act in product(Station, ACTS):
        row = TABLE.get((station.value, act.value))
        code = refusal(check_act, station, act, person(role), [])
        if row is None:
            assert code == "statement.not_now", (station, act)
        elif role.value in row[1]:
            assert code is None, (station, act)
            assert check_act(station, act, person(role), []).to.value == row[0]
        else:
            assert code == "statement.not_yours", (station, act)


@pytest.mark.parametrize("role", Role)
def test_a_refusal_comes_from_whose_turn_it_is_in_step_6_or_7_and_goes_where_it_may(role: Role) -> None:
    for station, to in product(Station, Station):
        who, where = REFUSERS.get(station.value, (None, set()))
        expected = None
        if who is None:
            expected = "statement.not_now"
        elif role.value != who:
            expected = "statement.not_yours"
        elif to.value not in where:
            expected = "statement.return_where"
        assert refusal(check_return, station, to, "金额不对", person(role), []) == expected, (station, to)
        if expected is None:
            assert refusal(check_return, station, to, " \n", person(role), []) == "statement.return_why"


def test_the_acts_that_two_people_share_are_those_of_the_approvals() -> None:
    assert {act.value for act in APPROVALS} == FOUR_EYES


roles_of_a_vendors_person = st.frozensets(
    st.sampled_from([each for each in Role if each not in PARTNER_ROLES]), min_size=1, max_size=6
)


@given(
    st.sampled_from(Station),
    st.sampled_from(ACTS),
    roles_of_a_vendors_person,
    st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 4)), max_size=8),
)
def test_whatever_roles_a_person_has_the_table_and_four_eyes_decide(
    station: Station, act: Act, roles: frozenset[Role], before: list[tuple[Act, int]]
) -> None:
    """M10: nobody acts twice in one statement's approvals, whichever roles meet in one person."""
    done = [Done(each, user, Station.SENT) for each, user in before]
    row = TABLE.get((station.value, act.value))
    twice = any(user == 1 and each is not act and each.value in FOUR_EYES for each, user in before)
    code = refusal(check_act, station, act, person(*roles), done)
    if row is None:
        assert code == "statement.not_now"
    elif not {role.value for role in roles} & row[1]:
        assert code == "statement.not_yours"
    elif act.value in FOUR_EYES and twice:
        assert code == "statement.four_eyes"
    else:
        assert code is None


PEOPLE = {
    # Several roles in one hand, so that four eyes have something to refuse.
    1: {Role.CHANNEL_SALES, Role.CHANNEL_MANAGER, Role.FINANCE},
    2: {Role.CHANNEL_MANAGER, Role.CHANNEL_DIRECTOR, Role.COO},
    3: {Role.CHANNEL_DIRECTOR, Role.COO, Role.FINANCE},
    4: {Role.CALL_CENTER, Role.COO, Role.FINANCE},
    5: {Role.PARTNER_ADMIN},
    6: {Role.CHANNEL_SALES, Role.CHANNEL_DIRECTOR},
    7: {Role.ADMIN},
}
NINE = {
    "generate", "print", "send", "confirm", "pass_on", "approve_manager", "approve_director", "approve_coo",
    "pay", "invoice", "close",
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_random_walk_closes_only_after_all_nine_steps_and_no_two_approvals_of_one_person(
    data: st.DataObject,
) -> None:
    station = Station.COLLECTED
    walk: list[Done] = []
    path: list[tuple[Act | None, int | None, Station]] = [(None, None, Station.COLLECTED)]
    for _turn in range(data.draw(st.integers(5, 60))):
        user = data.draw(st.sampled_from(sorted(PEOPLE)))
        actor = person(*PEOPLE[user], user_id=user)
        act = data.draw(st.sampled_from([*(step.act for step in STEPS if step.station is station)] or ACTS))
        if data.draw(st.integers(0, 5)) == 0:
            to = data.draw(st.sampled_from(Station))
            if refusal(check_return, station, to, "why", actor, standing(walk)) is None:
                walk.append(Done(Act.REFUSE, user, to))
                while path[-1][2] is not to:
                    path.pop()
                station = to
        elif refusal(check_act, station, act, actor, standing(walk)) is None:
            step = check_act(station, act, actor, standing(walk))
            assert leads(act, station, step.to)
            walk.append(Done(act, user, step.to))
            path.append((act, user, step.to))
            station = step.to
        approvals = [(act, user) for act, user, _to in path if act and act.value in FOUR_EYES]
        assert len({user for _act, user in approvals}) == len(approvals)
        assert [
            (each.act, each.user_id) for each in standing(walk) if each.act.value in FOUR_EYES
        ] == approvals
        if station is Station.CLOSED:
            assert {act.value for act, _user, _to in path if act} >= NINE
            break


def test_the_whole_way_is_possible_with_the_right_people_and_ends() -> None:
    station = Station.COLLECTED
    done: list[Done] = []
    for number, step in enumerate(step for step in STEPS if step.act not in (Act.DISPUTE, Act.ANSWER)):
        actor = person(*step.roles, user_id=number)
        station = check_act(station, step.act, actor, done).to
        done.append(Done(step.act, number, station))
    assert station is Station.CLOSED
    assert next_step(station) is None
    assert refusal(check_act, station, Act.CLOSE, actor, done) == "statement.not_now"


@pytest.mark.parametrize("act", ACTS)
def test_the_system_never_consents_for_anybody(act: Act) -> None:
    step = next(each for each in STEPS if each.act is act)
    allowed = act.value not in {"confirm", "dispute", *FOUR_EYES - {"pay"}}
    assert refusal(check_act, step.station, act, None, []) == (None if allowed else "statement.not_yours")


OURS = Party(partner_id=7, region="east", manager_id=None)


@pytest.mark.parametrize(
    ("actor", "act", "party", "code"),
    [
        (person(Role.PARTNER_ADMIN), Act.CONFIRM, OURS, None),
        (person(Role.PARTNER_ADMIN), Act.CONFIRM, Party(8, "east", None), "statement.gone"),
        (person(Role.PARTNER_ADMIN), Act.INVOICE, Party(8, "east", None), "statement.gone"),
        (person(Role.CHANNEL_SALES), Act.PASS_ON, OURS, None),
        (person(Role.CHANNEL_SALES), Act.PASS_ON, Party(7, "east", 1), None),
        (person(Role.CHANNEL_SALES), Act.PASS_ON, Party(7, "east", 2), "statement.not_your_partner"),
        (person(Role.CHANNEL_SALES), Act.PASS_ON, Party(7, "north", None), "statement.not_your_partner"),
        (person(Role.CHANNEL_SALES), Act.INVOICE, Party(7, "north", 1), "statement.not_your_partner"),
        (person(Role.FINANCE), Act.PAY, Party(7, "north", 2), None),
        (person(Role.COO), Act.APPROVE_COO, Party(7, "north", 2), None),
    ],
)
def test_partner_people_act_on_their_own_and_channel_sales_on_those_they_look_after(
    actor: Actor, act: Act, party: Party, code: str | None
) -> None:
    step = next(each for each in STEPS if each.act is act)
    assert refusal(check_party, step, actor, party) == code


@pytest.fixture(scope="module")
def pay() -> PayFigures:
    found = parse_policy(1, date(2026, 1, 1), _shipped()).pay
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("station", "since", "due"),
    [
        (Station.GENERATED, date(2026, 3, 6), date(2026, 3, 9)),  # a Friday: printed by Monday
        (Station.SENT, date(2026, 3, 2), date(2026, 3, 11)),  # seven working days
        (Station.CONFIRMED, date(2026, 4, 30), date(2026, 5, 7)),  # over the holidays of May
        (Station.APPROVED, date(2026, 3, 2), date(2026, 3, 4)),
        (Station.CLOSED, date(2026, 3, 2), None),
    ],
)
def test_a_step_is_due_so_many_working_days_after_the_one_before(
    pay: PayFigures, station: Station, since: date, due: date | None
) -> None:
    assert due_on(station, since, pay) == due


def test_lateness_counts_working_days() -> None:
    friday = date(2026, 3, 6)
    assert days_late(friday, friday) == 0
    assert days_late(friday, date(2026, 3, 8)) == 0  # a Sunday
    assert days_late(friday, date(2026, 3, 10)) == 2
    assert days_late(None, friday) == 0


def test_whose_turn_it_is_follows_from_the_roles() -> None:
    assert stations_of([Role.CALL_CENTER]) == (Station.GENERATED, Station.PRINTED)
    assert stations_of([Role.FINANCE]) == (
        Station.COLLECTED, Station.DISPUTED, Station.APPROVED, Station.INVOICED,
    )  # fmt: skip
    assert stations_of([Role.REGIONAL_MANAGER, Role.KEY_ACCOUNTS]) == ()


def test_what_leads_where_is_the_table() -> None:
    for act, before, after in product(ACTS, Station, Station):
        if act is Act.GENERATE:
            expected = after is Station.GENERATED and before.value in ("collected", "generated", "printed")
        else:
            expected = TABLE.get((before.value, act.value), (None,))[0] == after.value
        assert leads(act, before, after) == expected, (act, before, after)
    for before, after in product(Station, Station):
        _who, where = REFUSERS.get(before.value, (None, set()))
        assert leads(Act.REFUSE, before, after) == (after.value in where)
