"""Nobody imports upward, and a few acts have one place each (docs/architecture.md)."""

import ast
import re
import sys
from collections.abc import Iterator

from tests.support.source import ROOT, Module, dotted, modules, templates

# Each may use what stands before it. A new feature gets its place here.
FEATURES = (
    *("policy", "partners", "notices", "matching", "conflicts"),
    *("registrations", "support", "pipeline", "cases", "weekly"),
    *("receipts", "deposits", "statements", "payments", "tiers", "leads"),
    *("auth", "search", "home", "admin"),
)
ROOF = (
    *("__init__.py", "__main__.py", "cli.py", "wsgi.py", "schema.py", "seed.py"),
    *("commands", "demo"),
)
GROUND = {
    "config": {"portal.config"},
    "clock": {"portal.clock", "portal.domain"},
    "domain": {"portal.domain"},
    "models": {"portal.models", "portal.domain"},
    "audit": {"portal.audit", "portal.models", "portal.domain", "portal.clock"},
    "journal": {"portal.journal", "portal.audit", "portal.models", "portal.domain"},
    "paging": {"portal.paging"},
    "files": {"portal.files", "portal.domain"},
    "db": {"portal.db", "portal.audit", "portal.models", "portal.domain", "portal.clock"},
    "migrations": {"portal.migrations", "portal.models", "portal.domain", "portal.db"},
    "web": {f"portal.{name}" for name in ("web", "domain", "models", "db", "clock", "config")}
    | {"portal.audit"},
}
RULE_LIBRARIES = {"stdnum", "opencc", "chinese_calendar", "rapidfuzz", "pypinyin"}
TABLE_LIBRARIES = {"sqlalchemy", "sqlmodel"}
WEB_LIBRARIES = {
    *("flask", "flask_login", "flask_wtf", "flask_babel", "flask_limiter"),
    *("werkzeug", "wtforms", "jinja2", "markupsafe", "babel", "itsdangerous"),
}
PAGE_FILES = re.compile(r"(\w+_)?(views|forms|rows)\.py")


def own_features(module: Module) -> set[str]:
    """What the feature of `module` may reach: itself and everything upstream of it."""
    place = FEATURES.index(module.parts[0])
    return {f"portal.{name}" for name in FEATURES[: place + 1]}


def allowed(module: Module) -> tuple[set[str], set[str] | None]:
    """The portal's modules and the libraries (None: any but the web's) that `module` may use."""
    layer = module.parts[0].removesuffix(".py")
    ground = ("domain", "models", "audit", "clock", "db", "files", "journal", "paging")
    services = {f"portal.{name}" for name in ground}
    if layer == "domain":
        return GROUND["domain"], RULE_LIBRARIES
    if layer == "models":
        return GROUND["models"], TABLE_LIBRARIES
    if layer == "web":
        return GROUND["web"], WEB_LIBRARIES | TABLE_LIBRARIES | {"structlog", "limits"}
    if layer in GROUND:
        return GROUND[layer], None
    if layer in ("imports", "exports"):
        features = {f"portal.{name}" for name in FEATURES}
        files = {"portal.imports", "portal.exports", "portal.config"}
        if PAGE_FILES.fullmatch(module.parts[-1]):
            return services | features | files | {"portal.web"}, WEB_LIBRARIES
        return services | features | files, None
    if layer not in FEATURES:
        raise AssertionError(f"{module.where}: portal/{layer} has no place in FEATURES")
    name = module.parts[-1]
    if not PAGE_FILES.fullmatch(name):
        return services | own_features(module), None
    own = own_features(module) | {"portal.web", "portal.domain"}
    if name.endswith(("forms.py", "rows.py")):
        return own, WEB_LIBRARIES
    return own | services | {"portal.config", "portal.imports", "portal.exports"}, WEB_LIBRARIES


def trespasses(module: Module) -> Iterator[str]:
    ours, libraries = allowed(module)
    for name, line in module.imports():
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            continue
        if top == "portal":
            fine = any(name == each or name.startswith(f"{each}.") for each in ours)
        elif libraries is None:
            fine = top not in WEB_LIBRARIES
        else:
            fine = top in libraries
        if not fine:
            yield f"{module.where}:{line} imports {name}"


def test_nobody_imports_upward():
    found = [
        trespass for module in modules() if module.parts[0] not in ROOF for trespass in trespasses(module)
    ]
    assert found == []


def test_pages_are_imported_by_the_application_alone():
    """A rule or service that reached into a page would drag the web along."""
    found = [
        f"{module.where}:{line} imports {name}"
        for module in modules()
        if module.parts != ("__init__.py",)
        for name, line in module.imports()
        if (page := re.match(r"portal\.(\w+)\.(\w+_)?views\b", name)) and page.group(1) != module.parts[0]
    ]
    assert found == []


def calls(module: Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


CLOCKS = re.compile(
    r"(.*\.)?(datetime|date)\.(now|utcnow|today)|time\.(time|time_ns|localtime|gmtime)"
    r"|(sa\.|sqlalchemy\.)?func\.(now|current_timestamp|current_date)"
)


def test_only_the_clock_reads_the_time():
    found = [
        f"{module.where}:{node.lineno} calls {name}"
        for module in modules()
        if module.parts != ("clock.py",)
        for name, node in calls(module)
        if CLOCKS.fullmatch(name)
    ]
    assert found == []


# The columns of `registration` that the ownership fold alone may set.
SETTLED = frozenset(
    {"is_owner", "queue_position", "owned_since", "protected_until", "paused_from", "last_progress_at"}
)
PROJECTIONS = frozenset({"Ownership", "ownership", "PipelineStat", "pipeline_stat"})


def ownership_writes(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr in SETTLED:
                yield f"{module.where}:{node.lineno} sets {target.attr}"
    for name, node in calls(module):
        function = name.rpartition(".")[2]
        if function in PROJECTIONS and node.keywords:
            yield f"{module.where}:{node.lineno} makes a row of {function}"
        if function in ("insert", "update", "delete"):
            for argument in node.args:
                if (table := dotted(argument).rpartition(".")[2]) in PROJECTIONS:
                    yield f"{module.where}:{node.lineno} {function}s {table}"
        if function == "values":
            for keyword in node.keywords:
                if keyword.arg in SETTLED:
                    yield f"{module.where}:{node.lineno} sets {keyword.arg}"


def test_only_conflicts_writes_who_owns_whom():
    found = [
        write
        for module in modules()
        if module.parts[0] not in ("conflicts", "domain", "models")
        for write in ownership_writes(module)
    ]
    assert found == []


def test_services_leave_the_transaction_to_whoever_called_them():
    found = [
        f"{module.where}:{node.lineno} calls {name}"
        for module in modules()
        if module.parts[-1] in ("service.py", "queries.py") or module.parts[0] == "domain"
        for name, node in calls(module)
        if re.fullmatch(r"(.*\.)?session\.(commit|rollback)|db\.(commit|transaction)", name)
    ]
    assert found == []


def test_files_and_functions_stay_small_enough_to_read():
    found = [f"{m.where}: {m.lines} lines" for m in modules() if m.lines > 300]
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 60:
                    found.append(f"{module.where}:{node.lineno} {node.name}: {length} lines")
    assert found == []


FORBIDDEN_IN_TEMPLATES = {
    r"\|\s*safe\b": "switches escaping off",
    r"\{%-?\s*autoescape": "switches escaping off",
    r"\sstyle\s*=": "has an inline style",
    r"<style\b": "has an inline style",
    r"<script\b(?![^>]*\bsrc=)": "has an inline script",
    r"\son[a-z]+\s*=": "has an inline handler",
    r"\shx-on\b": "has an inline handler",
    r"\shx-boost\b": "uses hx-boost",
    r"javascript:": "has an inline script",
    r"<(script|link|img)\b[^>]*(src|href)=[\"']https?:": "loads from another site",
}


def test_templates_keep_the_content_security_policy():
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1} {complaint}"
        for path in templates()
        for text in [re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)]
        for pattern, complaint in FORBIDDEN_IN_TEMPLATES.items()
        for match in re.finditer(pattern, text, flags=re.I)
    ]
    assert found == []


def test_python_marks_nothing_as_safe_markup():
    """Markup belongs in templates; `web/` may wrap what it has itself escaped."""
    found = [
        f"{module.where}:{node.lineno} calls {name}"
        for module in modules()
        if module.parts[0] != "web"
        for name, node in calls(module)
        if name.rpartition(".")[2] == "Markup"
    ]
    assert found == []


def test_the_rules_about_ownership_do_notice_a_trespass():
    """The guard itself, on a file that breaks what it guards."""
    source = "row.is_owner = True\nsa.update(t.ownership).values(ends_at=now)\nOwnership(rule=r)\n"
    module = Module(ROOT / "portal" / "home" / "service.py", ast.parse(source), 3)
    assert len(list(ownership_writes(module))) == 3


def test_the_import_rules_do_notice_a_trespass():
    def found(path: str, source: str) -> list[str]:
        return list(trespasses(Module(ROOT / "portal" / path, ast.parse(source), 1)))

    assert found("domain/money.py", "import sqlmodel")
    assert found("domain/money.py", "from portal.models import Partner")
    assert found("models/people.py", "from portal import clock")
    assert found("partners/service.py", "import flask")
    assert found("partners/service.py", "from portal.registrations import service")
    assert found("partners/service.py", "from portal.web.labels import text_of")
    assert found("web/access.py", "from portal.partners import queries")
    assert not found("registrations/service.py", "from portal.partners import queries")
    assert not found("registrations/views.py", "import flask\nfrom portal.registrations import forms")
