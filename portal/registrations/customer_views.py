"""The list of customers, for those who keep their records."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission as P
from portal.domain.facts import State
from portal.registrations.customers import list_customers
from portal.registrations.views import bp
from portal.web.login import needs
from portal.web.request import reading

__all__ = ["bp"]


@bp.get("/customers")
@needs(P.CUSTOMER_MERGE)
def customers() -> ResponseReturnValue:
    """Every customer with its owner, found by a piece of a name or by its code."""
    text = request.args.get("q", "").strip()[:100]
    page = list_customers(reading(), text=text, cursor=request.args.get("page"))
    return render_template(
        "registrations/customers.html",
        page=page,
        text=text,
        states=State,
        link=lambda cursor: url_for("registrations.customers", q=text or None, page=cursor),
    )
