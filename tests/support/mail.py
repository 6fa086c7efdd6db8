"""Services on loopback that really receive what the portal sends: a mail server, and a robots' host."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MailServer:
    """A mail server that can be down, refuse people, and be asked what came in."""

    port: int = field(default_factory=free_port)
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    _controller: Controller | None = None

    @property
    def url(self) -> str:
        """What PORTAL_MAIL_URL is set to."""
        return f"mailto://127.0.0.1:{self.port}?from=portal@example.com&name=Portal"

    def up(self) -> None:
        """Listen."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def down(self) -> None:
        """Refuse connections."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's naming
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refused:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Keep a message."""
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        return "250 OK"


def parts(message: EmailMessage) -> tuple[str, str]:
    """The plain and the HTML part of a mail."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server on loopback, listening."""
    server = MailServer()
    server.up()
    yield server
    server.down()


@dataclass
class RobotHost:
    """Where the robots of WeCom and DingTalk are asked: what was posted, and what is answered."""

    url: str = ""
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answer: Callable[[], tuple[int, bytes]] = lambda: (200, b'{"errcode": 0, "errmsg": "ok"}')


@pytest.fixture
def robots(monkeypatch: pytest.MonkeyPatch) -> Iterator[RobotHost]:
    """Both services' hosts, on loopback."""
    from apprise.plugins.dingtalk import NotifyDingTalk
    from apprise.plugins.wecombot import NotifyWeComBot

    host = RobotHost()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            host.posted.append((self.path, json.loads(body)))
            status, content = host.answer()
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    host.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(NotifyWeComBot, "notify_url", host.url + "/cgi-bin/webhook/send?key={key}")
    monkeypatch.setattr(NotifyDingTalk, "notify_url", host.url + "/robot/send?access_token={token}")
    yield host
    server.shutdown()
    thread.join()
    server.server_close()
