"""File a registration (G1–G9): one place where a claim comes into being."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal import journal
from portal.conflicts.claims import next_instant
from portal.conflicts.service import settle, settle_held
from portal.db import lock_registry
from portal.domain.cases import refile_from
from portal.domain.errors import RuleViolation
from portal.domain.evidence import identifiers_of
from portal.domain.facts import Rule, State
from portal.domain.matching import RULESET, Keys, Match, Outcome
from portal.domain.names import search_grams
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.domain.policy import Policy
from portal.domain.roles import Actor
from portal.domain.terms import CustomerClass, EventKind, Source
from portal.matching.identifiers import teach_identifiers
from portal.matching.service import (
    Near,
    compare_names,
    compared_data,
    enter_filing,
    find_customer,
    keys_for,
    weigh,
)
from portal.models import Registration
from portal.models import tables as t
from portal.policy.service import policy_on


@dataclass(frozen=True, slots=True)
class Filing:
    """What a filer states (G2); already checked in shape, normalised where it has a normal form."""

    customer_name: str
    contact: str
    phone: str
    city: str
    customer_class: CustomerClass
    ports: int
    yearly_revenue: Decimal
    stage: Stage
    source: Source
    customer_name_en: str = ""
    uscc: str | None = None
    website: str = ""
    notes: str = ""
    gate: Mapping[str, Any] | None = None

    def as_columns(self) -> dict[str, Any]:
        """The filing as columns of `registration`."""
        apart = ("stage", "notes", "gate")
        stated = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in apart}
        return {**stated, "filed_stage": self.stage}


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of a filing; `repeated` when the very same form was sent before."""

    registration_id: int
    state: State
    repeated: bool = False


def file_registration(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    filing: Filing,
    request_key: str | None = None,
) -> Filed:
    """File a claim for the actor's own party and settle it at once (G4).

    Nothing is ever lost: a filing that cannot become active waits or is held. Sending the same
    form twice answers the first filing. The filing instant is taken in turn: later than any
    filing before it, whatever the clocks say (G3).

    :raises RuleViolation: ``registration.early_limit`` (G9); ``registration.own_already`` with
        `ref` and `registration_id` when the own party has a live claim on the customer already;
        ``registration.too_early_again`` with `day` when its claim was taken over (C6).
    """
    lock_registry(session)
    if request_key and (sent := _sent_before(session, request_key)):
        return sent
    _refuse_hoarding(session, actor, filing.stage, policy_on(session, business_date(now)), now)
    keys = keys_for(filing.customer_name, filing.uscc)
    found, known = find_customer(session, keys)
    nearest: list[Near] = []
    if found.outcome is not Outcome.SAME:
        nearest = compare_names(
            session,
            filing.customer_name,
            filing.uscc,
            told=identifiers_of(filing.website, filing.phone, filing.uscc),
            english=filing.customer_name_en,
        )
        found = weigh(found, nearest)
    if found.outcome is Outcome.SAME and found.customer is not None:
        _refuse_second_claim(session, actor, found.customer)
        _refuse_early_return(session, actor, found.customer, business_date(now))
    at = next_instant(session, now)
    registration = _insert(session, actor, filing, keys, found, at, request_key)
    assert registration.id is not None  # noqa: S101 - flushed
    if nearest:
        _keep(session, registration.id, nearest, at, actor)
    if found.outcome is Outcome.POSSIBLY:
        _place(session, registration.id, at, None, Rule.HELD)
        settle_held(session, [registration.id])
        return Filed(registration.id, State.HELD)
    customer = enter_filing(session, registration, found.customer, known)
    stated = identifiers_of(filing.website, filing.phone)
    teach_identifiers(session, customer, stated, fresh=found.customer is None)
    registration.customer_id = customer
    session.flush()  # settling reads the claim back
    _place(session, registration.id, at, customer, Rule.FIRST)
    timeline = settle(session, {customer}, now=at)[customer]
    return Filed(registration.id, timeline.claims[registration.id].state)


def _keep(session: Session, registration_id: int, nearest: list[Near], at: datetime, actor: Actor) -> None:
    """Keep what the filing was compared with."""
    data = compared_data(nearest)
    compared = journal.fact(registration_id, EventKind.COMPARED, at=at, now=at, actor=actor, data=data)
    journal.write(session, [compared], actor=actor)


def _sent_before(session: Session, request_key: str) -> Filed | None:
    row = session.execute(
        sa.select(t.registration.c.id, t.registration.c.state).where(
            t.registration.c.request_key == request_key
        )
    ).first()
    return Filed(row.id, row.state, repeated=True) if row else None


def _refuse_hoarding(session: Session, actor: Actor, stage: Stage, policy: Policy, now: datetime) -> None:
    """G9: a policy may limit how many early-stage projects a partner owns, by tier."""
    early = (Stage.INTEREST, Stage.MEETING)
    if not policy.early_stage_limit or actor.partner_id is None or stage not in early:
        return
    today = business_date(now)
    tier = session.scalar(
        sa.select(t.tier_term.c.tier).where(
            t.tier_term.c.partner_id == actor.partner_id,
            t.tier_term.c.starts_on <= today,
            t.tier_term.c.ends_on >= today,
        )
    )
    limit = policy.early_stage_limit.get(tier.value if tier else "none")
    if limit is None:
        return
    held = session.scalar(
        sa.select(sa.func.count())
        .select_from(t.registration)
        .where(
            t.registration.c.partner_id == actor.partner_id,
            t.registration.c.is_owner,
            t.registration.c.stage.in_(early),
        )
    )
    if held is not None and held >= limit:
        raise RuleViolation("registration.early_limit", limit=limit, held=held)


def _refuse_second_claim(session: Session, actor: Actor, customer: int) -> None:
    own = session.execute(
        sa.select(t.registration.c.id, t.registration.c.ref).where(
            t.registration.c.customer_id == customer,
            t.registration.c.partner_id.is_not_distinct_from(actor.partner_id),
            t.registration.c.state.not_in((State.RELEASED, State.LOST)),
        )
    ).first()
    if own:
        raise RuleViolation("registration.own_already", "customer_name", ref=own.ref, registration_id=own.id)


def _refuse_early_return(session: Session, actor: Actor, customer: int, today: date) -> None:
    """C6: whose claim was taken over files again only after the waiting time."""
    taken = session.scalar(
        sa.select(sa.func.max(t.registration.c.state_since)).where(
            t.registration.c.customer_id == customer,
            t.registration.c.partner_id.is_not_distinct_from(actor.partner_id),
            t.registration.c.state == State.RELEASED,
            t.registration.c.state_rule == Rule.NEW_CLOCK,
        )
    )
    if taken is None:
        return
    day = refile_from(business_date(taken), policy_on(session, business_date(taken)))
    if today < day:
        raise RuleViolation("registration.too_early_again", "customer_name", day=day)


def _insert(
    session: Session,
    actor: Actor,
    filing: Filing,
    keys: Keys,
    found: Match,
    at: datetime,
    request_key: str | None,
) -> Registration:
    registration = Registration(
        ref=f"pending-{request_key or at.isoformat()}"[:40],
        request_key=request_key,
        partner_id=actor.partner_id,
        filed_at=at,
        filed_by_id=actor.user_id,
        worker_id=actor.user_id,
        full_key=keys.full,
        core_key=keys.core,
        suspect_id=found.customer if found.outcome is Outcome.POSSIBLY else None,
        match_outcome=found.outcome.value,
        match_reason=found.reason.value,
        match_ruleset=RULESET,
        state=State.HELD,
        state_rule=Rule.HELD,
        state_since=at,
        stage=filing.stage,
        highest_stage=filing.stage,
        stage_since=at,
        **filing.as_columns(),
    )
    session.add(registration)
    session.flush()  # the serial number becomes the reference
    assert registration.id is not None  # noqa: S101 - flushed
    registration.ref = f"R{registration.id:08d}"
    session.flush()  # later statements read the reference
    filed = journal.fact(
        registration.id,
        EventKind.FILED,
        at=at,
        now=at,
        actor=actor,
        stage=filing.stage,
        note=filing.notes,
        data=filed_data(registration, filing.gate),
    )
    journal.write(session, [filed], actor=actor)
    index_for_search(session, registration.id, registration.ref, filing)
    return registration


def filed_data(registration: Registration, gate: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the `filed` fact holds: the claim as it was stated, sealed for good."""
    stated = (
        "ref",
        "partner_id",
        "customer_name",
        "customer_name_en",
        "uscc",
        "website",
        "contact",
        "phone",
        "city",
        "customer_class",
        "ports",
        "yearly_revenue",
        "source",
    )
    return {
        **{name: getattr(registration, name) for name in stated},
        **({"gate": gate} if gate else {}),
    }


def index_for_search(session: Session, registration_id: int, ref: str, filing: Filing) -> None:
    """Make the filing findable by any two neighbouring characters of its names or reference."""
    grams = search_grams(filing.customer_name, filing.customer_name_en, ref)
    session.execute(
        sa.insert(t.search_gram),
        [{"gram": gram, "registration_id": registration_id} for gram in sorted(grams)],
    )


def _place(session: Session, registration_id: int, at: datetime, customer: int | None, rule: Rule) -> None:
    session.execute(
        sa.insert(t.placement),
        [{"registration_id": registration_id, "at": at, "customer_id": customer, "rule": rule}],
    )
