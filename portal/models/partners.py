"""The partner register and the policy in force."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.terms import PartnerKind, Tier
from portal.models.base import Versioned
from portal.models.columns import MoneyType, UTCDateTime, enum_type


class Partner(Versioned, table=True):
    """A reseller (渠道). `manager_id` is the channel_sales person who looks after it."""

    __tablename__ = "partner"
    __table_args__ = (sa.CheckConstraint("code <> 'KA'", name="code_not_key_accounts"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=200)
    kind: PartnerKind = Field(sa_type=enum_type(PartnerKind, "kind"))
    region: str = Field(max_length=40, index=True)
    contact: str = Field(default="", max_length=100)
    phone: str = Field(default="", max_length=40)
    email: str = Field(default="", max_length=254)
    signed_on: date | None = Field(default=None)
    traffic_deposit: Decimal | None = Field(default=None, sa_type=MoneyType)
    manager_id: int | None = Field(
        default=None,
        sa_column=sa.Column(
            sa.Integer,
            # The two tables name each other: the key is added after both exist.
            sa.ForeignKey("user_account.id", use_alter=True),
            nullable=True,
            index=True,
        ),
    )
    active: bool = Field(default=True)
    created_at: datetime = Field(sa_type=UTCDateTime)


class TierTerm(Versioned, table=True):
    """A partner's tier from one day to another, both included (P2, M2). Terms never overlap."""

    __tablename__ = "tier_term"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "starts_on"),
        sa.CheckConstraint("ends_on >= starts_on", name="order"),
    )

    id: int | None = Field(default=None, primary_key=True)
    partner_id: int = Field(foreign_key="partner.id", ondelete="CASCADE")
    tier: Tier = Field(sa_type=enum_type(Tier, "tier"))
    starts_on: date
    ends_on: date


class PolicyVersion(SQLModel, table=True):
    """One version of the policy (§12); never edited once in force. `body` as in interfaces.md."""

    __tablename__ = "policy_version"

    id: int | None = Field(default=None, primary_key=True)
    effective_from: date = Field(unique=True)
    reason: str = Field(max_length=500)
    author_id: int | None = Field(default=None, foreign_key="user_account.id")
    created_at: datetime = Field(sa_type=UTCDateTime)
    body: dict[str, Any] = Field(sa_type=sa.JSON)


# A version is written whole and stays as it is: the database itself refuses to change one.
_STAYS = "policy versions are never changed"
_SQLITE = (
    "CREATE TRIGGER policy_version_stays BEFORE UPDATE ON policy_version"
    f" BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END"
)
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION policy_version_stays() RETURNS trigger LANGUAGE plpgsql"
    f" AS $$ BEGIN RAISE EXCEPTION '{_STAYS}'; END $$",
    "CREATE TRIGGER policy_version_stays BEFORE UPDATE ON policy_version"
    " FOR EACH ROW EXECUTE FUNCTION policy_version_stays()",
)
for _dialect, _statement in (("sqlite", _SQLITE), *(("postgresql", each) for each in _POSTGRES)):
    sa.event.listen(
        SQLModel.metadata.tables["policy_version"],
        "after_create",
        sa.DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
    )


class PolicyDraft(Versioned, table=True):
    """A version being written (§12): decides nothing, may be changed and thrown away. `body` is sound."""

    __tablename__ = "policy_draft"

    id: int | None = Field(default=None, primary_key=True)
    effective_from: date | None = Field(default=None)
    reason: str = Field(default="", max_length=500)
    author_id: int = Field(foreign_key="user_account.id")
    created_at: datetime = Field(sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime)
    body: dict[str, Any] = Field(sa_type=sa.JSON)
