"""Numbers on receipts that no contract bears: the work list, matching one, taking a match back (M14)."""

from typing import Any

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.domain.access import Permission as P
from portal.domain.contracts import key_of
from portal.domain.errors import RuleViolation, StaleVersion
from portal.receipts import queries
from portal.receipts.contested import contested_numbers
from portal.receipts.matching import LONGEST_REASON, match_number, newest_word, take_match_back
from portal.receipts.views import bp as bp
from portal.web import forms, labels
from portal.web.htmx import go_to
from portal.web.login import needs
from portal.web.request import actor, now, reading, transaction


@bp.get("/receipts/numbers")
@needs(P.RECEIPT_VIEW)
def numbers() -> ResponseReturnValue:
    """What is to be matched, what is in question, what was matched by hand."""
    session = reading()
    return render_template(
        "receipts/numbers.html",
        page=queries.unmatched_page(session, request.args.get("from")),
        sums=queries.unmatched_sums(session),
        contested=contested_numbers(session),
        matched=queries.matched_numbers(session),
        link=lambda cursor: url_for(".numbers", **{"from": cursor}),
    )


@bp.get("/receipts/numbers/match")
@needs(P.RECEIPT_WORK)
def match_form() -> ResponseReturnValue:
    """One number, and the contracts that it may mean."""
    return _match_page(key_of(request.args.get("number", "")))


def _match_page(key: str, problem: RuleViolation | None = None) -> str:
    session = reading()
    about, word = queries.receipts_of_number(session, key), newest_word(session, key)
    if about is None:
        abort(404)
    text = request.values.get("q", "").strip()[:60]
    return render_template(
        "receipts/match.html",
        key=key,
        about=about,
        word=word,
        text=text,
        choices=queries.contracts_like(session, key, text),
        chosen=forms.posted_number(request.form.get("contract")),
        reason=request.form.get("reason", ""),
        problem=labels.message(problem) if problem else "",
    )


@bp.post("/receipts/numbers/match")
@needs(P.RECEIPT_WORK)
def match() -> ResponseReturnValue:
    """Say which contract the number means."""
    contract = forms.posted_number(request.form.get("contract"))
    return _say(match_number, _("The number is matched."), contract_id=contract)


@bp.post("/receipts/numbers/unmatch")
@needs(P.RECEIPT_WORK)
def unmatch() -> ResponseReturnValue:
    """Take the match back."""
    return _say(take_match_back, _("The match is taken back."))


def _say(act: Any, done: str, **more: Any) -> ResponseReturnValue:
    key, seen = key_of(request.form.get("number", "")), forms.posted_number(request.form.get("seen"))
    if queries.receipts_of_number(reading(), key) is None:
        abort(404)
    try:
        with transaction() as session:
            act(
                session, actor=actor(), now=now(), number_key=key, seen=seen,
                reason=forms.bounded(LONGEST_REASON)(request.form.get("reason", "")), **more,
            )  # fmt: skip
    except StaleVersion:
        raise
    except RuleViolation as error:
        return _match_page(key, error), 422
    flash(done)
    return go_to(url_for(".numbers"))
