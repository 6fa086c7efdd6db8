"""Write a new version of the policy: draft, look at it, put it in force (§12)."""

from datetime import timedelta
from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.versions import oddities
from portal.policy import drafts, queries, versions
from portal.policy.forms import DraftForm, EnforceForm
from portal.policy.rows import change_rows, figure_rows
from portal.policy.service import completed
from portal.policy.views import bp as bp
from portal.policy.views import version_or_404
from portal.web.figures import GROUPS, HINTS, unit_words
from portal.web.forms import posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction


@bp.get("/policy/new")
@needs(P.POLICY_EDIT)
def new_form() -> ResponseReturnValue:
    """A new draft, with the figures in force or those of another version."""
    asked = request.args.get("from", "")
    row = (
        version_or_404(posted_number(asked))
        if asked
        else queries.in_force(queries.versions(reading()), today())
    )
    body = completed(dict(row.body)) if row else completed({})
    return _form_page(DraftForm.showing(body), None), 200


def _form_page(form: DraftForm, row: Any) -> str:
    words = {"titles": GROUPS, "hints": HINTS, "unit": unit_words}
    return render_template("policy/edit.html", form=form, draft=row, words=words)


@bp.post("/policy/drafts")
@needs(P.POLICY_EDIT)
def create() -> ResponseReturnValue:
    """Keep a new draft."""
    form = DraftForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                draft_id = drafts.save_draft(session, actor=actor(), now=now(), **_said(form))
        except RuleViolation as error:
            form.refuse(error)
        else:
            return go_to(url_for(".draft", draft_id=draft_id))
    return _form_page(form, None), 422


def _said(form: DraftForm) -> dict[str, Any]:
    return {
        "body": form.body(),
        "effective_from": form.effective_from.data,
        "reason": form.reason.data or "",
    }


def _draft_or_404(draft_id: int) -> Any:
    row = queries.draft(reading(), draft_id)
    if row is None:
        abort(404)
    return row


@bp.get("/policy/drafts/<int:draft_id>")
@needs(P.POLICY_EDIT)
def draft(draft_id: int) -> ResponseReturnValue:
    """A draft: what it would change, every figure as it was understood, what looks odd."""
    row = _draft_or_404(draft_id)
    return render_template("policy/draft.html", d=row, parts=figure_rows(row.body), **_beside(row))


def _beside(row: Any) -> dict[str, Any]:
    """The draft beside the version that it would take over from."""
    day = row.effective_from or today() + timedelta(days=1)
    before = versions.version_before(reading(), day)
    return {
        "before": before,
        "changes": change_rows(before.body, row.body) if before else None,
        "oddities": oddities(completed(dict(row.body))),
    }


@bp.get("/policy/drafts/<int:draft_id>/edit")
@needs(P.POLICY_EDIT)
def edit_form(draft_id: int) -> ResponseReturnValue:
    """The draft to change."""
    row = _draft_or_404(draft_id)
    about = {"effective_from": row.effective_from, "reason": row.reason, "version": row.version}
    return _form_page(DraftForm.showing(completed(dict(row.body)), **about), row), 200


@bp.post("/policy/drafts/<int:draft_id>/edit")
@needs(P.POLICY_EDIT)
def edit(draft_id: int) -> ResponseReturnValue:
    """Keep it."""
    row, form = _draft_or_404(draft_id), DraftForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                drafts.change_draft(
                    session, actor=actor(), now=now(), draft_id=draft_id,
                    version=posted_number(form.version.data), **_said(form),
                )  # fmt: skip
        except RuleViolation as error:
            form.refuse(error)
            return _form_page(form, row), _status(error)
        return go_to(url_for(".draft", draft_id=draft_id))
    return _form_page(form, row), 422


def _status(error: RuleViolation) -> int:
    return 409 if isinstance(error, StaleVersion) or error.code == "policy.gone" else 422


@bp.post("/policy/drafts/<int:draft_id>/drop")
@needs(P.POLICY_EDIT)
def drop(draft_id: int) -> ResponseReturnValue:
    """Throw it away."""
    _draft_or_404(draft_id)
    with transaction() as session:
        drafts.drop_draft(
            session, actor=actor(), now=now(), draft_id=draft_id,
            version=posted_number(request.form.get("version")),
        )  # fmt: skip
    flash(_("The draft is gone."))
    return go_to(url_for(".list_page"))


@bp.get("/policy/drafts/<int:draft_id>/enforce")
@needs(P.POLICY_EDIT)
def enforce_form(draft_id: int) -> ResponseReturnValue:
    """What putting it in force means: what changes, from when on, and that it stays."""
    row = _draft_or_404(draft_id)
    day = row.effective_from or today() + timedelta(days=1)
    form = EnforceForm(data={"effective_from": day, "reason": row.reason or None, "version": row.version})
    return _enforce_page(form, row), 200


def _enforce_page(form: EnforceForm, row: Any) -> str:
    return render_template("policy/enforce.html", d=row, form=form, **_beside(row))


@bp.post("/policy/drafts/<int:draft_id>/enforce")
@needs(P.POLICY_EDIT)
def enforce(draft_id: int) -> ResponseReturnValue:
    """Make a version of it."""
    row, form = _draft_or_404(draft_id), EnforceForm(request.form)
    if not form.validate():
        return _enforce_page(form, row), 422
    try:
        with transaction() as session:
            made = drafts.put_draft_in_force(
                session,
                actor=actor(),
                now=now(),
                draft_id=draft_id,
                version=posted_number(form.version.data),
                effective_from=form.effective_from.data,
                reason=form.reason.data,
            )
            version_id = made.id
    except RuleViolation as error:
        form.refuse(error)
        return _enforce_page(form, row), _status(error)
    flash(_("The version is written. Until its first day it can be withdrawn."))
    return go_to(url_for(".detail", version_id=version_id))
