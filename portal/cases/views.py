"""Cases: ask for a customer, answer, vote, appeal, and the decision on paper."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.cases import decisions, listing, queries, service
from portal.cases.listing import Shown
from portal.cases.preview import foresee
from portal.cases.preview_views import preview_page
from portal.cases.rows import case_lines, overdue, paper, protection_end, viewed
from portal.conflicts.pauses import pauses_of
from portal.domain.access import Permission as P
from portal.domain.access import works_for
from portal.domain.cases import CaseKind, CaseStatus, Outcome, Turn, possible_acts, side_of
from portal.domain.errors import RuleViolation
from portal.domain.periods import business_date
from portal.domain.pipeline import Stage
from portal.policy.service import policy_on
from portal.web import forms, labels
from portal.web.access import registration_or_404
from portal.web.htmx import go_to
from portal.web.language import in_language
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction

bp = Blueprint("cases", __name__)
_ACTS: dict[str, Any] = {
    "answer": service.answer_case,
    "withdraw": service.withdraw_case,
    "agree": service.agree_handover,
    "decline": service.decline_handover,
    "appeal": decisions.appeal_case,
}
_TEXTS = {"answer": ("text", 4000), "decline": ("reason", 2000), "appeal": ("text", 4000)}


def _case_or_404(case_id: int) -> Any:
    row = queries.case_row(reading(), case_id, queries.cases_of(actor()))
    if row is None:
        abort(404)
    return row


@bp.get("/cases")
@needs(P.CASE_VIEW)
def list_page() -> ResponseReturnValue:
    """Cases in sight: open ones, what waits for the person, what is overdue, what was decided."""
    session, scope, reader = reading(), queries.cases_of(actor()), listing.reader_of(actor())
    policy = policy_on(session, today())
    values = listing.edges(today(), policy)
    counts = listing.count_cases(session, scope, reader, values=values)
    asked = request.args.get("show", "")
    shown = Shown(asked) if asked in set(Shown) else listing.first_to_show(counts)
    page = listing.list_cases(session, scope, reader, shown, values=values, cursor=request.args.get("page"))
    return render_template(
        "cases/list.html",
        lines=case_lines(page.rows, actor(), today(), policy),
        page=page,
        counts=counts,
        shown=shown,
        most=listing.COUNT_LIMIT,
        overdue=overdue,
        link=lambda cursor: url_for(".list_page", show=shown.value, page=cursor),
    )


@bp.get("/cases/<int:case_id>")
@needs(P.CASE_VIEW)
def detail(case_id: int) -> ResponseReturnValue:
    """How a case stands, and what the person can do in it."""
    return _page(case_id), 200


def _page(case_id: int, problem: RuleViolation | None = None) -> str:
    case, session = _case_or_404(case_id), reading()
    line = viewed(case, actor(), today(), policy_on(session, today()))
    known: dict[str, Any] = {"owner": None, "asking": None, "events": [], "candidates": [], "pauses": {}}
    votes = queries.votes_in(session, case_id) if line.sees_names else []
    if line.sees_names:
        known["owner"], known["asking"] = queries.claims_in(session, case)
        known["ended"] = protection_end(case, known["owner"], today())
        known["events"] = queries.common_time_line(session, case)
        known["pauses"] = pauses_of(session, (case.owner_id, case.challenger_id), now())
        if case.status is CaseStatus.OPEN:
            known["candidates"] = queries.candidates(session, case)
    return render_template(
        "cases/detail.html",
        c=case,
        line=line,
        votes=votes,
        voted=any(vote.side is side_of(actor()) for vote in votes),
        policy=policy_on(session, today()),
        opened=business_date(case.opened_at),
        acts=possible_acts(case.kind, case.status),
        kinds=CaseKind,
        statuses=CaseStatus,
        outcomes=Outcome,
        turns=Turn,
        Stage=Stage,
        problem=labels.message(problem) if problem else None,
        typed=request.form,
        **known,
    )


def _refused(case_id: int, error: RuleViolation) -> ResponseReturnValue:
    return _page(case_id, error), 409 if error.code in ("stale", "case.not_now") else 422


def _posted(case_id: int) -> dict[str, Any]:
    version = forms.posted_number(request.form.get("version"))
    return {"actor": actor(), "now": now(), "case_id": case_id, "version": version}


def _only_looks() -> bool:
    """Whether the person first wants to see what the act would change."""
    return request.form.get("look") == "1"


def _preview(session: Any, case: Any, what: str, act: Callable[[], Any]) -> ResponseReturnValue:
    line = viewed(case, actor(), today(), policy_on(session, today()))
    own = None if line.sees_names else case.owner_id if line.owns else case.challenger_id
    seen = foresee(session, case.customer_id, act, today=today(), own=own, case_id=case.id)
    return preview_page(what, seen, customer=line.customer, case=case)


def _text(name: str, most: int) -> str:
    return str(forms.bounded(most)(request.form.get(name, "")))


@bp.get("/registrations/<int:registration_id>/case")
@needs(P.CASE_ACT)
def ask_form(registration_id: int) -> ResponseReturnValue:
    """Ask for the customer of an own waiting claim."""
    return _ask_page(_own_or_403(registration_id)), 200


def _own_or_403(registration_id: int) -> Any:
    row = registration_or_404(registration_id)
    if not works_for(actor(), partner_id=row.partner_id):
        g.missing_permission = P.CASE_ACT
        abort(403)
    return row


def _ask_page(row: Any, problem: RuleViolation | None = None) -> str:
    return render_template(
        "cases/ask.html",
        r=row,
        policy=policy_on(reading(), today()),
        problem=labels.message(problem) if problem else None,
        typed=request.form,
        kind=request.form.get("kind") or request.args.get("kind", CaseKind.TAKEOVER.value),
    )


@bp.post("/registrations/<int:registration_id>/case")
@needs(P.CASE_ACT)
def ask(registration_id: int) -> ResponseReturnValue:
    """Open the case."""
    row = _own_or_403(registration_id)
    kind = CaseKind.HANDOVER if request.form.get("kind") == CaseKind.HANDOVER else CaseKind.TAKEOVER
    given = {"registration_id": row.id, "kind": kind, "actor": actor(), "now": now()}
    try:
        given["reason"] = _text("reason", 2000)
        with transaction() as session:
            if _only_looks():
                seen = foresee(
                    session,
                    row.customer_id,
                    lambda: service.open_case(session, **given),
                    today=today(),
                    own=row.id,
                )
                return preview_page("ask", seen, customer=row.customer_name)
            case_id = service.open_case(session, **given)
    except RuleViolation as error:
        sent = queries.open_case_of(reading(), row.id) if error.code == "case.open_already" else None
        if sent is not None:  # a second click, or the page sent again
            return go_to(url_for(".detail", case_id=sent))
        return _ask_page(registration_or_404(registration_id), error), 422
    flash(_("Asked. You see here how it goes on."))
    return go_to(url_for(".detail", case_id=case_id))


@bp.post("/cases/<int:case_id>/<any(answer, withdraw, agree, decline, appeal):what>")
@needs(P.CASE_ACT)
def act(case_id: int, what: str) -> ResponseReturnValue:
    """What the two parties can do: answer, withdraw, agree, decline, appeal."""
    case = _case_or_404(case_id)
    try:
        given = _posted(case_id)
        if what in _TEXTS:
            name, most = _TEXTS[what]
            given[name] = _text("text", most)
        with transaction() as session:
            if what == "agree" and _only_looks():
                return _preview(session, case, what, lambda: service.agree_handover(session, **given))
            _ACTS[what](session, **given)
    except RuleViolation as error:
        return _refused(case_id, error)
    flash(_("Done. It stands in the case."))
    return go_to(url_for(".detail", case_id=case_id))


@bp.post("/cases/<int:case_id>/vote")
@needs(P.CASE_VOTE)
def vote(case_id: int) -> ResponseReturnValue:
    """One side's yes or no."""
    case = _case_or_404(case_id)
    verdict = request.form.get("verdict", "")
    try:
        if verdict not in ("yes", "no"):
            raise RuleViolation("required", "verdict")
        given = _posted(case_id) | {"agrees": verdict == "yes", "next_owner_id": _chosen()}
        given["reason"] = _text("reason", 2000)
        with transaction() as session:
            if _only_looks():
                return _preview(session, case, "vote", lambda: decisions.cast_vote(session, **given))
            outcome = decisions.cast_vote(session, **given)
    except RuleViolation as error:
        return _refused(case_id, error)
    flash(_("Decided: %(outcome)s.", outcome=labels.label(outcome)) if outcome else _("Your vote is noted."))
    return go_to(url_for(".detail", case_id=case_id))


def _chosen() -> int | None:
    typed = request.form.get("next_owner")
    return forms.posted_number(typed) if typed else None


@bp.post("/cases/<int:case_id>/close")
@needs(P.CASE_VOTE)
def close(case_id: int) -> ResponseReturnValue:
    """End a case whose challenger has left the channel."""
    _case_or_404(case_id)
    try:
        with transaction() as session:
            service.close_abandoned(session, **_posted(case_id), reason=_text("reason", 2000))
    except RuleViolation as error:
        return _refused(case_id, error)
    flash(_("The case is closed; the customer stays with its owner."))
    return go_to(url_for(".detail", case_id=case_id))


@bp.post("/cases/<int:case_id>/appeal-decision")
@needs(P.CASE_APPEAL_DECIDE)
def decide_appeal(case_id: int) -> ResponseReturnValue:
    """The last word on an appeal."""
    case = _case_or_404(case_id)
    verdict = request.form.get("verdict", "")
    try:
        if verdict not in ("upheld", "overturned"):
            raise RuleViolation("required", "verdict")
        given = _posted(case_id) | {"overturn": verdict == "overturned"}
        given["reason"] = _text("reason", 2000)
        with transaction() as session:
            if _only_looks():
                return _preview(
                    session, case, "decide_appeal", lambda: decisions.decide_appeal(session, **given)
                )
            outcome = decisions.decide_appeal(session, **given)
    except RuleViolation as error:
        return _refused(case_id, error)
    flash(_("Decided: %(outcome)s.", outcome=labels.label(outcome)))
    return go_to(url_for(".detail", case_id=case_id))


@bp.get("/cases/<int:case_id>/decision")
@needs(P.CASE_VIEW)
def decision(case_id: int) -> ResponseReturnValue:
    """The decision with its rule, figures and policy version, for paper: in both languages or in one."""
    case = _case_or_404(case_id)
    if case.decision is None:
        abort(404)
    line = viewed(case, actor(), today(), policy_on(reading(), today()))
    asked = request.args.get("lang")
    papers = []
    for language in (asked,) if asked in ("zh", "en") else ("zh", "en"):
        with in_language(language):
            papers.append((language, paper(case, line.customer, names=line.sees_names)))
    return render_template("cases/decision.html", c=case, line=line, papers=papers)
