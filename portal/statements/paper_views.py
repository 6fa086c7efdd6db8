"""The paper of one statement as PDF and xlsx, and many of them as one PDF for the printer (M15)."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import exports
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.roles import Role
from portal.statements import paper_files, printing
from portal.statements.paper import StatementPaper, load_paper
from portal.statements.paper_rows import TOGETHER, Sender, written
from portal.statements.paper_scope import seen_among
from portal.statements.setting import set_papers
from portal.statements.sheet_rows import line_sheet, missing_sheet
from portal.web import labels
from portal.web.filters import sign_of
from portal.web.forms import posted_number
from portal.web.htmx import is_htmx
from portal.web.language import LOCALES, in_language, locale
from portal.web.login import needs
from portal.web.request import actor, config, now, reading, transaction

bp = Blueprint("papers", __name__)


def sender() -> Sender:
    """Who the statements are from, and where anyone checks a paper of them."""
    known = config()
    return Sender(known.vendor_name, known.vendor_name_en, sign_of(known.currency), verify_at())


def verify_at() -> str:
    """The public address of the page on which a paper is checked."""
    return (config().public_url or request.url_root.rstrip("/")) + url_for("verify.page")


def _paper_or_404(statement_id: int) -> StatementPaper:
    if not seen_among(reading(), actor(), [statement_id]):
        abort(404)
    try:
        asked = request.args.get("revision", "")
        return load_paper(reading(), statement_id, posted_number(asked) if asked.isdigit() else None)
    except RuleViolation as error:
        if error.code == "statement.gone":
            abort(404)
        raise


@bp.get("/statements/<int:statement_id>/paper.pdf")
@needs(P.STATEMENT_VIEW)
def pdf(statement_id: int) -> ResponseReturnValue:
    """The paper of a revision (`revision`; the one in force) in a language (`language`; the person's)."""
    paper = _paper_or_404(statement_id)
    asked = request.args.get("language")
    language = asked if asked in LOCALES else locale()
    content = _set([paper], language, sender(), tagged=True)
    name = f"{paper.number}-r{paper.revision}-{language}.pdf"
    return send_file(io.BytesIO(content), "application/pdf", as_attachment=True, download_name=name)


@bp.get("/statements/<int:statement_id>/lines.xlsx")
@needs(P.STATEMENT_VIEW)
def xlsx(statement_id: int) -> ResponseReturnValue:
    """The lines of a revision as a spreadsheet, and on a second sheet what is not on it and why (M14)."""
    paper = _paper_or_404(statement_id)
    book = exports.xlsx_book([exports.Sheet(*line_sheet(paper)), exports.Sheet(*missing_sheet(paper))])
    headers = {"Content-Disposition": f'attachment; filename="{paper.number}-r{paper.revision}.xlsx"'}
    return Response(book, mimetype=exports.MEDIA_TYPES["xlsx"], headers=headers)


def _set(papers: Sequence[StatementPaper], language: str, by: Sender, *, tagged: bool) -> bytes:
    with in_language(language):
        words = [written(paper, by, together=1 if tagged else TOGETHER) for paper in papers]
        title = papers[0].number if len(papers) == 1 else _("Commission statements")
    return set_papers(words, title=title, language=language, tagged=tagged)


@bp.get("/papers")
@needs(P.STATEMENT_PRINT)
def start_form() -> ResponseReturnValue:
    """What waits to be printed, period by period, and the batches made so far."""
    return _start_page(), 200


def _start_page(problem: RuleViolation | None = None) -> str:
    return render_template(
        "papers/start.html",
        periods=printing.to_print(reading()),
        jobs=printing.recent_jobs(reading()),
        problem=labels.message(problem) if problem else None,
    )


@bp.post("/papers")
@needs(P.STATEMENT_PRINT)
def start() -> ResponseReturnValue:
    """Begin one PDF: of a period's statements that wait to be printed, or of those chosen (`statement`)."""
    language = request.form.get("language")
    try:
        with transaction() as session:
            job_id = printing.start_job(
                session,
                actor=actor(),
                now=now(),
                statement_ids=_chosen(session),
                language=language if language in LOCALES else locale(),
                verify_at=verify_at(),
            )
    except RuleViolation as error:
        return _start_page(error), 422
    return redirect(url_for(".job", job_id=job_id), 303)


def _chosen(session: Any) -> list[int]:
    if period := request.form.get("period"):
        return printing.waiting_in(session, period[:7])
    asked = {posted_number(each) for each in request.form.getlist("statement")} - {-1}
    return seen_among(session, actor(), asked)


def _job_or_404(job_id: int) -> Any:
    row = printing.job_row(reading(), job_id)
    if row is None:
        abort(404)
    return row


@bp.get("/papers/<int:job_id>")
@needs(P.STATEMENT_PRINT)
def job(job_id: int) -> ResponseReturnValue:
    """How far a batch is; the finished file; and, once it is printed, the word that it is."""
    return _job_page(job_id), 200


def _job_page(job_id: int, problem: RuleViolation | None = None, *, part: bool = False) -> str:
    row = _job_or_404(job_id)
    return render_template(
        "papers/_progress.html" if part else "papers/job.html",
        job=row,
        standing=printing.standing(reading(), job_id) if row.file_key else None,
        prints=Role.CALL_CENTER in actor().effective_roles,
        problem=labels.message(problem) if problem else None,
    )


@bp.post("/papers/<int:job_id>/step")
@needs(P.STATEMENT_PRINT, quiet=True)
def step(job_id: int) -> ResponseReturnValue:
    """Set the next part. The page posts it by itself; without scripts a button does."""
    row, store = _job_or_404(job_id), config().files
    by = replace(sender(), verify_at=row.verify_at)
    try:
        done = printing.next_step(
            reading(),
            row,
            store=store,
            set_part=lambda papers: _set(papers, row.language, by, tagged=False),
        )
        if done is not None:
            with transaction() as session:
                noted = printing.note_step(session, done, actor=actor(), now=now())
            if noted and done.pages is not None:
                printing.forget_parts(store, row)
    except RuleViolation as error:
        return _job_page(job_id, error, part=is_htmx()), 422
    if is_htmx():
        return _job_page(job_id, part=True), 200
    return redirect(url_for(".job", job_id=job_id), 303)


@bp.get("/papers/<int:job_id>/file")
@needs(P.STATEMENT_PRINT)
def file(job_id: int) -> ResponseReturnValue:
    """The finished PDF."""
    row = _job_or_404(job_id)
    if row.file_key is None:
        abort(404)
    stream = paper_files.open_kept(config().files, row.file_key)
    return send_file(stream, "application/pdf", as_attachment=True, download_name=f"statements-{job_id}.pdf")


@bp.post("/papers/<int:job_id>/printed")
@needs(P.STATEMENT_PRINT)
def printed(job_id: int) -> ResponseReturnValue:
    """The paper is printed: its statements go on to the next step."""
    if Role.CALL_CENTER not in actor().effective_roles:
        abort(403)
    _job_or_404(job_id)
    try:
        with transaction() as session:
            what = printing.mark_printed(session, actor=actor(), now=now(), job_id=job_id)
    except RuleViolation as error:
        return _job_page(job_id, error), 422
    flash(
        ngettext(
            "%(num)d statement marked as printed.", "%(num)d statements marked as printed.", what.waiting
        )
    )
    return redirect(url_for(".job", job_id=job_id), 303)
