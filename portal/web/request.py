"""One reading session, one instant and one actor per request."""

from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, cast

from flask import Flask, abort, current_app, g, request
from sqlalchemy.engine import Engine
from sqlmodel import Session
from werkzeug.datastructures import ImmutableMultiDict
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
    """Close the reading session when the request is over; keep out what no database can hold."""
    app.url_map.converters["int"] = RowId

    @app.before_request
    def keep_nul_out() -> None:
        # PostgreSQL has no text with a NUL in it. No person types one into an address; one that was pasted
        # into a form is dropped like everything that nobody sees.
        if any("\x00" in value for _name, value in request.args.items(multi=True)):
            abort(400)
        if any("\x00" in value for _name, value in request.form.items(multi=True)):
            request.form = ImmutableMultiDict(
                [(name, value.replace("\x00", "")) for name, value in request.form.items(multi=True)]
            )

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
