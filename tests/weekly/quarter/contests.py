"""Who asks for whose customer, and what becomes of it days later: cases from the first word to the appeal."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.cases.decisions import appeal_case, cast_vote, decide_appeal
from portal.cases.service import agree_handover, answer_case, decline_handover, open_case, withdraw_case
from portal.domain.cases import CaseKind, Outcome
from portal.domain.errors import RuleViolation
from portal.models import tables as t
from tests.weekly.quarter.channel import Channel


def _case(session: Session, number: int) -> Any:
    c = t.conflict_case
    return session.execute(sa.select(c).where(c.c.id == number)).one()


class Contests:
    """Takeovers and handovers; every word in them is spoken on a day of its own."""

    def __init__(self, channel: Channel) -> None:
        self.channel, self.dice = channel, channel.dice

    def asks_for_a_lapsed_one(self, session: Session, now: datetime) -> None:
        """A claim that waits for a lapsed customer asks for it (C4)."""
        c, owner = t.registration.c, t.registration.alias()
        lapsed = sa.select(owner.c.customer_id).where(owner.c.state == "lapsed")
        row = self.channel.one(session, c.state == "waiting", c.customer_id.in_(lapsed))
        case = self._opens(session, now, row, CaseKind.TAKEOVER)
        if self.dice.random() < 0.4:
            self._later(now, (1, 2), self._answers, case, "answer")
        if self.dice.random() < 0.1:
            self._later(now, (1, 5), self._withdraws, case, "withdraw")
        self._later(now, (5, 9), self._votes, case, "vote")

    def asks_to_be_handed_one(self, session: Session, now: datetime) -> None:
        """A claim that waits asks the owner, who agrees or declines (C9)."""
        row = self.channel.one(session, t.registration.c.state == "waiting")
        case = self._opens(session, now, row, CaseKind.HANDOVER)
        self._later(now, (0, 4), self._agrees_or_declines, case, "handover")

    def _opens(self, session: Session, now: datetime, row: Any, kind: CaseKind) -> int:
        party = self.channel.party(row)
        return open_case(session, actor=party, now=now, registration_id=row.id, kind=kind, reason="客户在催")

    def _later(self, now: datetime, days: tuple[int, int], act: Any, case: int, name: str) -> None:
        when = now + timedelta(days=self.dice.randint(*days), hours=self.dice.randint(1, 9))
        self.channel.at(when, lambda session, now: act(session, now, case), name)

    def _party(self, session: Session, claim: int) -> Any:
        return self.channel.party(self.channel.one(session, t.registration.c.id == claim))

    def _answers(self, session: Session, now: datetime, number: int) -> None:
        case = _case(session, number)
        answer_case(
            session, actor=self._party(session, case.owner_id), now=now, case_id=number,
            version=case.version, text="一直在跟",
        )  # fmt: skip

    def _withdraws(self, session: Session, now: datetime, number: int) -> None:
        case = _case(session, number)
        party = self._party(session, case.challenger_id)
        withdraw_case(session, actor=party, now=now, case_id=number, version=case.version)

    def _votes(self, session: Session, now: datetime, number: int) -> None:
        """The channel's word and, where they are a party, key accounts' word; the loser may appeal."""
        agrees, outcome = self.dice.random() < 0.7, None
        for side in ("channel_manager", "key_accounts_manager"):
            try:
                outcome = cast_vote(
                    session, actor=self.channel.who(side), now=now, case_id=number,
                    version=_case(session, number).version, agrees=agrees, reason="核实",
                )  # fmt: skip
            except RuleViolation as error:
                if error.code != "case.answer_awaited":  # a holiday: its days to answer are longer
                    raise
                self._later(now, (3, 6), self._votes, number, "vote")
                return
            if outcome is not None:
                break
        if outcome is not None and self.dice.random() < 0.35:
            self._later(now, (0, 5), self._appeals, number, "appeal")

    def _appeals(self, session: Session, now: datetime, number: int) -> None:
        case = _case(session, number)
        loser = case.owner_id if case.outcome is Outcome.REASSIGNED else case.challenger_id
        appeal_case(
            session, actor=self._party(session, loser), now=now, case_id=number, version=case.version,
            text="不服",
        )  # fmt: skip
        self._later(now, (1, 4), self._decides_appeal, number, "appeal decided")

    def _decides_appeal(self, session: Session, now: datetime, number: int) -> None:
        decide_appeal(
            session, actor=self.channel.who("channel_director"), now=now, case_id=number,
            version=_case(session, number).version, overturn=self.dice.random() < 0.6, reason="复核",
        )  # fmt: skip

    def _agrees_or_declines(self, session: Session, now: datetime, number: int) -> None:
        case = _case(session, number)
        on = {
            "actor": self._party(session, case.owner_id), "now": now, "case_id": number,
            "version": case.version,
        }  # fmt: skip
        if self.dice.random() < 0.5:
            agree_handover(session, **on)
        else:
            decline_handover(session, **on, reason="自己做")
