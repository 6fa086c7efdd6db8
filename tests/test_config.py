import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.config import Config, ConfigError, resource_dir


def config(tmp_path: Path, **settings: str) -> Config:
    return Config.from_env({"PORTAL_INSTANCE": str(tmp_path / "instance"), **settings})


def test_without_settings_the_portal_keeps_everything_in_its_instance_folder(tmp_path: Path):
    settings = config(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/portal.db"
    assert settings.files == f"{tmp_path}/instance/files"
    assert (settings.currency, settings.max_upload_mb, settings.secure_cookies) == (
        "CNY",
        20,
        False,
    )


def test_to_whom_invoices_are_made_out_is_the_deployers_to_say(tmp_path: Path):
    assert (config(tmp_path).invoice_title, config(tmp_path).invoice_tax_no) == ("", "")
    told = config(tmp_path, PORTAL_INVOICE_TITLE=" 大东通信 ", PORTAL_INVOICE_TAX_NO="91310115TX2334G26K")
    assert (told.invoice_title, told.invoice_tax_no) == ("大东通信", "91310115TX2334G26K")


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path):
    first, second = config(tmp_path), config(tmp_path)
    kept = tmp_path / "instance" / "secret_key"
    assert first.secret_key == second.secret_key == kept.read_text()
    assert len(first.secret_key) >= 64
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert os.listdir(kept.parent) == ["secret_key"]


def test_workers_that_start_together_agree_on_the_secret(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: config(tmp_path).secret_key, range(32)))
    assert len(set(found)) == 1


def test_a_given_secret_is_used_and_never_printed(tmp_path: Path):
    settings = config(tmp_path, PORTAL_SECRET_KEY="correct horse")
    assert settings.secret_key == "correct horse"
    assert "correct horse" not in repr(settings)
    assert not (tmp_path / "instance" / "secret_key").exists()


def test_a_mail_server_is_used_and_its_password_never_printed(tmp_path: Path):
    url = "mailtos://portal:hunter2@smtp.example.com?from=portal@example.com"
    settings = config(tmp_path, PORTAL_MAIL_URL=url)
    assert settings.mail_url == url
    assert config(tmp_path, PORTAL_MAIL_URL="").mail_url is None
    assert "hunter2" not in repr(settings)
    for wrong in ("smtp://portal:hunter2@x", "hunter2", "mailto://", "mailto:///x", "mailto://a b"):
        with pytest.raises(ConfigError, match="PORTAL_MAIL_URL: must be an address such as") as refused:
            config(tmp_path, PORTAL_MAIL_URL=wrong)
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORTAL_MAX_UPLOAD_MB", "many", "must be a whole number, 1 or more"),
        ("PORTAL_MAX_UPLOAD_MB", "0", "must be a whole number, 1 or more"),
        ("PORTAL_MAX_UPLOAD_MB", "２０", "must be a whole number, 1 or more"),
        ("PORTAL_TRUSTED_PROXIES", "-1", "must be a whole number, 0 or more"),
        ("PORTAL_SECURE_COOKIES", "maybe", "must be yes or no"),
        ("PORTAL_CURRENCY", "yuan", "must be an ISO 4217 code"),
        ("PORTAL_LOG_LEVEL", "loud", "must be one of DEBUG"),
        ("PORTAL_LOGO", "/nowhere.svg", "there is no such file"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, says: str):
    with pytest.raises(ConfigError, match=f"^{name}=.*{says}"):
        config(tmp_path, **{name: value})


def test_an_instance_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "instance").write_text("a file stands in the way")
    with pytest.raises(ConfigError, match="set PORTAL_INSTANCE"):
        config(tmp_path)


def test_an_empty_kept_secret_is_refused(tmp_path: Path):
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "secret_key").touch()
    with pytest.raises(ConfigError, match="delete it to have a new key made"):
        config(tmp_path)


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text("PORTAL_CURRENCY=EUR\nPORTAL_VENDOR_NAME='大 东 $HOME'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_INSTANCE", str(tmp_path))
    assert Config.from_env().currency == "EUR"
    assert Config.from_env().vendor_name == "大 东 $HOME"
    monkeypatch.setenv("PORTAL_CURRENCY", "USD")
    assert Config.from_env().currency == "USD"


def test_cookies_are_secure_behind_https(tmp_path: Path):
    behind_https = config(tmp_path, PORTAL_SECURE_COOKIES="yes").flask_settings()
    assert behind_https["SESSION_COOKIE_SECURE"] is True
    assert behind_https["REMEMBER_COOKIE_SECURE"] is True
    assert config(tmp_path).flask_settings()["SESSION_COOKIE_SECURE"] is False


def test_resources_come_from_the_checkout():
    assert resource_dir("templates") == Path(__file__).resolve().parent.parent / "templates"
