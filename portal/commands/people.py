"""`portal user add`."""

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.engine import Engine

from portal import clock, db
from portal.auth.people import add_user
from portal.auth.service import hash_password, make_link
from portal.domain.errors import RuleViolation
from portal.domain.identifiers import parse_email
from portal.domain.roles import Role
from portal.models import tables as t


def add(
    engine: Engine,
    email: str,
    name: str,
    roles: tuple[str, ...],
    partner: str | None,
    region: str | None,
    password: str | None,
) -> Any:
    """Add a person; answers what to tell the one who ran the command.

    :raises RuleViolation: an unknown role or partner, or as `add_user`.
    """
    address, now = parse_email(email), clock.now()
    known = {role.value: role for role in Role}
    wrong = [role for role in roles if role not in known]
    if wrong:
        raise RuleViolation("import.value", value=wrong[0], known=", ".join(known))
    with db.transaction(engine) as session:
        partner_id = None
        if partner:
            partner_id = session.scalar(sa.select(t.partner.c.id).where(t.partner.c.code == partner))
            if partner_id is None:
                raise RuleViolation("import.unknown_partner", value=partner)
        user_id = add_user(
            session,
            actor=None,
            now=now,
            email=address,
            name=name,
            roles={known[role] for role in roles},
            partner_id=partner_id,
            region=region,
            password_hash=hash_password(password, address) if password is not None else None,
        )
        if password is not None:
            return _l("Added %(address)s.", address=address)
        secret = make_link(session, actor=None, user_id=user_id, now=now)
    return _l(
        "Added %(address)s. Set the password with this link, once, within 7 days:\n%(link)s",
        address=address,
        link=f"/password/{secret}",
    )
