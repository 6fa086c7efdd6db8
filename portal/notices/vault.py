"""Keys of robots as they are kept: sealed with a key that follows from the portal's secret.

A copy of the database alone (a backup, a stolen disk, a look by SQL) sends nothing in anybody's name.
"""

from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from portal.models import tables as t

# No key has a dot in it: what begins otherwise was kept by a version that did not seal yet.
_MARK = "v1."
_PURPOSE = b"partner portal: keys of robots, v1"
COLUMNS = ("wecom_key", "dingtalk_token", "dingtalk_secret")
_SHOWN = 4


class KeyLost(Exception):  # noqa: N818 - it names what happened
    """A key was sealed with another secret than the portal has now, or was tampered with."""


class Vault:
    """Seals and opens keys with one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def seal(self, key: str) -> str:
        """The key as it is kept; no key stays none."""
        return _MARK + str(_cipher(self._secret).encrypt(key.encode()).decode()) if key else ""

    def open(self, kept: str) -> str:
        """The key itself.

        :raises KeyLost: the secret is another one.
        """
        from cryptography.fernet import InvalidToken

        if not kept.startswith(_MARK):
            return kept
        try:
            return str(_cipher(self._secret).decrypt(kept.removeprefix(_MARK).encode()).decode())
        except InvalidToken as error:
            raise KeyLost from error

    def ending(self, kept: str | None) -> str:
        """All of a key that is ever shown; nothing of one so short that this would be most of it.

        :raises KeyLost: the secret is another one.
        """
        key = self.open(kept or "")
        return key[-_SHOWN:] if len(key) > 2 * _SHOWN else ""


@lru_cache(maxsize=2)
def _cipher(secret: str) -> Any:
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode())
    return Fernet(urlsafe_b64encode(derived))


def seal_plain(session: Session, vault: Vault) -> int:
    """Seal what an older version kept as it was; answers of how many people."""
    a = t.notice_address.c
    plain = [sa.and_(a[name] != "", ~a[name].startswith(_MARK, autoescape=True)) for name in COLUMNS]
    rows = session.execute(sa.select(t.notice_address).where(sa.or_(*plain))).all()
    for row in rows:
        kept = {name: getattr(row, name) for name in COLUMNS}
        sealed = {
            name: value if value.startswith(_MARK) else vault.seal(value) for name, value in kept.items()
        }
        session.execute(sa.update(t.notice_address).where(a.user_id == row.user_id).values(**sealed))
    return len(rows)
