"""The pauses of claims' clocks (C3), for the pages that list them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.facts import load_claims
from portal.domain.facts import Pause
from portal.domain.periods import business_date
from portal.domain.terms import EventKind
from portal.models import tables as t
from portal.policy.service import load_policies


def pauses_of(session: Session, claims: Collection[int], now: datetime) -> dict[int, list[Pause]]:
    """The days on which the vendor owed each claim the next step, oldest first; most have none.

    What stops a clock and what is listed is the same (`Dossier.pauses`); what is owed still is listed
    up to today.
    """
    p, e = t.placement.c, t.registration_event.c
    held = sa.select(p.registration_id).where(p.registration_id.in_(claims), p.customer_id.is_(None))
    asked = sa.select(e.registration_id).where(
        e.registration_id.in_(claims), e.kind == EventKind.SUPPORT_ASKED
    )
    found: defaultdict[int, list[Pause]] = defaultdict(list)
    if owed := set(session.scalars(sa.union(held, asked))):
        dossier, today = load_claims(session, owed), business_date(now)
        for pause in sorted(
            dossier.pauses(sorted(owed), load_policies(session), now), key=lambda each: each.first
        ):
            if pause.claim is not None and pause.first <= today:
                found[pause.claim].append(replace(pause, last=pause.last or today))
    return found
