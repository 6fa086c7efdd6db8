"""Style sheets and icons: colours in one place, nothing used that is not there."""

import re

import pytest

from tests.support.source import ROOT, templates

STATIC = ROOT / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
COLOUR = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color)\(|(?<![-\w])(?:white|black)(?![-\w])"
)
# The written part of a class that a variable completes.
BY_VARIABLE = {"s"}  # s1 to s5, a stage


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.S)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_raw_colours_stand_in_the_tokens_only(sheet):
    """Paper is black on white, whatever the theme."""
    if sheet.name in ("tokens.css", "print.css"):
        return
    assert COLOUR.findall(without_comments(sheet.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_a_sheet_stays_small_and_whole(sheet):
    css = sheet.read_text(encoding="utf-8")
    assert len(css.splitlines()) <= 150
    assert css.count("{") == css.count("}")
    assert "@import" not in css
    assert not re.search(r"https?:|//[a-z]", without_comments(css))


def test_every_token_that_is_used_is_declared():
    css = "".join(without_comments(sheet.read_text(encoding="utf-8")) for sheet in SHEETS)
    declared = set(re.findall(r"(--[\w-]+)\s*:", css))
    assert set(re.findall(r"var\((--[\w-]+)", css)) - declared == set()


def test_every_sheet_is_loaded_and_the_small_screens_come_after_the_parts():
    head = (ROOT / "templates" / "layout" / "_head.html").read_text(encoding="utf-8")
    found = re.search(r"for name in \(([^)]*)\)", head)
    assert found
    loaded = re.findall(r"'([\w-]+)'", found[1])
    assert sorted(loaded) == sorted(sheet.stem for sheet in SHEETS)
    assert loaded[0] == "tokens"
    assert loaded[-2:] == ["responsive", "print"]


def test_every_icon_that_is_used_is_in_the_sprite():
    sprite = set(re.findall(r'id="i-([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    sources = "".join(path.read_text(encoding="utf-8") for path in templates())
    used = set(re.findall(r"icon\('([\w-]+)'", sources))
    # Names handed on to a macro that draws them.
    used |= set(
        re.findall(r"(?:note|empty|pill|state_look)\b[^}]*?'(?:[^']*)', '([a-z]+(?:-[a-z]+)+)'", sources)
    )
    assert len(used) > 20
    assert used - sprite == set()


def test_every_class_in_a_template_is_styled_or_scripted():
    css = "".join(without_comments(sheet.read_text(encoding="utf-8")) for sheet in SHEETS)
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", css))
    known |= set(re.findall(r"\.([a-zA-Z][\w-]*)", "".join(path.read_text() for path in SCRIPTS)))
    unknown = {}
    for path in templates():
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        for value in re.findall(r'class="([^"]*)"', text):
            literal = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", value)
            for name in literal.split():
                if name not in known and name not in BY_VARIABLE:
                    unknown.setdefault(name, path.name)
    assert unknown == {}


def test_vendored_files_say_where_they_come_from():
    vendored = {path.name for path in (STATIC / "vendor").iterdir()}
    table = (STATIC / "vendor" / "VENDOR.md").read_text(encoding="utf-8")
    for name in vendored - {"VENDOR.md"}:
        if not name.startswith("LICENSE"):
            assert name in table
    for licence in ("htmx", "inter", "modern-normalize", "tabler-icons"):
        assert any(name.startswith(f"LICENSE-{licence}") for name in vendored)
