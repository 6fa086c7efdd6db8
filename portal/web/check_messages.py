"""What `portal check` finds wrong with a row."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

CHECK: Mapping[str, Any] = {
    "check.alias": _l("No filing of its customer bears this name."),
    "check.alias_missing": _l("Its name “%(name)s” is missing."),
    "check.customer_missing": _l("The customer that it made known is missing."),
    "check.fact_changed": _l("It was changed after it was written."),
    "check.fact_missing": _l("A fact of it in the audit trail is missing or changed."),
    "check.identifier": _l("Nobody stated this of its customer."),
    "check.identifier_missing": _l("Its website, telephone or tax id “%(value)s” is missing."),
    "check.contract": _l("No signed move of an owner states this contract."),
    "check.line": _l(
        "The line for receipt %(receipt)s is not what its receipt, contract, tier and policy give."
    ),
    "check.lost_receipt": _l("The receipt is neither on a statement that is out nor waiting for one."),
    "check.not_the_sum": _l("%(column)s is not what the lines come to."),
    "check.revision": _l("The statement is not what its revision in force says."),
    "check.settled_twice": _l("The receipt waits for a statement and is on one already."),
    "check.missing": _l("It is missing."),
    "check.more": _l("And so are %(number)d more."),
    "check.no_role": _l("It has no role."),
    "check.not_filed": _l("It has no fact that files it, or several."),
    "check.not_indexed": _l(
        "The index of names does not file it as it should; portal rebuild index repairs that."
    ),
    "check.not_placed": _l("It was never placed."),
    "check.nobodys_pieces": _l(
        "It is in the index of names, yet there is no such name; portal rebuild index repairs that."
    ),
    "check.not_told": _l("%(column)s is not what the facts say."),
    "check.not_trailed": _l("%(column)s is not what the audit trail says."),
    "check.ownership": _l("Who owned it when is not what the facts say."),
    "check.tie": _l("This is not what the facts tie its filing to."),
    "check.no_customer": _l("It names no customer."),
    "check.pieces_counted": _l(
        "Its number of names is not what the index has; portal rebuild index repairs that."
    ),
    "check.place": _l("Where it was when is not what the facts say."),
    "check.role": _l("The role “%(role)s” does not go with where it belongs."),
    "check.seal": _l("Its seal or its link to the entry before does not hold."),
    "check.total": _l("It is not the sum of its projects."),
    "check.unfounded": _l("No filing made it known."),
    "check.unreadable": _l("It cannot be read: %(error)s"),
    "check.untrailed": _l("It has no entry in the audit trail."),
}
