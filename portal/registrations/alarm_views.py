"""Fishing alarms (G6): who looked customers up without filing them, for the channel manager only."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.policy.service import policy_on
from portal.registrations import fishing
from portal.web import forms, labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("alarms", __name__, url_prefix="/alarms")


@bp.get("")
@needs(P.ALARM_VIEW)
def list_page() -> ResponseReturnValue:
    """Alarms, unseen first."""
    return render_template(
        "alarms/list.html",
        rows=fishing.list_alarms(reading()),
        patterns_of=fishing.patterns_of,
        watching=policy_on(reading(), today()).fishing is not None,
    )


@bp.get("/<int:alarm_id>")
@needs(P.ALARM_VIEW)
def detail(alarm_id: int) -> ResponseReturnValue:
    """One alarm with the checks themselves."""
    return _page(alarm_id)


def _page(alarm_id: int, problem: RuleViolation | None = None, typed: str | None = None) -> str:
    row = fishing.alarm_of(reading(), alarm_id)
    if row is None:
        abort(404)
    return render_template(
        "alarms/detail.html",
        a=row,
        patterns=fishing.patterns_of(row),
        checks=fishing.checks_of(reading(), row.user_id, row.day),
        problem=labels.message(problem) if problem else None,
        note=row.seen_note if typed is None else typed,
    )


@bp.post("/<int:alarm_id>/seen")
@needs(P.ALARM_VIEW)
def seen(alarm_id: int) -> ResponseReturnValue:
    """Note what came of it."""
    typed = request.form.get("note", "")
    try:
        note = forms.bounded(2000)(typed)
        with transaction() as session:
            fishing.mark_seen(
                session, actor=actor(), now=now(), alarm_id=alarm_id,
                version=forms.posted_number(request.form.get("version")), note=note,
            )  # fmt: skip
    except RuleViolation as error:
        return _page(alarm_id, error, typed), 409 if error.code == "stale" else 422
    return go_to(url_for(".list_page"))
