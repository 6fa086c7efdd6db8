"""The few things that differ when htmx asks."""

import json
from typing import Any

from flask import Response, make_response, redirect, request


def is_htmx() -> bool:
    """Whether htmx asks."""
    return "HX-Request" in request.headers


def wants_fragment() -> bool:
    """Whether only the changed part is wanted; a restored history entry wants the whole page."""
    return is_htmx() and "HX-History-Restore-Request" not in request.headers


def go_to(url: str) -> Response:
    """A redirect after a post: 303 for a browser, HX-Redirect for htmx (it would swap the page in)."""
    if is_htmx():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return make_response(redirect(url, 303))


def with_toast(response: Any, text: str, *, bad: bool = False) -> Response:
    """Say something in passing; never the only copy of what a person needs."""
    return with_events(response, toast={"text": str(text), "bad": bad})


def with_events(response: Any, **events: Any) -> Response:
    """Tell the page's scripts something: the name of each event and its detail."""
    answer = make_response(response)
    # JSON escapes keep the header ASCII whatever the language.
    answer.headers["HX-Trigger"] = json.dumps(events)
    return answer
