"""Reports made ready to be read: the draft's lines with their forms, and what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from portal.domain.pipeline import Stage
from portal.domain.reports import Difference, Happening, Line, Typed
from portal.domain.terms import EventKind
from portal.domain.weekly import Change, Group
from portal.web import filters, labels
from portal.weekly.report_forms import QUICK_REASONS, LineForm

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class LineRow:
    """A project of the draft and its form."""

    line: Line
    form: LineForm
    group: Group
    todo: bool
    failed: bool
    overtaken: bool

    @property
    def asks(self) -> bool:
        """Whether the facts alone leave it unchanged: a reason, or what did happen, is wanted."""
        return replace(self.line, typed=Typed()).unchanged

    @property
    def quick(self) -> list[tuple[str, str]]:
        """Reasons for one tap with what they are called; first the one that was given last week."""
        before, usual = self.line.promise.reason, [str(each) for each in QUICK_REASONS]
        offered = [(each, each) for each in usual if each != before]
        if not before:
            return offered
        shown = before if len(before) <= _SHOWN else f"{before[: _SHOWN - 1]}…"
        return [(before, gettext("As last week: %(reason)s", reason=shown)), *offered]

    @property
    def tapped(self) -> str:
        """The quick reason that stands, if any."""
        said = self.form.quick.data or self.form.reason.data or ""
        return said if said in {text for text, _words in self.quick} else ""

    @property
    def own_words(self) -> str:
        """The reason in own words, as typed."""
        said = str(self.form.reason._value())
        return "" if said == self.tapped else said

    @property
    def more(self) -> bool:
        """Whether the folded part of the form has something in it that a person should see."""
        names = ("happened", "support", "ports", "yearly_revenue")
        typed = self.line.typed
        figures = (typed.ports, typed.yearly_revenue) != (None, None)
        stated = typed.support or typed.happened or figures
        return bool(stated or any(self.form[name].errors for name in names))


def line_rows(lines: Sequence[Line], forms: Mapping[int, LineForm]) -> list[LineRow]:
    """The lines of a page with their forms; `todo`: a reason is still missing."""
    return [
        LineRow(
            line,
            forms[line.registration_id],
            line.compared.group,
            todo=line.unchanged and not line.typed.reason,
            failed=bool(forms[line.registration_id].failed),
            overtaken=_overtaken(line, forms[line.registration_id]),
        )
        for line in lines
    ]


def _overtaken(line: Line, form: LineForm) -> bool:
    """Whether somebody else wrote about the project while the form was on the screen."""
    return str(form.version.data) != str(line.version) and form.typed(line.entry) != line.typed


def happening_words(each: Happening) -> str:
    """A fact of the week in one short line."""
    word = labels.label(each.kind)
    if each.kind is EventKind.MOVED and each.stage is not None:
        word = gettext("Moved to %(stage)s", stage=labels.label(each.stage))
    day = filters.day(each.at)
    said = f"{gettext(': ')}{each.text}" if each.text else ""
    return f"{day} · {word}{said}"


def sent_happenings(line: Mapping[str, Any]) -> list[str]:
    """The facts of a line that was sent, in words."""
    return [
        happening_words(
            Happening(
                EventKind(fact["kind"]),
                datetime.fromisoformat(fact["at"]),
                Stage(fact["stage"]) if fact["stage"] else None,
                fact["text"],
            )
        )
        for fact in line["facts"]
    ]


FIELDS = ("stage", "ports", "yearly_revenue", "happened", "reason", "support", "next_step", "next_step_on")


def field_words(name: str) -> str:
    """What a field of a line is called."""
    words = {
        "": gettext("Project"),
        "remark": gettext("Remark"),
        "stage": gettext("Stage"),
        "ports": gettext("Ports"),
        "yearly_revenue": gettext("Yearly revenue"),
        "happened": gettext("What happened"),
        "reason": gettext("Why nothing changed"),
        "support": gettext("Support needed"),
        "next_step": gettext("Next step"),
        "next_step_on": gettext("Next step on"),
    }
    return str(words[name])


def value_words(name: str, value: Any) -> str:
    """A frozen value as people read it."""
    if value in (None, ""):
        return "–"
    if name == "":
        return str(gettext("named") if value == "added" else gettext("not named any more"))
    if name == "stage":
        return labels.label(Stage(value))
    if name == "ports":
        return f"{value:,}"
    if name == "yearly_revenue":
        return filters.whole_money(Decimal(value))
    if name == "next_step_on":
        return filters.day(date.fromisoformat(value))
    return str(value)


def difference_rows(found: Sequence[Difference]) -> list[tuple[str, str, str, str]]:
    """Customer, field, before, after of everything that a revision says otherwise."""
    return [
        (
            each.customer,
            field_words(each.field),
            value_words(each.field, each.before),
            value_words(each.field, each.after),
        )
        for each in found
    ]


def change_counts(lines: Sequence[Line]) -> dict[Change, int]:
    """How many projects changed how; for the head of the page."""
    counted = dict.fromkeys(Change, 0)
    for line in lines:
        counted[line.compared.change] += 1
    return counted
