"""`portal tick`, once; `portal worker`, the same for ever."""

import signal
import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from flask_babel import lazy_ngettext
from sqlalchemy.engine import Engine

from portal import clock, db
from portal.commands import output, sending
from portal.commands.comparing import work_off
from portal.commands.depositing import settle_deposits
from portal.commands.weekly import roll_up
from portal.config import Config
from portal.conflicts.service import settle_lapses
from portal.domain.periods import business_date
from portal.notices.forgetting import forget

log = structlog.get_logger("portal")


def tick(
    engine: Engine,
    config: Config,
    *,
    clock: Callable[[], datetime],
    stopped: Callable[[], bool] = lambda: False,
    quiet: bool = False,
) -> None:
    """Everything that passing time causes, then what is to be sent. `quiet`: say nothing of nothing."""
    now = clock()
    with db.transaction(engine) as session:
        db.lock_registry(session)
        lapsed = len(settle_lapses(session, now=now, today=business_date(now)))
    if lapsed or not quiet:
        output.say(lazy_ngettext("%(num)d registration lapsed.", "%(num)d registrations lapsed.", lapsed))
    settle_deposits(engine, now=now)
    roll_up(engine, now=now)
    work_off(engine, now=now)
    sending.tell(engine, now=now)
    sending.send(engine, config, clock=clock, stopped=stopped)
    forget(engine, now=now, days=config.notice_days, stopped=stopped)


def work(engine: Engine, config: Config, *, every: float) -> None:
    """Tick again and again, until SIGTERM or Ctrl-C; the message on its way is finished first.

    A round that fails, because the database is away for a moment, is logged; the next one makes up for it.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            tick(engine, config, clock=clock.now, stopped=stop.is_set, quiet=True)
        except Exception:
            log.exception("worker.round_failed")
        stop.wait(every)
