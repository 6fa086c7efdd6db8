"""The one exception rules raise. It carries a code and figures, never a sentence for people."""

from typing import Any


class RuleViolation(Exception):  # noqa: N818 - it names what happened, as the domain does
    """A rule refuses what was asked.

    `code` is dotted, e.g. ``registration.uscc_check_digit``; `field` names the input it is about,
    if one; `params` are the figures a message needs. Texts live in ``portal/web/labels.py``.
    """

    def __init__(self, code: str, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params

    def __str__(self) -> str:
        figures = ", ".join(f"{key}={value!r}" for key, value in self.params.items())
        return f"{self.code}({figures})" if figures else self.code


class StaleVersion(RuleViolation):
    """Somebody else changed the row since the form was drawn; nothing was overwritten."""


class RuleViolations(RuleViolation):
    """Several refusals at once, so that a form can show them all."""

    def __init__(self, problems: list[RuleViolation]) -> None:
        super().__init__(problems[0].code, problems[0].field, **problems[0].params)
        self.problems = problems


def problems_of(error: RuleViolation) -> list[RuleViolation]:
    """The single refusals in `error`, whether it is one or many."""
    return error.problems if isinstance(error, RuleViolations) else [error]
