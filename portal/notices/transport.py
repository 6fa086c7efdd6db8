"""The way out: mail by the deployer's server, robots of WeCom and DingTalk by their keys alone.

The addresses, signatures and connections are apprise's, which is loaded when something is sent. Ours is that
a robot's answer is read: both services answer 200 to a wrong key, and say in the body that they sent nothing.
"""

import json
import logging
import threading
import time
from functools import cache
from types import SimpleNamespace
from typing import Any

from portal.domain.letters import Letter, one_line
from portal.domain.notices import Channel, Dropped
from portal.notices.sending import NotSent, Undelivered
from portal.notices.vault import KeyLost, Vault

# Seconds for each step of a service's answer, and for all of the answer of a robot's.
_TIMEOUT = 15
_OK = 200
_LONGEST = 300
_LARGEST = 10_000


def deliver(person: Any, channel: Channel, letter: Letter, *, mail_url: str | None, vault: Vault) -> None:
    """Send one message to one person.

    :raises NotSent: the person is switched off, is of a partner that left or has no address there, there is
        no mail server, or the robot's key was sealed with another secret.
    :raises Undelivered: the service did not take it; the text is its own, without any secret.
    """
    if not person.active:
        raise NotSent(Dropped.INACTIVE)
    if person.partner_active is False:
        raise NotSent(Dropped.PARTNER_LEFT)
    if channel is Channel.EMAIL and person.email_on is not False and person.email:
        if not mail_url:
            raise NotSent(Dropped.NO_MAIL_SERVER)
        _mail(mail_url, person.email, letter)
    elif channel is Channel.WECOM and person.wecom_key:
        _post(_robot(_services().wecom, key=_opened(vault, person.wecom_key)).api_url, letter.text)
    elif channel is Channel.DINGTALK and person.dingtalk_token:
        secret = _opened(vault, person.dingtalk_secret) or None
        robot = _robot(_services().dingtalk, token=_opened(vault, person.dingtalk_token), secret=secret)
        url = robot.notify_url.format(token=robot.token)
        if secret:
            url += "&timestamp={}&sign={}".format(*robot.get_signature())
        _post(url, letter.text)
    else:
        raise NotSent(Dropped.NO_ADDRESS)


def _opened(vault: Vault, kept: str) -> str:
    try:
        return vault.open(kept)
    except KeyLost:
        raise NotSent(Dropped.KEY_LOST) from None


def _mail(url: str, address: str, letter: Letter) -> None:
    """Mail in two parts. What went wrong apprise tells its log alone: it is read from there."""
    services = _services()
    parsed = services.mail.parse_url(url)
    if not parsed:
        raise Undelivered("PORTAL_MAIL_URL cannot be read")
    heard, level = _Heard(), services.log.level
    services.log.addHandler(heard)
    services.log.setLevel(logging.DEBUG)
    try:
        mail = services.mail(**parsed | {"targets": [address]})
        if [target for _name, target in mail.targets] != [address]:
            raise Undelivered("this is no address that mail can be sent to")
        sent = mail.notify(title=letter.subject, body=letter.html, body_format=services.html)
    except services.misconfigured as error:
        raise Undelivered(f"PORTAL_MAIL_URL: {error}") from error
    finally:
        services.log.setLevel(level)
        services.log.removeHandler(heard)
    if not sent:
        raise Undelivered(one_line(" · ".join(heard.reasons) or "the mail was not accepted", _LONGEST))


class _Heard(logging.Handler):
    """Why a mail was not sent: warnings, and the exception that apprise logs for developers."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.reasons: list[str] = []
        self._mine = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what says why; other threads send mail of their own."""
        text = record.getMessage()
        if record.thread == self._mine and (
            record.levelno >= logging.WARNING or text.startswith("Socket Exception")
        ):
            self.reasons.append(text)


def _robot(service: Any, **keys: str | None) -> Any:
    """Apprise's idea of a robot; it knows the host, and which forms a key has."""
    try:
        return service(**keys)
    except _services().misconfigured as error:
        raise Undelivered("no robot's key has this form") from error


def _post(url: str, text: str) -> None:
    """Hand a robot its text and read the answer."""
    requests = _services().requests
    content = {"msgtype": "text", "text": {"content": text}}
    try:
        with requests.post(url, json=content, timeout=_TIMEOUT, allow_redirects=False, stream=True) as answer:
            body = _body(answer) if answer.status_code == _OK else b""
    except requests.RequestException as error:
        # Its text would hold the address, and with it the key.
        raise Undelivered(f"no connection ({type(error).__name__})") from None
    if answer.status_code != _OK:
        raise Undelivered(f"HTTP {answer.status_code}")
    try:
        told = dict(json.loads(body))
    except (ValueError, TypeError) as error:
        raise Undelivered("an answer that cannot be read") from error
    if told.get("errcode") != 0:
        raise Undelivered(one_line(f"{told.get('errcode')} {told.get('errmsg', '')}", _LONGEST))


def _body(answer: Any) -> bytes:
    """What a robot answers, which is short: one that dribbles or never ends is cut off."""
    until, body = time.monotonic() + _TIMEOUT, bytearray()
    for piece in answer.iter_content(1):
        body += piece
        if len(body) > _LARGEST or time.monotonic() > until:
            raise Undelivered("an answer that does not end")
    return bytes(body)


@cache
def _services() -> Any:
    """What sends, loaded when there is something to send: it takes a fifth of a second."""
    import requests
    from apprise import NotifyFormat
    from apprise.exception import AppriseImproperlyConfigured
    from apprise.logger import logger
    from apprise.plugins.dingtalk import NotifyDingTalk
    from apprise.plugins.email.base import NotifyEmail
    from apprise.plugins.wecombot import NotifyWeComBot

    return SimpleNamespace(
        mail=NotifyEmail, wecom=NotifyWeComBot, dingtalk=NotifyDingTalk, html=NotifyFormat.HTML, log=logger,
        misconfigured=AppriseImproperlyConfigured, requests=requests,
    )  # fmt: skip
