"""Logs: one line an event, JSON-like, each with the request's reference."""

import logging
import secrets

import structlog
from flask import Flask, g, request

from portal.config import Config

log = structlog.get_logger("portal")


def init_app(app: Flask, config: Config) -> None:
    """Set the log up and give every request a reference that error pages show."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            getattr(logging, config.log_level.upper(), logging.INFO)
        ),
        logger_factory=structlog.PrintLoggerFactory(),
    )

    @app.before_request
    def give_reference() -> None:
        g.reference = secrets.token_hex(4).upper()


def place() -> str:
    """The address asked for, as the log may have it: without the secret of a one-time link."""
    rule = request.url_rule
    return rule.rule if rule and "<secret>" in rule.rule else request.path


def reference() -> str:
    """The reference of this request, as shown to the person and written to the log."""
    return str(g.get("reference", "-"))
