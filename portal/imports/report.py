"""What came of an import: counts, and every refusal with row, column, value and reason."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.domain.errors import RuleViolation, problems_of
from portal.imports.reading import Row


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing wrong with one row."""

    row: int
    column: str
    value: str
    problem: RuleViolation


@dataclass(slots=True)
class Report:
    """The outcome of one file. Nothing is written unless `refused` is empty."""

    kind: str
    file: str
    rows: int = 0
    accepted: int = 0
    skipped: int = 0
    refused: list[Refused] = field(default_factory=list)
    warnings: list[Refused] = field(default_factory=list)
    sample: list[Mapping[str, Any]] = field(default_factory=list)
    cells: dict[int, Mapping[str, str]] = field(default_factory=dict)
    # What the import's entry in the trail says besides.
    sealed: Mapping[str, Any] = field(default_factory=dict)

    def refuse(self, row: Row, column: str, problem: RuleViolation) -> None:
        """Note a refusal."""
        for each in problems_of(problem):
            self.cells[row.number] = row.cells
            self.refused.append(Refused(row.number, column, row.cells.get(column, "")[:200], each))

    def as_json(self, words: Callable[[RuleViolation], str]) -> dict[str, Any]:
        """The object that ``--json`` prints (interfaces.md); warnings go to standard error."""
        return {
            "kind": self.kind,
            "file": self.file,
            "rows": self.rows,
            "accepted": self.accepted,
            "skipped": self.skipped,
            "refused": [_plain(each, words) for each in self.refused],
        }


def _plain(each: Refused, words: Callable[[RuleViolation], str]) -> dict[str, Any]:
    return {
        "row": each.row,
        "column": each.column,
        "value": each.value,
        "reason": words(each.problem),
    }


class Cells:
    """Reads a row's cells with the domain's parsers, collecting every refusal."""

    def __init__(self, row: Row, report: Report) -> None:
        self.row, self.report = row, report
        self.sound = True

    def read(self, column: str, parse: Callable[[str], Any], *, required: bool = False) -> Any:
        """The parsed cell; None when it is empty or was refused."""
        text = self.row.cells.get(column, "")
        if not text:
            if required:
                self.wrong(column, RuleViolation("required"))
            return None
        try:
            return parse(text)
        except RuleViolation as problem:
            self.wrong(column, problem)
            return None

    def warn(self, column: str, problem: RuleViolation) -> None:
        """Note something odd that does not refuse the row."""
        value = self.row.cells.get(column, "")[:200]
        self.report.warnings.append(Refused(self.row.number, column, value, problem))

    def wrong(self, column: str, problem: RuleViolation) -> None:
        """Note that the cell is refused."""
        self.sound = False
        self.report.refuse(self.row, column, problem)
