"""What holds of every replay of identity, whatever was filed, decided, corrected and merged (§6)."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from portal.domain.facts import Rule
from portal.domain.identity import (
    Assignment,
    Corrected,
    DecidedDifferent,
    DecidedSame,
    Filed,
    IdentityEvent,
    Merged,
    Unmerged,
    assign,
)
from portal.domain.matching import Keys, KnownCustomer, Outcome, match

START = datetime(2026, 3, 2, tzinfo=UTC)
CODES = [None, None, "91110000100007478A", "91330106R3E9BHKFGW", "91310115TX2334G26K"]
NAMES = ["x1", "x2", "x3", "y1", "y2", "z1"]
relaxed = settings(max_examples=200, deadline=None)

some_keys = st.builds(
    lambda name, code: Keys(code, name, name[0]), st.sampled_from(NAMES), st.sampled_from(CODES)
)


@st.composite
def histories(draw: st.DrawFn) -> list[IdentityEvent]:
    """Filings, some at one instant, and what people did about them afterwards."""
    count = draw(st.integers(1, 8))
    events: list[IdentityEvent] = []
    for filing in range(1, count + 1):
        at = START + timedelta(hours=draw(st.integers(0, 6)))
        events.append(Filed(filing, at, f"R{filing:08d}", draw(some_keys)))
    filings, corrections = st.integers(1, count), set()
    for number in range(draw(st.integers(0, 6))):
        # Live facts never share an instant: each is told inside the registry's lock.
        at = START + timedelta(hours=7 + number)
        kind, one, other = draw(st.sampled_from("sdcmu")), draw(filings), draw(filings)
        if kind == "s":
            events.append(DecidedSame(one, at, other))
        elif kind == "d":
            events.append(DecidedDifferent(one, at, other))
        elif kind == "m":
            events.append(Merged(at, one, other))
        elif kind == "u":
            events.append(Unmerged(at, one))
        elif one not in corrections:
            corrections.add(one)
            events.append(Corrected(one, at, draw(some_keys)))
    return events


def as_plain(assignment: Assignment) -> tuple[object, ...]:
    filings = {
        number: (each.keys, each.match, each.placed, each.suspect, each.excluded)
        for number, each in assignment.filings.items()
    }
    return filings, dict(assignment.customers), dict(assignment.merged)


@relaxed
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_events_come_in_does_not_matter(events: list[IdentityEvent], random: object):
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert as_plain(assign(shuffled)) == as_plain(assign(events))


@relaxed
@given(histories())
def test_never_two_codes_on_a_customer_nor_two_customers_of_one_code(events: list[IdentityEvent]):
    assignment = assign(events)
    codes: dict[int, set[str]] = {}
    for each in assignment.filings.values():
        founder = each.placed[-1].founder
        if founder is not None and each.keys.uscc:
            codes.setdefault(founder, set()).add(each.keys.uscc)
    assert all(len(found) == 1 for found in codes.values())
    for founder, found in codes.items():
        assert assignment.customers[founder].code in found
    borne = [each.code for each in assignment.customers.values() if each.code]
    assert len(borne) == len(set(borne))


@relaxed
@given(histories())
def test_every_filing_is_on_a_living_customer_or_held_with_a_suspect(events: list[IdentityEvent]):
    assignment = assign(events)
    for filing, each in assignment.filings.items():
        founder = each.placed[-1].founder
        if founder is None:
            assert each.match.outcome is Outcome.POSSIBLY
            assert each.suspect in assignment.customers
        else:
            assert (each.suspect, founder in assignment.customers) == (None, True)
            assert each.keys.full in assignment.customers[founder].fulls
            assert each.placed[-1].rule in set(Rule)
        assert [stay.at for stay in each.placed] == sorted({stay.at for stay in each.placed}), filing
        pairs = zip(each.placed, each.placed[1:], strict=False)
        assert all(before.founder != after.founder for before, after in pairs)
    assert not set(assignment.merged) & set(assignment.customers)


@relaxed
@given(histories())
def test_what_was_decided_later_changes_nothing_of_before(events: list[IdentityEvent]):
    """The placements up to an instant are those of a replay that ends there."""
    later = assign(events)
    for until in sorted({event.at for event in events}):
        then = assign([event for event in events if event.at <= until])
        for filing, each in then.filings.items():
            assert each.placed == [stay for stay in later.filings[filing].placed if stay.at <= until]


@relaxed
@given(histories(), st.integers(1, 8), st.integers(1, 8), st.booleans())
def test_a_merge_undone_at_once_leaves_everything_as_it_was(
    events: list[IdentityEvent], loser: int, winner: int, again: bool
):
    """Also the second time; only the time line of filings that went and came back is longer.

    A held filing that the merge proved to be yet another customer (its code says so) stays that.
    """
    events = [each for each in events if not isinstance(each, Corrected)]
    # Any decision looks at all held filings again: one that is about others has been made before.
    events += [
        Filed(98, START, "R98", Keys(None, "q1", "q")),
        Filed(99, START, "R99", Keys(None, "q2", "q")),
        DecidedDifferent(99, START + timedelta(days=1), 98),
    ]
    at = START + timedelta(days=2)
    done = [Merged(at, loser, winner), Unmerged(at + timedelta(hours=1), loser)]
    if again:
        done += [
            type(each)(**{**{f: getattr(each, f) for f in each.__slots__}, "at": each.at + timedelta(days=1)})
            for each in done
        ]
    before, after = assign(events), assign([*events, *done])
    known = before.filings.keys()
    assume(loser in known and before.filings[loser].placed[-1].founder == loser)
    merged = assign([*events, done[0]])
    held = [filing for filing, was in before.filings.items() if was.placed[-1].founder is None]
    assume(all(merged.filings[each].placed[-1].founder in (None, *before.customers) for each in held))
    for filing, was in before.filings.items():
        now = after.filings[filing]
        assert (now.placed[-1].founder, now.suspect) == (was.placed[-1].founder, was.suspect)
        assert now.placed[: len(was.placed)] == was.placed
    assert dict(after.customers) == dict(before.customers)
    assert dict(after.merged) == dict(before.merged)


@relaxed
@given(histories())
def test_filing_one_by_one_ends_where_the_replay_ends(events: list[IdentityEvent]):
    """As live filing does: each filing compared with the customers there are, all of them."""
    filings = sorted((each for each in events if isinstance(each, Filed)), key=lambda f: (f.at, f.ref))
    customers: dict[int, KnownCustomer] = {}
    placed: dict[int, int | None] = {}
    for filing in filings:
        found = match(filing.keys, customers.values())
        placed[filing.filing] = found.customer
        if found.outcome is Outcome.POSSIBLY:
            placed[filing.filing] = None
        else:
            founder = found.customer or filing.filing
            placed[filing.filing] = founder
            fresh = KnownCustomer(founder, (filing.at, filing.ref))
            customers.setdefault(founder, fresh).learn(filing.keys)
    assignment = assign(filings)
    assert {number: each.placed[-1].founder for number, each in assignment.filings.items()} == placed
    assert dict(assignment.customers) == customers
