"""Chromium on a served portal: `page` is signed out, `page.goto("/…")` opens a page of the test's.

A failed test leaves a screenshot and a trace in `build/browser/`; a script error or a refusal by
the content security policy fails the test that caused it.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from tests.support.clocks import as_in_the_test
from tests.support.people import PASSWORD, Person
from tests.support.source import ROOT

FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
KEPT = ROOT / "build" / "browser"

failed = pytest.StashKey[bool]()
SignIn = Callable[[Page, Person], None]
AxeCheck = Callable[..., list[str]]
# Only what is wrong comes back: everything that is right takes longer to carry over than to find.
FIND = """only => axe.run({runOnly: only, resultTypes: ['violations']}).then(found =>
    found.violations.flatMap(each => each.nodes.map(node => [each.id, node.html, node.failureSummary])))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser_instance" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report: Any = yield
    if report.failed:
        item.stash[failed] = True
    return report


def program() -> str:
    """Where chromium is; the system's own, never one that Playwright downloads."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), MAC_CHROME)
    if not Path(found).exists():
        raise RuntimeError("Chromium is missing: run scripts/system-needs test")
    return found


@pytest.fixture(scope="session")
def playwright_instance() -> Iterator[Playwright]:
    """Playwright's driver, one per worker."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser_instance(playwright_instance: Playwright) -> Iterator[Browser]:
    """Headless chromium, one per worker; every test gets a context of its own."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    browser = playwright_instance.chromium.launch(executable_path=program(), args=[*FLAGS, *sandbox])
    yield browser
    browser.close()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: a line per request would drown the report."""


def serve(app: Flask) -> BaseWSGIServer:
    """A server on a free loopback port that answers at the time the test's clock shows."""

    def at_the_tests_time(environ: Any, start_response: Any) -> Any:
        with as_in_the_test():
            return app(environ, start_response)

    return make_server("127.0.0.1", 0, at_the_tests_time, threaded=True, request_handler=_Quiet)


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The address of the served application, as a person's browser reaches it."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = serve(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser_options() -> dict[str, Any]:
    """What `new_context` gets; override for a phone, the dark theme, no JavaScript."""
    return {"locale": "en-US", "timezone_id": "Asia/Shanghai", "viewport": WIDE}


@pytest.fixture
def traced() -> bool:
    """Whether a failure leaves a trace of what led to it; override where a page alone tells enough."""
    return True


@pytest.fixture
def context(
    browser_instance: Browser,
    live_server: str,
    browser_options: dict[str, Any],
    traced: bool,
    request: pytest.FixtureRequest,
) -> Iterator[BrowserContext]:
    """A browser of one person's: own cookies, own storage."""
    made = browser_instance.new_context(base_url=live_server, **browser_options)
    made.set_default_timeout(10_000)
    if traced:
        made.tracing.start(screenshots=True, snapshots=True)
    yield made
    if traced and request.node.stash.get(failed, False):
        made.tracing.stop(path=kept(request, "zip"))
    elif traced:
        made.tracing.stop()
    made.close()


@pytest.fixture
def page(context: BrowserContext, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in that browser. Its script errors and refused resources fail the test."""
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield opened
    if request.node.stash.get(failed, False):
        opened.screenshot(path=kept(request, "png"), full_page=True)
    assert complaints == []


def kept(request: pytest.FixtureRequest, suffix: str) -> str:
    """Where what a failed test left behind goes."""
    KEPT.mkdir(parents=True, exist_ok=True)
    return str(KEPT / f"{re.sub(r'[^0-9A-Za-z_.-]+', '-', request.node.name)}.{suffix}")


@pytest.fixture
def sign_in() -> SignIn:
    """`sign_in(page, person)` goes through the form with the keyboard."""

    def go(page: Page, person: Person) -> None:
        page.goto("/login")
        page.locator("[name=email]").fill(person.email)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)

    return go


@pytest.fixture
def axe() -> AxeCheck:
    """`axe(page)` lists what breaks WCAG 2.2 AA on the page as it stands: rule, place, why.

    `axe(page, "color-contrast")` looks at that rule alone.
    """

    def check(page: Page, *rules: str) -> list[str]:
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG}
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(Axe().axe_script)
        return [f"{rule}: {html[:120]} - {why}" for rule, html, why in page.evaluate(FIND, only)]

    return check
