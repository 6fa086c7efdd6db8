"""The project's own source, parsed, for the tests that guard how it is built."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Module:
    """One Python file of the application."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def where(self) -> str:
        """The path as people write it, from the project's root."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def parts(self) -> tuple[str, ...]:
        """The path below `portal/`: ``("registrations", "views.py")``; a script's is its name."""
        parts = self.path.relative_to(ROOT).parts
        return parts[1:] if parts[0] == "portal" else parts

    def imports(self) -> Iterator[tuple[str, int]]:
        """Every imported module by full name, with its line; `from a import b` gives ``a.b``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((name.name, node.lineno) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


@cache
def modules() -> tuple[Module, ...]:
    """All Python files of the application but the migrations, which are history."""
    paths = [*sorted((ROOT / "portal").rglob("*.py")), ROOT / "seed.py"]
    return tuple(
        Module(path, ast.parse(text := path.read_text(encoding="utf-8")), len(text.splitlines()))
        for path in paths
        if path.exists() and "versions" not in path.parts
    )


def templates() -> list[Path]:
    """All templates."""
    return sorted((ROOT / "templates").rglob("*.html"))


def dotted(node: ast.AST) -> str:
    """The written name of a call's target: ``datetime.now``, ``clock.now``; empty for others."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""
