"""Names typed in letters that only look the same: they are like the plain name, and not the same key."""

import pytest

from portal.domain.alike import HELD_FROM
from portal.domain.company import parse
from portal.domain.likeness import likeness
from portal.domain.lookalikes import as_seen
from portal.domain.names import fold, keys_of
from portal.matching.index import grams_of

LATIN, HAN = "Acme Robotics Technology Co., Ltd.", "第1海鲸物流科技有限公司"
TYPED = {
    "Cyrillic": (LATIN, "Асmе Rоbоtics Тесhnоlоgy Co., Ltd."),
    "Greek": (LATIN, "Αcmε Rοbοtιcs Τεchnοlοgγ Co., Ltd.".replace("γ", "y")),
    "Armenian": (LATIN, "Acme Rօbօtics Tecհnօlօgy Co., Ltd."),
    "without dots, with strokes": (LATIN, "Acme Rob\u00f8t\u0131cs Technol\u00f8gy Co., Ltd."),
    "small capitals": (LATIN, "ᴀᴄᴍᴇ ʀᴏʙᴏᴛɪᴄꜱ Technology Co., Ltd."),
    "an accent and a twin in one word": (LATIN, "Ácmе Robotics Technology Co., Ltd."),
    "blanks between all letters": (LATIN, " ".join(LATIN)),
    "dots between all letters": (LATIN, "·".join(LATIN)),
    "blank letters between all": (LATIN, "\u3164".join(LATIN)),
    "blank letters in Chinese": (HAN, "\u3164".join(HAN)),
    "figures of another script": (HAN, HAN.replace("1", "\u0661")),
}


@pytest.mark.parametrize("typed", TYPED)
def test_what_looks_the_same_is_held_against_the_plain_name(typed: str) -> None:
    plain, disguised = map(parse, TYPED[typed])
    assert likeness(disguised, plain).score >= HELD_FROM
    assert likeness(plain, disguised).score >= HELD_FROM
    assert grams_of(disguised) & grams_of(plain), "the index brings it back"


@pytest.mark.parametrize("typed", ["Cyrillic", "figures of another script"])
def test_the_same_name_is_still_what_was_typed(typed: str) -> None:
    plain, disguised = TYPED[typed]
    assert keys_of(disguised).full != keys_of(plain).full


@pytest.mark.parametrize("name", ["Газпром нефть", "Αθήνα Μετρό", "Հայաստան", "삼성전자", "トヨタ自動車"])
def test_names_in_their_own_script_stay_what_they_are(name: str) -> None:
    assert as_seen(fold(name)) == fold(name)


def test_other_figures_are_another_company_in_any_script() -> None:
    one, other = parse(HAN), parse(HAN.replace("1", "\u0662"))
    assert likeness(other, one).score < HELD_FROM
