"""The schema's history (Alembic, batch mode so that SQLite can follow)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine


def config_for(engine: Engine) -> Config:
    """Alembic's configuration, made in code: there is no ini file to keep in step."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`; nothing happens when it is there already."""
    command.upgrade(config_for(engine), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the schema back to `revision` (tests, and emergencies)."""
    command.downgrade(config_for(engine), revision)


def is_current(engine: Engine) -> bool:
    """Whether the database's schema is the newest this code knows."""
    head = ScriptDirectory(str(Path(__file__).parent)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
