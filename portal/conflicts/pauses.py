"""The pauses of claims' clocks (C3), for the pages that list them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session

from portal.conflicts.facts import load_claims
from portal.domain.facts import Pause
from portal.models import tables as t
from portal.policy.service import load_policies


def pauses_of(session: Session, claims: Collection[int], now: datetime) -> dict[int, list[Pause]]:
    """The days on which the vendor owed each claim the next step, oldest first; most have none.

    What stops a clock and what is listed is the same (`Dossier.pauses`).
    """
    p = t.placement.c
    held = sa.select(p.registration_id).where(p.registration_id.in_(claims), p.customer_id.is_(None))
    found: defaultdict[int, list[Pause]] = defaultdict(list)
    if once_held := set(session.scalars(held)):
        dossier = load_claims(session, once_held)
        for pause in dossier.pauses(sorted(once_held), load_policies(session), now):
            if pause.claim is not None:
                found[pause.claim].append(pause)
    return found
