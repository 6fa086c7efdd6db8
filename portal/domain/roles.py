"""Who people are (domain.md §1): roles, and the actor that services are handed."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The fourteen roles of domain.md §1."""

    PARTNER_REP = "partner_rep"
    PARTNER_ADMIN = "partner_admin"
    CHANNEL_SALES = "channel_sales"
    REGIONAL_MANAGER = "regional_manager"
    CHANNEL_MANAGER = "channel_manager"
    CHANNEL_DIRECTOR = "channel_director"
    COO = "coo"
    KEY_ACCOUNTS = "key_accounts"
    KEY_ACCOUNTS_MANAGER = "key_accounts_manager"
    FINANCE = "finance"
    CALL_CENTER = "call_center"
    CUSTOMER_SERVICE = "customer_service"
    PRODUCT_MARKETING = "product_marketing"
    ADMIN = "admin"


PARTNER_ROLES = frozenset({Role.PARTNER_REP, Role.PARTNER_ADMIN})
VENDOR_ROLES = frozenset(Role) - PARTNER_ROLES
REGIONAL_ROLES = frozenset({Role.CHANNEL_SALES, Role.REGIONAL_MANAGER})
KEY_ACCOUNTS_ROLES = frozenset({Role.KEY_ACCOUNTS, Role.KEY_ACCOUNTS_MANAGER})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: plain data, so that rules and services never see a web session."""

    user_id: int
    name: str
    roles: frozenset[Role]
    partner_id: int | None = None
    region: str | None = None

    @property
    def is_partner(self) -> bool:
        """Whether this person works for a partner."""
        return self.partner_id is not None

    @property
    def effective_roles(self) -> frozenset[Role]:
        """The roles of the person's own side; one of the other side, however it got there, is void."""
        return self.roles & (PARTNER_ROLES if self.is_partner else VENDOR_ROLES)

    @property
    def is_key_accounts(self) -> bool:
        """Whether this person works for the vendor's key-accounts department."""
        return self.partner_id is None and bool(self.roles & KEY_ACCOUNTS_ROLES)
