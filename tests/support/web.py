"""The application and its test client: `client.get` for pages, `client.hx.get` for fragments."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import portal
from portal.config import Config
from tests.support.databases import KeptEngine
from tests.support.people import PASSWORD, Person

Login = Callable[[FlaskClient, Person], FlaskClient]


class Htmx:
    """The same requests as htmx sends them."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        """A request with HX-Request; `current` is the page that the person is looking at."""
        headers = {"HX-Request": "true", **options.pop("headers", {})}
        if current := options.pop("current", None):
            headers["HX-Current-URL"] = f"http://localhost{current}"
        return self._client.open(*arguments, headers=headers, **options)

    def get(self, *arguments: Any, **options: Any) -> TestResponse:
        """GET as htmx."""
        return self.open(*arguments, method="GET", **options)

    def post(self, *arguments: Any, **options: Any) -> TestResponse:
        """POST as htmx."""
        return self.open(*arguments, method="POST", **options)


class PortalClient(FlaskClient):
    """Flask's client with `hx` beside it."""

    @property
    def hx(self) -> Htmx:
        """Requests for fragments."""
        return Htmx(self)


def config_for(db_url: str, folder: Path) -> Config:
    """A configuration that keeps everything in `folder`."""
    return Config(
        database_url=db_url,
        secret_key="a secret for tests only",
        instance=folder,
        files=str(folder / "files"),
        testing=True,
    )


class _Kept:
    """An application that serves test after test, with what one of them may change as it was.

    Making one takes a quarter of a second, compiling its templates more.
    """

    def __init__(self, config: Config) -> None:
        self.app = portal.create_app(config)
        # Forms are posted by hand here; the browser tests post with the token.
        self.app.config["WTF_CSRF_ENABLED"] = False
        self.app.test_client_class = PortalClient
        # From the first request on Flask refuses further pages and hooks.
        self.app.test_client().get("/static/icons.svg").close()
        self._log = structlog.get_config()
        self._held = [(each, dict(each)) for each in self._changeable()]

    def _changeable(self) -> list[dict[Any, Any]]:
        return [self.app.config, self.app.extensions, self.app.jinja_env.globals]

    def as_new(self, config: Config, engine: sa.Engine) -> Flask:
        for now, before in self._held:
            now.clear()
            now.update(before)
        self.app.extensions |= {"portal_config": config, "portal_engine": engine}
        structlog.configure(**self._log)
        return self.app


@pytest.fixture(scope="session")
def kept_apps() -> dict[str, _Kept]:
    """One application for each database's address."""
    return {}


@pytest.fixture
def app(db_url: str, tmp_path: Path, kept_apps: dict[str, _Kept], kept_engine: KeptEngine) -> Iterator[Flask]:
    """The application on the test's database. Open no context while the client is used.

    It takes no further pages or hooks: for those, `new_app`.
    """
    config, own = config_for(db_url, tmp_path), kept_engine(db_url, "the application")
    if db_url not in kept_apps:
        kept_apps[db_url] = _Kept(config)
    yield kept_apps[db_url].as_new(config, own)
    own.dispose()


@pytest.fixture
def new_app(db_url: str, tmp_path: Path) -> Iterator[Flask]:
    """An application of the test's own, to add pages or hooks to."""
    made = portal.create_app(config_for(db_url, tmp_path))
    made.config["WTF_CSRF_ENABLED"] = False
    made.test_client_class = PortalClient
    yield made
    made.extensions["portal_engine"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of nobody in particular; every call of `app.test_client()` is another one."""
    return app.test_client()


@pytest.fixture
def login() -> Login:
    """`login(client, person)` signs in through the form and returns the client."""

    def sign_in(client: FlaskClient, person: Person) -> FlaskClient:
        answer = client.post("/login", data={"email": person.email, "password": PASSWORD})
        assert answer.status_code in (302, 303), f"{person.email} could not sign in"
        return client

    return sign_in
