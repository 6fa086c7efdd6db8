"""Chinese characters by their sound: one reading each, without tones, the same on both sides."""

import json
import unicodedata
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

# Readings that names of companies have, where the table's first one is another.
_IN_NAMES = {
    "行": "hang", "长": "chang", "重": "zhong", "乐": "le", "都": "du", "厦": "xia",
    "单": "dan", "曾": "zeng", "朝": "chao", "会": "hui", "调": "diao", "宿": "su",
    "尉": "wei", "大": "da", "盛": "sheng", "沈": "shen", "石": "shi", "传": "chuan",
    "降": "jiang", "贾": "jia", "柏": "bai", "蔚": "wei", "奇": "qi", "万": "wan",
}  # fmt: skip
_LONGEST = 6


@cache
def _readings() -> dict[str, str]:
    # The table alone: importing the package reads its phrases too, which takes longer than all else.
    table = Path(getattr(find_spec("pypinyin"), "origin", "")).with_name("pinyin_dict.json")
    found = {}
    for number, readings in json.loads(table.read_text(encoding="utf-8")).items():
        point = int(number)
        if 0x3400 <= point <= 0x9FFF:
            plain = unicodedata.normalize("NFD", readings.split(",")[0]).replace("u\u0308", "v")
            found[chr(point)] = "".join(c for c in plain if c.isascii() and c.isalpha())
    return found | _IN_NAMES


@cache
def _syllables() -> frozenset[str]:
    return frozenset(each for each in _readings().values() if len(each) > 1) | {"a", "e", "o"}


def sounds_of(text: str) -> tuple[str, ...]:
    """The sound of each character; what is no Chinese character stands for itself."""
    readings = _readings()
    return tuple([readings.get(char, char) for char in text])


@lru_cache(maxsize=16384)
def split_sounds(word: str) -> tuple[str, ...]:
    """A word in pinyin taken apart into as few syllables as can be; nothing where it is none."""
    syllables, length = _syllables(), len(word)
    best: list[tuple[str, ...] | None] = [None] * length + [()]
    for start in range(length - 1, -1, -1):
        for size in range(min(_LONGEST, length - start), 0, -1):
            rest = best[start + size]
            if rest is not None and word[start : start + size] in syllables:
                here = best[start]
                if here is None or len(rest) + 1 < len(here):
                    best[start] = (word[start : start + size], *rest)
    return best[0] or ()
