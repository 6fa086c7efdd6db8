"""The lines and marks of the Thursday review as HTML: each is written once and then looked up.

A meeting shows the same project again after every step back, every verdict and every look for news. What a
line says depends on its values and on what its page has in common, nothing else: it is kept by both.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from markupsafe import Markup

from portal.domain.access import Permission as P
from portal.domain.access import allows
from portal.domain.weekly import LineVerdict
from portal.web.marks import look
from portal.web.request import actor
from portal.web.templating import written
from portal.weekly.meeting_queries import Seat
from portal.weekly.review_rows import Row

_LINES, _SEATS = 4096, 512
_write = partial(written, "weekly/_lines.html")


@dataclass(frozen=True, slots=True)
class View:
    """What the lines of one page have in common: the language, the addresses, what the reader may open."""

    language: str
    here: str
    show: str
    noted: str
    sees: bool
    sees_cases: bool

    @property
    def lines(self) -> str:
        """Where the verdicts of the lines go to."""
        return f"{self.here}/lines/"

    @property
    def more(self) -> str:
        """What an address carries on, so that all projects stay shown."""
        return "&show=all" if self.show else ""


def view_of(here: str, *, everything: bool, sees: bool) -> View:
    """The view of this request."""
    eyes = look()
    return View(
        eyes.language, here, "all" if everything else "", eyes.label(LineVerdict.NOTED), sees,
        allows(actor(), P.CASE_VIEW),
    )  # fmt: skip


@lru_cache(maxsize=_LINES)
def line(row: Row, view: View) -> Markup:
    """A project's line of the table."""
    return _write("line", row, view)


def line_with(row: Row, view: View, given: Markup) -> Markup:
    """The same with something else than the choices in it."""
    return _write("line", row, view, given)


def verdict(row: Row, view: View, **how: Any) -> Markup:
    """A line's verdict or the choices, with what was refused or is being written."""
    return _write("verdict", row, view, **how)


def mark(seat: Seat) -> Markup:
    """How far a partner of the list is."""
    return _mark(seat.is_done, seat.submitted_at is not None, look().language)


def week(seat: Seat, due: bool) -> Markup:
    """What the week did to a partner's projects, in a few words; `due`: its report should be there by now."""
    moved = (seat.new, seat.advanced, seat.fell_back, seat.lapsing, seat.lapsed, seat.gone)
    return _week(seat.submitted_at is not None, seat.late, due, *moved, look().language)


@lru_cache(maxsize=8)
def _mark(done: bool, sent: bool, _language: str) -> Markup:
    return _write("mark", done, sent)


@lru_cache(maxsize=_SEATS)
def _week(*values: Any) -> Markup:
    return _write("week", *values[:-1])
