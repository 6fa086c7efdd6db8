"""The typed name that confirms a statement (§8 step 5)."""

import unicodedata

from portal.domain.errors import RuleViolation


def check_typed_name(typed: str, name: str) -> None:
    """Whether somebody typed the own name: width, case and spaces do not matter.

    :raises RuleViolation: ``required``; ``statement.other_name``.
    """
    if not typed.strip():
        raise RuleViolation("required", "typed")
    if _folded(typed) != _folded(name):
        raise RuleViolation("statement.other_name", "typed", name=name)


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
