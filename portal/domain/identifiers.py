"""Identifiers as typed: credit code, tax id, telephone, website, e-mail address; read or refused."""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

from portal.domain.errors import RuleViolation
from portal.domain.lookalikes import plain_figures

_WEBSITES = Path(__file__).with_name("websites.json")
_USCC_LENGTH = 18
_USCC_ALPHABET = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_CONFUSED = str.maketrans("OIZS", "0125")
_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# A whole number and then an extension, as this module itself writes it.
_EXTENDED = re.compile(r"(0\d{2,3}-\d{7,8}|1\d{10}|[48]00\d{7}|(?![48]00)[2-9]\d{6,7}|\+\d{8,16})-(\d{1,6})")
_HOST_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?", re.UNICODE)
_EMAIL = re.compile(r"[^\s@\"<>(),;:]{1,64}@[^\s@\"<>(),;:]{1,189}")


def clean(text: str) -> str:
    """Width folded, invisible characters gone, outer blanks gone."""
    return _CONTROL.sub("", unicodedata.normalize("NFKC", text)).strip()


def _clean_number(text: str) -> str:
    """The same of what consists of figures, whatever script they are typed in."""
    return plain_figures(clean(text[:200]))


def parse_uscc(text: str) -> str | None:
    """A unified social credit code in its canonical form; None when nothing was typed.

    Blanks, hyphens and case do not matter. The letters O and I, which no code contains, are read
    as the digits they were meant for where that makes the code valid.

    :raises RuleViolation: ``uscc.length``, ``uscc.characters`` or ``uscc.check_digit``.
    """
    code = re.sub(r"[\s\-–—_.]", "", _clean_number(text)).upper()
    if not code:
        return None
    if len(code) != _USCC_LENGTH:
        raise RuleViolation("uscc.length", "uscc", length=len(code), wanted=_USCC_LENGTH)
    if not set(code) <= _USCC_ALPHABET:
        repaired = code.translate(_CONFUSED)
        if set(repaired) <= _USCC_ALPHABET and _uscc_holds(repaired):
            return repaired
        wrong = "".join(sorted(set(code) - _USCC_ALPHABET))
        raise RuleViolation("uscc.characters", "uscc", characters=wrong)
    if not _uscc_holds(code):
        raise RuleViolation("uscc.check_digit", "uscc", typed=code)
    return code


def _uscc_holds(code: str) -> bool:
    from stdnum.cn import uscc

    return code[-1] == uscc.calc_check_digit(code[:-1])


def parse_tax_id(text: str) -> str | None:
    """A tax id beside the credit code; None when nothing was typed.

    Taiwan's 統一編號 of eight digits, or the mainland's old number of fifteen: the code of a place and
    an organisation's code of nine. Either has a check digit.

    :raises RuleViolation: ``tax_id.form``, ``tax_id.check_digit``.
    """
    from stdnum.tw import ubn

    number = re.sub(r"[\s\-–—_.]", "", _clean_number(text)).upper()
    if not number:
        return None
    if re.fullmatch(r"[0-9]{8}", number):
        holds = ubn.is_valid(number)
    elif re.fullmatch(r"[0-9]{6}[0-9A-Z]{8}[0-9X]", number):
        holds = number[-1] == _organisation_check(number[6:14])
    else:
        raise RuleViolation("tax_id.form", "tax_id", typed=number[:40])
    if not holds:
        raise RuleViolation("tax_id.check_digit", "tax_id", typed=number)
    return number


def tax_id_within(code: str) -> str:
    """The old tax number that a credit code has in it: both are of one place and organisation."""
    return code[2:17]


def _organisation_check(code: str) -> str:
    """The check digit of an organisation's code (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(weight * int(char, 36) for weight, char in zip(weights, code, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def normalise_phone(text: str) -> str:
    """A telephone number in one form: 13812345678, 010-12345678, 0755-1234567-801, +886…

    :raises RuleViolation: ``phone.too_short`` with the digits missing, ``phone.too_long``,
        ``phone.characters``.
    """
    typed = _clean_number(text)
    if written := _EXTENDED.fullmatch(typed):
        typed = f"{written[1]}#{written[2]}"
    typed, _, extension = re.sub(r"(?i)\s*(?:转|ext\.?|#|x)\s*", "|", typed, count=1).partition("|")
    digits = re.sub(r"[\s\-–—().·]", "", typed)
    if not re.fullmatch(r"\+?\d*", digits) or not re.fullmatch(r"\d{0,6}", extension):
        raise RuleViolation("phone.characters", "phone", value=text[:40])
    digits = _national(digits)
    tail = f"-{extension}" if extension else ""
    if digits.startswith("+"):
        return _sized(digits, 8, 16) + tail
    if digits.startswith("1") and not digits.startswith("10"):
        return _sized(digits, 11, 11) + tail
    if digits.startswith(("400", "800")):
        return _sized(digits, 10, 10) + tail
    if digits.startswith("0"):
        area = 3 if digits[1:2] in ("1", "2") else 4
        _sized(digits, area + 7, area + 8 + 6)
        local, direct = digits[area : area + 8], digits[area + 8 :]
        return f"{digits[:area]}-{local}" + (f"-{direct}" if direct else "") + tail
    return _sized(digits, 7, 12) + tail


def _national(digits: str) -> str:
    """Without China's country code; an area code then gets back the 0 that is left out after it."""
    digits = re.sub(r"^00(?!86)(?=[1-9])", "+", digits)
    national = re.sub(r"^(?:\+86|0086)", "", digits)
    if national != digits and not re.match(r"0|1[3-9]|[48]00", national):
        return "0" + national
    return national


def national_number(text: str) -> str:
    """A telephone's digits without country code (86, 886), trunk 0 and extension: what *same* means.

    It refuses nothing, as it compares what was read before; empty where there is no digit.
    """
    typed = _clean_number(text)
    if written := _EXTENDED.fullmatch(typed):
        typed = written[1]
    digits = re.sub(r"[^0-9+]", "", re.split(r"(?i)转|ext|#|x", typed, maxsplit=1)[0])
    digits = re.sub(r"^(?:\+|00)(?:86|886)", "", digits)
    # Written with the country code but without its sign: no number of China's is that long.
    return re.sub(r"^86(?=\d{10,11}$)", "", digits).lstrip("+0")


def _sized(digits: str, least: int, most: int) -> str:
    length = len(digits.lstrip("+"))
    if length < least:
        raise RuleViolation("phone.too_short", "phone", missing=least - length, wanted=least)
    if length > most:
        raise RuleViolation("phone.too_long", "phone", extra=length - most, wanted=most)
    return digits


def normalise_website(text: str) -> str:
    """The host of a typed address, lower case, without www; empty when nothing was typed.

    :raises RuleViolation: ``website.form``.
    """
    typed = clean(text[:2000]).lower()
    if not typed:
        return ""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", typed)
    host = re.split(r"[/?#]", host, maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":\d+$", "", host).strip(".").removeprefix("www.")
    labels = host.split(".")
    if len(host) > 190 or len(labels) < 2 or not all(map(_HOST_LABEL.fullmatch, labels)):
        raise RuleViolation("website.form", "website", value=text[:60])
    return host


@cache
def _websites() -> tuple[frozenset[str], frozenset[str]]:
    data = json.loads(_WEBSITES.read_text(encoding="utf-8"))
    return frozenset(data["suffixes"]), frozenset(data["nobodys"])


def own_domain(host: str) -> str:
    """The name under which a host's owner registered it: shop.example.com.cn is of example.com.cn.

    Empty where it says nothing about who that is: free mail, shops and pages under another's name,
    a bare address.
    """
    suffixes, nobodys = _websites()
    labels = [_as_written(label) for label in host.split(".")]
    own = ".".join(labels[-3:] if ".".join(labels[-2:]) in suffixes else labels[-2:])
    if own in nobodys or own in suffixes or labels[-1].isdecimal():
        return ""
    return own


def _as_written(label: str) -> str:
    """A part of a host as people write it: xn--fsqu00a is 例子."""
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label


def parse_email(text: str) -> str:
    """An e-mail address in lower case.

    :raises RuleViolation: ``email.form``.
    """
    address = clean(text[:400]).lower()
    local, _, host = address.partition("@")
    if not _EMAIL.fullmatch(address) or ".." in address or "." not in host or not local:
        raise RuleViolation("email.form", "email", value=text[:60])
    return address
