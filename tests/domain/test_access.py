"""Who may do what and see which rows (domain.md §1): the whole truth table."""

from itertools import combinations

import pytest

from portal.domain.access import (
    PERMISSIONS,
    Permission,
    Scope,
    allows,
    can_see,
    rollup_regions,
    scope_of,
    statement_scope,
    works_for,
)
from portal.domain.roles import (
    KEY_ACCOUNTS_ROLES,
    PARTNER_ROLES,
    REGIONAL_ROLES,
    VENDOR_ROLES,
    Actor,
    Role,
)

# Written from domain.md, not from the code: for each permission all roles that carry it.
R = Role
CLAIMANTS = {R.PARTNER_REP, R.PARTNER_ADMIN, R.KEY_ACCOUNTS, R.KEY_ACCOUNTS_MANAGER}
READERS = {
    *(R.CHANNEL_SALES, R.REGIONAL_MANAGER, R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR, R.COO),
    *(R.FINANCE, R.CUSTOMER_SERVICE, R.PRODUCT_MARKETING, R.ADMIN),
}
# Who takes a statement through a step of its nine, and who sees them on the board besides (§8).
APPROVERS = {R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR, R.COO, R.FINANCE}
WALKERS = APPROVERS | {R.CHANNEL_SALES, R.CALL_CENTER}
REVIEWERS = {
    *(R.CHANNEL_SALES, R.REGIONAL_MANAGER, R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR),
    R.PRODUCT_MARKETING,
}
BOARD = WALKERS | {R.REGIONAL_MANAGER, R.ADMIN}
WHO = {
    "account:state": {R.PARTNER_ADMIN, R.FINANCE},
    "alarm:view": {R.CHANNEL_MANAGER},
    "audit:view": {R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR, R.COO, R.ADMIN},
    "case:act": CLAIMANTS,
    "case:decide_appeal": {R.CHANNEL_DIRECTOR},
    "case:view": CLAIMANTS | {R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR, R.COO},
    "case:vote": {R.CHANNEL_MANAGER, R.KEY_ACCOUNTS_MANAGER},
    "customer:merge": {R.CHANNEL_MANAGER},
    "deposit:book": {R.FINANCE},
    "deposit:decide": {R.CHANNEL_MANAGER},
    "deposit:object": {R.PARTNER_ADMIN},
    "deposit:view": APPROVERS | {R.PARTNER_ADMIN, R.CHANNEL_SALES, R.REGIONAL_MANAGER},
    "deposit:waive": {R.COO},
    "dispute:answer": {R.FINANCE},
    "held:decide": {R.CHANNEL_MANAGER},
    "import:move_in": {R.CHANNEL_MANAGER, R.ADMIN},
    "import:run": {R.CHANNEL_MANAGER, R.FINANCE, R.ADMIN},
    "invoice:enter": {R.PARTNER_ADMIN, R.CHANNEL_SALES},
    "partner:edit": {R.CHANNEL_MANAGER},
    "partner:view": READERS | {R.PARTNER_ADMIN},
    "payment:run": {R.FINANCE},
    "notice:watch": {R.ADMIN},
    "payment:view": APPROVERS | {R.PARTNER_ADMIN, R.CHANNEL_SALES},
    "policy:edit": {R.CHANNEL_MANAGER},
    "policy:view": set(Role) - PARTNER_ROLES,
    "profile:own": set(Role),
    "receipt:import": {R.CHANNEL_MANAGER, R.FINANCE, R.ADMIN},
    "receipt:view": {R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR, R.COO, R.FINANCE, R.ADMIN},
    "receipt:work": {R.FINANCE},
    "registration:ask_correction": {R.CHANNEL_SALES, R.CHANNEL_MANAGER},
    "registration:export": READERS | CLAIMANTS,
    "registration:file": CLAIMANTS,
    "registration:note": CLAIMANTS | {R.CHANNEL_SALES, R.CHANNEL_MANAGER},
    "registration:view": READERS | CLAIMANTS,
    "registration:work": CLAIMANTS,
    "report:send": {R.PARTNER_ADMIN},
    "report:view": PARTNER_ROLES | REVIEWERS,
    "report:write": PARTNER_ROLES,
    "review:hold": {R.CHANNEL_SALES, R.CHANNEL_MANAGER},
    "review:view": REVIEWERS,
    "rollup:make": {R.CHANNEL_MANAGER},
    "rollup:view": {
        *(R.CHANNEL_SALES, R.REGIONAL_MANAGER, R.CHANNEL_MANAGER, R.CHANNEL_DIRECTOR, R.COO),
        *(R.PRODUCT_MARKETING, R.ADMIN),
    },
    "statement:act": WALKERS,
    "statement:audit": APPROVERS | {R.ADMIN},
    "statement:board": BOARD,
    "statement:confirm": {R.PARTNER_ADMIN},
    "statement:defer": {R.FINANCE},
    "statement:generate": {R.FINANCE, R.ADMIN},
    "statement:print": {R.CALL_CENTER, R.CHANNEL_MANAGER, R.FINANCE, R.ADMIN},
    "statement:view": BOARD | {R.PARTNER_ADMIN},
    "support:ask": CLAIMANTS | {R.CHANNEL_SALES, R.CHANNEL_MANAGER},
    "support:give": {R.CHANNEL_SALES, R.CHANNEL_MANAGER, R.CUSTOMER_SERVICE, R.PRODUCT_MARKETING},
    "support:view": CLAIMANTS | READERS,
    "tier:edit": {R.CHANNEL_MANAGER},
    "traffic:import": {R.FINANCE, R.ADMIN},
    "user:manage_all": {R.ADMIN},
    "user:manage_own": {R.PARTNER_ADMIN},
}
SCOPES = {
    **dict.fromkeys(READERS, Scope.ALL),
    **dict.fromkeys(REGIONAL_ROLES, Scope.REGION),
    **dict.fromkeys(PARTNER_ROLES, Scope.OWN_PARTNER),
    **dict.fromkeys(KEY_ACCOUNTS_ROLES, Scope.KEY_ACCOUNTS),
    R.CALL_CENTER: Scope.NONE,
}


def person(*roles: Role) -> Actor:
    """Somebody with these roles, on the side and in the region they belong to."""
    partner = 7 if set(roles) & PARTNER_ROLES else None
    region = "华东" if set(roles) & REGIONAL_ROLES else None
    return Actor(1, "王芳", frozenset(roles), partner, region)


def test_there_are_fourteen_roles_and_each_stands_on_one_side():
    assert len(Role) == 14
    assert PARTNER_ROLES | VENDOR_ROLES == set(Role) == set(PERMISSIONS)
    assert not PARTNER_ROLES & VENDOR_ROLES


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_every_role_times_every_permission(role: Role, permission: Permission):
    assert allows(person(role), permission) == (role in WHO[permission])


def test_nobody_may_do_anything_without_a_role():
    nobody = Actor(1, "王芳", frozenset())
    assert not any(allows(nobody, permission) for permission in Permission)
    assert scope_of(nobody) is Scope.NONE


@pytest.mark.parametrize("pair", list(combinations(sorted(VENDOR_ROLES), 2)), ids="+".join)
def test_two_roles_give_what_either_gives(pair: tuple[Role, Role]):
    both = {permission for permission in Permission if allows(person(*pair), permission)}
    assert both == PERMISSIONS[pair[0]] | PERMISSIONS[pair[1]]


@pytest.mark.parametrize(
    "permission",
    [
        *("held:decide", "customer:merge", "registration:work", "tier:edit"),
        *("statement:act", "statement:defer", "dispute:answer", "payment:run", "account:state"),
        *("deposit:book", "deposit:decide", "deposit:waive", "receipt:work"),
    ],
)
def test_the_administrator_decides_nothing(permission: str):
    assert not allows(person(R.ADMIN), Permission(permission))


def test_permissions_are_named_and_ordered_by_area_and_action():
    names = [permission.value for permission in Permission]
    assert all(name.count(":") == 1 for name in names)
    assert [each.name for each in Permission] == sorted(each.name for each in Permission)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_its_scope(role: Role):
    assert scope_of(person(role)) is SCOPES[role]


def test_the_table_names_every_permission_and_no_other():
    assert set(WHO) == {permission.value for permission in Permission}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_its_statements(role: Role):
    """A printer of statements sees all of them, though no registration; a rep sees none of its partner's."""
    wanted = {R.PARTNER_REP: Scope.NONE, R.CALL_CENTER: Scope.ALL}.get(role, SCOPES[role])
    assert statement_scope(person(role)) is (wanted if role in WHO["statement:view"] else Scope.NONE)


def test_a_regional_person_who_also_approves_sees_all_statements():
    assert statement_scope(person(R.CHANNEL_SALES)) is Scope.REGION
    assert statement_scope(person(R.CHANNEL_SALES, R.CALL_CENTER)) is Scope.ALL
    assert statement_scope(person(R.CHANNEL_SALES, R.CUSTOMER_SERVICE)) is Scope.REGION


def test_a_regional_person_who_also_reads_everything_sees_everything():
    assert scope_of(person(R.CHANNEL_SALES, R.CHANNEL_MANAGER)) is Scope.ALL


SEEN = {  # own partner's row · another partner's in the person's region · one elsewhere · key accounts'
    Scope.OWN_PARTNER: (True, False, False, False),
    Scope.REGION: (True, True, False, False),
    Scope.KEY_ACCOUNTS: (False, False, False, True),
    Scope.ALL: (True, True, True, True),
    Scope.NONE: (False, False, False, False),
}


@pytest.mark.parametrize("role", list(Role))
def test_every_role_sees_these_rows_and_no_others(role: Role):
    rows = ((7, "华东"), (8, "华东"), (9, "华南"), (None, None))
    seen = tuple(can_see(person(role), partner_id=partner, region=region) for partner, region in rows)
    assert seen == SEEN[SCOPES[role]]


def test_a_regional_role_without_a_region_sees_nothing():
    stray = Actor(1, "王芳", frozenset({R.CHANNEL_SALES}))
    assert not can_see(stray, partner_id=7, region=None)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_claims_of_ones_own_party_are_ones_to_work(role: Role):
    worked = tuple(works_for(person(role), partner_id=partner) for partner in (7, 8, None))
    assert worked == (role in PARTNER_ROLES, False, role in KEY_ACCOUNTS_ROLES)


@pytest.mark.parametrize("role", sorted(VENDOR_ROLES))
def test_a_vendors_role_is_void_for_a_partners_person(role: Role):
    stray = Actor(1, "王芳", frozenset({role}), partner_id=7)
    assert not any(allows(stray, permission) for permission in Permission)
    assert scope_of(stray) is Scope.NONE
    assert not works_for(stray, partner_id=None)


@pytest.mark.parametrize("role", sorted(PARTNER_ROLES))
def test_a_partners_role_is_void_without_a_partner(role: Role):
    stray = Actor(1, "王芳", frozenset({role}))
    assert not any(allows(stray, permission) for permission in Permission)
    assert scope_of(stray) is Scope.NONE
    assert not works_for(stray, partner_id=None)


@pytest.mark.parametrize(
    ("roles", "partner", "region", "reads"),
    [
        ({R.CHANNEL_MANAGER}, None, None, ""),
        ({R.REGIONAL_MANAGER}, None, "east", "east"),
        ({R.REGIONAL_MANAGER}, None, None, None),
        ({R.REGIONAL_MANAGER, R.PRODUCT_MARKETING}, None, "east", ""),
        ({R.FINANCE}, None, None, None),
        ({R.PARTNER_ADMIN, R.CHANNEL_MANAGER}, 1, "east", None),
    ],
)
def test_regional_people_read_their_regions_roll_up(
    roles: set[Role], partner: int | None, region: str | None, reads: str | None
) -> None:
    assert rollup_regions(Actor(1, "A", frozenset(roles), partner, region)) == reads
