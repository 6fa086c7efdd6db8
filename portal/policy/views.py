"""The policy: its versions, what each changed, and which is in force (§12)."""

from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.errors import RuleViolation
from portal.domain.versions import oddities
from portal.policy import queries, versions
from portal.policy.forms import WithdrawForm
from portal.policy.rows import VersionRow, figure_rows, version_rows
from portal.policy.service import completed
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("policy", __name__)


@bp.get("/policy")
@needs(P.POLICY_VIEW)
def list_page() -> ResponseReturnValue:
    """All versions, and what is being written."""
    writes = allows(actor(), P.POLICY_EDIT)
    return render_template(
        "policy/list.html",
        rows=version_rows(queries.versions(reading()), today()),
        drafts=queries.drafts(reading()) if writes else [],
    )


@bp.get("/policy/<int:version_id>")
@needs(P.POLICY_VIEW)
def detail(version_id: int) -> ResponseReturnValue:
    """One version: every figure, and what changed against the one before."""
    row = version_or_404(version_id)
    return render_template(
        "policy/version.html",
        v=row,
        parts=figure_rows(row.body),
        oddities=oddities(completed(dict(row.body))),
    )


def version_or_404(version_id: int) -> VersionRow:
    """A version beside the one before it."""
    rows = version_rows(queries.versions(reading()), today())
    found = next((row for row in rows if row.id == version_id), None)
    if found is None:
        abort(404)
    return found


@bp.get("/policy/<int:version_id>/withdraw")
@needs(P.POLICY_EDIT)
def withdraw_form(version_id: int) -> ResponseReturnValue:
    """What it means to take a version back that is still to come."""
    return _withdraw_page(version_or_404(version_id), WithdrawForm()), 200


def _withdraw_page(row: VersionRow, form: Any) -> str:
    return render_template("policy/withdraw.html", v=row, form=form)


@bp.post("/policy/<int:version_id>/withdraw")
@needs(P.POLICY_EDIT)
def withdraw(version_id: int) -> ResponseReturnValue:
    """Take it back."""
    row, form = version_or_404(version_id), WithdrawForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                versions.withdraw(
                    session, actor=actor(), now=now(), version_id=version_id, reason=form.reason.data
                )
        except RuleViolation as error:
            form.refuse(error)
        else:
            flash(_("The version is withdrawn; it was never in force."))
            return go_to(url_for(".list_page"))
    return _withdraw_page(row, form), 422
