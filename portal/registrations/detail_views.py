"""One registration: how it stands and why, and everything one can do with it."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.conflicts.pauses import pauses_of
from portal.domain.access import Permission as P
from portal.domain.access import Scope, allows, scope_of, works_for
from portal.domain.errors import RuleViolation
from portal.domain.facts import OWNING_STATES, State
from portal.domain.pipeline import GATES, STAGES, LostReason, Stage, is_key_project
from portal.domain.protection import end_on, reassignable_from, stands
from portal.files import Sent, open_stored
from portal.registrations import files, queries, work
from portal.registrations.drafts import drop_draft, load_draft, note_form, save_draft
from portal.registrations.forms import CorrectionForm, DetailsForm, as_data
from portal.web import forms, matches
from portal.web.access import registration_or_404
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, config, now, reading, today, transaction
from portal.web.sending import attachment
from portal.web.words import fact_words, field_names

bp = Blueprint("registration", __name__, url_prefix="/registrations/<int:registration_id>")


def own_or_403(registration_id: int) -> Any:
    """A registration the person may work: its own party's. Others' are 404, or 403 when seen."""
    row = registration_or_404(registration_id)
    if not works_for(actor(), partner_id=row.partner_id):
        g.missing_permission = P.REGISTRATION_WORK
        abort(403)
    return row


def posted_version() -> int:
    """The version the form was drawn from; -1 (always outdated) when it is missing."""
    return forms.posted_number(request.form.get("version"))


def back(registration_id: int) -> ResponseReturnValue:
    """To the registration's page."""
    return go_to(url_for("registration.detail", registration_id=registration_id))


@bp.get("")
@needs(P.REGISTRATION_VIEW)
def detail(registration_id: int) -> ResponseReturnValue:
    """Facts, standing, why, time line."""
    return _page(registration_or_404(registration_id))


def _page(row: Any, **more: Any) -> str:
    session, sees_all = reading(), scope_of(actor()) is Scope.ALL
    state = State(queries.state_now(row, today()))
    owner = None
    if state is State.WAITING:
        owner = queries.owner_of(session, row.customer_id, today())
    party = queries.party_of(session, row)
    works = works_for(actor(), partner_id=row.partner_id) and allows(actor(), P.REGISTRATION_WORK)
    draft = load_draft(session, actor=actor(), form=note_form(row.id)) if works else None
    context = {
        "r": row,
        "state": state,
        "party": party,
        "owner": owner,
        "reassignable_from": reassignable_from,
        "stands": stands(row.paused_from, today()),
        "until": row.protected_until and end_on(row.protected_until, row.paused_from, today()),
        "pauses": pauses_of(session, [row.id], now()).get(row.id, []),
        "events": queries.time_line(session, row.id),
        "files": queries.files_of(session, row.id),
        "claims": queries.claims_on(session, row.customer_id, today())
        if sees_all and row.customer_id and not actor().is_key_accounts
        else [],
        "case": party if party.case_id and allows(actor(), P.CASE_VIEW) else None,
        "works": works,
        "stages": STAGES,
        "gates": GATES,
        "owning": OWNING_STATES,
        "key_project": is_key_project(row.stage),
        "correctable": work.CORRECTABLE,
        "note_draft": draft[0].get("note", "") if draft else "",
        "typed": {},
        "just_filed": request.args.get("filed") == "1",
        "lost_reasons": list(LostReason),
        "Stage": Stage,
        "states": State,
        "match_words": matches.match_words,
        "field_names": field_names,
        "gate_words": fact_words,
    }
    return render_template("registrations/detail.html", **{**context, **more})


def _refused(row: Any, error: RuleViolation, **typed: Any) -> ResponseReturnValue:
    """The page as it stands now, with what was wrong and what was typed."""
    fresh = registration_or_404(row.id)
    return _page(fresh, problem=error, typed=typed), 409 if error.code == "stale" else 422


@bp.post("/notes")
@needs(P.REGISTRATION_NOTE)
def add_note(registration_id: int) -> ResponseReturnValue:
    """A note on the time line."""
    row = registration_or_404(registration_id)
    form, text = note_form(row.id), request.form.get("note", "")
    try:
        with transaction() as session:
            tidy = forms.bounded(10000)(text)
            work.add_note(session, actor=actor(), now=now(), registration_id=row.id, text=tidy)
            drop_draft(session, actor=actor(), form=form)
    except RuleViolation as error:
        with transaction() as session:
            save_draft(session, actor=actor(), now=now(), form=form, fields={"note": text})
        return _page(row, problem=error, note_draft=text), 422
    return back(row.id)


@bp.get("/edit")
@needs(P.REGISTRATION_WORK)
def edit_form(registration_id: int) -> ResponseReturnValue:
    """Details that may be edited at any time."""
    row = own_or_403(registration_id)
    return render_template("registrations/edit.html", r=row, form=DetailsForm(data=as_data(row)))


@bp.post("/edit")
@needs(P.REGISTRATION_WORK)
def edit(registration_id: int) -> ResponseReturnValue:
    """Store them; a stale form shows what the other person saved."""
    row = own_or_403(registration_id)
    form = DetailsForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                work.edit_details(
                    session,
                    actor=actor(),
                    now=now(),
                    registration_id=row.id,
                    version=posted_version(),
                    values=form.stated(),
                )
        except RuleViolation as error:
            form.refuse(error)
            fresh = registration_or_404(registration_id)
            page = render_template("registrations/edit.html", r=fresh, form=form, saved=as_data(fresh))
            return page, 409 if error.code == "stale" else 422
        return back(row.id)
    return render_template("registrations/edit.html", r=row, form=form), 422


@bp.post("/next-step")
@needs(P.REGISTRATION_WORK)
def next_step(registration_id: int) -> ResponseReturnValue:
    """What happens next, and by when."""
    row = own_or_403(registration_id)
    step, due = request.form.get("step", ""), request.form.get("due", "").strip()
    try:
        with transaction() as session:
            work.set_next_step(
                session,
                actor=actor(),
                now=now(),
                registration_id=row.id,
                version=posted_version(),
                step=forms.bounded(500)(step),
                due=forms.parse_date(due) if due else None,
            )
    except RuleViolation as error:
        return _refused(row, error, step=step, due=due)
    return back(row.id)


@bp.post("/ask-correction")
@needs(P.REGISTRATION_CORRECT_ASK)
def ask_correction(registration_id: int) -> ResponseReturnValue:
    """Name the fields that need correcting (G8)."""
    row = registration_or_404(registration_id)
    fields, note = request.form.getlist("fields"), request.form.get("note", "")
    try:
        with transaction() as session:
            work.ask_correction(
                session,
                actor=actor(),
                now=now(),
                registration_id=row.id,
                version=posted_version(),
                fields=fields,
                note=forms.bounded(1000)(note),
            )
    except RuleViolation as error:
        return _refused(row, error, fields=fields, correction=note)
    flash(_("Sent back for correction. Only the fields you named are open; the place in the queue stays."))
    if request.form.get("from") == "held":
        return go_to(url_for("held.next_one", registration_id=row.id))
    return back(row.id)


@bp.get("/correct")
@needs(P.REGISTRATION_WORK)
def correct_form(registration_id: int) -> ResponseReturnValue:
    """The fields the reviewer named."""
    row = own_or_403(registration_id)
    if not row.correction_fields:
        return redirect(url_for(".detail", registration_id=row.id))
    form = CorrectionForm(data=as_data(row))
    form.keep_only(row.correction_fields)
    return render_template("registrations/correct.html", r=row, form=form, forms=forms)


@bp.post("/correct")
@needs(P.REGISTRATION_WORK)
def correct(registration_id: int) -> ResponseReturnValue:
    """Store the correction."""
    row = own_or_403(registration_id)
    form = CorrectionForm(request.form)
    form.keep_only(row.correction_fields or [])
    if form.validate():
        try:
            with transaction() as session:
                work.correct(
                    session,
                    actor=actor(),
                    now=now(),
                    registration_id=row.id,
                    version=posted_version(),
                    values=form.named(),
                )
        except RuleViolation as error:
            form.refuse(error)
            page = render_template("registrations/correct.html", r=row, form=form, forms=forms)
            return page, 409 if error.code == "stale" else 422
        flash(_("Corrected. The day you filed and your place stay as they were."))
        return back(row.id)
    return render_template("registrations/correct.html", r=row, form=form, forms=forms), 422


@bp.post("/files")
@needs(P.REGISTRATION_WORK)
def add_file(registration_id: int) -> ResponseReturnValue:
    """Hang a file on it."""
    row = own_or_403(registration_id)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _refused(row, RuleViolation("required", "file"))
    try:
        with transaction() as session:
            files.add_file(
                session,
                actor=actor(),
                now=now(),
                registration_id=row.id,
                sent=Sent(upload.filename, upload.read()),
                folder=config().files,
            )
    except RuleViolation as error:
        return _refused(row, error)
    return back(row.id)


@bp.get("/files/<int:file_id>")
@needs(P.REGISTRATION_VIEW)
def download(registration_id: int, file_id: int) -> ResponseReturnValue:
    """A file, always as an attachment."""
    row = registration_or_404(registration_id)
    found = files.file_of(reading(), row.id, file_id)
    if found is None:
        abort(404)
    return attachment(open_stored(config().files, found.storage_key), found)
