"""Latin names: with each other by letters and words, with Chinese ones by sound and meaning (§6)."""

import re
from functools import cache, lru_cache
from itertools import pairwise

from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

from portal.domain.alike import NOT_ALIKE, Alike, Resemblance, score_of
from portal.domain.company import Company, meanings, trades
from portal.domain.regions import agree, leading, table
from portal.domain.sounds import sounds_of, split_sounds

_FIGURE = re.compile("[0-9]+")
# At most so alike are names whose own words differ, however many common ones they share.
_OTHER_BRAND = 66
# Of one brand, with other trades: they are relatives at most.
_SAME_BRAND = 72
_COMMON = frozenset(("china", "chinese", "national", "international", "global", "general", "united", "great"))
# Written otherwise than by the sound of each character.
_ENGLISH_PLACES = {
    "shaanxi": "61", "tibet": "54", "taiwan": "71", "macau": "82", "hongkong": "81",
    "harbin": "2301", "urumqi": "6501", "lhasa": "5401", "hohhot": "1501", "qiqihar": "2302",
}  # fmt: skip


@cache
def latin_places() -> dict[str, frozenset[str]]:
    """Provinces and cities as they are written in English names, and the codes each can mean."""
    found: dict[str, set[str]] = {name: {code} for name, code in _ENGLISH_PLACES.items()}
    for name, codes in table().items():
        here = {code for code in codes if len(code) <= 4 and code != "00"}
        if here and name[-1] not in "省市区盟县旗":
            found.setdefault("".join(sounds_of(name)), set()).update(here)
    return {name: frozenset(codes) for name, codes in found.items()}


def both_latin(a: Company, b: Company) -> Alike:
    """How alike two Latin names are."""
    if a.full == b.full:
        return Alike(100, Resemblance.WHOLE)
    if a.core == b.core:
        return Alike(97, Resemblance.CORE)
    if _FIGURE.findall(a.core) != _FIGURE.findall(b.core):
        return Alike(min(70.0, 100 * Indel.normalized_similarity(a.core, b.core)), Resemblance.LETTERS)
    if set(a.words) == set(b.words):
        return Alike(95, Resemblance.WORDS)
    x, y = " ".join(a.words), " ".join(b.words)
    score = max(100 * Indel.normalized_similarity(a.core, b.core), token_sort_ratio(x, y))
    own = own_word(a.words)
    other = _SAME_BRAND if own and own == own_word(b.words) else _OTHER_BRAND
    mine, theirs = _beyond(a.words, b.words), _beyond(b.words, a.words)
    if _elsewhere(mine, theirs):
        return _at_most(other, score)
    apart = _apart(mine, theirs)
    if score >= 94 and apart >= 0.75:
        return Alike(88 if _two_brands(mine, theirs) else 91, Resemblance.LETTERS)
    if apart < 0.66:
        return _at_most(other, score)
    common = token_set_ratio(x, y)
    few = min(len(a.words), len(b.words))
    if common < 95 or few < 2:
        return Alike(min(score, 88), Resemblance.LETTERS)
    return Alike(max(min(score, 88), 82), Resemblance.WORDS)


def _at_most(brand: float, score: float) -> Alike:
    """Two companies: of one brand, or no more alike than their letters are."""
    if brand == _SAME_BRAND:
        return Alike(brand, Resemblance.BRAND)
    return Alike(min(score, brand), Resemblance.LETTERS)


@lru_cache(maxsize=65536)
def own_word(words: tuple[str, ...]) -> str:
    """What a company calls itself: its first word that is neither place nor trade; empty if it has none."""
    for word in words:
        if len(word) < 4 or len(split_sounds(word)) == 1 or word in latin_places() or _common(word):
            continue  # Shen Zhen is two words and no brand
        return word
    return ""


@lru_cache(maxsize=65536)
def _common(word: str) -> bool:
    return word in _COMMON or any(_same_word(word, each) for each in _trade_words())


@cache
def _trade_words() -> frozenset[str]:
    return frozenset(word for meant in trades().values() for word in meant.split())


def _apart(mine: list[str], theirs: list[str]) -> float:
    """How alike the words are that the other side does not have (0 to 1); a place is nobody's brand."""
    if not mine or not theirs:
        return 1.0
    one, other = ("".join(each for each in words if each not in latin_places()) for words in (mine, theirs))
    return Indel.normalized_similarity(one, other) if one or other else 1.0


def _elsewhere(mine: list[str], theirs: list[str]) -> bool:
    """Whether the words that only one side has name places that lie apart."""
    places = latin_places()
    here, there = ([places[each] for each in words if each in places] for words in (mine, theirs))
    return bool(here and there) and agree(here[-1], there[-1]) < 0


def _two_brands(mine: list[str], theirs: list[str]) -> bool:
    """Whether both are pinyin: Guosen and Guosheng are two, Fulink is a slip."""
    one, other = "".join(mine), "".join(theirs)
    return one != other and bool(split_sounds(one) and split_sounds(other))


def _beyond(words: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    """The words that the other name does not have."""
    return [word for word in words if not any(_same_word(word, other) for other in others)]


def across(zh: Company, en: Company) -> Alike:
    """A Chinese name and a Latin one: by sound, and by what the words mean."""
    core = "".join(zh.sounds)
    if len(zh.core) < 3 and not zh.place and not zh.form:
        return Alike(
            76 if en.core == core else 60 * Indel.normalized_similarity(en.core, core), Resemblance.SOUND
        )
    place = "".join(sounds_of(zh.place.removesuffix("市").removesuffix("省")))
    if en.core == place + core or en.core == "".join(sounds_of(zh.place)) + core:
        return Alike(95, Resemblance.SOUND)
    if en.core == core:
        return Alike(93, Resemblance.SOUND)
    sound = max(
        90 * Indel.normalized_similarity(en.core, place + core),
        88 * Indel.normalized_similarity(en.core, core),
    )
    best = Alike(sound, Resemblance.SOUND)
    if _begins_with(zh, own_word(en.words)):
        best = max(best, Alike(_SAME_BRAND, Resemblance.BRAND), key=score_of)
    return max(best, _translated(zh, en, place), key=score_of)


def _begins_with(zh: Company, word: str) -> bool:
    """Whether the Chinese name begins with what the other one calls itself: Hanjia, 汉嘉数智."""
    return len(word) >= 6 and any("".join(zh.sounds[:size]) == word for size in (2, 3))


def _translated(zh: Company, en: Company, place: str) -> Alike:
    """Place by its sound, trade by its meaning, brand by its sound: Shenzhen Hymson Laser."""
    words = list(en.words)
    if not words:
        return NOT_ALIKE
    placed = bool(place) and place in words
    if placed:
        words.remove(place)
    meant = meanings(zh)
    found = sum(1 for each in meant if any(_same_word(word, each) for word in words))
    brand = "".join(sounds_of(zh.brand))
    rest = [word for word in words if not any(_same_word(word, each) for each in meant)]
    sounded = _brand_sound(brand, rest)
    coverage = (found / len(meant)) if meant else 0.0
    score = 30 + 14 * placed + 18 * coverage + 34 * sounded
    score -= 3 * max(0, len(rest) - 1)
    elsewhere = any(agree(latin_places().get(each, zh.places), zh.places) < 0 for each in rest)
    if elsewhere or (len(rest) > 1 and leading(zh.brand + "--", 2)[1] == len(zh.brand)):
        return Alike(min(score, _OTHER_BRAND), Resemblance.TRANSLATED)
    return Alike(min(88.0 if sounded >= 0.75 else 76.0, score), Resemblance.TRANSLATED)


def _same_word(one: str, other: str) -> bool:
    """The same stem: technologies and technology, electric and electrical, tech and technology."""
    if one == other:
        return True
    if split_sounds(one) and split_sounds(other):
        return False  # Jiangsu, Jiangyin
    shorter, longer = (one, other) if len(one) <= len(other) else (other, one)
    size = len(shorter)
    return size >= 4 and longer.startswith(shorter[: max(4, size - 3)])


def _brand_sound(brand: str, words: list[str]) -> float:
    """How well the brand's sound is one of the words, or several of them run together (0 to 1)."""
    if not brand or not words:
        return 0.0
    runs = [*words, *(a + b for a, b in pairwise(words)), "".join(words)]
    return max(Indel.normalized_similarity(brand, each) for each in runs)
