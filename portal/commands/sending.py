"""What `portal tick` and `portal worker` send: each message in the language of its reader."""

from collections.abc import Callable
from datetime import datetime

from flask_babel import lazy_ngettext
from sqlalchemy.engine import Engine

from portal import db
from portal.commands import output
from portal.config import Config
from portal.notices.lapses import tell_of_lapses
from portal.notices.sending import Batch, send_due
from portal.notices.transport import deliver
from portal.notices.vault import Vault, seal_plain
from portal.support.telling import tell_overdue
from portal.web.notice_mail import compose
from portal.weekly.telling import tell_of_reports


def tell(engine: Engine, *, now: datetime) -> None:
    """Put what time has brought about into inbox and outbox; telling it twice changes nothing."""
    with db.transaction(engine) as session:
        tell_of_lapses(session, now=now)
        tell_of_reports(session, now=now)
        tell_overdue(session, now=now)


def send(
    engine: Engine,
    config: Config,
    *,
    clock: Callable[[], datetime],
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Send what is due and say how many messages went out; says nothing where nothing was due."""

    vault = Vault(config.secret_key)
    with db.transaction(engine) as session:
        seal_plain(session, vault)

    def hand_over(batch: Batch) -> None:
        person = batch.person
        letter = compose(
            config, name=person.name, language=person.locale, channel=batch.channel, items=batch.items,
            total=batch.total,
        )  # fmt: skip
        deliver(person, batch.channel, letter, mail_url=config.mail_url, vault=vault)

    with output.speaking():
        outcome = send_due(engine, clock=clock, deliver=hand_over, stopped=stopped)
    for number, text in (
        (outcome.sent, lazy_ngettext("%(num)d message sent.", "%(num)d messages sent.", outcome.sent)),
        (
            outcome.put_off,
            lazy_ngettext(
                "%(num)d message was not accepted and is tried again.",
                "%(num)d messages were not accepted and are tried again.",
                outcome.put_off,
            ),
        ),
        (
            outcome.dropped,
            lazy_ngettext(
                "%(num)d message has nowhere to go.", "%(num)d messages have nowhere to go.", outcome.dropped
            ),
        ),
    ):
        if number:
            output.say(text)
