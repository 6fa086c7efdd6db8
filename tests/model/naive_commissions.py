"""A second, naive reading of §8: fractions, dictionaries, one receipt after the other, no cleverness.

It shares nothing with the product but the column names of interfaces.md. Rounding, years, periods and
refunds are worked out anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

Row = Mapping[str, Any]


def fen(value: Fraction) -> int:
    """Yuan to whole fen, half away from zero."""
    sign, size = (-1, -value) if value < 0 else (1, value)
    return sign * floor(size * 100 + Fraction(1, 2))


def yuan(amount: int) -> str:
    """Whole fen as a file writes them."""
    sign, size = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{size // 100}.{size % 100:02d}"


def period(product: str, day: date) -> str:
    """Ports by quarter, everything else by month."""
    if product == "port":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day.year}-{day.month:02d}"


def ends(name: str) -> date:
    """The last day of a period."""
    year, rest = name.split("-")
    month = int(rest[1:]) * 3 if rest.startswith("Q") else int(rest)
    return date(int(year) + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def birthday(day: date, years: int) -> date:
    """So many years later; 28 February for the 29th."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + years, 2, 28)
    return date(day.year + years, day.month, day.day)


class Books:
    """What was received and what has been settled of it, as one clerk would keep it by hand."""

    def __init__(
        self, *, tiers: Iterable[Row], contracts: Mapping[str, tuple[str, date]], policies: Sequence[Row]
    ):
        self.tiers, self.contracts = list(tiers), contracts
        self.policies = sorted(policies, key=lambda policy: policy["effective_from"])
        self.receipts: dict[str, dict[str, Any]] = {}
        self.of_partner: defaultdict[str | None, list[dict[str, Any]]] = defaultdict(list)
        self.settled: dict[str, tuple[int, str]] = {}
        self.refunded: defaultdict[str, Fraction] = defaultdict(Fraction)
        self.taken: defaultdict[str, int] = defaultdict(int)
        self.closed: set[str] = set()

    def receive(self, rows: Iterable[Row]) -> None:
        """Take receipts in, in the order of the file."""
        for row in rows:
            day, amount = date.fromisoformat(row["received_on"]), Fraction(row["amount"])
            each = {**row, "day": day, "amount": amount, "order": len(self.receipts)}
            self.receipts[row["ref"]] = each
            self.of_partner[self.whose(each)].append(each)

    def statement(self, partner: str, name: str) -> dict[str, Any] | None:
        """What the partner's statement of a period says; it counts as sent."""
        due = [
            each
            for each in self.of_partner[partner]
            if each["ref"] not in self.settled
            and ("Q" in name) == (each["product"] == "port")
            and self.belongs(each, name)
        ]
        due.sort(key=lambda each: (each["day"], each["order"]))
        lines: dict[str, tuple[str, str]] = {}
        earned: dict[str, tuple[int, str]] = {}
        for each in [one for one in due if not one.get("refund_of")] + [
            one for one in due if one.get("refund_of")
        ]:
            earned[each["ref"]] = (
                self.back(each, earned) if each.get("refund_of") else self.earns(each, partner)
            )
        for ref, (amount, why) in earned.items():
            lines[ref] = (yuan(amount), why)
            if why in ("", "under_floor", "past_term", "before_contract"):
                self.settled[ref] = (amount, why)
        total = sum(amount for amount, why in earned.values() if why in ("", "under_floor"))
        return {"total": yuan(total), "lines": lines} if lines else None

    def whose(self, receipt: Row) -> str | None:
        """The partner that signed the contract."""
        known = self.contracts.get(receipt["contract_no"].strip().lower())
        return known[0] if known else None

    def belongs(self, receipt: Row, name: str) -> bool:
        """In its own period, or in a later one when its own is closed."""
        own = period(receipt["product"], receipt["day"])
        return own == name or (own in self.closed and receipt["day"] <= ends(name))

    def earns(self, receipt: Row, partner: str) -> tuple[int, str]:
        """Commission in fen, or why there is none."""
        day, signed = receipt["day"], self.contracts[receipt["contract_no"].strip().lower()][1]
        if day < signed:
            return 0, "before_contract"
        if day >= birthday(signed, 2):
            return 0, "past_term"
        tier = [
            each["tier"]
            for each in self.tiers
            if each["partner"] == partner and each["starts_on"] <= day.isoformat() <= each["ends_on"]
        ]
        if not tier:
            return 0, "no_tier"
        if receipt["product"] in ("ddd", "idd"):
            price = self.figure(day, "floor_prices", receipt["product"], tier[0])
            if price is None:
                return 0, "no_floor_price"
            left = receipt["amount"] - Fraction(price) * int(receipt["minutes"])
            return (fen(left), "") if fen(left) >= 0 else (0, "under_floor")
        if receipt["product"] == "conference":
            return fen(receipt["amount"] * Fraction(self.figure(day, "rates", "conference"))), ""
        rate = self.figure(day, "rates", "port", tier[0] if day < birthday(signed, 1) else "second_year")
        return fen(receipt["amount"] * Fraction(rate)), ""

    def figure(self, day: date, *path: str) -> Any:
        """A figure of the policy of a day: the last version that names it; None when none does."""
        for policy in reversed(self.policies):
            found: Any = policy if policy["effective_from"] <= day.isoformat() else {}
            for name in path:
                found = found.get(name, {})
            if found:
                return found
        return None

    def back(self, receipt: Row, earned: Mapping[str, tuple[int, str]]) -> tuple[int, str]:
        """What a refund takes back: all refunds so far take back their share of what was earned."""
        of = receipt["refund_of"]
        got = earned.get(of) or self.settled.get(of)
        if got is None or got[1] not in ("", "under_floor", "past_term", "before_contract"):
            return 0, "refunded_withheld"
        self.refunded[of] += abs(receipt["amount"])
        share = Fraction(got[0], 100) * self.refunded[of] / self.receipts[of]["amount"]
        now = fen(share)
        taken, self.taken[of] = self.taken[of], now
        return taken - now, got[1]
