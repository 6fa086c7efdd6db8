"""Whether the lock files pin everything that pyproject.toml names, with hashes; exit 1 if not."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def plain(name: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(path: Path) -> dict[str, bool]:
    """The names a lock file pins, and whether each carries a hash."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if "==" in line]
    return {plain(NAME.match(line).group()): "--hash=" in line for line in lines}  # type: ignore[union-attr]


def faults() -> list[str]:
    """One line for each requirement that is not pinned, or not by hash."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    named = {
        "requirements.lock": project["project"]["dependencies"] + groups["build"],
        "requirements-dev.lock": [each for each in groups["dev"] if isinstance(each, str)],
    }
    found = []
    for file, requirements in named.items():
        lock = pinned(ROOT / file)
        wanted = {plain(NAME.match(each).group()) for each in requirements}  # type: ignore[union-attr]
        found += [f"{file} does not pin {name}: run `make lock`" for name in sorted(wanted - set(lock))]
        found += [f"{file} has no hash for {name}" for name, hashed in lock.items() if not hashed]
    return found


if __name__ == "__main__":
    complaints = faults()
    print("\n".join(complaints), file=sys.stderr, end="\n" if complaints else "")
    sys.exit(bool(complaints))
