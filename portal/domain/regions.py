"""Regions that company names begin with: which place a name says it is from, and whether two agree.

The places are those of the administrative division codes that python-stdnum carries: a code's first
two digits are the province, the first four the prefecture, all six the county.
"""

import re
from functools import cache

_YEARS = re.compile(r"\[[^]]*\]")
_ENDINGS = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "地区",
    "新区",
    "省",
    "市",
    "盟",
    "州",
    "县",
    "区",
    "旗",
)
_PEOPLES = re.compile(
    "(?:壮族|回族|维吾尔|藏族|羌族|彝族|苗族|侗族|土家族|布依族|哈尼族|傣族|白族|景颇族|傈僳族|"
    "朝鲜族|蒙古族?|哈萨克|满族|瑶族|畲族|黎族)+$"
)
# Not in the mainland's list, or said otherwise in names of companies.
_MORE = {
    "中国": "00", "中华": "00", "全国": "00", "内蒙": "15", "台湾": "71", "台北": "7101",
    "新北": "7102", "桃园": "7103", "台中": "7104", "台南": "7105", "高雄": "7106",
    "新竹": "7107", "基隆": "7108", "香港": "81", "澳门": "82",
}  # fmt: skip
# Short forms of places that are brands more often.
_BRANDS = frozenset(("东方", "新民", "新乐", "长乐", "高平", "和平", "同心", "新兴", "永安"))


@cache
def table() -> dict[str, frozenset[str]]:
    """Every way a place is written, and the division codes it can mean (rural names recur)."""
    from stdnum import numdb

    found: dict[str, set[str]] = {}
    for _length, low, _high, props, children in numdb.get("cn/loc").prefixes:
        _enter(found, props["province"], low)
        for _length, code, _end, county, _none in children:
            full = low + code
            for name in _YEARS.sub("", county["county"]).split(","):
                _enter(found, name, full[:4] if full.endswith("00") else full)
    for name, code in _MORE.items():
        found.setdefault(name, set()).add(code)
    return {name: frozenset(codes) for name, codes in found.items()}


@cache
def _longest() -> dict[str, int]:
    """How long the longest place is that begins with two characters."""
    found: dict[str, int] = {}
    for name in table():
        found[name[:2]] = max(found.get(name[:2], 0), len(name))
    return found


def _enter(found: dict[str, set[str]], name: str, code: str) -> None:
    code = code[:2] if code.endswith("0000") else code
    if len(name) < 2 or name in ("市辖区", "县", "省直辖县级行政单位", "自治区直辖县级行政单位"):
        return
    found.setdefault(name, set()).add(code)
    ending = next((each for each in _ENDINGS if name.endswith(each)), "")
    whole = name.removesuffix(ending)
    stem = _PEOPLES.sub("", whole)
    stem = stem if len(stem) >= 2 else whole  # 内蒙古 is not 内 of the 蒙古
    # A district's short form (朝阳, 高新, 和平) is a word or a brand more often than a place.
    if len(stem) >= 2 and stem not in _BRANDS and ending not in ("区", "县", "旗", "新区"):
        found.setdefault(stem, set()).add(code)
    if ending in ("地区",) and len(stem) >= 2:
        found.setdefault(stem + "市", set()).add(code)


def leading(text: str, keep: int) -> tuple[frozenset[str], int]:
    """The place that `text` begins with and its length, leaving at least `keep` characters."""
    longest = _longest().get(text[:2])
    if longest is None:
        return frozenset(), 0
    places = table()
    for length in range(min(longest, len(text) - keep), 1, -1):
        codes = places.get(text[:length])
        if codes is not None:
            # 市 or 区 that follows a place is part of it: 银州区市, 昆山市.
            more = (
                1 if text[length : length + 1] in ("市", "省", "县") and len(text) - length - 1 >= keep else 0
            )
            return codes, length + more
    return frozenset(), 0


def agree(one: frozenset[str], other: frozenset[str]) -> int:
    """1: one place lies in the other; -1: they are apart; 0: a side says nothing."""
    if not one or not other:
        return 0
    for a in one:
        for b in other:
            if a.startswith(b) or b.startswith(a):
                return 1
    return -1


def narrowed(*said: frozenset[str]) -> frozenset[str]:
    """The place that several together mean: 广东省, 深圳市 is Shenzhen; of places apart, any of them."""
    found = frozenset[str]()
    for codes in said:
        found = _within(codes, found) or _within(found, codes) or found | codes
    return found


def _within(codes: frozenset[str], places: frozenset[str]) -> frozenset[str]:
    """Those of the places that lie in one of the others."""
    return frozenset(each for each in codes if any(each.startswith(other) for other in places))
