"""Company names as typed, and the keys they are compared by (§6 "Same customer or not")."""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from portal.domain.errors import RuleViolation
from portal.domain.regions import leading, narrowed

LONGEST_NAME = 200
_DATA = Path(__file__).with_name("names.json")
_DROPPED = re.compile(r"[\W_]+", re.UNICODE)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$", re.UNICODE)
_BRACKETED = re.compile(r"[(\[{<【〔《〈「『](.*?)[)\]}>】〕》〉」』]")
_CONTROL = frozenset({"Cc", "Cs", "Co", "Cn"})
_INVISIBLE = frozenset({"Cf", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class NameKeys:
    """`full`: the whole name, normalised. `core`: without legal form and region; None if empty."""

    full: str
    core: str | None


@dataclass(frozen=True, slots=True)
class _Lexicon:
    regions: frozenset[str]
    longest_region: int
    suffixes: tuple[str, ...]
    latin_suffix: re.Pattern[str]
    branch: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    data = json.loads(_DATA.read_text(encoding="utf-8"))
    regions = set(data["provinces"]) | set(data["cities"])
    regions |= {f"{name}省" for name in data["provinces"]} | {f"{name}市" for name in data["cities"]}
    regions |= set(data["autonomous"])
    latin = "|".join(sorted(map(re.escape, data["latin_suffixes"]), key=len, reverse=True))
    return _Lexicon(
        regions=frozenset(regions),
        longest_region=max(map(len, regions)),
        suffixes=tuple(data["suffixes"]),
        latin_suffix=re.compile(rf"[\s,.]+(?:{latin})\.?$"),
        branch=re.compile(r"[一-鿿]{2,6}(?:分公司|分店|办事处|分部|营业部)$"),
    )


class _Folded(dict[int, str | None]):
    """What becomes of a character, remembered where it is of the plane that names are written in."""

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        folded = None if unicodedata.category(char) in _INVISIBLE else char
        if point <= 0xFFFF:
            self[point] = folded
        return folded


@cache
def _folded() -> _Folded:
    """Invisible characters to nothing, traditional to simplified: one to one (OpenCC's table)."""
    import opencc

    table = Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt"
    pairs = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if line)
    return _Folded({ord(old): new.split(" ")[0] for old, new in pairs if len(old) == 1})


def check_name(text: str) -> str:
    """A typed customer name, tidied: outer and doubled blanks gone.

    :raises RuleViolation: ``name.empty``, ``name.too_long``, ``name.control`` (control characters),
        ``name.no_letters`` (no letter of any script).
    """
    name = " ".join(text.split())
    if not name:
        raise RuleViolation("name.empty")
    if len(name) > LONGEST_NAME:
        raise RuleViolation("name.too_long", length=len(name), longest=LONGEST_NAME)
    if any(unicodedata.category(char) in _CONTROL for char in name):
        raise RuleViolation("name.control")
    if not any(char.isalpha() for char in name):
        raise RuleViolation("name.no_letters")
    return name


def fold(text: str) -> str:
    """NFKC, case folded, simplified, invisible characters gone; brackets and blanks kept."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_folded())


def normalise(text: str) -> str:
    """`fold`, and without blanks, brackets and punctuation: what *same name* means."""
    return _DROPPED.sub("", fold(text))


@lru_cache(maxsize=65536)
def keys_of(name: str) -> NameKeys:
    """The keys of a name; 深圳市华达科技有限公司 has the core 华达科技."""
    folded = fold(name)
    full = _DROPPED.sub("", folded)[:LONGEST_NAME] or folded[:LONGEST_NAME]
    core = _DROPPED.sub("", _core(folded))[:LONGEST_NAME]
    return NameKeys(full, core or None)


def _core(folded: str) -> str:
    lexicon = _lexicon()
    text = folded
    while found := lexicon.latin_suffix.search(text):
        text = text[: found.start()]
    text = _BRACKETED.sub(lambda m: "" if m[1].strip() in lexicon.regions else m[1], text)
    text = _EDGES.sub("", text)
    text = "".join(text.split()) if not text.isascii() else text
    text = lexicon.branch.sub("", text) if len(text) > 10 else text
    text = _without_endings(text, lexicon.suffixes)
    return _without_region(text, lexicon)


def _without_endings(text: str, endings: tuple[str, ...]) -> str:
    """`text` without the endings that it ends with, strung together in whatever way drops most.

    No pattern: 股份有限公司 reads in two ways, and forty of them in a row in more than can be tried.
    """
    starts = {len(text)}
    for end in range(len(text), 0, -1):
        if end in starts:
            starts.update(end - len(each) for each in endings if text.endswith(each, 0, end))
    return text[: min(starts)]


def _without_region(text: str, lexicon: _Lexicon) -> str:
    """Drop leading regions (省 then 市); nothing is left of a name that is only regions."""
    for _ in range(2):
        if text in lexicon.regions:
            return ""  # or 深圳市 would leave 市
        for length in range(min(lexicon.longest_region, len(text) - 1), 1, -1):
            if text[:length] in lexicon.regions:
                text = text[length:]
                break
    return "" if text in lexicon.regions else text


@lru_cache(maxsize=65536)
def places_of(full: str, core: str) -> frozenset[str] | None:
    """The places that the name of these keys says; None where `core` is not of that name at all.

    They are what is left of the whole name before its core, after it, or inside it: 华达（深圳）科技. The
    place of a branch, at the end, says nothing of the company.
    """
    for at in range(len(full) - len(core) + 1):
        if full.startswith(core, at):
            before, after = _places(full[:at]), _places_after(full[at + len(core) :])
            if before is not None:
                return narrowed(before, after)
    for size in range(1, len(core)):
        at = full.find(core[:size])
        if at < 0:
            return None
        before, (inside, length) = _places(full[:at]), leading(full[at + size :], 0)
        rest = at + size + length
        if before is not None and length and full.startswith(core[size:], rest):
            return narrowed(before, inside, _places_after(full[rest + len(core) - size :]))
    return None


def _places(text: str) -> frozenset[str] | None:
    """The places that are all of a text; None if it is not places only."""
    said: list[frozenset[str]] = []
    while text:
        codes, length = leading(text, 0)
        if not length:
            return None
        said.append(codes)
        text = text[length:]
    return narrowed(*said)


def _places_after(text: str) -> frozenset[str]:
    """The places among the legal forms at the end of a name, but not where a branch is: 杭州分公司."""
    forms, said, last = _lexicon().suffixes, list[frozenset[str]](), list[frozenset[str]]()
    while text:
        form = max((len(each) for each in forms if text.startswith(each)), default=0)
        codes, length = (frozenset[str](), form) if form else leading(text, 0)
        if not length:
            return narrowed(*said)
        if form:
            said, last = said + last, []
        else:
            last.append(codes)
        text = text[length:]
    return narrowed(*said, *last)


def search_grams(*texts: str) -> frozenset[str]:
    """Two-character pieces of the texts, for the search table."""
    grams: set[str] = set()
    for text in texts:
        plain = normalise(text)
        grams.update(plain[i : i + 2] for i in range(len(plain) - 1))
        if len(plain) == 1:
            grams.add(plain)
    return frozenset(grams)
