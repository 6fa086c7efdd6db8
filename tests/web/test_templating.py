"""What is folded into compiled templates says the same as asking every time would."""

from collections.abc import Iterator

import pytest
from flask import Flask, url_for
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from portal.web.templating import shown


@pytest.fixture
def english(app: Flask) -> Iterator[Flask]:
    """A request of somebody who reads English."""
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield app


def drawn(app: Flask, source: str, **values: object) -> str:
    return app.jinja_env.from_string(source).render(values)


@given(st.one_of(st.text(), st.integers(), st.none(), st.text().map(Markup)))
def test_what_is_shown_is_what_escaping_gives(value: object):
    assert str(shown(value)) == str(escape(value))


@pytest.mark.parametrize(
    ("call", "values"),
    [
        ("url_for('home.today')", {}),
        ("url_for('registration.detail', registration_id=n)", {"n": 7}),
        ("url_for('registration.download', registration_id=n, file_id=m)", {"n": 7, "m": 12}),
        ("url_for('pipeline.end_form', registration_id=n, how='lost')", {"n": 7}),
        ("url_for('registrations.list_page', state='waiting')", {}),
        ("url_for('registrations.list_page', state='a b&c', stage='d')", {}),
        ("url_for('registrations.list_page', partner=n)", {"n": 7}),
        ("url_for('pipeline.board', show=word)", {"word": "需要 支持&x"}),
        ("url_for('registrations.new_form', name=word)", {"word": "<b>"}),
    ],
)
def test_an_address_is_the_one_that_flask_builds(english: Flask, call: str, values: dict[str, object]):
    built = eval(call, {"url_for": url_for}, values)  # noqa: S307 - the line above, as Python
    assert drawn(english, f"{{{{ {call} }}}}", **values) == str(escape(built))


def test_a_list_is_the_same_text_in_a_block_a_macro_and_alone(english: Flask):
    rows = "{% for a, b in rows %}{% if a %}<i>{{ a }}</i>{% endif %}{{ b }}{{ loop.index }};{% endfor %}"
    values = {"rows": [("x<", "y&"), ("", 3), ("z", Markup("<b>"))]}
    expected = "<i>x&lt;</i>y&amp;1;32;<i>z</i><b>3;"
    assert drawn(english, rows, **values) == expected
    assert drawn(english, "{% block main %}" + rows + "{% endblock %}", **values) == expected
    assert drawn(english, "{% macro m(rows) %}" + rows + "{% endmacro %}{{ m(rows) }}", **values) == expected
    assert drawn(english, "{% for _ in '12' %}" + rows + "{% endfor %}", **values) == 2 * expected


def test_an_empty_list_says_so(english: Flask):
    assert drawn(english, "{% for a in rows %}{{ a }}{% else %}none{% endfor %}", rows=[]) == "none"


def test_a_template_speaks_the_language_of_each_request(app: Flask):
    texts = []
    for language in ("zh", "en", "zh"):
        with app.test_request_context("/", headers={"Accept-Language": language}):
            texts.append(app.jinja_env.get_template("layout/_tab_bar.html").render().count("更多"))
    assert texts == [1, 0, 1]
