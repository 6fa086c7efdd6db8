"""The form of a policy version: a field for every figure there is."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from portal.domain.errors import RuleViolation
from portal.domain.figures import FIGURES, GROUPS, Figure, body_of, flat
from portal.domain.typed_figures import parse_figure
from portal.web import forms
from portal.web.figures import figure_words, typed

_LONGEST_REASON = 500


class FigureField(forms.ParsedField):
    """A figure as people type it; its name in words is asked for when the page is drawn."""

    def __init__(self, figure: Figure, **kwargs: Any) -> None:
        super().__init__(
            "",
            lambda text: parse_figure(figure, text),
            required=figure.required,
            show=lambda value: typed(figure, value),
            **kwargs,
        )
        self.figure = figure
        self.label.text = figure_words(figure)


class VersionForm(forms.PortalForm):
    """What a version says besides its figures."""

    version = forms.StringField()
    effective_from = forms.date_field(_l("In force from"))
    reason = forms.TextArea(_l("Reason"), forms.bounded(_LONGEST_REASON))


class DraftForm(VersionForm):
    """A version being written: the day and the reason may still be missing, a figure may not."""

    def refuse(self, error: RuleViolation) -> None:
        """A figure that only shows to be wrong beside the others: on its field, or the first of its table."""
        figure = str(error.params.get("figure", ""))
        near = next((name for name in FIGURES if name == figure or name.startswith(f"{figure}.")), None)
        super().refuse(RuleViolation("policy.does_not_fit", near) if near else error)

    def body(self) -> dict[str, Any]:
        """The figures as a version's JSON."""
        return body_of({name: self[name].data for name in FIGURES})

    def groups(self) -> list[tuple[str, list[FigureField]]]:
        """The fields by the part of the page they stand in."""
        return [
            (group, [self[name] for name, figure in FIGURES.items() if figure.group == group])
            for group in GROUPS
        ]

    @classmethod
    def showing(cls, body: Mapping[str, Any], **about: Any) -> "DraftForm":
        """The form with a version's figures in it."""
        return cls(data={**flat(body), **about})


# A field for every figure, in the order in which people read them: no list to keep in step by hand.
for _name, _figure in FIGURES.items():
    setattr(DraftForm, _name, FigureField(_figure))


class EnforceForm(VersionForm):
    """From when on, and why: both are needed now."""

    effective_from = forms.date_field(_l("In force from"), required=True)
    reason = forms.TextArea(_l("Reason"), forms.bounded(_LONGEST_REASON), required=True)


class WithdrawForm(forms.PortalForm):
    """Why a version is taken back."""

    reason = forms.TextArea(_l("Reason"), forms.bounded(_LONGEST_REASON), required=True)
