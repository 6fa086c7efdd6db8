"""The board, and moving projects on it."""

from typing import Any

from flask import Blueprint, abort, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import Scope, allows, scope_of, works_for
from portal.domain.errors import RuleViolation
from portal.domain.facts import OWNING_STATES
from portal.domain.pipeline import GATES, STAGES, Stage
from portal.partners.scope import totals_of
from portal.pipeline import queries, service
from portal.pipeline.forms import EndForm, LossForm, MoveForm
from portal.pipeline.rows import card_rows
from portal.policy.service import policy_on
from portal.web.access import registration_or_404, registrations_of
from portal.web.forms import posted_number
from portal.web.htmx import go_to, wants_fragment
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("pipeline", __name__)
_END_FORMS: dict[str, type[EndForm]] = {"release": EndForm, "lost": LossForm}
SHOWN = ("all", "mine", "lapsing", "support")


@bp.get("/board")
@needs(P.REGISTRATION_VIEW)
def board() -> ResponseReturnValue:
    """The owned projects in five columns."""
    return _board_page()


def _board_page(**more: Any) -> str:
    show = request.args.get("show", "all")
    show = show if show in SHOWN else "all"
    soon = max(policy_on(reading(), today()).lapsing_soon_days)
    columns = queries.board(
        reading(),
        scope=registrations_of(actor()),
        today=today(),
        user_id=actor().user_id,
        show=show,
        soon=soon,
        totals=queries.stage_totals(reading(), totals_of(actor())),
    )
    show_partner = scope_of(actor()) in (Scope.ALL, Scope.REGION)
    context = {
        "columns": [
            (
                each.stage,
                str(each.stage.number),
                each.total,
                card_rows(each.cards, each.stage, show_partner=show_partner),
                each.more,
            )
            for each in columns
        ],
        "show": show,
        "stages": STAGES,
        "works": allows(actor(), P.REGISTRATION_WORK),
        "undo": _undoable(),
        **more,
    }
    template = "pipeline/_board.html" if wants_fragment() else "pipeline/board.html"
    return render_template(template, **context)


def _undoable() -> dict[str, Any] | None:
    """The move that was just made, while it can be taken back."""
    moved, event = posted_number(request.args.get("moved")), posted_number(request.args.get("event"))
    if moved < 0 or event < 0:
        return None
    row = registration_or_404(moved)
    possible = service.can_undo(reading(), actor=actor(), now=now(), registration_id=row.id, event_id=event)
    return {"row": row, "event_id": event, "possible": possible}


def _own(registration_id: int) -> Any:
    row = registration_or_404(registration_id)
    if not works_for(actor(), partner_id=row.partner_id):
        g.missing_permission = P.REGISTRATION_WORK
        abort(403)
    return row


@bp.get("/registrations/<int:registration_id>/move")
@needs(P.REGISTRATION_WORK)
def move_form(registration_id: int) -> ResponseReturnValue:
    """The gate of a stage, as a small form; without a stage, the choice of one."""
    row = _own(registration_id)
    to = request.args.get("to", "")
    target = Stage(to) if to in {stage.value for stage in STAGES} else None
    form = MoveForm(data={"to": target, "ports": row.ports, "yearly_amount": row.yearly_revenue})
    return _move_page(row, form, target)


def _move_page(row: Any, form: MoveForm, target: Stage | None, status: int = 200) -> tuple[str, int]:
    template = "pipeline/_move.html" if wants_fragment() else "pipeline/move.html"
    page = render_template(
        template,
        r=row,
        form=form,
        target=target,
        back=target is not None and target.number < row.stage.number,
        gate=GATES[target] if target else (),
        stages=STAGES,
        owns=row.state in OWNING_STATES,
    )
    return page, status


@bp.post("/registrations/<int:registration_id>/move")
@needs(P.REGISTRATION_WORK)
def move(registration_id: int) -> ResponseReturnValue:
    """Move it; the second of two people is told, and sees how it stands now."""
    row = _own(registration_id)
    form = MoveForm(request.form)
    if not form.validate():
        return _move_page(row, form, form.to.member, 422)
    target = form.to.member
    try:
        with transaction() as session:
            moved = service.move_project(
                session,
                actor=actor(),
                now=now(),
                registration_id=row.id,
                version=posted_number(form.version.data),
                to=target,
                gate={name: form[name].data for name in GATES[target]},
                reason=form.reason.data or "",
            )
    except RuleViolation as error:
        form.refuse(error)
        stale = error.code == "stale"
        fresh = registration_or_404(registration_id)
        return _move_page(fresh, form, target, 409 if stale else 422)
    return go_to(url_for("pipeline.board", moved=row.id, event=moved.event_id))


@bp.post("/registrations/<int:registration_id>/undo")
@needs(P.REGISTRATION_WORK)
def undo(registration_id: int) -> ResponseReturnValue:
    """Take one's own last move back."""
    row = _own(registration_id)
    with transaction() as session:
        service.undo_move(
            session,
            actor=actor(),
            now=now(),
            registration_id=row.id,
            event_id=posted_number(request.form.get("event")),
        )
    flash(_("Taken back: the project is where it was."))
    return go_to(url_for("pipeline.board"))


@bp.get("/registrations/<int:registration_id>/end/<any(release, lost):how>")
@needs(P.REGISTRATION_WORK)
def end_form(registration_id: int, how: str) -> ResponseReturnValue:
    """Release or lose: the consequence in words, then a reason."""
    row = _own(registration_id)
    form = _END_FORMS[how](data={"version": row.version})
    return render_template("pipeline/end.html", r=row, how=how, form=form)


@bp.post("/registrations/<int:registration_id>/end/<any(release, lost):how>")
@needs(P.REGISTRATION_WORK)
def end(registration_id: int, how: str) -> ResponseReturnValue:
    """Do it; the earliest waiting claim becomes the owner (C9)."""
    row = _own(registration_id)
    form = _END_FORMS[how](request.form)
    if form.validate():
        try:
            _end(row, form)
        except RuleViolation as error:
            form.refuse(error)
            status = 409 if error.code == "stale" else 422
            return render_template("pipeline/end.html", r=row, how=how, form=form), status
        flash(_("The customer is released.") if how == "release" else _("The project is closed as lost."))
        return go_to(url_for("registration.detail", registration_id=row.id))
    return render_template("pipeline/end.html", r=row, how=how, form=form), 422


def _end(row: Any, form: EndForm) -> None:
    act = {
        "actor": actor(),
        "now": now(),
        "registration_id": row.id,
        "version": posted_number(form.version.data),
    }
    reason = form.reason.data or ""
    with transaction() as session:
        if isinstance(form, LossForm):
            service.lose(session, **act, why=form.lost_reason.member, note=reason)
        else:
            service.release(session, **act, reason=reason)
