"""Form fields that speak the domain: they parse with its rules and show its refusals."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from wtforms import Field, Form, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from portal.domain.calendar import parse_date
from portal.domain.errors import RuleViolation, problems_of
from portal.domain.identifiers import normalise_phone, normalise_website, parse_email, parse_uscc
from portal.domain.money import parse_amount, parse_count
from portal.domain.names import check_name
from portal.web import labels

# No keyboard types them, and neither PostgreSQL (NUL) nor a spreadsheet can hold them all; those
# that turn the direction of writing would turn the rest of the line on the page as well.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class PortalForm(Form):  # type: ignore[misc]
    """A form whose errors can also come from rules. CSRF is checked for the whole site.

    `page_order` names the fields as they stand on the page, where that is not as declared.
    """

    page_order: tuple[str, ...] = ()

    def refuse(self, error: RuleViolation) -> None:
        """Put a rule's refusals on their fields; those without one stand above the form."""
        for problem in problems_of(error):
            text = labels.message(problem)
            field = self._fields.get(problem.field or "")
            if field is None:
                self.form_errors.append(text)
            else:
                field.errors = [*field.errors, text]

    def _place(self, name: str) -> int:
        return self.page_order.index(name) if name in self.page_order else len(self.page_order)

    @property
    def failed(self) -> list[tuple[str | None, str, str]]:
        """(field id, label, message) of everything wrong, for the summary above the form."""
        found: list[tuple[str | None, str, str]] = [(None, "", text) for text in self.form_errors]
        for name in sorted(self._fields, key=self._place):
            field = self._fields[name]
            found += [(field.id, str(field.label.text), str(text)) for text in field.errors]
        return found


class ParsedField(Field):  # type: ignore[misc]
    """A text field with a parser: `data` is the parsed value, what was typed stays shown."""

    widget = TextInput()
    parse: Callable[[str], Any] = str

    def __init__(
        self,
        label: Any = None,
        parse: Callable[[str], Any] | None = None,
        *,
        required: bool = False,
        show: Callable[[Any], str] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, **kwargs)
        self.data: Any = None
        self.parse = parse or str
        self.required = required
        self.show = show
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else self.show(self.data)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Parse what was typed; an empty optional field is None."""
        if not valuelist:
            return  # not on the page at all: `pre_validate` says whether that will do
        self.typed = valuelist[0]
        self.data = None
        if not self.typed.strip():
            if self.required:
                raise ValueError(labels.message(RuleViolation("required")))
            return
        try:
            self.data = self.parse(self.typed)
        except RuleViolation as error:
            raise ValueError(labels.message(error)) from error
        if self.required and self.data == "":
            raise ValueError(labels.message(RuleViolation("required")))

    def pre_validate(self, form: Form) -> None:
        """A required field that was not sent at all is as empty as one sent empty."""
        if self.required and self.typed is None and self.data is None:
            raise ValidationError(labels.message(RuleViolation("required")))


def bounded(longest: int) -> Callable[[str], str]:
    """A parser of free text: outer blanks gone, at most `longest` characters."""

    def parse(text: str) -> str:
        tidy = _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
        if not any(char.isprintable() for char in tidy):
            return ""
        if len(tidy) > longest:
            raise RuleViolation("text.too_long", length=len(tidy), longest=longest)
        return tidy

    return parse


def posted_number(text: str | None) -> int:
    """The row id or version that a hidden field or address carries; -1, which none has, for all else."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def name_field(label: Any, **kwargs: Any) -> ParsedField:
    """A company's or person's name."""
    return ParsedField(label, check_name, **kwargs)


def text_field(label: Any, longest: int = 200, **kwargs: Any) -> ParsedField:
    """Free text on one line."""
    return ParsedField(label, bounded(longest), **kwargs)


def uscc_field(label: Any, **kwargs: Any) -> ParsedField:
    """A unified social credit code."""
    return ParsedField(label, parse_uscc, **kwargs)


def phone_field(label: Any, **kwargs: Any) -> ParsedField:
    """A telephone number."""
    return ParsedField(label, normalise_phone, **kwargs)


def website_field(label: Any, **kwargs: Any) -> ParsedField:
    """A web address."""
    return ParsedField(label, normalise_website, **kwargs)


def email_field(label: Any, **kwargs: Any) -> ParsedField:
    """An e-mail address."""
    return ParsedField(label, parse_email, **kwargs)


def money_field(label: Any, parse: Callable[[str], Decimal] = parse_amount, **kwargs: Any) -> ParsedField:
    """An amount in yuan."""
    return ParsedField(label, parse, show=_plain_amount, **kwargs)


def count_field(label: Any, **kwargs: Any) -> ParsedField:
    """A whole number."""
    return ParsedField(label, parse_count, **kwargs)


def date_field(label: Any, **kwargs: Any) -> ParsedField:
    """A day."""
    return ParsedField(label, parse_date, show=date.isoformat, **kwargs)


def _plain_amount(amount: Decimal) -> str:
    return f"{amount:.2f}".removesuffix(".00")


class TextArea(ParsedField):
    """Free text on several lines."""

    widget = TextAreaField.widget


class Choice(SelectField):  # type: ignore[misc]
    """One member of an enum; `data` is the member, None when nothing is chosen."""

    def __init__(
        self, label: Any, members: Iterable[StrEnum], *, required: bool = True, **kwargs: Any
    ) -> None:
        self.members = {member.value: member for member in members}
        self.required = required
        super().__init__(label, choices=[], coerce=str, validate_choice=False, **kwargs)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Offer the members in the person's language."""
        self.choices = [("", "—")] + [
            (value, str(labels.label(member))) for value, member in self.members.items()
        ]
        super().process(formdata, data.value if isinstance(data, StrEnum) else data, extra_filters)

    def pre_validate(self, form: Form) -> None:
        """Only members of the list are accepted."""
        if not self.data or self.data == "None":
            self.data: Any = None
            if self.required:
                raise ValidationError(labels.message(RuleViolation("required")))
        elif self.data not in self.members:
            raise ValidationError(labels.message(RuleViolation("choice")))

    @property
    def member(self) -> Any:
        """The chosen member."""
        return self.members.get(self.data or "")


__all__ = [
    "Choice",
    "ParsedField",
    "PortalForm",
    "StringField",
    "TextArea",
    "bounded",
    "count_field",
    "date_field",
    "email_field",
    "money_field",
    "name_field",
    "parse_date",
    "phone_field",
    "posted_number",
    "text_field",
    "uscc_field",
    "website_field",
]
