"""Which roles go together (domain.md §1)."""

import pytest

from portal.auth.people import check_roles
from portal.domain.errors import RuleViolation
from portal.domain.roles import Role

REFUSED = {
    "nobody": ((), None, None, "user.needs_role"),
    "a partner's rep without a partner": ((Role.PARTNER_REP,), None, None, "user.partner_roles"),
    "finance at a partner": ((Role.FINANCE,), 1, None, "user.partner_roles"),
    "both sides": ((Role.PARTNER_REP, Role.FINANCE), 1, None, "user.partner_roles"),
    "a region's sales without a region": ((Role.CHANNEL_SALES,), None, None, "user.needs_region"),
    "a party and its reviewer": ((Role.KEY_ACCOUNTS, Role.CHANNEL_SALES), None, "east", "user.two_sides"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_roles_that_do_not_go_together_are_refused(what: str):
    roles, partner_id, region, code = REFUSED[what]
    with pytest.raises(RuleViolation) as refused:
        check_roles(roles, partner_id=partner_id, region=region)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("roles", "partner_id", "region"),
    [
        ((Role.PARTNER_REP, Role.PARTNER_ADMIN), 1, None),
        ((Role.CHANNEL_SALES, Role.REGIONAL_MANAGER), None, "east"),
        ((Role.KEY_ACCOUNTS, Role.KEY_ACCOUNTS_MANAGER), None, None),
        ((Role.FINANCE, Role.ADMIN), None, None),
    ],
)
def test_roles_that_go_together(roles: tuple[Role, ...], partner_id: int | None, region: str | None):
    check_roles(roles, partner_id=partner_id, region=region)
