"""Templates compiled once per language: constant texts and icons become part of the page's text.

A page says a hundred words that never change and shows as many icons. Looking each up while the
page is made took longer than the page's queries; here that happens when the template is compiled.
"""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment
from flask_babel import get_translations
from jinja2 import nodes
from jinja2.environment import create_cache
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from portal.web.language import LOCALES, locale

_TEMPLATES = 400


def icon(sprite: str, name: str, cls: str = "") -> Markup:
    """An icon of the sprite, as the macro `icon` draws it."""
    svg = Markup('<svg class="ico {}" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#i-{}"/></svg>')
    return svg.format(cls, sprite, name)


class PortalEnvironment(Environment):
    """Flask's environment with one cache of compiled templates per language."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._caches: dict[str, Any] = {}
        super().__init__(*arguments, **options)

    @property
    def cache(self) -> MutableMapping[Any, Any] | None:
        """The compiled templates in the language of this request."""
        return self._caches.get(locale())

    @cache.setter
    def cache(self, _cache: Any) -> None:
        self._caches = {each: create_cache(_TEMPLATES) for each in LOCALES}

    def _generate(self, source: nodes.Template, *arguments: Any, **options: Any) -> str:
        return super()._generate(_Folding(self).visit(source), *arguments, **options)


class _Folding(NodeTransformer):
    """Replaces calls that can only have one outcome in a language by that outcome."""

    def __init__(self, environment: PortalEnvironment) -> None:
        self.sprite = str(environment.globals.get("sprite", ""))

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """A text without placeholders, or an icon with a fixed name."""
        self.generic_visit(node)
        constants = [each.value for each in node.args if isinstance(each, nodes.Const)]
        fixed = len(constants) == len(node.args) and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if not fixed:
            return node
        if isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext"):
            text = get_translations().ugettext(constants[0])
            return nodes.Const(Markup(text) % {}, lineno=node.lineno)  # noqa: S704 - our own texts
        if _is_icon(node.node) and self.sprite:
            return nodes.Const(icon(self.sprite, *constants), lineno=node.lineno)
        return node


def _is_icon(called: nodes.Node) -> bool:
    if isinstance(called, nodes.Name):
        return called.name == "icon"
    return (
        isinstance(called, nodes.Getattr)
        and called.attr == "icon"
        and isinstance(called.node, nodes.Name)
        and called.node.name == "ui"
    )
