"""Histories of paying partners at random, as the rows of files that people import (interfaces.md).

Receipts lie in a few months, at the edges of everything that changes what they earn: contracts, their
anniversaries, tiers, policies.
"""

import random
from datetime import date, timedelta
from typing import Any

from portal.demo.names import uscc

FIRST, LAST = date(2024, 1, 1), date(2026, 9, 30)
# Around the anniversaries of what was signed on 29 February 2024.
LEAPS = (("2025-02", "2025-03"), ("2026-02", "2026-03"))
LEAP_DAY = date(2024, 2, 29)
OFFSETS = (-1, 0, 364, 365, 366, 729, 730, 731)
TIERS = ("gold", "silver", "ordinary")
ROUND = ("0.05", "0.075", "0.125", "0.2125", "0.25", "0.35", "0.375")
Row = dict[str, str]


def days_of(months: list[str]) -> list[date]:
    """Every day of these months."""
    days = (FIRST + timedelta(days=each) for each in range((LAST - FIRST).days + 1))
    return [day for day in days if f"{day:%Y-%m}" in months]


class History:
    """Files of many partners: policies, tiers with gaps, contracts, and receipts in two waves."""

    def __init__(self, seed: int, partners: int) -> None:
        self.draw = random.Random(seed)
        every = sorted({f"{day:%Y-%m}" for day in (FIRST + timedelta(days=28 * each) for each in range(36))})
        self.days = days_of([*self.draw.sample(every, 4), *self.draw.choice(LEAPS)])
        self.known = set(self.days)
        self.policies = [self._policy(day) for day in sorted(self.draw.sample(self.days, 2))]
        self.partners: list[Row] = []
        self.tiers: list[Row] = []
        self.registrations: list[Row] = []
        self.events: list[Row] = []
        self.contracts: dict[str, tuple[str, date]] = {}
        self.waves: tuple[list[Row], list[Row]] = ([], [])
        for number in range(partners):
            self._partner(f"P{number:03d}")

    def _policy(self, day: date) -> dict[str, Any]:
        """A version names some figures; what it does not name stays as it was."""
        rates = {name: self._rate() for name in (*TIERS, "second_year")}
        floors = {
            "ddd": {tier: f"{self.draw.randrange(16, 32) / 200:.3f}" for tier in self._some()},
            "idd": {tier: f"{self.draw.randrange(15000, 21000) / 10000:.4f}" for tier in self._some()},
        }
        return {
            "effective_from": day.isoformat(), "reason": "历史政策", "floor_prices": floors,
            "rates": {"port": rates, "conference": self._rate()},
        }  # fmt: skip

    def _rate(self) -> str:
        """As people choose them, so that many an amount makes half a fen; or any."""
        return self.draw.choice(ROUND) if self.draw.random() < 0.6 else f"{self.draw.uniform(0, 0.5):.4f}"

    def _some(self) -> list[str]:
        return [tier for tier in TIERS if self.draw.random() < 0.75]

    def _partner(self, code: str) -> None:
        self.partners.append({"code": code, "name": f"{code}通信", "kind": "growth", "region": "华东"})
        self.edges = [date.fromisoformat(each["effective_from"]) for each in self.policies]
        start = FIRST
        while start < LAST:
            end = start + timedelta(days=self.draw.randrange(60, 400))
            inside = [day for day in self.draw.sample(self.days, 5) if day > start]
            if inside and self.draw.random() < 0.7:
                end = min(inside)
            if self.draw.random() < 0.85:
                self.tiers.append(
                    {"partner": code, "tier": self.draw.choice(TIERS), "starts_on": start.isoformat(),
                     "ends_on": end.isoformat()}
                )  # fmt: skip
            start = end + timedelta(days=1)
            self.edges.append(start)
        self.edges += [day - timedelta(days=1) for day in self.edges]
        self.edges = [day for day in self.edges if day in self.known]
        for number in range(self.draw.randint(1, 2)):
            self._contract(code, f"{code}-{number}")

    def _contract(self, code: str, ref: str) -> None:
        signed = self.draw.choice(
            (LEAP_DAY, self.draw.choice(self.days) - timedelta(days=self.draw.choice(OFFSETS)),
             FIRST + timedelta(days=self.draw.randrange(-600, 900)))
        )  # fmt: skip
        number = f"HT-{ref}"
        self.contracts[number.lower()] = (code, signed)
        self.registrations.append(
            {"ref": ref, "filed_at": "2020-12-01 10:00:00", "party": code, "uscc": uscc(self.draw),
             "customer_name": f"{ref.replace('-', '')}号客户有限公司"}
        )  # fmt: skip
        self.events.append(
            {"registration": ref, "at": f"{signed.isoformat()} 10:00:00", "stage": "signed",
             "contract_no": number, "contract_date": signed.isoformat(), "ports": "10",
             "yearly_amount": "9000.00"}
        )  # fmt: skip
        for each in range(self.draw.randint(1, 7)):
            self._receipt(number, f"R-{ref}-{each}", self._day(signed))

    def _day(self, signed: date) -> date:
        near = [signed + timedelta(days=offset) for offset in OFFSETS]
        near = [day for day in near if day in self.known]
        lot = self.draw.random()
        if lot < 0.3 and near:
            return self.draw.choice(near)
        if lot < 0.5 and self.edges:
            return self.draw.choice(self.edges)
        return self.draw.choice(self.days)

    def _receipt(self, number: str, ref: str, day: date) -> None:
        product = self.draw.choice(("port", "port", "conference", "ddd", "idd"))
        small, large = self.draw.randrange(1, 500), self.draw.randrange(1, 2_000_000)
        fen = self.draw.choice((small, large, 5 * self.draw.randrange(1, 400_000)))
        row = {
            "source": "boss", "ref": ref, "received_on": day.isoformat(), "product": product,
            "contract_no": self.draw.choice((number, number.lower(), f" {number}", "HT-nobody")),
            "amount": f"{fen / 100:.2f}", "minutes": "", "refund_of": "",
        }  # fmt: skip
        if product in ("ddd", "idd"):
            row["minutes"] = str(self.draw.randrange(0, self.draw.choice((30, 3000))))
        wave = self.draw.random() < 0.4
        self.waves[wave].append(row)
        left = fen
        for count in range(self.draw.choice((0, 0, 0, 1, 2, 3))):
            part = left if count == 2 else self.draw.randrange(0, left + 1)
            if part == 0:
                continue
            left -= part
            later = self.draw.choice([each for each in self.days if each >= day])
            self.waves[wave or self.draw.random() < 0.5].append(
                {**row, "ref": f"{ref}-B{count}", "amount": f"-{part / 100:.2f}", "refund_of": ref,
                 "minutes": "", "received_on": later.isoformat()}
            )  # fmt: skip
