"""Every name is an alias row of a kind: stated and taken back, English, merged, taken apart, corrected."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from portal import db
from portal.conflicts import naming
from portal.conflicts.check import problems
from portal.conflicts.decisions import decide_held, merge_customers
from portal.conflicts.unmerging import unmerge_customer
from portal.domain.errors import RuleViolation
from portal.domain.facts import State
from portal.domain.matching import MatchReason
from portal.domain.terms import NameKind
from portal.imports.run import import_file
from portal.models import tables as t
from portal.registrations.checks import check_customer
from portal.registrations.work import ask_correction, correct, edit_details
from tests.imports.files import as_csv
from tests.support.filings import CODE
from tests.support.people import Person

People = Mapping[str, Person]
Names = Callable[[int], set[tuple[str, str]]]
# Names that share nothing with what was filed.
LEGAL, BRAND, FORMER, SHORT, ENGLISH = (
    "北京星河动力装备科技有限公司",
    "慢蜗牛",
    "白帆造船厂",
    "静湖",
    "Cloud Tofu Ltd",
)
LATER = "2026-03-09 10:00"


@pytest.fixture
def states(engine: sa.Engine, people: People, row_of: Any, at: Any) -> Callable[..., None]:
    """`states(registration, kind, name)`: the channel manager states a name of its customer."""

    def do(registration_id: int, kind: NameKind, name: str, when: str = "2026-03-02 12:00") -> None:
        with db.transaction(engine) as session:
            naming.state_name(
                session, actor=people["channel_manager"].actor, now=at(when), kind=kind, name=name,
                customer_id=row_of(registration_id).customer_id, reason="官网",
            )  # fmt: skip

    return do


@pytest.fixture
def takes_back(engine: sa.Engine, people: People, row_of: Any, at: Any) -> Callable[[int, str], None]:
    """`takes_back(registration, name)`: a stated name of its customer is taken back."""

    def do(registration_id: int, name: str) -> None:
        customer = row_of(registration_id).customer_id
        with db.transaction(engine) as session:
            event = naming.known_as(session, customer, name).event_id
            naming.take_name_back(
                session, actor=people["channel_manager"].actor, now=at(LATER), customer_id=customer,
                event_id=event,
            )  # fmt: skip

    return do


@pytest.fixture
def names(engine: sa.Engine, row_of: Any) -> Names:
    """The names of a registration's customer, each with its kind."""

    def read(registration_id: int) -> set[tuple[str, str]]:
        with db.reading(engine) as session:
            found = naming.names_with_source(session, row_of(registration_id).customer_id)
        return {(each.name, each.kind.value) for each in found}

    return read


@pytest.fixture
def adds_up(engine: sa.Engine, at: Any) -> Callable[[], None]:
    """What the replay of all facts says is what the tables say, and every name is in the index."""

    def do() -> None:
        alias, gram = t.customer_alias.c, t.name_gram.c
        filed = sa.select(gram.alias_id).where(gram.alias_id == alias.id).exists()
        with db.reading(engine) as session:
            assert list(problems(session, now=at("2026-03-20 10:00"))) == []
            assert list(session.scalars(sa.select(alias.name).where(~filed))) == []
            ids = sa.select(alias.id)
            assert not session.scalar(sa.select(sa.func.count()).where(gram.alias_id.not_in(ids)))

    return do


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (NameKind.SHORT, SHORT),
        (NameKind.FORMER, FORMER),
        (NameKind.BRAND, BRAND),
        (NameKind.ENGLISH, ENGLISH),
        (NameKind.LEGAL, "深圳市华达科技有限公司"),
    ],
)
def test_a_filing_under_a_stated_name_is_held_and_goes_ahead_once_it_is_taken_back(
    people: People,
    file_as: Any,
    row_of: Any,
    at: Any,
    states: Any,
    takes_back: Any,
    adds_up: Any,
    kind: NameKind,
    name: str,
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL).registration_id
    states(known, kind, name)
    adds_up()
    held = file_as(people["carol"], at("2026-03-03 10:00"), name)
    row = row_of(held.registration_id)
    assert (held.state, row.match_reason) == (State.HELD, MatchReason.LIKELY_NAME)
    assert row.suspect_id == row_of(known).customer_id
    takes_back(known, name)
    assert row_of(held.registration_id).state is State.HELD, "what it was compared with then is a fact"
    filed = file_as(people["key_accounts"], at("2026-03-10 10:00"), name)
    assert filed.state is State.ACTIVE
    adds_up()


def test_nothing_is_silently_the_same_by_a_stated_name(
    engine: sa.Engine,
    people: People,
    file_as: Any,
    row_of: Any,
    at: Any,
    states: Any,
    names: Any,
    adds_up: Any,
) -> None:
    """Decided to be it, the filed name becomes a key; until then an equal name proves nothing."""
    known = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL).registration_id
    states(known, NameKind.BRAND, BRAND)
    held = file_as(people["carol"], at("2026-03-03 10:00"), BRAND).registration_id
    again = file_as(people["key_accounts"], at("2026-03-03 11:00"), BRAND).registration_id
    assert {row_of(held).state, row_of(again).state} == {State.HELD}
    with db.transaction(engine) as session:
        decide_held(
            session, actor=people["channel_manager"].actor, now=at("2026-03-04 10:00"), registration_id=held,
            version=row_of(held).version, customer_id=row_of(known).customer_id, same=True, reason="一家",
        )  # fmt: skip
    assert names(known) == {(LEGAL, "filed"), (BRAND, "filed")}
    assert row_of(again).state is State.WAITING, "the same whole name as filed"
    adds_up()


def test_a_filing_with_the_same_code_makes_a_stated_name_one_that_was_filed(
    people: People, file_as: Any, at: Any, states: Any, names: Names, adds_up: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, uscc=CODE).registration_id
    states(known, NameKind.BRAND, BRAND)
    file_as(people["carol"], at("2026-03-03 10:00"), BRAND, uscc=CODE, customer_name_en=LEGAL)
    assert names(known) == {(LEGAL, "filed"), (BRAND, "filed")}
    adds_up()


def test_the_english_name_of_a_filing_is_a_name_of_its_customer_and_compared(
    people: People, file_as: Any, row_of: Any, at: Any, names: Names, adds_up: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en=ENGLISH).registration_id
    assert names(known) == {(LEGAL, "filed"), (ENGLISH, "english")}
    adds_up()
    by_name = file_as(people["carol"], at("2026-03-03 10:00"), ENGLISH)
    by_english = file_as(
        people["carol"], at("2026-03-03 11:00"), "镜泊茗品有限公司", customer_name_en=ENGLISH
    )
    for filed in (by_name, by_english):
        assert filed.state is State.HELD
        assert row_of(filed.registration_id).suspect_id == row_of(known).customer_id
    adds_up()


def test_signs_alone_are_no_english_name(
    people: People, file_as: Any, at: Any, names: Names, adds_up: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en="--").registration_id
    assert names(known) == {(LEGAL, "filed")}
    adds_up()


def test_an_edited_english_name_takes_the_place_of_the_one_before(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, names: Names, adds_up: Any
) -> None:
    known = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en="Cloud").registration_id
    with db.transaction(engine) as session:
        edit_details(
            session, actor=people["alice"].actor, now=at("2026-03-03 10:00"), registration_id=known,
            version=row_of(known).version, values={"customer_name_en": ENGLISH},
        )  # fmt: skip
    assert names(known) == {(LEGAL, "filed"), (ENGLISH, "english")}
    adds_up()


def test_a_corrected_english_name_is_compared_anew(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, adds_up: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en=ENGLISH)
    held = file_as(people["carol"], at("2026-03-03 10:00"), "镜泊茗品有限公司", customer_name_en=ENGLISH)
    turn = row_of(held.registration_id)
    assert turn.state is State.HELD
    with db.transaction(engine) as session:
        ask_correction(
            session, actor=people["channel_manager"].actor, now=at("2026-03-04 10:00"),
            registration_id=turn.id, version=turn.version, fields=["customer_name_en"], note="请核对",
        )  # fmt: skip
    with db.transaction(engine) as session:
        correct(
            session, actor=people["carol"].actor, now=at("2026-03-05 10:00"), registration_id=turn.id,
            version=row_of(turn.id).version, values={"customer_name_en": "Mirror Lake Tea"},
        )  # fmt: skip
    assert row_of(turn.id).state is State.ACTIVE
    adds_up()


def test_stated_names_go_with_their_customer_through_a_merge_and_back(
    engine: sa.Engine,
    people: People,
    file_as: Any,
    row_of: Any,
    at: Any,
    states: Any,
    names: Any,
    adds_up: Any,
) -> None:
    one = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL).registration_id
    other = file_as(people["carol"], at("2026-03-02 11:00"), "静湖茶业集团", customer_name_en="Still Lake")
    states(one, NameKind.BRAND, BRAND)
    states(other.registration_id, NameKind.FORMER, FORMER)
    states(other.registration_id, NameKind.SHORT, BRAND)
    apart = names(one), names(other.registration_id)
    winner, loser = row_of(one).customer_id, row_of(other.registration_id).customer_id
    by = {"actor": people["channel_manager"].actor, "reason": "一家"}
    with db.transaction(engine) as session:
        merge_customers(session, now=at("2026-03-04 10:00"), loser=loser, winner=winner, **by)
    assert names(one) == apart[0] | apart[1] - {(BRAND, "short")}
    adds_up()
    with db.transaction(engine) as session, pytest.raises(RuleViolation) as refused:
        naming.state_name(
            session, actor=None, now=at(LATER), customer_id=loser, kind=NameKind.SHORT, name=SHORT
        )
    assert refused.value.code == "naming.merged"
    with db.transaction(engine) as session:
        unmerge_customer(session, now=at("2026-03-05 10:00"), loser=loser, **by)
    assert (names(one), names(other.registration_id)) == apart
    adds_up()


def test_stated_names_stay_where_an_older_filing_makes_the_customer_known(
    engine: sa.Engine,
    people: People,
    file_as: Any,
    row_of: Any,
    at: Any,
    states: Any,
    names: Any,
    adds_up: Any,
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en=ENGLISH).registration_id
    states(filed, NameKind.BRAND, BRAND)
    older = {"ref": "B1", "filed_at": "2026-02-02 10:00", "party": "P001", "customer_name": LEGAL,
             "customer_name_en": "Star River"}  # fmt: skip
    with db.transaction(engine) as session:
        import_file(
            session, kind="registrations", file_name="x.csv", content=as_csv([older]), actor=None,
            now=at("2026-03-03 10:00"),
        )  # fmt: skip
    english = {(ENGLISH, "english"), ("Star River", "english")}
    assert names(filed) == {(LEGAL, "filed"), (BRAND, "brand")} | english
    adds_up()


def test_what_is_known_is_not_stated_again(
    engine: sa.Engine, people: People, file_as: Any, row_of: Any, at: Any, states: Any, names: Names
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en=ENGLISH).registration_id
    states(filed, NameKind.BRAND, BRAND)
    for kind, name, code in (
        (NameKind.SHORT, LEGAL, "naming.known"),
        (NameKind.SHORT, BRAND, "naming.known"),
        (NameKind.FILED, SHORT, "naming.from_filings"),
        (NameKind.SHORT, "——", "name.no_letters"),
    ):
        with pytest.raises(RuleViolation) as refused:
            states(filed, kind, name)
        assert refused.value.code == code
    states(filed, NameKind.BRAND, ENGLISH)
    assert names(filed) == {(LEGAL, "filed"), (BRAND, "brand"), (ENGLISH, "brand")}
    with db.transaction(engine) as session, pytest.raises(RuleViolation) as refused:
        naming.take_name_back(
            session, actor=None, now=at(LATER), customer_id=row_of(filed).customer_id, event_id=1
        )
    assert refused.value.code == "naming.not_stated"


def test_the_live_check_compares_the_english_name_and_tells_no_name(
    engine: sa.Engine, people: People, file_as: Any, at: Any, app: Flask, login: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en=ENGLISH)
    with db.transaction(engine) as session:
        checked = check_customer(
            session, actor=people["carol"].actor, now=at("2026-03-03 10:00"), name="镜泊茗品", uscc=None,
            english=ENGLISH,
        )  # fmt: skip
    assert checked.outcome == "held"
    carol = login(app.test_client(), people["carol"])
    page = carol.get(f"/registrations/check?customer_name=镜泊茗品&customer_name_en={ENGLISH}").text
    assert 'class="check warn"' in page
    assert LEGAL not in page
    assert "Cloud" not in page


def test_a_manager_states_a_name_on_the_record_and_a_partner_never_sees_it(
    people: People, file_as: Any, row_of: Any, at: Any, app: Flask, login: Any, adds_up: Any
) -> None:
    filed = file_as(people["alice"], at("2026-03-02 10:00"), LEGAL, customer_name_en=ENGLISH).registration_id
    file_as(people["carol"], at("2026-03-02 11:00"), "白帆造船厂有限公司")
    manager = login(app.test_client(), people["channel_manager"])
    here = f"/customers/{row_of(filed).customer_id}"
    assert manager.post(f"{here}/names", data={"kind": "filed", "name": BRAND}).status_code == 422
    assert manager.post(f"{here}/names", data={"kind": "brand", "name": " "}).status_code == 422
    told = manager.post(
        f"{here}/names", data={"kind": "former", "name": FORMER, "reason": "=<b>"}, follow_redirects=True
    ).text
    assert "Also like: 白帆造船厂有限公司" in told
    assert "<b>" not in told
    for shown in (LEGAL, ENGLISH, FORMER, "As filed", "Former name", "R00000001", "channel_manager"):
        assert shown in told, shown
    alice = login(app.test_client(), people["alice"])
    seen = alice.get(f"/registrations/{filed}").text
    assert FORMER not in seen
    assert "Another name" not in seen
    take_back = next(each for each in told.split('"') if each.endswith("/take-back"))
    gone = manager.post(take_back, follow_redirects=True).text
    assert "Former name" not in gone.partition('id="n-kind"')[0]
    assert manager.post(take_back).status_code == 409
    assert manager.post("/customers/99/names", data={"kind": "brand", "name": BRAND}).status_code == 404
    adds_up()


def test_a_customer_is_found_by_a_name_that_was_stated(
    app: Flask, people: People, file_as: Any, at: Any, states: Any, takes_back: Any, login: Any
) -> None:
    file_as(people["alice"], at("2026-03-02 10:00"), LEGAL)
    states(1, NameKind.BRAND, BRAND)
    manager = login(app.test_client(), people["channel_manager"])
    for part in (BRAND, BRAND[1:]):
        assert LEGAL in manager.get("/customers", query_string={"q": part}).text
    takes_back(1, BRAND)
    assert LEGAL not in manager.get("/customers", query_string={"q": BRAND}).text
