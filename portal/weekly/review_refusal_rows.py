"""What the Thursday review keeps on its page: an act that was refused, a form that is open on a line."""

from dataclasses import dataclass

from portal.domain.errors import RuleViolation, StaleVersion
from portal.web import labels


@dataclass(frozen=True)
class Refusal:
    """What was refused and what was typed: it stays on the page."""

    problem: RuleViolation
    registration_id: int | None = None
    verdict: str = ""
    sentence: str = ""
    notes: str | None = None
    support: str | None = None
    request_id: int | None = None

    @property
    def words(self) -> str:
        """Why, in words."""
        return labels.message(self.problem)

    @property
    def status(self) -> int:
        """409 when somebody else was first, else 422."""
        taken = isinstance(self.problem, StaleVersion) or self.problem.code == "review.decided_already"
        return 409 if taken else 422


@dataclass(frozen=True)
class Choice:
    """The form of a verdict that is opened on a line; '' closes it."""

    registration_id: int
    verdict: str
