"""Parents and subsidiaries: the last word counts, and nobody comes to belong to itself (§6)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.family import Belongs, closes_circle, parents

some_stated = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=12).map(
    lambda pairs: [Belongs(order, *pair) for order, pair in enumerate(pairs)]
)


def test_the_last_word_about_a_customer_counts():
    stated = [Belongs(1, 10, 20), Belongs(2, 10, 30), Belongs(3, 30, 20)]
    assert {child: each.parent for child, each in parents(stated).items()} == {10: 30, 30: 20}


def test_a_customer_does_not_belong_to_what_belongs_to_it():
    family = parents([Belongs(1, 1, 2), Belongs(2, 2, 3)])
    assert closes_circle(family, 3, 1)
    assert closes_circle(family, 3, 3)
    assert not closes_circle(family, 4, 1)
    assert not closes_circle(family, 1, 4)


def test_what_closes_a_circle_since_two_were_merged_is_left_out():
    assert set(parents([Belongs(1, 1, 2), Belongs(2, 2, 1)])) == {1}
    assert parents([Belongs(1, 5, 5)]) == {}


@settings(max_examples=300, deadline=None)
@given(some_stated, st.randoms(use_true_random=False))
def test_there_is_never_a_circle_and_the_order_of_reading_does_not_matter(
    stated: list[Belongs], random: object
):
    family = parents(stated)
    for child in family:
        seen, above = {child}, family[child].parent
        while above in family:
            assert above not in seen
            seen.add(above)
            above = family[above].parent
        assert above not in seen
    shuffled = list(stated)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert parents(shuffled) == family
