"""The pieces under which a name is filed in the index: numbers, the same on every machine.

Families have budgets of their own when the index is asked: else what is frequent in one
(English words) would drown what is telling in another (the sound of a typing error).
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise, repeat
from zlib import crc32

from portal.domain.company import Company, meanings
from portal.domain.sounds import sounds_of, split_sounds


class Family(StrEnum):
    """What a piece is a piece of."""

    CHARACTERS = "z"
    SOUNDS = "p"
    SKIPPED = "s"
    WORDS = "e"
    MEANINGS = "m"


def pieces_of(name: Company) -> dict[Family, set[str]]:
    """The pieces a name is filed under."""
    return _of_chinese(name) if name.han else _of_latin(name)


def asked_of(name: Company) -> dict[Family, set[str]]:
    """The pieces a name is looked for by: those it is filed under, and those of the other script.

    Pinyin is taken apart; a Chinese name is put together as it would be written in pinyin or English.
    """
    pieces = pieces_of(name)
    if not name.han:
        sounds = [part for word in name.words for part in (split_sounds(word) or (word,))]
        pieces[Family.SOUNDS] |= {a + b for a, b in pairwise(sounds)}
    else:
        pieces[Family.WORDS] |= {"=" + word for word in _as_latin(name)}
    return pieces


def _as_latin(name: Company) -> set[str]:
    """The words that a Chinese name may be in Latin letters: brand, trade, both and the place by sound."""
    size = len(name.brand)
    runs = (name.sounds, name.sounds[:size], name.sounds[size:])
    words = {"".join(run) for run in runs if run} | set(meanings(name))
    return words | {_sound_of_place(name.place)} if name.place else words


def _of_chinese(name: Company) -> dict[Family, set[str]]:
    core, brand = name.core, name.brand
    marked = f"^{core}$" if len(core) <= 3 else f"^{core}"
    characters = {marked[i : i + 2] for i in range(len(marked) - 1)}
    characters.add("B" + brand)
    if name.place:
        start = name.full[:5]
        characters |= {start[i : i + 2] for i in range(len(start) - 1)}
    sounds = name.sounds
    skipped = {brand[i] + brand[i + 2] for i in range(min(4, len(brand)) - 2)}
    if len(brand) <= 3:
        skipped.add("T" + "".join(sorted(brand)))  # 绿景 typed as 景绿
    words = set(name.words)
    meant: set[str] = set()
    if name.place:
        place = _sound_of_place(name.place)
        meant = {place + each for each in meanings(name)}
    whole = "".join(sounds[: len(brand)])
    if len(whole) >= 5:
        words.add(whole)
    return {
        Family.CHARACTERS: characters,
        Family.SOUNDS: {a + b for a, b in pairwise(sounds)},
        Family.SKIPPED: skipped,
        Family.WORDS: {each for each in words if len(each) >= 2},
        Family.MEANINGS: meant,
    }


@lru_cache(maxsize=4096)
def _sound_of_place(place: str) -> str:
    return "".join(sounds_of(place.rstrip("市省县区")))


def _of_latin(name: Company) -> dict[Family, set[str]]:
    words = name.words
    fours = {word[i : i + 4] for word in words for i in range(len(word) - 3)}
    return {
        Family.CHARACTERS: set(),
        Family.SOUNDS: {a + b for a, b in pairwise(words)},
        Family.SKIPPED: set(),
        Family.WORDS: {"=" + word for word in words} | fours,
        Family.MEANINGS: set(),
    }


_SEEDS = {family: crc32(family.value.encode()) for family in Family}


def numbers(family: Family, pieces: Iterable[str]) -> Iterable[int]:
    """The pieces' numbers in the index (two pieces may share one; comparing sorts that out)."""
    return map(crc32, map(str.encode, pieces), repeat(_SEEDS[family]))
