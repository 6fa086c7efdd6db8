"""Templates compiled once per language, with everything that cannot change folded into their text.

A page says a hundred words that never change, shows as many icons and links to the same places.
Looking each up while the page is made took longer than the page's queries; here that happens when
the template is compiled. What does change is written out by `shown`, which spares most texts the
wrapping that would only be joined away.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, TypeGuard

from flask import current_app, url_for
from flask.templating import Environment
from flask_babel import get_translations
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import create_cache
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from portal.web.language import LOCALES, locale

_TEMPLATES = 400
# Ids that stand for the gaps of an address; no row has one of them.
_GAP = 2_000_000_001
_special = re.compile("[&<>'\"]").search


def shown(value: Any) -> str:
    """`value` as it may stand in a page: `escape`, without a new `Markup` where nothing is escaped."""
    kind = type(value)
    if kind is Markup or (kind is str and not _special(value)):
        return value  # type: ignore[no-any-return]
    return escape(value)


def icon(sprite: str, name: str, cls: str = "") -> Markup:
    """An icon of the sprite, as the macro `icon` draws it."""
    svg = Markup('<svg class="ico {}" viewBox="0 0 24 24" aria-hidden="true"><use href="{}#i-{}"/></svg>')
    return svg.format(cls, sprite, name)


def part(template: str, **values: Any) -> Markup:
    """A piece of a page, to be kept and written into many pages; it shows nothing of one request."""
    return Markup(current_app.jinja_env.get_template(template).render(values))  # noqa: S704 - a template escapes


def written(template: str, macro: str, *values: Any, **more: Any) -> Markup:
    """What a macro of a template makes of these values: what it shows of one request must be among them."""
    module: Any = current_app.jinja_env.get_template(template).module
    return Markup(getattr(module, macro)(*values, **more))  # noqa: S704 - a template escapes


class _Writer(CodeGenerator):
    """Jinja's compiler, writing values out by `shown`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)


class PortalEnvironment(Environment):
    """Flask's environment with one cache of compiled templates per language."""

    code_generator_class = _Writer
    shown = staticmethod(shown)

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
        self.known: Mapping[str, Any] = environment.globals
        self.depth = 0

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """A text without placeholders, an icon or a file with a fixed name, the address of a page."""
        self.generic_visit(node)
        name, constants = _name_of(node.node), [each.value for each in node.args if _fixed(each)]
        if len(constants) < len(node.args) or node.dyn_args or node.dyn_kwargs:
            return node
        if name == "url_for":
            return _address(node, constants[0])
        outcome = None if node.kwargs else self._outcome(name, constants)
        return node if outcome is None else nodes.Const(outcome, lineno=node.lineno)

    def visit_Block(self, node: nodes.Block) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """A block is joined once and handed on whole, not piece by piece through every layout."""
        self._inside(node)
        node.body = [_joined(node.body)] if node.body else []
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """A macro joins its pieces by itself."""
        return self._inside(node)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's naming
        """A list is joined like a block, in a template that others include."""
        outermost = not self.depth
        self._inside(node)
        return _joined([node]) if outermost else node

    def _inside(self, node: nodes.Node) -> nodes.Node:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        return node

    def _outcome(self, name: str, constants: list[Any]) -> Any:
        if name in ("_", "gettext"):
            return Markup(get_translations().ugettext(constants[0])) % {}  # noqa: S704 - our own texts
        if name == "icon" and "sprite" in self.known:
            return icon(str(self.known["sprite"]), *constants)
        if name == "asset" and "asset" in self.known:
            return str(self.known["asset"](*constants))
        return None


def _joined(body: list[nodes.Node]) -> nodes.FilterBlock:
    as_it_is = nodes.Filter(None, "safe", [], [], None, None, lineno=body[0].lineno)
    return nodes.FilterBlock(body, as_it_is, lineno=body[0].lineno)


def _fixed(node: nodes.Node) -> TypeGuard[nodes.Const]:
    return isinstance(node, nodes.Const)


def _address(node: nodes.Call, endpoint: str) -> nodes.Node:
    """The address of a page, with gaps where ids of rows belong; the call itself if it is not that plain."""
    values = {each.key: each.value for each in node.kwargs}
    ids = [name for name, value in values.items() if not _fixed(value)]
    rules = [] if endpoint.startswith(".") else list(current_app.url_map.iter_rules(endpoint))
    if len(rules) != 1 or any(f"<int:{each}>" not in rules[0].rule for each in ids):
        return node
    gaps: dict[str, Any] = {name: _GAP + number for number, name in enumerate(ids)}
    fixed = {name: value.value for name, value in values.items() if _fixed(value)}
    pieces = re.split(f"({'|'.join(map(str, gaps.values())) or '$^'})", url_for(endpoint, **fixed, **gaps))
    by_gap = {str(gap): values[name] for name, gap in gaps.items()}
    parts = [by_gap.get(each) or nodes.Const(escape(each), lineno=node.lineno) for each in pieces]
    return nodes.Concat(parts, lineno=node.lineno) if ids else parts[0]


def _name_of(called: nodes.Node) -> str:
    """``icon`` for both `icon(…)` and `ui.icon(…)`; other attributes are nobody's business here."""
    if isinstance(called, nodes.Name):
        return called.name
    ours = isinstance(called, nodes.Getattr) and called.attr == "icon" and isinstance(called.node, nodes.Name)
    return "icon" if ours and called.node.name == "ui" else ""  # type: ignore[attr-defined]
