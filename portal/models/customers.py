"""Customers, the names and identifiers they are known by, and the pieces of those names."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from portal.domain.evidence import IdentifierKind
from portal.domain.terms import NameKind
from portal.models.columns import UTCDateTime, enum_type, partial_index


class Customer(SQLModel, table=True):
    """One company (G1).

    `founder_key` names it in the identity fold (`founder_keys`): the founding filing's id, negative
    for further customers founded by a filing that was corrected out of one that others are on."""

    __tablename__ = "customer"
    __table_args__ = (
        partial_index("ix_customer_merged_into", "merged_into_id IS NOT NULL", "merged_into_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=200)
    uscc: str | None = Field(default=None, max_length=18, unique=True)
    founder_key: int = Field(unique=True)
    founder_at: datetime = Field(sa_type=UTCDateTime)
    founder_ref: str = Field(max_length=40)
    merged_into_id: int | None = Field(default=None, foreign_key="customer.id")
    created_at: datetime = Field(sa_type=UTCDateTime)


class CustomerAlias(SQLModel, table=True):
    """A name a customer is known by, with the keys that names are compared by.

    It comes from a filing, or from a `named` fact by which a person stated it. Only what was filed
    is a key that proves something; the other kinds are looked at for likeness alone.
    """

    __tablename__ = "customer_alias"
    __table_args__ = (
        sa.UniqueConstraint("customer_id", "full_key"),
        sa.Index("ix_customer_alias_full_key", "full_key"),
        sa.Index("ix_customer_alias_core_key", "core_key"),
        # What people stated, for finding customers by it: few among all names.
        partial_index("ix_customer_alias_stated", "event_id IS NOT NULL", "full_key", "customer_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", ondelete="CASCADE")
    name: str = Field(max_length=200)
    full_key: str = Field(max_length=200)
    core_key: str | None = Field(default=None, max_length=200)
    kind: NameKind = Field(default=NameKind.FILED, sa_type=enum_type(NameKind, "kind"))
    registration_id: int | None = Field(default=None, foreign_key="registration.id")
    event_id: int | None = Field(default=None, foreign_key="registration_event.id")


class CustomerIdentifier(SQLModel, table=True):
    """A website, telephone or tax id a customer is known by, in the form that is compared.

    What the filings on it state, and what a channel manager stated of it: a projection of both.
    """

    __tablename__ = "customer_identifier"
    __table_args__ = {"sqlite_with_rowid": False}

    kind: IdentifierKind = Field(
        sa_column=sa.Column(enum_type(IdentifierKind, "kind"), primary_key=True, nullable=False)
    )
    value: str = Field(max_length=200, primary_key=True)
    customer_id: int = Field(foreign_key="customer.id", primary_key=True, ondelete="CASCADE", index=True)


class NameGram(SQLModel, table=True):
    """The numbered pieces of a known name: finds names that are alike, says nothing about them.

    No foreign key and no index by name: they would cost more than all the rest. What deletes a name
    takes its pieces with it (`matching/index.py`), `portal check` tells where that was not so."""

    __tablename__ = "name_gram"
    __table_args__ = {"sqlite_with_rowid": False}

    gram: int = Field(sa_type=sa.BigInteger, primary_key=True)
    alias_id: int = Field(primary_key=True)


class GramCount(SQLModel, table=True):
    """How many names a piece is in: the rarest are asked for first."""

    __tablename__ = "gram_count"
    __table_args__ = {"sqlite_with_rowid": False}

    gram: int = Field(sa_type=sa.BigInteger, primary_key=True)
    names: int
