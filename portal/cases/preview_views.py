"""The page between an act in a case and its doing: what would change, and the button that does it."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.cases.preview import Foreseen
from portal.cases.rows import foretold, paper
from portal.policy.service import policy_on
from portal.web.request import reading, today

_KEPT_OUT = ("csrf_token", "look")


def preview_page(what: str, seen: Foreseen, *, customer: str, case: Any = None) -> ResponseReturnValue:
    """Show what an act would change; the same form, sent again from there, does it."""
    paper_now = case.decision if case is not None else None
    return render_template(
        "cases/preview.html",
        what=what,
        customer=customer,
        case=case,
        said=foretold(seen.case, what, policy_on(reading(), today())),
        changes=seen.changes,
        paper=paper(seen.case, customer, names=False)
        if seen.case.decision and (seen.case.decision != paper_now or what == "decide_appeal")
        else None,
        typed=[(name, value) for name, value in request.form.items() if name not in _KEPT_OUT],
    )
