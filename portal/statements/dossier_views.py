"""Everything about one statement as one file, for an auditor."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import audit, db, exports, files
from portal.domain.access import Permission as P
from portal.statements import board, dossier
from portal.statements.scope import statements_of
from portal.web.filters import moment
from portal.web.language import in_language
from portal.web.login import needs
from portal.web.request import actor, config, engine, now, reading, transaction

bp = Blueprint("statement_dossier", __name__)


@bp.get("/statements/<int:statement_id>/dossier.zip")
@needs(P.STATEMENT_AUDIT)
def download(statement_id: int) -> ResponseReturnValue:
    """The zip, streamed; that it was taken out stands in the trail."""
    row = board.one_in_sight(reading(), statements_of(actor()), statement_id)
    if row is None:
        abort(404)
    with transaction() as session:
        audit.record(
            session, actor=actor(), action="statement.exported", at=now(),
            subject=("statement", statement_id), number=row.number, revision=row.revision,
        )  # fmt: skip
    readme, source = _readme(row), engine()
    means = dossier.Means(partial(files.open_stored, config().files), exports.csv_lines)

    def stream() -> Iterator[bytes]:
        with db.reading(source) as session:
            yield from dossier.zipped(dossier.members(session, statement_id, readme=readme, means=means))

    answer = Response(stream(), mimetype="application/zip")
    name = f"{dossier.safe_name(row.number)}-r{row.revision}.zip"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _readme(row: Any) -> str:
    """What is in the zip and how to check it, in both languages, Chinese first."""
    texts = []
    for language in ("zh", "en"):
        with in_language(language):
            texts.append("\n".join(_said(row)))
    return "\n\n".join(texts) + "\n"


def _said(row: Any) -> Iterator[str]:
    yield _(
        "Everything about statement %(number)s, revision %(revision)s",
        number=row.number, revision=row.revision,
    )  # fmt: skip
    yield _(
        "Partner %(code)s %(name)s, period %(period)s. Taken out at %(at)s.",
        code=row.partner_code, name=row.partner_name, period=row.period, at=moment(now()),
    )  # fmt: skip
    yield ""
    for name, text in (
        ("statement.json", _("the statement and its revisions, each with total and hash")),
        ("lines.csv", _("the lines of every revision; of the last one the commission sums up to the total")),
        ("not_included.csv", _("what is not on it, and why (flag)")),
        ("receipts.csv", _("the receipts that the lines stand for, and those that were refunded")),
        ("contracts.csv", _("the contracts that the receipts name")),
        ("tiers.csv", _("the partner’s tiers, from when to when")),
        ("policies/", _("the policy versions that the lines were computed by")),
        ("acts.csv", _("who did what and when in the nine steps; counts = False: a refusal made it void")),
        ("disputes.csv", _("disputed lines and the answers")),
        ("deferred.csv", _("receipts that were deferred by name")),
        ("files/, files.csv", _("stamped scans, evidence and invoices, with their SHA-256 as stored")),
        ("trail.jsonl", _("the audit trail about it: each entry has its hash and that of the entry before")),
        ("SHA256SUMS", _("the SHA-256 of every file here; to check: sha256sum -c SHA256SUMS")),
    ):
        yield f"{name:<18} {text}"
    yield ""
    yield _("Amounts are in yuan, instants in Shanghai time; in *.json and *.jsonl instants are in UTC.")
    yield _("An apostrophe before = + - or @ in a CSV keeps a spreadsheet from running the cell.")
