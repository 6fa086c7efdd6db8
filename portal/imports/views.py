"""Moving in by a page: upload, preview, confirm; the refused rows come back as a file."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import exports
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.files import plain_name
from portal.imports import shelf
from portal.imports.report import Report
from portal.imports.run import KINDS, DryRun, Refusal, import_file
from portal.web import labels
from portal.web.language import locale
from portal.web.login import needs
from portal.web.request import actor, config, now, transaction

bp = Blueprint("imports", __name__)
_KIND = f"<any({', '.join(KINDS)}):kind>"


@bp.get("/import")
@needs(P.IMPORT_RUN)
def start() -> ResponseReturnValue:
    """Choose what to import and the file."""
    return _start(request.args.get("kind", ""))


def _start(kind: str, problem: str = "") -> str:
    largest = config().max_upload_mb
    kinds = {key: each for key, each in KINDS.items() if each.is_for(actor())}
    kind = kind if kind in kinds else next(iter(kinds))
    return render_template("imports/start.html", kinds=kinds, kind=kind, problem=problem, largest=largest)


@bp.post("/import")
@needs(P.IMPORT_RUN)
def preview() -> ResponseReturnValue:
    """Try the file; nothing is written yet."""
    upload = request.files.get("file")
    kind = request.form.get("kind", "")
    if kind not in KINDS or upload is None or not upload.filename:
        return _start(kind, labels.message(RuleViolation("required", "file"))), 422
    _refuse_strangers(kind)
    name, content = plain_name(upload.filename), upload.read()
    key = shelf.keep(config().instance, actor().user_id, name, content, now())
    report = _run(kind, name, content, dry_run=True)
    return _outcome(report, key)


def _refuse_strangers(kind: str) -> None:
    """Each kind is for its own people; what decides, for those who decide: importing is no way round it."""
    if not KINDS[kind].is_for(actor()):
        abort(403)


def _outcome(report: Report, key: str) -> ResponseReturnValue:
    """The preview; what was refused is kept as files to correct and send again."""
    if report.refused:
        for ending, content in _refused_files(report).items():
            shelf.keep_beside(config().instance, key, ending, content)
    columns = KINDS[report.kind].columns
    page = render_template("imports/preview.html", report=report, key=key, columns=columns)
    return page, 422 if report.refused else 200


def _run(kind: str, file_name: str, content: bytes, *, dry_run: bool) -> Report:
    try:
        with transaction() as session:
            return import_file(
                session,
                kind=kind,
                file_name=file_name,
                content=content,
                actor=actor(),
                now=now(),
                dry_run=dry_run,
            )
    except (Refusal, DryRun) as outcome:
        return outcome.report


def _shelved(key: str) -> tuple[str, bytes]:
    kept = shelf.take(config().instance, actor().user_id, key)
    if kept is None:
        abort(404)
    return kept


@bp.post(f"/import/{_KIND}/<key>")
@needs(P.IMPORT_RUN)
def confirm(kind: str, key: str) -> ResponseReturnValue:
    """Import the file that was previewed."""
    _refuse_strangers(kind)
    file_name, content = _shelved(key)
    report = _run(kind, file_name, content, dry_run=False)
    if report.refused:
        return _outcome(report, key)
    flash(_("Imported: %(accepted)s accepted, %(skipped)s skipped.", **_counts(report)))
    return render_template("imports/done.html", report=report, words=labels.message)


def _counts(report: Report) -> dict[str, int]:
    return {"accepted": report.accepted, "skipped": report.skipped}


@bp.get(f"/import/{_KIND}/<key>/refused.<any(csv, xlsx):form>")
@needs(P.IMPORT_RUN)
def refused(kind: str, key: str, form: str) -> ResponseReturnValue:
    """The refused rows as they were, with the reason beside each."""
    content = shelf.take_beside(config().instance, actor().user_id, key, f"refused.{form}")
    if content is None:
        abort(404)
    headers = {"Content-Disposition": f'attachment; filename="refused-{kind}.{form}"'}
    return Response(content, mimetype=exports.MEDIA_TYPES[form], headers=headers)


def _refused_files(report: Report) -> dict[str, bytes]:
    """The same rows as CSV and as xlsx, in the person's language."""
    columns = KINDS[report.kind].columns
    names = columns if locale() == "zh" else {key: key for key in columns}
    header, rows = [_("Row"), _("Reason"), *names.values()], _with_reasons(report, names)
    return {
        "refused.csv": "".join(exports.csv_lines(header, rows)).encode(),
        "refused.xlsx": exports.xlsx_bytes(header, rows, _("Refused rows with reasons")),
    }


def _with_reasons(report: Report, names: Mapping[str, str]) -> list[list[Any]]:
    reasons: dict[int, list[str]] = {}
    for each in report.refused:
        where = f"{names.get(each.column, each.column)}: " if each.column else ""
        reasons.setdefault(each.row, []).append(where + labels.message(each.problem))
    return [
        [row, "; ".join(texts), *(report.cells.get(row, {}).get(column, "") for column in names)]
        for row, texts in sorted(reasons.items())
    ]
