"""Letters that look like others, as a hostile filer types them: read as what they look like.

For the likeness of names only. What is *the same name* is decided by `domain/names.py`, which takes
every letter for what it is: a name in letters that only look the same is held, and a person decides.
"""

import re
import unicodedata

# After case folding, as names are compared: В is в by then, and still looks like B.
_LETTERS = {
    "a": "аαɑᴀ", "b": "вβʙ", "c": "сϲᴄ", "d": "ԁᴅđ", "e": "еёεᴇ", "f": "ꜰ",
    "g": "ɡɢ", "h": "нηһհʜħ", "i": "іїιıɪ", "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏʟł",
    "m": "мμᴍ", "n": "νոɴ", "o": "оοօᴏø", "p": "рρᴘ", "q": "ԛ", "r": "ʀ",
    "s": "ѕꜱ", "t": "тτᴛŧ", "u": "սᴜ", "v": "ѵᴠ", "w": "ԝᴡ", "x": "хχ",
    "y": "уүυʏ", "z": "ζᴢ",
}  # fmt: skip
# Letters to the standard, blank to the eye: fillers of Hangul.
_UNSEEN = "\u115f\u1160\u3164\uffa0"
_FOREIGN = re.compile("[\u0370-\u058f]")
_WORD = re.compile("[a-z\u00df-\u058f\u1d00-\u1dbf\ua720-\ua7ff]+")
_TWINS = {ord(other): letter for letter, others in _LETTERS.items() for other in others}


class _Seen(dict[int, str | None]):
    """Figures of any script as 0 to 9, remembered where they are of the plane that names are written in."""

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        number = unicodedata.decimal(char, None)
        seen = char if number is None else str(number)
        if point <= 0xFFFF:
            self[point] = seen
        return seen


_SEEN = _Seen(dict.fromkeys(map(ord, _UNSEEN)))


def as_seen(folded: str) -> str:
    """A folded name as it looks; a word is read as Latin where all its letters can be: Асmе, not Газпром."""
    if folded.isascii():
        return folded
    return _WORD.sub(lambda found: _as_latin(found[0]), folded.translate(_SEEN))


def plain_figures(text: str) -> str:
    """A text with figures of any script as 0 to 9."""
    return text if text.isascii() else text.translate(_SEEN)


def _as_latin(word: str) -> str:
    seen = word.translate(_TWINS)
    return word if _FOREIGN.search(seen) else seen
