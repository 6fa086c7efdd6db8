"""WCAG 2.2 contrast of the token pairs that components use, in both themes."""

import re

import pytest

from tests.support.source import ROOT

TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
KINDS = ("ok", "warn", "bad", "info", "gold", "silver")
TEXT, EDGE = 4.5, 3.0


def block(selector: str) -> dict[str, str]:
    found = re.search(rf"\n *{re.escape(selector)} \{{(.*?)\n *\}}", TOKENS, re.S)
    assert found, selector
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", found[1]))


LIGHT = block(":root")
DARK_BY_SYSTEM = block(':root:not([data-theme="light"])')
DARK_BY_CHOICE = block(':root[data-theme="dark"]')
THEMES = {"light": LIGHT, "dark": LIGHT | DARK_BY_CHOICE}


def pairs():
    """(foreground, background, least ratio) of everything that is drawn on something."""
    for text in ("text", "text-2", "text-3"):
        for ground in ("bg", "surface", "surface-2", "surface-3", "well", "raised"):
            yield text, ground, TEXT
    for ground in ("bg", "surface", "surface-2", "surface-3", "accent-soft"):
        yield "accent-text", ground, TEXT
    for kind in KINDS:
        for ground in ("surface", "surface-2", "raised", f"{kind}-soft"):
            yield kind, ground, TEXT
        yield "text", f"{kind}-soft", TEXT
        yield "text-2", f"{kind}-soft", TEXT
    for kind in ("warn", "bad", "accent"):
        yield "text-3", f"{kind}-soft", TEXT
    yield "text-2", "accent-soft", TEXT
    for side in ("side-a", "side-b"):
        yield side, f"{side}-soft", TEXT
        yield "text-2", f"{side}-soft", TEXT
    for ground in ("accent", "accent-hover"):
        yield "on-accent", ground, TEXT
    # A selected segment, and the words on it.
    yield "text", "seg-on", TEXT
    for edge in ("line-input", "focus"):
        for ground in ("bg", "surface"):
            yield edge, ground, EDGE
    for kind in ("bad", "ok", "info"):
        yield f"{kind}-fill", "surface", EDGE


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def ratio(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground", "least"), list(pairs()))
def test_the_pair_can_be_told_apart(theme: str, front: str, ground: str, least: float):
    tokens = THEMES[theme]
    assert ratio(tokens[front], tokens[ground]) >= least


def test_the_two_ways_to_the_dark_theme_lead_to_the_same_one():
    assert DARK_BY_SYSTEM == DARK_BY_CHOICE


def test_every_colour_of_the_light_theme_has_a_dark_one():
    colours = {name for name, value in LIGHT.items() if re.match(r"#|rgb", value) or name.startswith("sh-")}
    assert colours <= set(DARK_BY_CHOICE)


def test_the_measure_agrees_with_the_known_extremes():
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
