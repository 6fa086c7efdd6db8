"""What commands say, in the language of the terminal; refusals on standard error."""

import gc
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
import sqlalchemy.exc as sa_exc
from flask import Flask
from flask.cli import FlaskGroup
from flask_babel import Babel, force_locale

from portal.config import ConfigError, resource_dir
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


class Commands(FlaskGroup):
    """A group whose commands tell what is wrong with a database, a file or a setting in words."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal is printed and leaves with exit code 1."""
        with refusals():
            return super().invoke(ctx)


@contextmanager
def progress(kind: str) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal; silence in scripts."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}: {task.completed}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(kind)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for unreachable cycles meanwhile.

    Every full pass walks all rows kept so far and finds nothing: about a tenth of a large import's time, a
    third of a large roll-up's.
    """
    wanted = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if wanted:
            gc.enable()


@contextmanager
def refusals() -> Iterator[None]:
    """Print a rule's refusals, and faults outside the portal; leave with exit code 1."""
    try:
        yield
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except Exception as error:
        refusal = error if isinstance(error, RuleViolation) else _fault(error)
        if refusal is None:
            raise
        with speaking():
            for problem in problems_of(refusal):
                click.echo(words(problem), err=True)
        sys.exit(1)


def _fault(error: Exception) -> RuleViolation | None:
    """A fault of the surroundings as a refusal; None for one that is the portal's own."""
    if isinstance(error, sa_exc.ArgumentError):
        return RuleViolation("db.bad_url")
    if isinstance(error, sa_exc.TimeoutError | sa_exc.OperationalError | sqlite3.DatabaseError) or (
        type(error) is sa_exc.DatabaseError  # not a database at all; the kinds below it are mistakes of ours
    ):
        told = " ".join(str(getattr(error, "orig", None) or error).split())
        return RuleViolation("db.unavailable", told=told[:300])
    # A reader that went away (`portal export … | head`) is click's business.
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return RuleViolation("file.failed", told=told)
    return None
