"""What a person reads of a likeness is borne out by its score."""

import pytest
from flask import Flask
from flask_babel import force_locale

from portal.domain.alike import Resemblance
from portal.web.matches import likeness_words


@pytest.mark.parametrize(
    ("score", "english", "chinese"),
    [
        (38, "Only parts of the names are alike: 38 of 100", "只有部分字词相同，相似度 38"),
        (66, "Spelt somewhat alike: 66 of 100", "写法有些相近，相似度 66"),
        (80, "Spelt alike: 80 of 100", "写法接近，相似度 80"),
        (93, "Spelt much alike: 93 of 100", "写法很接近，相似度 93"),
    ],
)
def test_a_low_score_is_not_called_much_alike(app: Flask, score: int, english: str, chinese: str) -> None:
    with app.test_request_context():
        for language, words in (("en", english), ("zh", chinese)):
            with force_locale(language):
                assert likeness_words(Resemblance.LETTERS, score) == words


def test_what_is_not_a_matter_of_degree_keeps_its_word(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert likeness_words(Resemblance.SLIP, 55) == "One slip of the pen apart: 55 of 100"
        assert likeness_words(Resemblance.TRANSLATED, 54) == "Only parts of the names are alike: 54 of 100"
        assert likeness_words(Resemblance.TRANSLATED, 82) == "One may be the other in English: 82 of 100"
