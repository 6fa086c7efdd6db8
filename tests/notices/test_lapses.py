"""Who is told when protection ends soon, and when it has ended (C3); `portal tick` tells it."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from portal import db
from portal.domain.notices import NoticeKind
from portal.domain.roles import Role
from portal.models import tables as t
from portal.notices import check
from portal.notices.lapses import tell_of_lapses
from tests.support.clocks import shanghai
from tests.support.commands import Portal
from tests.support.counting import counted
from tests.support.mail import MailServer
from tests.support.people import Person, make_user

People = Mapping[str, Person]
# The same tick makes last Friday's roll-ups, whose readers are told as well.
MADE = "The roll-ups of 1 week were made.\n"
READERS = ("regional_manager", "channel_manager", "product_marketing")


@pytest.fixture
def owned(engine: sa.Engine, people: People, file_as: Any, at: Any) -> None:
    """Bob owns a customer until 30 March; channel sales looks after his partner. Key accounts own another."""
    file_as(people["bob"], at("2026-03-02 10:00"), "慢蜗牛快递有限公司")
    file_as(people["key_accounts"], at("2026-03-02 11:00"), "静湖茶业集团有限公司")
    with db.transaction(engine) as session:
        mine = t.partner.c.id == people["bob"].partner_id
        manager = people["channel_sales"].user_id
        session.execute(sa.update(t.partner).where(mine).values(manager_id=manager))


def tell_at(engine: sa.Engine, text: str) -> int:
    with db.transaction(engine) as session:
        return tell_of_lapses(session, now=shanghai(text))


def heard(engine: sa.Engine) -> list[tuple[str, str]]:
    """Who was told what of the partner's customer, in order."""
    with db.reading(engine) as session:
        rows = session.execute(
            sa.select(t.notice.c.kind, t.notice.c.key, t.user.c.name)
            .join(t.user, t.user.c.id == t.notice.c.user_id)
            .where(t.notice.c.link == "/registrations/1")
            .order_by(t.notice.c.id)
        )
        return [(row.key.partition(":")[0] + row.key[-2:], row.name) for row in rows]


@pytest.mark.usefixtures("owned")
def test_both_marks_and_the_lapse_are_told_once_to_those_concerned(engine: sa.Engine) -> None:
    assert tell_at(engine, "2026-03-22 10:00") == 0, "eight days are left"
    concerned = ["Alice", "Bob", "Channel_sales"]
    steps = (("2026-03-23 00:00", "lapse_soon:7"), ("2026-03-27 09:00", "lapse_soon:3"),
             ("2026-03-31 00:00", "lapsed30"))  # fmt: skip
    expected: list[tuple[str, str]] = []
    for when, what in steps:
        # Of the other customer: the one who works it, and the manager of key accounts.
        assert tell_at(engine, when) == len(concerned) + 2, when
        expected += [(what, name) for name in concerned]
        assert heard(engine) == expected
        for again in (when, when[:10] + " 23:59"):
            assert tell_at(engine, again) == 0
    assert tell_at(engine, "2026-04-02 10:00") == 0


@pytest.mark.usefixtures("owned")
def test_after_a_pause_only_the_closest_mark_is_told(engine: sa.Engine) -> None:
    assert tell_at(engine, "2026-03-28 10:00") == 5
    assert {what for what, _who in heard(engine)} == {"lapse_soon:3"}
    assert tell_at(engine, "2026-03-30 10:00") == 0


@pytest.mark.usefixtures("owned")
def test_what_lapsed_long_ago_is_no_news(engine: sa.Engine) -> None:
    assert tell_at(engine, "2026-04-07 10:00") == 0


@pytest.mark.usefixtures("owned")
def test_progress_makes_a_new_day_and_new_marks(engine: sa.Engine) -> None:
    tell_at(engine, "2026-03-23 10:00")
    with db.transaction(engine) as session:
        later = {"protected_until": shanghai("2026-04-10").date()}
        session.execute(sa.update(t.registration).values(**later))
    assert tell_at(engine, "2026-03-24 10:00") == 0
    assert tell_at(engine, "2026-04-04 10:00") == 5


@pytest.mark.usefixtures("owned")
def test_who_is_of_another_party_hears_nothing(engine: sa.Engine, people: People) -> None:
    with db.transaction(engine) as session:
        make_user(session, "dave", Role.PARTNER_ADMIN, partner_id=people["carol"].partner_id)
        switched_off = sa.update(t.user).where(t.user.c.name == "Alice").values(active=False)
        session.execute(switched_off)
    tell_at(engine, "2026-03-23 10:00")
    assert {who for _what, who in heard(engine)} == {"Bob", "Channel_sales"}


@pytest.mark.usefixtures("owned")
def test_many_lapses_cost_a_few_statements(engine: sa.Engine) -> None:
    with counted(engine) as statements:
        tell_at(engine, "2026-03-23 10:00")
    assert len(statements) <= 12, statements


@pytest.mark.usefixtures("owned")
def test_a_tick_tells_and_sends_and_a_second_changes_nothing(
    portal: Portal, engine: sa.Engine, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_MAIL_URL", mail_server.url)
    first = portal("tick", "--now", "2026-03-23T10:00:00+08:00")
    assert first.exit_code == 0, first.stderr
    assert first.stdout == f"0 registrations lapsed.\n{MADE}8 messages sent.\n"
    addresses = {"alice", "bob", "channel_sales", "key_accounts", "key_accounts_manager", *READERS}
    assert set(mail_server.recipients) == {f"{name}@example.com" for name in addresses}
    assert portal("tick", "--now", "2026-03-23T10:00:00+08:00").stdout == "0 registrations lapsed.\n"
    assert len(mail_server.received) == 8
    with db.reading(engine) as session:
        assert list(check.problems(session, now=shanghai("2026-03-23 10:00"))) == []


@pytest.mark.engines("sqlite")
@pytest.mark.usefixtures("owned")
def test_a_tick_without_a_mail_server_goes_on(portal: Portal, engine: sa.Engine) -> None:
    done = portal("tick", "--now", "2026-03-23T10:00:00+08:00")
    assert (done.exit_code, done.stdout) == (
        0, f"0 registrations lapsed.\n{MADE}8 messages have nowhere to go.\n",
    )  # fmt: skip
    with db.reading(engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(t.notice)) == 8
        kinds = set(session.scalars(sa.select(t.notice.c.kind)))
    assert kinds == {NoticeKind.LAPSE_SOON, NoticeKind.ROLLUP_READY}
