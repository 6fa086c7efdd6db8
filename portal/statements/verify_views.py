"""The public page on which anyone who holds a paper checks it; also where its QR code leads (M15)."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.statements import verifying
from portal.statements.word_rows import period_words
from portal.web.request import now, reading, transaction

bp = Blueprint("verify", __name__)


@bp.get("/verify")
def page() -> ResponseReturnValue:
    """Number (`n`) and check code (`h`): genuine, superseded, or no such paper."""
    number, code = request.args.get("n", "")[:60], request.args.get("h", "")[:100]
    asked = bool(number.strip() and code.strip())
    address, found, throttled = request.remote_addr or "", None, False
    if asked:
        throttled = verifying.throttled(reading(), address, now())
        if not throttled:
            found = verifying.find_paper(reading(), number, code)
            if found is None:
                with transaction() as session:
                    verifying.note_miss(session, address, now())
    answer = render_template(
        "papers/verify.html",
        number=number,
        code=code,
        asked=asked,
        found=found,
        period=period_words(found.period) if found else "",
        throttled=throttled,
    )
    return answer, 429 if throttled else 404 if asked and found is None else 200
