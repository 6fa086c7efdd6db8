"""One reading session, one instant and one actor per request."""

from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, cast

from flask import Flask, abort, current_app, g, request
from sqlalchemy.engine import Engine
from sqlmodel import Session
from werkzeug.routing import IntegerConverter

from portal import clock, db
from portal.config import Config
from portal.domain.periods import business_date
from portal.domain.roles import Actor

_PATIENCE = 20.0
_LARGEST_ID = 2**31 - 1


class RowId(IntegerConverter):
    """``<int:…>`` in an address: what no column can hold is no address (404), not an error."""

    def __init__(self, url_map: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(url_map, *arguments, **{"max": _LARGEST_ID, **options})


def init_app(app: Flask) -> None:
    """Close the reading session when the request is over; refuse what no database can read."""
    app.url_map.converters["int"] = RowId

    @app.before_request
    def refuse_nul() -> None:
        # PostgreSQL has no text with a NUL in it, and no person types one into an address.
        if any("\x00" in value for value in request.args.values()):
            abort(400)

    @app.teardown_appcontext
    def close_session(_error: BaseException | None) -> None:
        session = g.pop("reading", None)
        if session is not None:
            session.close()


def engine() -> Engine:
    """The application's engine."""
    return cast(Engine, current_app.extensions["portal_engine"])


def config() -> Config:
    """The application's configuration."""
    return cast(Config, current_app.extensions["portal_config"])


def reading() -> Session:
    """The request's session for reading; what it would write is never committed."""
    if "reading" not in g:
        g.reading = Session(db.unbound(engine()), autoflush=False)
    return cast(Session, g.reading)


def transaction() -> AbstractContextManager[Session]:
    """A transaction for the request's one act; the reading session lets go of the database first.

    A person waits for other writers only so long, and so does everybody behind in the server's queue.
    """
    if "reading" in g:
        g.pop("reading").close()
    return db.transaction(engine(), patience=_PATIENCE)


def now() -> datetime:
    """The request's one instant."""
    if "now" not in g:
        g.now = clock.now()
    return cast(datetime, g.now)


def today() -> date:
    """The request's business day."""
    kept = g.get("today")
    if kept is None:
        kept = g.today = business_date(now())
    return cast(date, kept)


def actor() -> Actor:
    """The signed-in person as plain data for services and rules."""
    return cast(Actor, g.actor)
