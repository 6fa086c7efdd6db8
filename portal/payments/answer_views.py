"""The bank's answer by a page: upload, see what it would change, confirm."""

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.files import plain_name
from portal.imports import shelf
from portal.imports.bank import import_answer
from portal.imports.report import Report
from portal.imports.run import DryRun, Refusal
from portal.payments.answers import COLUMNS
from portal.web import labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, now, transaction

bp = Blueprint("bank_answers", __name__)


@bp.get("/payments/answers")
@needs(P.PAYMENT_RUN)
def start() -> ResponseReturnValue:
    """Choose the bank's file."""
    return _start()


def _start(problem: str = "") -> str:
    return render_template(
        "payments/answer.html", columns=COLUMNS, problem=problem, largest=config().max_upload_mb, report=None
    )


@bp.post("/payments/answers")
@needs(P.PAYMENT_RUN)
def preview() -> ResponseReturnValue:
    """Try the file; nothing is written yet."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _start(labels.message(RuleViolation("required", "file"))), 422
    name, content = plain_name(upload.filename), upload.read()
    key = shelf.keep(config().instance, actor().user_id, name, content, now())
    return _outcome(_run(name, content, dry_run=True), key)


def _outcome(report: Report, key: str) -> ResponseReturnValue:
    page = render_template("payments/answer.html", report=report, key=key, columns=COLUMNS, problem="")
    return page, 422 if report.refused else 200


def _run(file_name: str, content: bytes, *, dry_run: bool) -> Report:
    try:
        with transaction() as session:
            return import_answer(
                session, file_name=file_name, content=content, actor=actor(), now=now(), dry_run=dry_run
            )
    except (Refusal, DryRun) as outcome:
        return outcome.report


@bp.post("/payments/answers/<key>")
@needs(P.PAYMENT_RUN)
def confirm(key: str) -> ResponseReturnValue:
    """Take the answer that was previewed."""
    kept = shelf.take(config().instance, actor().user_id, key)
    if kept is None:
        abort(404)
    report = _run(*kept, dry_run=False)
    if report.refused:
        return _outcome(report, key)
    flash(
        _(
            "The bank's answer is in: %(accepted)s new, %(skipped)s known already.",
            accepted=report.accepted,
            skipped=report.skipped,
        )
    )
    return go_to(url_for("payments.list_page"))
