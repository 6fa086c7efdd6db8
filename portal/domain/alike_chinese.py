"""Two Chinese names: whole, core, sound, a slip of the pen, brand, short form (§6)."""

import re

from rapidfuzz.distance import OSA, Indel

from portal.domain.alike import HELD_FROM, NOT_ALIKE, TOLD_FROM, Alike, Resemblance, score_of
from portal.domain.company import Company, place_in_one, trade_words, trades
from portal.domain.regions import agree

_FIGURE = re.compile("[0-9]+|(?<=第)[一二三四五六七八九十百零]+")
_NUMBERED = 70
# A whole name of so many characters is hardly ever one slip away from another company's.
_LONG = 12
# So much less alike are names that differ otherwise and are of companies of different kinds too.
_OTHER_FORM = 11


def both_chinese(a: Company, b: Company) -> Alike:
    """How alike the name asked for and a known one are, both Chinese."""
    if a.full == b.full:
        return Alike(100 if len(a.core) > 3 or a.form or b.form else 92, Resemblance.WHOLE)
    place = agree(a.places, b.places)
    if a.core == b.core:
        return _same_core(a, b, place)
    if _counted(a.core) != _counted(b.core):
        return Alike(_NUMBERED, Resemblance.BRAND)
    found = _slip(a, b, place), _same_brand(a, b, place), _short_form(a, b, place)
    best = max(found, key=score_of)
    if best.score >= TOLD_FROM:
        return Alike(best.score + _by_form(a, b, best.score), best.why)
    letters = 0.89 * min(86.0, 100 * Indel.normalized_similarity(a.core, b.core)) - (8 if place < 0 else 0)
    return max(best, Alike(letters, Resemblance.LETTERS), key=score_of)


def _counted(text: str) -> str:
    """The figures in a name: 第一中学 and 第二中学 are two, however alike the rest is."""
    return "".join(_FIGURE.findall(text))


def _same_core(a: Company, b: Company, place: int) -> Alike:
    if place < 0:
        return Alike(80, Resemblance.CORE_ELSEWHERE)
    if place > 0 or len(a.core) >= 4:
        return Alike(97, Resemblance.CORE)
    return Alike(86 if _other_form(a, b) else 90, Resemblance.CORE)


def _by_form(a: Company, b: Company, best: float) -> int:
    """What their legal forms make of two names that are alike: who goes by a short name is public, mostly."""
    if _other_form(a, b):
        return -_OTHER_FORM
    return 1 if best < HELD_FROM - 1 and _short_for(a, b) and _by_shares(b) else 0


def _other_form(a: Company, b: Company) -> bool:
    """Whether one is limited by shares and the other is not; a company is registered as one of them."""
    return {_by_shares(a), _by_shares(b)} == {True, False}


def _by_shares(name: Company) -> bool | None:
    """Whether a company is limited by shares (股份), also where that is mistyped; None: it does not say."""
    form = name.form.replace("控股", "")
    if "股" in form or "份" in form:
        return True
    return False if "有限" in form else None


def _slip(a: Company, b: Company, place: int) -> Alike:
    """One slip of the pen, by where it stands: in a short brand it is another company more often."""
    if "".join(a.sounds) == "".join(b.sounds) and len(a.core) == len(b.core) >= 3:
        return _same_sound(a, b, place)
    if a.brand == b.brand and a.trade and b.trade:
        return _slip_of_trade(a, b, place)
    if place > 0 and not a.places & b.places:
        place = 0  # a slip changes one thing, not the place too
    if (found := max(_slip_outside(a, b, place), _slip_in_whole(a, b, place), key=score_of)).score:
        return found
    ca, cb = a.core, b.core
    longest = max(len(ca), len(cb))
    if longest == 2 and place > 0 and a.form == b.form and a.form and len(set(ca) & set(cb)) == 1:
        return Alike(79, Resemblance.SLIP_IN_BRAND)
    if longest < 3 or not _one_slip(ca, cb):
        return NOT_ALIKE
    loss = 12 if place < 0 else 0
    most = 91
    if place <= 0 and bool(a.form) != bool(b.form):
        most, loss = 86, loss or (12 if a.form else 0)  # a bare brand that is known says too little
    swapped = len(ca) == len(cb) and sorted(ca) == sorted(cb)
    doubled = len(ca) != len(cb) and _undoubled(ca) == _undoubled(cb)
    if swapped or doubled:
        sure = longest >= 4 and (place > 0 or doubled or ca[:2] == cb[:2] or longest >= 5)
        return Alike((most if sure else 86) - loss, Resemblance.SLIP)
    prefix = _common_prefix(ca, cb)
    brand = max(2, min(len(a.brand), len(b.brand)))
    if prefix >= brand and longest >= 4 and (longest >= 5 or place > 0):
        return Alike((most if longest >= 5 and prefix >= 3 else 86) - loss, Resemblance.SLIP)
    if longest >= 7:
        return Alike(min(most, 88) - loss, Resemblance.SLIP)
    framed = _framed(a, b, place) and (place > 0 or longest > 4)
    if len(ca) != len(cb) and not framed and _framed(a, b, place):
        return Alike(79, Resemblance.SLIP_IN_BRAND)
    if not framed and (brand < 3 or longest < 5):
        return Alike(76 - loss, Resemblance.SLIP_IN_BRAND)
    return Alike((85 if longest >= 4 else 80) - loss, Resemblance.SLIP_IN_BRAND)


def _slip_of_trade(a: Company, b: Company, place: int) -> Alike:
    """制药 and 医药 are two trades, not one mistyped; 机电 and 电机, 材料 and 新材料 may be one."""
    x, y = a.core, b.core
    if place < 0 or not _one_slip(x, y) or (len(x) == len(y) < 6 and sorted(x) != sorted(y)):
        return NOT_ALIKE
    return Alike(86, Resemblance.SLIP)


def _slip_outside(a: Company, b: Company, place: int) -> Alike:
    """One slip in the whole name, and not in the brand: in the place, the trade or the legal form.

    The slip may have hidden from us where the parts of its name begin; the other's parts show it.
    """
    x, y = a.full + a.form, b.full + b.form
    if place < 0 or min(len(x), len(y)) < 6 or "00" in a.places ^ b.places or not _one_slip(x, y):
        return NOT_ALIKE
    first, last = _common_prefix(x, y), min(len(x), len(y)) - _common_prefix(x[::-1], y[::-1])
    sides = [_outside(each, min(first, last), max(first, last)) for each in (a, b)]
    if not any(sides):
        return NOT_ALIKE
    if "border" in sides:
        return Alike(90, Resemblance.SLIP) if sorted(x) == sorted(y) else NOT_ALIKE
    swapped = sorted(x) == sorted(y) or _undoubled(x) == _undoubled(y)
    if "place" in sides and not swapped and max(len(a.core), len(b.core)) < 5:
        return Alike(86, Resemblance.SLIP)
    if "trade" in sides and not swapped and max(len(a.core), len(b.core)) < 5:
        return Alike(86, Resemblance.SLIP)
    return Alike(91, Resemblance.SLIP)


def _slip_in_whole(a: Company, b: Company, place: int) -> Alike:
    """One slip in a long name, wherever it is: the parts that it was taken apart into may hide it."""
    if place < 0 or min(len(a.whole), len(b.whole)) < _LONG or a.branch or b.branch:
        return NOT_ALIKE
    return Alike(85, Resemblance.SLIP) if _one_slip(a.whole, b.whole) else NOT_ALIKE


def _one_slip(x: str, y: str) -> bool:
    return abs(len(x) - len(y)) <= 1 and OSA.distance(x, y, score_cutoff=1) == 1


def _outside(name: Company, first: int, last: int) -> str:
    """The part that a slip between two places of the whole name is in; empty: the brand."""
    begins = len(name.full) - len(name.core) if name.full.endswith(name.core) else 0
    if last <= begins and begins:
        return "place"
    if first < begins < last:
        return "border"
    if first >= len(name.full):
        return "form"
    if first >= begins + len(name.brand) and name.trade:
        return "trade"
    return ""


def _framed(a: Company, b: Company, place: int) -> bool:
    """Whether all around the brand agrees: the place, or where none is given the whole legal form."""
    return place > 0 or (not a.place and not b.place and a.form == b.form and "公司" in a.form)


def _same_sound(a: Company, b: Company, place: int) -> Alike:
    different = [at for at, (x, y) in enumerate(zip(a.core, b.core, strict=True)) if x != y]
    brand = min(len(a.brand), len(b.brand))
    if place < 0:
        return Alike(78, Resemblance.SOUND)
    if a.brand == b.brand and {a.trade, b.trade} <= trades().keys():
        return Alike(87, Resemblance.SOUND)  # 电器 and 电气 are two trades, not one mistyped
    if len(different) == 1 and (place > 0 or different[0] >= brand or _long_brand(a, b, brand)):
        return Alike(93, Resemblance.SOUND)
    return Alike(86 if _framed(a, b, place) or len(a.core) >= 5 else 76, Resemblance.SOUND)


def _long_brand(a: Company, b: Company, size: int) -> bool:
    """Whether a brand is too long to sound like another; one without legal form is known too little of."""
    return len(a.core) >= 5 or (size >= 4 and bool(a.form and b.form))


def _undoubled(text: str) -> str:
    return "".join(char for at, char in enumerate(text) if not at or char != text[at - 1])


def _common_prefix(a: str, b: str) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _same_brand(a: Company, b: Company, place: int) -> Alike:
    if a.brand != b.brand or len(a.brand) < 2:
        return NOT_ALIKE
    if place < 0:
        return Alike(74 if not (a.trade and b.trade) else 68, Resemblance.BRAND_ELSEWHERE)
    if not a.trade or not b.trade:
        if place > 0:
            return Alike(88, Resemblance.BRAND)
        return Alike(84 if _short_for(a, b) or len(a.brand) >= 4 else 76, Resemblance.BRAND)
    if a.trade.startswith(b.trade) or b.trade.startswith(a.trade):
        return Alike(88 if place > 0 else 87, Resemblance.BRAND)
    return Alike(76, Resemblance.BRAND)


def _short_for(asked: Company, known: Company) -> bool:
    """Whether a name without legal form asks for one that has it; a bare brand known says too little."""
    return "公司" not in asked.form and "公司" in known.form


def _short_form(a: Company, b: Company, place: int) -> Alike:
    """A short name: the characters of one stand in the other in their order."""
    told = _short_for(a, b)
    if len(a.core) > len(b.core):
        a, b = b, a
    short, loss = a.core, 8 if place < 0 else 0
    if not 2 <= len(short) <= 6:
        return NOT_ALIKE
    full = b.place + b.core
    if not told:
        loss += 8  # nothing tells a short form from another brand
    if b.core.startswith(short):
        return Alike((85 if len(short) >= 3 else 82) - loss, Resemblance.SHORT_FORM)
    if full.startswith(short):
        return Alike(83 - loss, Resemblance.SHORT_FORM)
    if full.endswith(short) and short == b.full[-len(short) :] and _all_trade(short):
        return Alike(80 if a.form == b.form else 76, Resemblance.SHORT_FORM)
    public = _by_shares(b) and (len(short) == 3 or bool(_by_shares(a)))
    if short in full:
        least = TOLD_FROM if public else 76
        return Alike((82 if len(short) >= 4 else least) - loss, Resemblance.SHORT_FORM)
    if told and agree(placed := place_in_one(short), b.places) > 0 and placed:
        if b.core.startswith(short[1:]):
            return Alike(84, Resemblance.SHORT_FORM)  # 闽灿坤 is 灿坤 of Fujian
        if _in_order(short[1:], b.core):
            return Alike(TOLD_FROM, Resemblance.SHORT_FORM)
    whole = a.full if len(a.full) <= 6 else short
    if _in_order(whole, full):
        start = 4 if whole[0] in (full[0], b.core[0]) else 0
        score = 68 + 2 * min(4, len(whole)) + start
        if start and score < TOLD_FROM and (public or _initials(whole, b)):
            score = TOLD_FROM
        return Alike(score - loss, Resemblance.SHORT_FORM)
    return NOT_ALIKE


def _initials(short: str, known: Company) -> bool:
    """Two characters that begin a public company's name and its trade: 沈化 is 沈阳化工."""
    begun = {each[0] for each in trade_words(known.core)}
    return bool(_by_shares(known)) and len(short) == 2 and short[1] in begun


def _all_trade(text: str) -> bool:
    return sum(map(len, trade_words(text))) == len(text)


def _in_order(short: str, long: str) -> bool:
    rest = iter(long)
    return all(char in rest for char in short)
