"""The customers of one replay, what they are known by, and what an event changed about them."""

from collections import defaultdict

from portal.domain.matching import Keys, KnownCustomer

Stirred = tuple[str, str | int | None]
"""A key, a customer or a filing about which an event changed something."""


class Customers:
    """Customers by founder, found by each key that they have now."""

    def __init__(self) -> None:
        self.customers: dict[int, KnownCustomer] = {}
        self.by_code: defaultdict[str, set[int]] = defaultdict(set)
        self.by_full: defaultdict[str, set[int]] = defaultdict(set)
        self.by_core: defaultdict[str, set[int]] = defaultdict(set)
        self.stirred: set[Stirred] = set()

    def sharing(self, keys: Keys) -> set[int]:
        """The customers that share a key."""
        near = set(self.by_full.get(keys.full, ()))
        if keys.uscc:
            near |= self.by_code.get(keys.uscc, set())
        if keys.core:
            near |= self.by_core.get(keys.core, set())
        return near

    def learn(self, founder: int, keys: Keys) -> None:
        known = self.customers[founder]
        known.learn(keys)
        if known.code:
            self.by_code[known.code].add(founder)
        self.by_full[keys.full].add(founder)
        if keys.core:
            self.by_core[keys.core].add(founder)
        self.stir(known)

    def stir(self, known: KnownCustomer) -> None:
        """Note that what may be this customer has to be compared anew."""
        self.stirred.add(("customer", known.customer))
        if known.code:
            self.stirred.add(("uscc", known.code))
        self.stirred |= {("full", full) for full in known.fulls}
        self.stirred |= {("core", core) for core in known.cores}

    def learn_core(self, founder: int, core: str) -> None:
        """Know a customer by the core of one of its names."""
        self.by_core[core].add(founder)
        self.customers[founder].cores.add(core)
        self.stirred.add(("core", core))

    def forget(self, founder: int) -> KnownCustomer:
        """Take a customer out of what filings are compared with."""
        gone = self.customers.pop(founder)
        self.stir(gone)
        self.by_code[gone.code or ""].discard(founder)
        for full in gone.fulls:
            self.by_full[full].discard(founder)
        for core in gone.cores:
            self.by_core[core].discard(founder)
        return gone
