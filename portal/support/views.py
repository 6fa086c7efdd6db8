"""Requests for support: the list of who owes what, one request, and asking for one."""

import uuid
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.access import allows, works_for
from portal.domain.errors import RuleViolation
from portal.domain.support import SupportKind, SupportState
from portal.support import listing, queries, service
from portal.support.forms import AskForm, DeclineForm, FinishForm, PlanForm
from portal.support.listing import Shown
from portal.support.rows import department_words, line, lines
from portal.support.scope import may_ask_on, requests_of
from portal.web.access import partner_or_404, registration_or_404
from portal.web.forms import posted_number
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("support", __name__)


@bp.get("/support")
@needs(P.SUPPORT_VIEW)
def list_page() -> ResponseReturnValue:
    """Requests in sight: mine, my department's, overdue, open, answered."""
    session, scope, reader = reading(), requests_of(actor()), listing.reader_of(actor())
    known: dict[str, Any] = {"user_id": actor().user_id, "today": today()}
    counts = listing.count_requests(session, scope, reader, **known)
    asked = request.args.get("show", "")
    shown = Shown(asked) if asked in reader.tabs else listing.first_to_show(counts)
    page = listing.list_requests(session, scope, reader, shown, cursor=request.args.get("page"), **known)
    return render_template(
        "support/list.html",
        lines=lines(page.rows, today()),
        page=page,
        counts=counts,
        shown=shown,
        most=listing.COUNT_LIMIT,
        gives=reader.gives,
        own_partner=actor().partner_id,
        link=lambda cursor: url_for(".list_page", show=shown.value, page=cursor),
    )


def _request_or_404(request_id: int) -> Any:
    row = queries.request_in_sight(reading(), request_id, requests_of(actor()))
    if row is None:
        abort(404)
    return row


@bp.get("/support/ask")
@needs(P.SUPPORT_ASK)
def ask_form() -> ResponseReturnValue:
    """An empty request on a registration or a partner."""
    given = {name: request.args.get(name, "") for name in ("registration_id", "partner_id")}
    return _ask_page(AskForm(data={**given, "request_key": str(uuid.uuid4())}))


def _about_or_404(form: AskForm) -> tuple[Any, Any]:
    """The registration or the partner that is asked for, as far as the person sees it."""
    about = form.about()
    if (about["registration_id"] is None) == (about["partner_id"] is None):
        abort(404)
    if about["registration_id"] is not None:
        return registration_or_404(about["registration_id"]), None
    return None, partner_or_404(about["partner_id"] or -1)


def _ask_page(form: AskForm) -> str:
    registration, partner = _about_or_404(form)
    return render_template("support/ask.html", form=form, registration=registration, partner=partner)


@bp.post("/support/ask")
@needs(P.SUPPORT_ASK)
def ask() -> ResponseReturnValue:
    """Ask; the same form sent twice asks once."""
    form = AskForm(request.form)
    registration, partner = _about_or_404(form)
    if not form.validate():
        return _ask_page(form), 422
    try:
        with transaction() as session:
            service.ask(
                session,
                actor=actor(),
                now=now(),
                registration_id=registration.id if registration else None,
                partner_id=partner.id if partner else None,
                kind=form.kind.member,
                need=form.need.data,
                request_key=form.key(),
            )
    except RuleViolation as error:
        form.refuse(error)
        return _ask_page(form), 422
    flash(_("Asked. You see here by when it is due and who takes it."))
    if registration is not None:
        return go_to(url_for("registration.detail", registration_id=registration.id))
    if allows(actor(), P.PARTNER_VIEW):
        return go_to(url_for("partners.detail", partner_id=partner.id))
    return go_to(url_for(".list_page", show="open"))


@bp.get("/support/<int:request_id>")
@needs(P.SUPPORT_VIEW)
def detail(request_id: int) -> ResponseReturnValue:
    """One request: what is owed, by whom, until when; and what the person can do about it."""
    return _page(_request_or_404(request_id))


def _page(row: Any, **forms: Any) -> str:
    gives = allows(actor(), P.SUPPORT_GIVE)
    asked = allows(actor(), P.SUPPORT_ASK) and works_for(actor(), partner_id=row.party_id)
    can_plan = gives and row.state is SupportState.OPEN
    plan: PlanForm | None = None
    if can_plan:
        plan = forms.get("plan") or PlanForm(data={"owner_id": str(row.owner_id or ""), "due": row.due_on})
        plan.offer(queries.givers(reading(), row.region), department_words(row))
    return render_template(
        "support/detail.html",
        s=row,
        line=line(row, today()),
        plan=plan,
        movable=row.due_on is None or row.due_on >= today(),
        finish=forms.get("finish") or FinishForm(prefix="f-"),
        decline=forms.get("decline") or DeclineForm(prefix="d-"),
        gives=gives,
        withdraws=asked and not gives and row.state is SupportState.OPEN,
        own_id=actor().user_id,
        changed=forms.get("changed"),
    )


def _refused(request_id: int, error: RuleViolation, name: str, form: Any) -> ResponseReturnValue:
    """The request as it stands now beside what was typed."""
    form.refuse(error)
    late = error.code in ("stale", "support.closed")
    return _page(_request_or_404(request_id), **{name: form}, changed=late), 409 if late else 422


def _act(row: Any) -> dict[str, Any]:
    return {
        "actor": actor(),
        "now": now(),
        "request_id": row.id,
        "version": posted_number(request.form.get("version")),
    }


def _back(request_id: int) -> ResponseReturnValue:
    return go_to(url_for(".detail", request_id=request_id))


@bp.post("/support/<int:request_id>/plan")
@needs(P.SUPPORT_GIVE)
def plan(request_id: int) -> ResponseReturnValue:
    """Take it, hand it to a person, say by when it is due."""
    row, form = _request_or_404(request_id), PlanForm(request.form)
    if not form.validate():
        return _page(row, plan=form), 422
    given = {"owner_id": form.owner(), "due": form.due.data}
    try:
        with transaction() as session:
            service.plan(session, **_act(row), **given, reason=form.reason.data or "")
    except RuleViolation as error:
        fresh = _request_or_404(request_id)
        if error.code == "stale" and given == {"owner_id": fresh.owner_id, "due": fresh.due_on}:
            return _back(row.id)  # a second click, or the page sent again
        return _refused(row.id, error, "plan", form)
    return _back(row.id)


@bp.post("/support/<int:request_id>/finish")
@needs(P.SUPPORT_GIVE)
def finish(request_id: int) -> ResponseReturnValue:
    """It was given: with its result."""
    form = FinishForm(request.form, prefix="f-")
    return _close(request_id, form, "finish", "result", SupportState.DONE)


@bp.post("/support/<int:request_id>/decline")
@needs(P.SUPPORT_VIEW)
def decline(request_id: int) -> ResponseReturnValue:
    """It is not given, or not needed any more: with the reason."""
    form = DeclineForm(request.form, prefix="d-")
    return _close(request_id, form, "decline", "reason", SupportState.DECLINED)


def _close(request_id: int, form: Any, name: str, argument: str, state: SupportState) -> ResponseReturnValue:
    row = _request_or_404(request_id)
    if not form.validate():
        return _page(row, **{name: form}), 422
    said = {argument: form.result.data}
    try:
        with transaction() as session:
            getattr(service, name)(session, **_act(row), **said)
    except RuleViolation as error:
        fresh = _request_or_404(request_id)
        mine = (fresh.state, fresh.result, fresh.closed_by_id) == (state, form.result.data, actor().user_id)
        if mine:  # a second click, or the page sent again
            return _back(row.id)
        if error.code == "support.not_yours":
            abort(403)
        return _refused(row.id, error, name, form)
    return _back(row.id)


def requests_box(
    registration_id: int | None, partner_id: int | None, of_partner: bool, ended: bool
) -> dict[str, Any]:
    """What stands on the page of a project or a partner: its requests, and a form where one may ask."""
    about = {"registration_id": registration_id, "partner_id": partner_id}
    rows = queries.requests_on(reading(), **about)
    asks = not ended and may_ask_on(reading(), actor(), **about, of_partner=of_partner)
    form = AskForm(data={**about, "kind": SupportKind.SOLUTION, "request_key": str(uuid.uuid4())})
    return {"lines": lines(rows, today()), "form": form if asks else None}


bp.add_app_template_global(requests_box, "requests_box")
