"""What nobody's browser sends to the pages of money is refused in words, on every database."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from tests.support.people import Person

BIG, HUGE = "9223372036854775808", "9" * 5000
NUMBER = {"number": "HT-CS-2026Q1-0001-1", "contract": "1", "seen": "0"}
REQUESTS: Mapping[str, tuple[str, str, str, dict[str, Any]]] = {
    "a match whose reason is nothing": (
        "finance", "post", "/receipts/numbers/match", {**NUMBER, "reason": "\x00\u202e"},
    ),
    "a contract searched by NUL": (
        "finance", "post", "/receipts/numbers/match", {**NUMBER, "reason": "", "q": "a\x00b"},
    ),
    "a reason to open again with NUL": (
        "finance", "post", "/receipts/periods/2026-Q1/reopen", {"reason": "\x00"},
    ),
    "a period to print with NUL": ("call_center", "post", "/papers", {"period": "2026\x00"}),
    "a statement to print that is too large": ("call_center", "post", "/papers", {"statement": BIG}),
    "a statement to print of 5,000 figures": ("call_center", "post", "/papers", {"statement": HUGE}),
    "a revision that is too large": ("finance", "get", f"/statements/1/paper.pdf?revision={BIG}", {}),
    "a revision of 5,000 figures": ("finance", "get", f"/statements/1/lines.xlsx?revision={HUGE}", {}),
    "a hash with NUL": (
        "alice", "post", "/statements/1/confirm", {"content_hash": "\x00", "typed": "Alice", "revision": "1"},
    ),
    "a name of a million letters": (
        "alice", "post", "/statements/1/confirm", {"content_hash": "-", "typed": "A" * 10**6},
    ),
    "a station with NUL": ("finance", "post", "/statements/1/refuse", {"to": "\x00", "reason": "x"}),
    "a page of the list that is none": ("alice", "get", f"/statements?page={HUGE}", {}),
    "a line's page that is none": ("alice", "get", "/statements/1?page=~~~&product=x&flag=y", {}),
    "an act on all that NUL finds": (
        "call_center", "post", "/statements/board/preview", {"act": "print", "all": "1", "q": "a\x00b"},
    ),
    "a draft's reason with NUL": ("channel_manager", "post", "/policy/drafts", {"reason": "a\x00b"}),
}  # fmt: skip


@pytest.fixture
def sign_in(app: Flask, people: Mapping[str, Person], desk: Any, login: Any, at: Any) -> Any:
    at("2026-04-10 10:00")
    return lambda name: login(app.test_client(), people[name])


@pytest.mark.parametrize("path", ["/import", "/payments/answers"])
def test_a_file_is_called_what_can_be_written_down(sign_in: Any, path: str) -> None:
    rows = "source,ref,received_on,contract_no,product,amount\nBOSS,N1,2026-03-01,HT-9,port,1\n"
    rows = rows if path == "/import" else "reference,result\nPB-1,paid\n"
    name = "../../a\x00\u202e<b>" + "n" * 300 + ".csv"
    head = "Content-Disposition: form-data; name="
    body = f'--x\r\n{head}"kind"\r\n\r\nreceipts\r\n'
    body += f'--x\r\n{head}"file"; filename="{name}"\r\n\r\n{rows}\r\n--x--\r\n'
    finance = sign_in("finance")
    answer = finance.post(path, data=body.encode(), content_type="multipart/form-data; boundary=x")
    assert answer.status_code in (200, 422)
    assert "\u202e" not in answer.text
    key = re.search(rf'action="{path}/(?:receipts/)?([0-9a-f]{{32}})"', answer.text)
    assert (key is None) == (path != "/import")
    if key is not None:
        assert finance.post(f"/import/receipts/{key[1]}").status_code == 200


@pytest.mark.parametrize("what", REQUESTS)
def test_it_is_refused(sign_in: Any, what: str) -> None:
    who, method, path, data = REQUESTS[what]
    answer = sign_in(who).open(path, method=method, data=data or None)
    assert answer.status_code < 500, answer.text[:500]
