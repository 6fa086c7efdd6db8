"""Who may do what: one table of permissions by role, and which rows a person sees at all."""

from collections.abc import Mapping
from enum import StrEnum

from portal.domain.roles import KEY_ACCOUNTS_ROLES, REGIONAL_ROLES, Actor, Role


class Permission(StrEnum):
    """Everything that can be allowed, as ``area:action``; no route exists without one."""

    ACCOUNT_STATE = "account:state"
    ALARM_VIEW = "alarm:view"
    AUDIT_VIEW = "audit:view"
    CASE_ACT = "case:act"
    CASE_APPEAL_DECIDE = "case:decide_appeal"
    CASE_VIEW = "case:view"
    CASE_VOTE = "case:vote"
    CUSTOMER_MERGE = "customer:merge"
    DEPOSIT_BOOK = "deposit:book"
    DEPOSIT_DECIDE = "deposit:decide"
    DEPOSIT_OBJECT = "deposit:object"
    DEPOSIT_VIEW = "deposit:view"
    DEPOSIT_WAIVE = "deposit:waive"
    DISPUTE_ANSWER = "dispute:answer"
    HELD_DECIDE = "held:decide"
    IMPORT_MOVE_IN = "import:move_in"
    IMPORT_RUN = "import:run"
    INVOICE_ENTER = "invoice:enter"
    NOTICE_WATCH = "notice:watch"
    PARTNER_EDIT = "partner:edit"
    PARTNER_VIEW = "partner:view"
    PAYMENT_RUN = "payment:run"
    PAYMENT_VIEW = "payment:view"
    POLICY_EDIT = "policy:edit"
    POLICY_VIEW = "policy:view"
    PROFILE = "profile:own"
    RECEIPT_IMPORT = "receipt:import"
    RECEIPT_VIEW = "receipt:view"
    RECEIPT_WORK = "receipt:work"
    REGISTRATION_CORRECT_ASK = "registration:ask_correction"
    REGISTRATION_EXPORT = "registration:export"
    REGISTRATION_FILE = "registration:file"
    REGISTRATION_NOTE = "registration:note"
    REGISTRATION_VIEW = "registration:view"
    REGISTRATION_WORK = "registration:work"
    REPORT_SEND = "report:send"
    REPORT_VIEW = "report:view"
    REPORT_WRITE = "report:write"
    REVIEW_HOLD = "review:hold"
    REVIEW_VIEW = "review:view"
    ROLLUP_MAKE = "rollup:make"
    ROLLUP_VIEW = "rollup:view"
    STATEMENT_ACT = "statement:act"
    STATEMENT_AUDIT = "statement:audit"
    STATEMENT_BOARD = "statement:board"
    STATEMENT_CONFIRM = "statement:confirm"
    STATEMENT_DEFER = "statement:defer"
    STATEMENT_GENERATE = "statement:generate"
    STATEMENT_PRINT = "statement:print"
    STATEMENT_VIEW = "statement:view"
    SUPPORT_ASK = "support:ask"
    SUPPORT_GIVE = "support:give"
    SUPPORT_VIEW = "support:view"
    TIER_EDIT = "tier:edit"
    TRAFFIC_IMPORT = "traffic:import"
    USER_MANAGE_ALL = "user:manage_all"
    USER_MANAGE_OWN = "user:manage_own"


class Scope(StrEnum):
    """Which partners' rows a person sees; what lies outside does not exist for that person."""

    ALL = "all"
    REGION = "region"
    OWN_PARTNER = "own_partner"
    KEY_ACCOUNTS = "key_accounts"
    NONE = "none"


_P = Permission
_Set = frozenset[Permission]

# What goes together, whoever may do it.
_READ: _Set = frozenset(
    {
        *(_P.PROFILE, _P.POLICY_VIEW, _P.REGISTRATION_VIEW, _P.REGISTRATION_EXPORT, _P.PARTNER_VIEW),
        _P.SUPPORT_VIEW,
    }
)
_CLAIM: _Set = frozenset(
    {
        *(_P.PROFILE, _P.REGISTRATION_VIEW, _P.REGISTRATION_EXPORT),
        *(_P.REGISTRATION_FILE, _P.REGISTRATION_WORK, _P.REGISTRATION_NOTE),
        *(_P.CASE_VIEW, _P.CASE_ACT),
        *(_P.SUPPORT_VIEW, _P.SUPPORT_ASK),
    }
)
_HELP: _Set = frozenset({_P.REGISTRATION_CORRECT_ASK, _P.REGISTRATION_NOTE})
_MOVE_IN: _Set = frozenset({_P.IMPORT_RUN, _P.IMPORT_MOVE_IN})
_REPORT: _Set = frozenset({_P.REPORT_VIEW, _P.REPORT_WRITE})
_OVERSEE: _Set = frozenset({_P.AUDIT_VIEW, _P.CASE_VIEW})
_MONEY_IN: _Set = frozenset({_P.IMPORT_RUN, _P.RECEIPT_IMPORT, _P.RECEIPT_VIEW})
_MONEY_SEEN: _Set = frozenset({_P.RECEIPT_VIEW, _P.PAYMENT_VIEW, _P.DEPOSIT_VIEW})
_REVIEW: _Set = frozenset({_P.REVIEW_VIEW, _P.REVIEW_HOLD})
_BOARD: _Set = frozenset({_P.STATEMENT_BOARD, _P.STATEMENT_VIEW})
_WALK: _Set = _BOARD | {_P.STATEMENT_ACT}
_APPROVE: _Set = _WALK | {_P.STATEMENT_AUDIT}

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.PARTNER_REP: _CLAIM | _REPORT,
    Role.PARTNER_ADMIN: _CLAIM
    | _REPORT
    | {
        _P.REPORT_SEND,
        *(_P.PARTNER_VIEW, _P.USER_MANAGE_OWN),
        *(_P.STATEMENT_VIEW, _P.STATEMENT_CONFIRM),
        *(_P.PAYMENT_VIEW, _P.ACCOUNT_STATE, _P.INVOICE_ENTER),
        *(_P.DEPOSIT_VIEW, _P.DEPOSIT_OBJECT),
    },
    Role.CHANNEL_SALES: _READ
    | _HELP
    | _WALK
    | _REVIEW
    | {
        *(_P.REPORT_VIEW, _P.PAYMENT_VIEW, _P.INVOICE_ENTER, _P.DEPOSIT_VIEW, _P.ROLLUP_VIEW),
        *(_P.SUPPORT_ASK, _P.SUPPORT_GIVE),
    },
    Role.REGIONAL_MANAGER: _READ | _BOARD | {_P.DEPOSIT_VIEW, _P.REPORT_VIEW, _P.REVIEW_VIEW, _P.ROLLUP_VIEW},
    Role.CHANNEL_MANAGER: _READ
    | _HELP
    | _REVIEW
    | _MOVE_IN
    | _OVERSEE
    | _MONEY_IN
    | _MONEY_SEEN
    | _APPROVE
    | {
        _P.REPORT_VIEW,
        *(_P.ALARM_VIEW, _P.HELD_DECIDE, _P.CUSTOMER_MERGE, _P.CASE_VOTE),
        *(_P.PARTNER_EDIT, _P.TIER_EDIT, _P.POLICY_EDIT),
        *(_P.STATEMENT_PRINT, _P.DEPOSIT_DECIDE, _P.ROLLUP_VIEW, _P.ROLLUP_MAKE),
        *(_P.SUPPORT_ASK, _P.SUPPORT_GIVE),
    },
    Role.CHANNEL_DIRECTOR: _READ
    | _OVERSEE
    | _MONEY_SEEN
    | _APPROVE
    | {_P.CASE_APPEAL_DECIDE, _P.REPORT_VIEW, _P.REVIEW_VIEW, _P.ROLLUP_VIEW},
    Role.COO: _READ | _OVERSEE | _MONEY_SEEN | _APPROVE | {_P.DEPOSIT_WAIVE, _P.ROLLUP_VIEW},
    Role.KEY_ACCOUNTS: _CLAIM | {_P.POLICY_VIEW},
    Role.KEY_ACCOUNTS_MANAGER: _CLAIM | {_P.POLICY_VIEW, _P.CASE_VOTE},
    Role.FINANCE: _READ
    | _MONEY_IN
    | _MONEY_SEEN
    | _APPROVE
    | {
        *(_P.RECEIPT_WORK, _P.TRAFFIC_IMPORT),
        *(_P.STATEMENT_GENERATE, _P.STATEMENT_DEFER, _P.STATEMENT_PRINT, _P.DISPUTE_ANSWER),
        *(_P.PAYMENT_RUN, _P.ACCOUNT_STATE, _P.DEPOSIT_BOOK),
    },
    Role.CALL_CENTER: _WALK | {_P.PROFILE, _P.POLICY_VIEW, _P.STATEMENT_PRINT},
    Role.CUSTOMER_SERVICE: _READ | {_P.SUPPORT_GIVE},
    Role.PRODUCT_MARKETING: _READ | {_P.SUPPORT_GIVE, _P.REPORT_VIEW, _P.REVIEW_VIEW, _P.ROLLUP_VIEW},
    Role.ADMIN: _READ
    | _MOVE_IN
    | _MONEY_IN
    | _BOARD
    | {
        *(_P.USER_MANAGE_ALL, _P.AUDIT_VIEW, _P.TRAFFIC_IMPORT, _P.NOTICE_WATCH, _P.ROLLUP_VIEW),
        *(_P.STATEMENT_AUDIT, _P.STATEMENT_GENERATE, _P.STATEMENT_PRINT),
    },
}


def allows(actor: Actor, permission: Permission) -> bool:
    """Whether one of the person's roles carries `permission` (domain.md §1)."""
    return any(permission in PERMISSIONS[role] for role in actor.effective_roles)


def scope_of(actor: Actor) -> Scope:
    """The widest row scope that the person's roles give.

    Partner people: their own partner, whatever else they hold. Key accounts is a party to
    conflicts and sees its own claims only. Regional roles see their region.
    """
    roles = actor.effective_roles
    if actor.is_partner:
        return Scope.OWN_PARTNER if roles else Scope.NONE
    wide = {
        role
        for role in roles - REGIONAL_ROLES - KEY_ACCOUNTS_ROLES
        if _P.REGISTRATION_VIEW in PERMISSIONS[role]
    }
    if wide:
        return Scope.ALL
    if roles & REGIONAL_ROLES:
        return Scope.REGION
    return Scope.KEY_ACCOUNTS if roles & KEY_ACCOUNTS_ROLES else Scope.NONE


def statement_scope(actor: Actor) -> Scope:
    """Whose statements the person sees: the own partner's, those of the region, or all."""
    if not allows(actor, _P.STATEMENT_VIEW):
        return Scope.NONE
    if actor.is_partner:
        return Scope.OWN_PARTNER
    wide = any(_P.STATEMENT_VIEW in PERMISSIONS[role] for role in actor.effective_roles - REGIONAL_ROLES)
    return Scope.ALL if wide else Scope.REGION


def rollup_regions(actor: Actor) -> str | None:
    """Whose roll-ups the person reads: '' for all regions and each, a region's name, None for nobody's."""
    if actor.is_partner or not allows(actor, _P.ROLLUP_VIEW):
        return None
    if any(_P.ROLLUP_VIEW in PERMISSIONS[role] for role in actor.effective_roles - REGIONAL_ROLES):
        return ""
    return actor.region or None


def can_see(actor: Actor, *, partner_id: int | None, region: str | None) -> bool:
    """Whether a row of this partner (None: key accounts) and region exists for the person."""
    scope = scope_of(actor)
    if scope is Scope.OWN_PARTNER:
        return partner_id is not None and partner_id == actor.partner_id
    if scope is Scope.REGION:
        return partner_id is not None and region is not None and region == actor.region
    if scope is Scope.KEY_ACCOUNTS:
        return partner_id is None
    return scope is Scope.ALL


def works_for(actor: Actor, *, partner_id: int | None) -> bool:
    """Whether the person may work a claim of this party: own partner's, or own department's."""
    if partner_id is None:
        return actor.is_key_accounts
    return actor.partner_id == partner_id
