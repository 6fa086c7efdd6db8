"""A company's name taken apart: place, brand, trade, legal form (§6 "Same customer or not")."""

import json
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from rapidfuzz.distance import OSA

from portal.domain.lookalikes import as_seen
from portal.domain.names import fold
from portal.domain.regions import agree, leading
from portal.domain.sounds import sounds_of, split_sounds

_TRADES = Path(__file__).with_name("industries.json")
_HAN = re.compile(r"[㐀-鿿]")
_MARKS = re.compile(r"[\W_]+", re.UNICODE)
_BRACKETS = re.compile(r"[(\[{<【〔《〈「『]([^)\]}>】〕》〉」』]*)[)\]}>】〕》〉」』]")
_BRANCH = re.compile(
    r"^(.{3,}?(?:公司|集团|银行|厂|股份))(.{0,14}?"
    r"(?:分公司|支行|分行|分店|门店|营业部|办事处|分厂|代表处|分部|事业部|项目部))$"
)
# Marks that an exchange puts before and after a listed company's short name.
_EXCHANGE = re.compile(r"^(?:\*?st|s\*?st|xd|xr|dr|pt|n|c)(?=[㐀-鿿])")
_CLASS = re.compile(r"(?<=[㐀-鿿])(?:[ab]股?|退|退市)$|-(?:[a-z]{1,2}|创)$")
# Provinces and cities in one character, as a listed company's short name has them: 粤宏远A.
_ABBREVIATED = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22",
    "黑": "23", "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36",
    "鲁": "37", "豫": "41", "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46",
    "渝": "50", "川": "51", "黔": "52", "滇": "53", "陕": "61", "甘": "62", "青": "63",
    "宁": "64", "新": "65", "深": "4403", "穗": "4401",
}  # fmt: skip
_FORMS = (
    "集团股份有限公司", "控股股份有限公司", "集团有限责任公司", "控股有限责任公司",
    "股份有限公司", "有限责任公司", "集团有限公司", "控股有限公司", "有限公司", "股份公司",
    "集团公司", "总公司", "公司", "股份", "集团", "控股",
)  # fmt: skip
_MISTYPED = ("股份有限公司", "有限责任公司", "有限公司")
_LATIN_FORMS = frozenset((
    "co", "ltd", "limited", "company", "inc", "incorporated", "corp", "corporation", "plc",
    "llc", "the", "of", "and", "group", "holding", "holdings", "class", "h", "a", "coltd",
    "cor", "joint", "stock", "share", "shares", "jituan", "gufen", "youxian", "gongsi",
    "zeren", "konggu", "youxiangongsi",
))  # fmt: skip
_SPELLED_FORM = re.compile("(?<=.{4})(?:jituan|konggu|gufen|youxian|zeren|gongsi)+$")
# From so many letters on that all stand alone they are one word with blanks in it.
_SPELLED_OUT = 4
_TOKEN = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")


class Company(NamedTuple):
    """A name's parts. Chinese: `core` is brand and trade, `full` has the place before it.

    Latin: `words` are its words without those of the legal form, `core` the same in one piece.
    `whole` is what was typed, but for signs.
    """

    han: bool
    whole: str
    full: str
    core: str
    brand: str
    trade: str
    form: str
    places: frozenset[str]
    place: str
    branch: bool
    words: tuple[str, ...]
    sounds: tuple[str, ...]


@cache
def trades() -> dict[str, str]:
    """Words for what a company does, with what they are in English."""
    return dict(json.loads(_TRADES.read_text(encoding="utf-8")))


@lru_cache(maxsize=65536)
def parse(name: str) -> Company:
    """Take a name apart; any text has parts, if only a core."""
    folded = as_seen(fold(name))
    return _chinese(folded) if _HAN.search(folded) else _latin(folded)


def _latin(text: str) -> Company:
    """Of any script but Chinese; accents do not count."""
    tokens = _WORD.findall(text if text.isascii() else _without_accents(text)) or [text]
    if len(tokens) >= _SPELLED_OUT and max(map(len, tokens)) == 1:
        tokens = ["".join(tokens)]  # A c m e
    words = tuple(_without_spelled_form([each for each in tokens if each not in _LATIN_FORMS] or tokens))
    joined = "".join(words)
    form = "".join(each for each in tokens if each in _LATIN_FORMS)
    full = "".join(tokens)
    return Company(False, full, full, joined, joined, "", form, frozenset(), "", False, words, ())


def _without_spelled_form(words: list[str]) -> list[str]:
    """A name in pinyin without the legal form at its end, wherever blanks are: hang tian ke ji kong gu."""
    while (found := _SPELLED_FORM.search("".join(words))) and split_sounds("".join(words)):
        size = len(found[0])
        while size:
            last = words.pop()
            size -= len(last)
            if size < 0:
                words.append(last[:-size])
                size = 0
    return words


def _without_accents(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join([each for each in apart if not unicodedata.combining(each)]))


def _chinese(text: str) -> Company:
    text, codes = _without_exchange_marks(text)
    whole, bracketed = _without_bracketed_places(text)
    branch = _BRANCH.match(whole)
    body, form = _without_form(branch[1] if branch else whole)
    begins = leading(body, 2)[1] if bracketed else 0
    if bracketed and begins and _BRACKETS.match(text, begins):
        body, bracketed = _without_form(_MARKS.sub("", text))[0], []  # 广东（朝阳）电子, 广西（河池）化工
    elif bracketed and _is_trade(body[begins:]):
        body, bracketed = _with_place(body, bracketed[0], text), []
    core, codes = _after_places(body, codes, leading(bracketed[0] + "--", 2)[0] if bracketed else None)
    if body.endswith(core):
        place = body[: len(body) - len(core)] or "".join(bracketed)
    else:
        body, place = core, ""  # 天津市房地产 and 天津房地产 call themselves the same
    for word in bracketed:
        codes = codes or leading(word + "--", 2)[0]
    brand, trade = _brand_and_trade(core)
    return Company(
        True, _MARKS.sub("", text), body, core, brand, trade, form, codes, place, branch is not None,
        tuple(_TOKEN.findall(core)), sounds_of(core),
    )  # fmt: skip


def _without_exchange_marks(text: str) -> tuple[str, frozenset[str]]:
    """A short name without *ST, A and B; and the place that its first character stands for."""
    if len(text) > 10:
        return text, frozenset()
    text = _EXCHANGE.sub("", text.replace(" ", ""))
    short = _CLASS.sub("", text)
    if short != text and len(short) >= 3 and short[0] in _ABBREVIATED:
        return short[1:], frozenset((_ABBREVIATED[short[0]],))
    return short, frozenset()


def place_in_one(name: str) -> frozenset[str]:
    """The place that a short name's first character stands for, if any: 闽灿坤."""
    code = _ABBREVIATED.get(name[0])
    return frozenset((code,)) if code else frozenset()


def _without_bracketed_places(text: str) -> tuple[str, list[str]]:
    """The name without brackets and other marks, and the places that stood in brackets."""
    places: list[str] = []

    def inside(found: re.Match[str]) -> str:
        word = _MARKS.sub("", found[1])
        if len(word) >= 2 and leading(word + "--", 2)[1] == len(word):
            places.append(word)
            return ""
        return word

    whole = _MARKS.sub("", _BRACKETS.sub(inside, text))
    return (whole, places) if whole else (_MARKS.sub("", text) or text, [])


def _with_place(body: str, place: str, text: str) -> str:
    """The place is what the company calls itself: 钢铁（南京）, 漳州发展（福建）."""
    headed, meant = leading(body, 2)[0], leading(place + "--", 2)[0]
    inside = any(code.startswith(tuple(meant)) and code not in meant for code in headed)
    if agree(headed, meant) > 0 and not inside:
        return _without_form(_MARKS.sub("", text))[0]
    return place + body


def _after_places(
    body: str, codes: frozenset[str], bracketed: frozenset[str] | None
) -> tuple[str, frozenset[str]]:
    """What follows the places that a name begins with, and the codes of the narrowest."""
    core = body
    for _ in range(3):
        found, length = leading(core, 2)
        if not length:
            break
        if _is_trade(core[length:]):
            return core[:length].rstrip("市省") + core[length:], codes  # 北京银行, 东方证券
        if (codes and agree(found, codes) <= 0) or (bracketed and _no_place(found, bracketed)):
            break  # 广东东阳光: 东阳 is not in 广东; 中国小商品城（浙江）
        codes, core = found, core[length:]
    return core, codes


def _no_place(found: frozenset[str], bracketed: frozenset[str]) -> bool:
    """Whether a place at the start is part of the brand, as the brackets name another."""
    return "00" in found or (agree(found, bracketed) < 0 and min(map(len, found)) > 4)


def _without_form(text: str) -> tuple[str, str]:
    """The name before its legal form, and the form; a slip of the pen in it does not hide it."""
    start = text
    mistyped = _mistyped_form(text)
    if mistyped:
        text = text[:-mistyped]
    stripped = True
    while stripped and text.endswith(_FORMS):
        stripped = False
        for form in _FORMS:
            if text.endswith(form) and len(text) - len(form) >= 2:
                text, stripped = text[: -len(form)], True
                break
    return text, start[len(text) :]


def _mistyped_form(text: str) -> int:
    """How long a legal form at the end is that is one slip away from a right one; 0: none."""
    if text.endswith("有限公司"):
        return _mistyped_shares(text[:-4])
    if text.endswith(_FORMS[:9]):
        return 0
    best = 0
    for form in _MISTYPED:
        for length in (len(form) + 1, len(form), len(form) - 1):
            tail = text[-length:]
            if len(text) - length < 2 or length < 4 or tail in _FORMS:
                continue
            if OSA.distance(tail, form, score_cutoff=1) <= 1 and length > best:
                best = length
    return best


def _mistyped_shares(before: str) -> int:
    """What is left of 股份 before 有限公司, where one of the two was mistyped or left out."""
    if len(before) < 3 or before.endswith(("股份", "控股", "份控股")):
        doubled = before.endswith(("股股份", "股份份")) and not before.endswith("控股股份")
        return 7 if doubled and len(before) > 4 else 0
    if before.endswith("份股"):
        return 6
    if before[-1] == "股":
        return 5
    if before[-1] != "份":
        # 股X有限公司: the second was mistyped.
        return 6 if len(before) > 3 and before[-2] == "股" and before[-3] != "控" else 0
    rest = before[:-1]
    known = trades()
    if any(rest.endswith(each) for each in known) or len(before) < 4:
        return 5
    return 6 if any(rest[:-1].endswith(each) for each in known) or sounds_of(rest[-1:]) == ("gu",) else 5


def _is_trade(core: str) -> bool:
    """Whether words for what a company does are all that there is."""
    brand, trade = _brand_and_trade(core)
    return brand in trades() or (not trade and core in trades())


def _brand_and_trade(core: str) -> tuple[str, str]:
    """What a company calls itself, and the words at the end for what it does."""
    known = trades()
    end = len(core)
    while end > 2:
        for length in range(min(6, end - 2), 1, -1):
            if core[end - length : end] in known:
                end -= length
                break
        else:
            break
    return core[:end], core[end:]


@lru_cache(maxsize=65536)
def trade_words(core: str) -> tuple[str, ...]:
    """The words for what a company does that stand anywhere in its name, longest first."""
    known, found, start = trades(), list[str](), 0
    while start < len(core):
        for length in range(min(6, len(core) - start), 1, -1):
            if core[start : start + length] in known:
                found.append(core[start : start + length])
                start += length
                break
        else:
            start += 1
    return tuple(found)


def meanings(name: Company) -> list[str]:
    """What those words are in English."""
    return [word for trade in trade_words(name.core) for word in trades()[trade].split()]
