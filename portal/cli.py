"""The command line (interfaces.md): Flask's own click group and what deployers need beside it."""

import os
import sys
from pathlib import Path
from typing import Any

import click
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_ngettext

from portal import clock, db, schema
from portal.commands import backups, output
from portal.config import Config


def _app() -> Any:
    from portal import create_app

    return create_app()


@click.group(cls=output.Commands, create_app=_app, add_version_option=False)
def main() -> None:
    """Partner Portal: register customers, settle who owns them, move them to signed."""


def _engine() -> Any:
    """The configured database; its connections are closed when the command is done."""
    engine = db.make_engine(Config.from_env().database_url)
    click.get_current_context().call_on_close(engine.dispose)
    return engine


def _ready() -> Any:
    """The same, with the schema of this version: a command works on a new or an old database."""
    engine = _engine()
    schema.bring_up_to_date(engine, now=clock.now())
    return engine


def _in_a_folder(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file to write before any work is done for it."""
    if path is not None and not path.absolute().parent.is_dir():
        with output.speaking():
            raise click.BadParameter(str(_l("There is no folder %(folder)s.", folder=str(path.parent))))
    return path


@main.command(with_appcontext=False)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; more with PostgreSQL.")
def serve(host: str, port: int, workers: int) -> None:
    """Bring the schema up to date and serve."""
    from granian import Granian
    from granian.constants import Interfaces

    _ready()
    output.say(_l("Serving on %(address)s", address=f"http://{host}:{port}"))
    Granian(
        "portal.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        # Two for every core: most of a request is waiting for the database or for Python itself.
        blocking_threads=min(8, 2 * (os.cpu_count() or 1)),
        log_access=False,
    ).serve()


@main.command(with_appcontext=False)
def upgrade() -> None:
    """Bring the schema up to date."""
    _ready()
    output.say(_l("The schema is up to date."))


@main.group()
def user() -> None:
    """People who may sign in."""


@user.command("add", with_appcontext=False)
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True)
@click.option("--partner", help="Code of the partner the person works for.")
@click.option("--region")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_user(
    email: str,
    name: str,
    roles: tuple[str, ...],
    partner: str | None,
    region: str | None,
    password_stdin: bool,
) -> None:
    """Add a person; without a password a one-time link to set it is printed."""
    from portal.commands.people import add

    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with output.refusals():
        output.say(add(_ready(), email, name, roles, partner, region, password))


_EXPORTED = (
    *("registrations", "statements", "deposits", "weekly", "rollup"),
    *("aliases", "identifiers", "decisions", "audit"),
)
_IMPORTED = (
    *("partners", "tiers", "registrations", "events", "decisions", "aliases"),
    *("receipts", "traffic", "policy", "weekly"),
)


@main.command("import", with_appcontext=False)
@click.argument("kind", type=click.Choice(_IMPORTED))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(kind: str, file: Path, dry_run: bool, as_json: bool) -> None:
    """Move in from a CSV or xlsx file (a policy: JSON); all of it or nothing."""
    from portal.commands.moving import run

    with output.refusals():
        sys.exit(run(_ready(), kind, file, dry_run=dry_run, as_json=as_json))


@main.command(with_appcontext=False)
@click.argument("kind", type=click.Choice(_EXPORTED))
@click.option("--as-of", "as_of", metavar="DATE", help="As things stood at the end of this day.")
@click.option("--period", metavar="PERIOD", help="Of statements: a month as 2026-09, a quarter as 2026-Q3.")
@click.option("--format", "form", type=click.Choice(["csv", "json", "xlsx"]), default="csv")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), callback=_in_a_folder)
def export(kind: str, as_of: str | None, period: str | None, form: str, out: Path | None) -> None:
    """Write data to standard output or a file."""
    from portal.commands import moving

    with output.refusals():
        content = moving.export(_ready(), kind, as_of, form, period)
        if out:
            out.write_bytes(content)
        else:
            sys.stdout.buffer.write(content)


@main.command(with_appcontext=False)
@click.option("--now", "at", metavar="INSTANT", help="Pretend that it is this instant.")
def tick(at: str | None) -> None:
    """Do everything that passing time causes and send what is due; run it from cron as often as you like."""
    from portal.commands import ticking
    from portal.domain.calendar import parse_instant

    with output.refusals():
        pretended = parse_instant(at) if at else None
        ticking.tick(_ready(), Config.from_env(), clock=lambda: pretended or clock.now())


@main.command(with_appcontext=False)
@click.option("--every", default=30.0, show_default=True, type=click.FloatRange(min=0.1), metavar="SECONDS")
def worker(every: float) -> None:
    """Do what tick does for ever, instead of running it from cron; as many of them as you like."""
    from portal.commands import ticking

    with output.refusals():
        ticking.work(_ready(), Config.from_env(), every=every)


@main.group()
def statements() -> None:
    """Commission statements."""


@statements.command("generate", with_appcontext=False)
@click.option("--period", required=True, metavar="PERIOD", help="A month as 2026-09, a quarter as 2026-Q3.")
@click.option("--partner", metavar="CODE", help="Only this partner's.")
def generate_statements(period: str, partner: str | None) -> None:
    """Compute the commission of a period; what is out already stays as it is."""
    from portal.commands import paying

    with output.refusals():
        outcome = paying.run(_ready(), period, partner)
    with output.speaking():
        click.echo(paying.told(outcome))


@main.group()
def rebuild() -> None:
    """Derive anew what follows from the facts."""


@rebuild.command("ownership", with_appcontext=False)
def rebuild_ownership() -> None:
    """Bring ownership back to what the facts say, where check finds it is not; noted in the trail."""
    from portal.conflicts.service import rebuild as derive

    with output.refusals(), db.transaction(_ready()) as session:
        db.lock_registry(session)
        number = derive(session, now=clock.now())
    output.say(
        lazy_ngettext(
            "The ownership of %(num)d customer follows from the facts again.",
            "The ownership of %(num)d customers follows from the facts again.",
            number,
        )
    )


@rebuild.command("index", with_appcontext=False)
def rebuild_names() -> None:
    """File all known names and identifiers anew, for finding who is alike; after an upgrade that says so."""
    from portal.matching.building import rebuild_index
    from portal.matching.identifiers import rebuild_identifiers

    with output.refusals(), db.transaction(_ready()) as session:
        db.lock_registry(session)
        rebuild_identifiers(session)
        number = rebuild_index(session, processes=os.cpu_count() or 1)
    output.say(lazy_ngettext("%(num)d name is in the index.", "%(num)d names are in the index.", number))


@rebuild.command("suspicions", with_appcontext=False)
def rebuild_suspicions() -> None:
    """Have the next ticks compare all customers with each other; after an upgrade that says so."""
    from portal.matching.suspicions import rebuild as ask_anew

    with output.refusals(), db.transaction(_ready()) as session:
        db.lock_registry(session)
        number = ask_anew(session, now=clock.now())
    output.say(
        lazy_ngettext(
            "%(num)d customer will be compared with the others by the next ticks.",
            "%(num)d customers will be compared with the others by the next ticks.",
            number,
        )
    )


@main.command(with_appcontext=False)
def check() -> None:
    """Verify every invariant; exit 1 and a list where one is broken."""
    from portal.commands.checking import problems

    with db.reading(_ready()) as session:
        found = list(problems(session, now=clock.now()))
    with output.speaking():
        for table, row, problem in found:
            click.echo(f"{table} {row}: {output.words(problem)}", err=True)
    if found:
        sys.exit(1)
    output.say(_l("Everything holds."))


@main.command(with_appcontext=False)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), callback=_in_a_folder)
def backup(file: Path) -> None:
    """Write a consistent copy while serving."""
    with output.refusals():
        backups.backup(Config.from_env().database_url, file)
    output.say(_l("Written to %(file)s.", file=str(file)))


@main.command(with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite a database that is not empty.")
def restore(file: Path, force: bool) -> None:
    """Put a backup back."""
    with output.refusals():
        backups.restore(Config.from_env().database_url, file, force=force)
    output.say(_l("Restored."))
