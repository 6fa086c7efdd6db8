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
    *("upheld", "turned", "withdrawn", "handed", "declined", "late"),
)
# Further requests are settled ones: a channel that has many open is not believable.
SETTLED = ("refused", "taken", "upheld", "withdrawn", "handed", "declined")
# How many days after the first requests those begin that are still open today.
LATER = {"asked": 11, "answered": 9, "late": 5, "appealed": 7}
_WHY = (
    "客户主动联系我们，原归属方四周没有跟进",
    "客户信息中心催要方案，说没有其他渠道在谈",
    "已和采购见过面，对方不知道有人报备过",
    "客户换了办公地址，新址由我们在做布线",
)
_ANSWERS = (
    "上周电话联系过客户，正在约面谈",
    "客户预算推迟到下季度，一直有联系，附往来邮件",
    "原联系人离职，已和接任的主任通过电话",
)
_NO = ("归属方有联系记录，给一次机会", "客户确认仍在和归属方谈")
_YES = ("四周没有有效进展，也没有证据", "客户表示未收到归属方的方案")


@dataclass(frozen=True)
class Dispute:
    """A waiting claim and whoever acts for it and for the owner."""

    claim: int
    asker: Actor
    owner: Actor

    @property
    def of_both(self) -> bool:
        """Whether key accounts is a party: both departments decide (C4)."""
        return self.asker.is_key_accounts or self.owner.is_key_accounts


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
        found = [Dispute(row.id, self.of(row.partner_id), self.of(row.owner)) for row in rows]
        # One that both departments decide is the one that awaits its votes today.
        both = next((each for each in found if each.of_both), None)
        if both is not None:
            found.remove(both)
            found.insert(KINDS.index("answered"), both)
        return found

    def of(self, partner: int | None) -> Actor:
        """Somebody of that party."""
        return self.channel.key_accounts[0] if partner is None else self.channel.reps[partner][0]

    def acts(self, disputes: list[Dispute], start: datetime) -> Iterator[tuple[datetime, Callable[..., Any]]]:
        """The cases, one kind after the other."""
        for number, dispute in enumerate(disputes):
            what = KINDS[number] if number < len(KINDS) else SETTLED[number % len(SETTLED)]
            yield from self.case(what, dispute, start + timedelta(minutes=37 * number % 480), number)

    def case(
        self, what: str, dispute: Dispute, at: datetime, number: int
    ) -> Iterator[tuple[datetime, Callable[..., Any]]]:
        """One case, as far as it has come; a step a day."""
        place: dict[str, int] = {}
        kind = CaseKind.HANDOVER if what in ("handed", "declined") else CaseKind.TAKEOVER
        day = timedelta(days=1)
        at += LATER.get(what, 0) * day

        def ask(session: Session, now: datetime) -> None:
            place["id"] = service.open_case(
                session, actor=dispute.asker, now=now, registration_id=dispute.claim, kind=kind,
                reason=_WHY[number % len(_WHY)],
            )  # fmt: skip

        def act(do: Any, who: Actor, **more: Any) -> Callable[..., None]:
            def run(session: Session, now: datetime) -> None:
                c = t.conflict_case.c
                version = session.scalar(sa.select(c.version).where(c.id == place.get("id", 0)))
                if version is not None:
                    do(session, actor=who, now=now, case_id=place["id"], version=version, **more)

            return run

        manager, director = self.channel.manager, self.people[Role.CHANNEL_DIRECTOR]
        answer = act(service.answer_case, dispute.owner, text=_ANSWERS[number % len(_ANSWERS)])
        no = act(decisions.cast_vote, manager, agrees=False, reason=_NO[number % len(_NO)])
        yes = act(decisions.cast_vote, manager, agrees=True, reason=_YES[number % len(_YES)])
        other_side = act(
            decisions.cast_vote, self.people[Role.KEY_ACCOUNTS_MANAGER], agrees=True, reason="同意渠道意见"
        )
        appeal = act(decisions.appeal_case, dispute.owner, text="补充客户来信")
        steps: dict[str, list[Any]] = {
            "asked": [],
            "answered": [answer],
            "late": [answer],
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
        for days, step in enumerate(steps[what], start=1):
            yield at + days * day, step
