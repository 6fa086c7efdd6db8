"""The scripts behind `make`, where something is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.check_locks import faults
from tests.support.source import ROOT


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """An environment with a shell and little else: no apt, no Python, no chromium."""
    for tool in ("bash", "sh", "env", "dirname", "id", "uname"):
        os.symlink(str(shutil.which(tool)), tmp_path / tool)
    return {"PATH": str(tmp_path)}


def system_needs(environment: dict[str, str], purpose: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(shutil.which("bash")), str(ROOT / "scripts" / "system-needs"), purpose],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_without_apt_is_told_what_to_install(bare_machine: dict[str, str]):
    said = system_needs(bare_machine, "test")
    assert said.returncode == 1
    assert "Python 3.11 or later" in said.stderr
    assert "Chromium" in said.stderr
    for line in ("sudo apt-get install python3", "sudo dnf install python3", "brew install"):
        assert line in said.stderr
    assert "https://www.python.org/downloads/" in said.stderr


def test_what_only_tests_need_is_not_asked_of_who_runs_the_portal(bare_machine: dict[str, str]):
    said = system_needs(bare_machine, "run")
    assert "Python 3.11 or later" in said.stderr
    assert "Chromium" not in said.stderr
    assert "PostgreSQL" not in said.stderr


def test_this_machine_has_what_the_tests_need():
    assert system_needs(dict(os.environ), "test").returncode == 0


def test_an_unknown_purpose_is_wrong_usage():
    assert system_needs(dict(os.environ), "fly").returncode == 2


def test_a_python_that_is_too_old_is_passed_over(bare_machine: dict[str, str], tmp_path: Path):
    old = tmp_path / "python3"
    # Answers the way an old one does to the question for its version: no.
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    found = subprocess.run(
        [str(shutil.which("sh")), str(ROOT / "scripts" / "find-python")],
        env=bare_machine,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, "")


def test_the_lock_files_pin_everything_that_is_named():
    assert faults() == []


def test_make_lists_what_it_can_do():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "run", "test", "lint", "fix", "types", "i18n", "seed", "check"):
        assert f"make {target} " in listed
