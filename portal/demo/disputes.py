"""Every kind of case for the demo: open, answered, decided either way, handed over, appealed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.cases import decisions, service
from portal.demo.founding import Channel
from portal.domain.cases import CaseKind
from portal.domain.facts import State
from portal.domain.roles import Actor, Role
from portal.models import tables as t

# What becomes of one request after the other: from the newest, still open, to the oldest.
KINDS = (
    *("asked", "answered", "refused", "taken", "appealed"),
    *("upheld", "turned", "withdrawn", "handed", "declined"),
)


@dataclass(frozen=True)
class Dispute:
    """A waiting claim and whoever acts for it and for the owner."""

    claim: int
    asker: Actor
    owner: Actor


class Disputes:
    """Acts of the demo's last weeks, each at its own instant."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.people = channel, channel.deciders

    def begin(self, session: Session, today: date) -> list[Dispute]:
        """Waiting claims on customers whose owner has lapsed, one a customer."""
        own, other = t.registration.alias("own"), t.registration.alias("other")
        rows = session.execute(
            sa.select(other.c.id, other.c.customer_id, other.c.partner_id, own.c.partner_id.label("owner"))
            .join(own, own.c.customer_id == other.c.customer_id)
            .where(
                own.c.is_owner,
                own.c.state != State.SIGNED,
                own.c.protected_until < today,
                other.c.state == State.WAITING,
                other.c.queue_position == 1,
            )
            .order_by(other.c.id)
        ).all()
        return [Dispute(row.id, self.of(row.partner_id), self.of(row.owner)) for row in rows]

    def of(self, partner: int | None) -> Actor:
        """Somebody of that party."""
        return self.channel.key_accounts[0] if partner is None else self.channel.reps[partner][0]

    def acts(self, disputes: list[Dispute], start: datetime) -> Iterator[tuple[datetime, Callable[..., Any]]]:
        """The cases, one kind after the other."""
        for number, dispute in enumerate(disputes):
            yield from self.case(KINDS[number % len(KINDS)], dispute, start + timedelta(minutes=number))

    def case(
        self, what: str, dispute: Dispute, at: datetime
    ) -> Iterator[tuple[datetime, Callable[..., Any]]]:
        """One case, as far as it has come."""
        place: dict[str, int] = {}
        kind = CaseKind.HANDOVER if what in ("handed", "declined") else CaseKind.TAKEOVER
        day = timedelta(days=1)
        at += {"asked": 11, "answered": 8, "appealed": 4}.get(what, 0) * day

        def ask(session: Session, now: datetime) -> None:
            place["id"] = service.open_case(
                session, actor=dispute.asker, now=now, registration_id=dispute.claim, kind=kind,
                reason="客户主动联系我们，原归属方四周没有跟进",
            )  # fmt: skip

        def act(do: Any, who: Actor, **more: Any) -> Callable[..., None]:
            def run(session: Session, now: datetime) -> None:
                c = t.conflict_case.c
                version = session.scalar(sa.select(c.version).where(c.id == place.get("id", 0)))
                if version is not None:
                    do(session, actor=who, now=now, case_id=place["id"], version=version, **more)

            return run

        manager, director = self.channel.manager, self.people[Role.CHANNEL_DIRECTOR]
        answer = act(service.answer_case, dispute.owner, text="上周电话联系过客户，正在约面谈")
        no = act(decisions.cast_vote, manager, agrees=False, reason="归属方有联系记录，给一次机会")
        yes = act(decisions.cast_vote, manager, agrees=True, reason="四周没有有效进展，也没有证据")
        other_side = act(
            decisions.cast_vote, self.people[Role.KEY_ACCOUNTS_MANAGER], agrees=True, reason="同意渠道意见"
        )
        appeal = act(decisions.appeal_case, dispute.owner, text="补充客户来信")
        steps: dict[str, list[Any]] = {
            "asked": [],
            "answered": [answer],
            "refused": [answer, no],
            "taken": [answer, yes, other_side],
            "appealed": [answer, yes, other_side, appeal],
            "upheld": [answer, yes, other_side, appeal, act(
                decisions.decide_appeal, director, overturn=False, reason="来信在保护期满之后")],
            "turned": [answer, yes, other_side, appeal, act(
                decisions.decide_appeal, director, overturn=True, reason="来信属实，且在期内")],
            "withdrawn": [act(service.withdraw_case, dispute.asker)],
            "handed": [act(service.agree_handover, dispute.owner)],
            "declined": [act(service.decline_handover, dispute.owner, reason="仍在跟进")],
        }  # fmt: skip
        yield at, ask
        for number, step in enumerate(steps[what], start=1):
            yield at + number * day / 2, step
