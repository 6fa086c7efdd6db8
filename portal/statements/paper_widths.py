"""Whether the cells of a line surely need one row of text each, told without setting them."""

import re
from collections.abc import Sequence
from functools import cache

# How wide the columns of the template are within, in ems of their text; the last is set bold.
_ROOM = (2.23, 5.17, 16.0, 8.58, 2.94, 6.82, 5.64, 7.6)
# No character is wider than this in the font that the template sets them in, in ems.
_WIDTHS = (
    ("0123456789", 0.555), (" \u00a0", 0.224), ("ijl|',.:;", 0.284), ("I", 0.293), ("f!()[]{}-", 0.347),
    ("t", 0.377), ("r/\\", 0.392), ("sz*?\"", 0.475), ("cxvy", 0.521), ("aegkYJLF#$+<=>^_~–", 0.564),
    ("bdhnopquAESTVXZ`", 0.62), ("BCKPR", 0.657), ("DG&", 0.689), ("HNOQU", 0.742), ("wM", 0.812),
    ("mW%@", 0.946), ("（）《》", 1.0),
)  # fmt: skip
# Where Chinese meets Latin without a space, a quarter of an em is put between.
_JOINT = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])")


def in_one_row(cells: Sequence[str]) -> bool:
    """What is neither Latin nor Chinese may be of any width, and is never sure to fit."""
    return all(_ems(text) <= room for text, room in zip(cells, _ROOM, strict=True))


def _ems(text: str) -> float:
    return sum(map(_width, text)) + 0.25 * len(_JOINT.findall(text))


@cache
def _width(char: str) -> float:
    for chars, width in _WIDTHS:
        if char in chars:
            return width
    return 1.0 if "\u4e00" <= char <= "\u9fff" else 100.0
