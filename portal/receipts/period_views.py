"""Periods: what was received in one, calling it complete, opening it again (step 1)."""

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation, StaleVersion
from portal.domain.periods import Period, month_of, parse_period, quarter_of
from portal.receipts import collecting, queries
from portal.receipts.number_views import bp as bp
from portal.web import forms, labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, today, transaction


@bp.get("/receipts/periods")
@needs(P.RECEIPT_VIEW)
def periods() -> ResponseReturnValue:
    """The periods that end next or ended last, and those called complete."""
    session, day = reading(), today()
    month, quarter = month_of(day), quarter_of(day)
    near = [month, _before(month), _before(_before(month)), quarter, _before(quarter)]
    done = queries.collected_periods(session)
    asked = request.args.get("period", "").strip()
    if asked:
        return go_to(url_for(".period", period=str(_period_or_404(asked))))
    complete = {row.period for row in done}
    return render_template("receipts/periods.html", near=near, done=done, complete=complete)


def _before(period: Period) -> Period:
    day = period.first.replace(day=1)
    last = day.fromordinal(day.toordinal() - 1)
    return quarter_of(last) if period.is_quarter else month_of(last)


def _period_or_404(text: str) -> Period:
    try:
        return parse_period(text)
    except RuleViolation:
        abort(404)


@bp.get("/receipts/periods/<period>")
@needs(P.RECEIPT_VIEW)
def period(period: str) -> ResponseReturnValue:
    """What is in a period; finance confirms that it is all."""
    return _page(_period_or_404(period))


def _page(period: Period, problem: RuleViolation | None = None) -> str:
    session = reading()
    return render_template(
        "receipts/period.html",
        period=period,
        contents=queries.contents_of(session, period),
        collected=collecting.collected(session, period),
        statements=collecting.statements_of(session, period),
        newest=collecting.newest_receipt(session),
        imported=queries.last_import(session),
        over=period.last < today(),
        reason=request.form.get("reason", ""),
        problem=labels.message(problem) if problem else "",
    )


@bp.post("/receipts/periods/<period>/collect")
@needs(P.RECEIPT_WORK)
def collect(period: str) -> ResponseReturnValue:
    """Call it complete, if nothing came in since it was looked at."""
    seen = forms.posted_number(request.form.get("seen"))
    return _act(period, collecting.collect, _("The receipts of %(period)s are complete."), seen=seen)


@bp.post("/receipts/periods/<period>/reopen")
@needs(P.RECEIPT_WORK)
def reopen(period: str) -> ResponseReturnValue:
    """Open it again, with a reason."""
    reason = forms.bounded(2000)(request.form.get("reason", "")[:2000])
    return _act(period, collecting.reopen, _("%(period)s is open again."), reason=reason)


def _act(text: str, act: Any, done: str, **more: Any) -> ResponseReturnValue:
    period = _period_or_404(text)
    try:
        with transaction() as session:
            act(session, actor=actor(), now=now(), period=period, **more)
    except StaleVersion:
        raise
    except RuleViolation as error:
        return _page(period, error), 422
    flash(done % {"period": period})
    return go_to(url_for(".period", period=str(period)))
