"""Configuration: `PORTAL_` variables and an optional `.env`, read once into one frozen object.

`resource_dir()` is the one place that knows where templates, static files and translations lie:
beside the package in a checkout, inside it in an installed wheel.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off", ""})

Resource = Literal["templates", "static", "translations"]


class ConfigError(ValueError):
    """A setting cannot be used; the text names the variable and says what it accepts."""


def in_checkout() -> bool:
    """Whether the package runs from a source tree rather than from an installed wheel."""
    return (CHECKOUT / "pyproject.toml").is_file()


def resource_dir(name: Resource) -> Path:
    """The absolute folder of `name`: the checkout's own, else the copy inside the wheel."""
    return CHECKOUT / name if in_checkout() else PACKAGE / "_shipped" / name


def default_instance_dir() -> Path:
    """Where the portal keeps its own data: `instance/` of the checkout, else of the work folder."""
    return (CHECKOUT if in_checkout() else Path.cwd()) / "instance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a deployer can set. README.md has the table; `.env.example` a file to copy."""

    database_url: str
    secret_key: str = field(repr=False)
    instance: Path
    files: str
    vendor_name: str = "渠道伙伴门户"
    vendor_name_en: str = "Partner Portal"
    logo: Path | None = None
    currency: str = "CNY"
    invoice_title: str = ""
    invoice_tax_no: str = ""
    max_upload_mb: int = 20
    secure_cookies: bool = False
    trusted_proxies: int = 0
    public_url: str | None = None
    # With a password in it, as a rule.
    mail_url: str | None = field(default=None, repr=False)
    notice_days: int = 180
    log_level: str = "INFO"
    testing: bool = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Config":
        """The configuration of this process; makes the instance folder and secret key if absent.

        `environ` stands in for the process's environment and `.env` (tests).

        :raises ConfigError: a variable has a value that cannot be used.
        """
        values = _environment() if environ is None else environ
        instance = Path(values.get("PORTAL_INSTANCE") or default_instance_dir()).absolute()
        logo = values.get("PORTAL_LOGO")
        return cls(
            database_url=values.get("PORTAL_DATABASE_URL") or _sqlite_url(instance),
            secret_key=values.get("PORTAL_SECRET_KEY") or _kept_secret(instance),
            instance=instance,
            files=values.get("PORTAL_FILES") or str(instance / "files"),
            vendor_name=values.get("PORTAL_VENDOR_NAME") or "渠道伙伴门户",
            vendor_name_en=values.get("PORTAL_VENDOR_NAME_EN") or "Partner Portal",
            logo=_existing_file("PORTAL_LOGO", logo) if logo else None,
            currency=_currency(values.get("PORTAL_CURRENCY") or "CNY"),
            invoice_title=(values.get("PORTAL_INVOICE_TITLE") or "").strip(),
            invoice_tax_no=(values.get("PORTAL_INVOICE_TAX_NO") or "").strip(),
            max_upload_mb=_number(values, "PORTAL_MAX_UPLOAD_MB", default=20, least=1),
            secure_cookies=_switch(values, "PORTAL_SECURE_COOKIES"),
            trusted_proxies=_number(values, "PORTAL_TRUSTED_PROXIES", default=0, least=0),
            public_url=_address("PORTAL_PUBLIC_URL", values.get("PORTAL_PUBLIC_URL") or ""),
            mail_url=_mail_server(values.get("PORTAL_MAIL_URL") or ""),
            notice_days=_number(values, "PORTAL_NOTICE_DAYS", default=180, least=60),
            log_level=_log_level(values.get("PORTAL_LOG_LEVEL") or "INFO"),
        )

    def flask_settings(self) -> dict[str, Any]:
        """The same in the names that Flask and its extensions look for."""
        return {
            "SECRET_KEY": self.secret_key,
            "TESTING": self.testing,
            "MAX_CONTENT_LENGTH": self.max_upload_mb * 1024 * 1024,
            # A form with very many short fields costs time, not bytes.
            "MAX_FORM_PARTS": 2000,
            "SESSION_COOKIE_SECURE": self.secure_cookies,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SECURE": self.secure_cookies,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "WTF_CSRF_TIME_LIMIT": None,
            "BABEL_DEFAULT_LOCALE": "en",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "BABEL_TRANSLATION_DIRECTORIES": str(resource_dir("translations")),
        }


def _environment() -> dict[str, str]:
    """The process's environment over the nearest `.env` (of the work folder, else the checkout)."""
    for folder in (Path.cwd(), CHECKOUT):
        if (folder / ".env").is_file():
            kept = dotenv_values(folder / ".env", interpolate=False)
            return {key: value for key, value in kept.items() if value is not None} | os.environ
    return dict(os.environ)


def _sqlite_url(instance: Path) -> str:
    _make_folder(instance)
    return f"sqlite:///{instance / 'portal.db'}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder {folder} ({error.strerror}); set PORTAL_INSTANCE to one that"
            " can be written"
        ) from error


def _kept_secret(instance: Path) -> str:
    """The secret kept beside the database, made the first time; readable by its owner only."""
    _make_folder(instance)
    path = instance / "secret_key"
    if not path.exists():
        # Written whole under another name and then linked: of two workers that start together
        # one wins, and neither ever reads half a key.
        handle, draft = tempfile.mkstemp(dir=instance)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise ConfigError(f"{path} is empty; delete it to have a new key made")
    return secret


def _existing_file(name: str, value: str) -> Path:
    path = Path(value).absolute()
    if not path.is_file():
        raise ConfigError(f"{name}={value}: there is no such file")
    return path


def _number(values: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = values.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise ConfigError(f"{name}={text}: must be a whole number, {least} or more")
    return int(text)


def _switch(values: Mapping[str, str], name: str) -> bool:
    text = values.get(name, "").strip().lower()
    if text not in _YES | _NO:
        raise ConfigError(f"{name}={text}: must be yes or no")
    return text in _YES


def _address(name: str, text: str) -> str | None:
    """An address without the slash at its end, as links are made from it."""
    if text and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ConfigError(f"{name}={text}: must be an address such as https://portal.example.com")
    return text.rstrip("/") or None


def _mail_server(text: str) -> str | None:
    """The mail server; what is wrong with it is said without the password that may stand in it."""
    if text and not re.fullmatch(r"mailtos?://[^\s/]\S*", text):
        raise ConfigError(
            "PORTAL_MAIL_URL: must be an address such as mailtos://user:password@smtp.example.com?from=…"
        )
    return text or None


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ConfigError(f"PORTAL_CURRENCY={text}: must be an ISO 4217 code such as CNY")
    return text


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ConfigError(f"PORTAL_LOG_LEVEL={text}: must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()
