"""What commands say, in the language of the terminal; refusals on standard error."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask
from flask_babel import Babel, force_locale

from portal.config import resource_dir
from portal.domain.errors import RuleViolation, problems_of


@contextmanager
def speaking() -> Iterator[None]:
    """Inside the block texts come in Chinese when the terminal's locale is Chinese, else English."""
    app = Flask("portal.terminal")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(resource_dir("translations"))
    Babel(app, default_locale="en")
    told = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    with app.app_context(), force_locale("zh" if told.lower().startswith("zh") else "en"):
        yield


def words(problem: RuleViolation) -> str:
    """A refusal in words; call it inside `speaking`."""
    from portal.web.labels import message

    return message(problem)


def say(text: Any, *, err: bool = False) -> None:
    """Print a lazy text in the language of the terminal."""
    with speaking():
        click.echo(str(text), err=err)


@contextmanager
def refusals() -> Iterator[None]:
    """Print a rule's refusals and leave with exit code 1."""
    try:
        yield
    except RuleViolation as error:
        with speaking():
            for problem in problems_of(error):
                click.echo(words(problem), err=True)
        sys.exit(1)
