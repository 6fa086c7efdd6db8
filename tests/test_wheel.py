"""The built wheel carries all that the portal needs: installed elsewhere, it shows its pages."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.source import ROOT

# Runs in the other environment, in an empty folder.
VISIT = """
import datetime, pathlib, sys
import portal
from portal import config, db, schema
assert pathlib.Path(portal.__file__).is_relative_to(sys.prefix), portal.__file__
assert not config.in_checkout()
settings = config.Config.from_env()
schema.bring_up_to_date(db.make_engine(settings.database_url), now=datetime.datetime.now(datetime.UTC))
client = portal.create_app(settings).test_client()
page = client.get("/login", headers={"Accept-Language": "zh-CN"})
assert page.status_code == 200, page.status
print(page.text)
for path in pathlib.Path(config.resource_dir("static")).rglob("*.css"):
    sheet = client.get("/static/" + path.relative_to(config.resource_dir("static")).as_posix())
    assert sheet.status_code == 200, path
"""


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PORTAL_INSTANCE": str(cwd / "instance")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline from this checkout by the locked build tool."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run(*build, "--no-index", "--wheel-dir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_what_lies_beside_the_package(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("templates", "static", "translations"):
        beside = {
            f"portal/_shipped/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert beside
        assert beside <= names
    assert {"portal/policy/default.json", "portal/statements/statement.typ"} <= names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_installed_wheel_shows_the_sign_in_page_in_chinese(wheel: Path, tmp_path: Path):
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    run(*pip, "--no-index", wheel, cwd=tmp_path)
    # What the portal depends on is there already; installing it again would only be slow.
    site = next((tmp_path / "venv" / "lib").glob("*/site-packages"))
    (site / "installed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    page = run(python, "-c", VISIT, cwd=tmp_path)
    assert "登录" in page
    assert (tmp_path / "venv" / "bin" / "portal").exists()
