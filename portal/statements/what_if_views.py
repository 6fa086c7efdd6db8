"""What a draft of the policy would have cost, before it takes effect (§12)."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import exports
from portal.domain.access import Permission as P
from portal.domain.errors import RuleViolation
from portal.domain.periods import Period, month_of, parse_period, quarter_of
from portal.policy.queries import draft
from portal.statements.what_if import WhatIf, what_if
from portal.web.labels import label, message
from portal.web.login import needs
from portal.web.request import reading, today

bp = Blueprint("what_if", __name__)
_QUARTERS, _MONTHS = 5, 13
_SHOWN = 200


@bp.get("/policy/drafts/<int:draft_id>/what-if")
@needs(P.POLICY_EDIT)
def page(draft_id: int) -> ResponseReturnValue:
    """Last quarter, or another period, under the draft."""
    row = _draft_or_404(draft_id)
    context: dict[str, Any] = {"d": row, "choices": _choices(), "most": _SHOWN}
    try:
        period = _asked()
        found = what_if(reading(), body=row.body, period=period)
    except RuleViolation as error:
        return render_template("policy/what_if.html", problem=message(error), **context), 422
    return render_template("policy/what_if.html", found=found, period=period, **context)


def _draft_or_404(draft_id: int) -> Any:
    row = draft(reading(), draft_id)
    if row is None:
        abort(404)
    return row


def _asked() -> Period:
    """The period asked for; without one, the last quarter."""
    text = request.args.get("period", "")
    return parse_period(text) if text else quarter_of(quarter_of(today()).first - timedelta(days=1))


def _choices() -> list[str]:
    """The latest quarters and months, this one included."""
    found: list[Period] = []
    for number, of in ((_QUARTERS, quarter_of), (_MONTHS, month_of)):
        period = of(today())
        for _each in range(number):
            found.append(period)
            period = of(period.first - timedelta(days=1))
    return [str(period) for period in found]


@bp.get("/policy/drafts/<int:draft_id>/what-if.xlsx")
@needs(P.POLICY_EDIT)
def export(draft_id: int) -> ResponseReturnValue:
    """All partners of the period as a sheet."""
    row, period = _draft_or_404(draft_id), _asked()
    header, cells = _sheet(what_if(reading(), body=row.body, period=period))
    headers = {"Content-Disposition": f'attachment; filename="what-if-{period}.xlsx"'}
    content = exports.xlsx_bytes(header, cells, _("What if"))
    return Response(content, mimetype=exports.MEDIA_TYPES["xlsx"], headers=headers)


def _sheet(found: WhatIf) -> tuple[list[str], list[list[Any]]]:
    header = [
        _("Partner code"), _("Partner"), _("Period"), _("Commission then"), _("Under the draft"),
        _("Difference"), _("Lines that change"), _("Newly withheld"), _("No longer withheld"),
        _("Tier then"), _("Tier under the draft"),
    ]  # fmt: skip
    tiers = {each.partner_id: each for each in found.tiers}
    rows: list[list[Any]] = []
    for each in found.partners:
        moved = tiers.pop(each.partner_id, None)
        rows.append(
            [
                each.code, each.name, str(found.period), each.before, each.after, each.difference,
                each.lines, each.withheld, each.freed,
                label(moved.before) if moved else None, label(moved.after) if moved else None,
            ]
        )  # fmt: skip
    rows += [
        [each.code, each.name, str(found.period), *[None] * 6, label(each.before), label(each.after)]
        for each in tiers.values()
    ]
    return header, rows
