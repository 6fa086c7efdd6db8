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
from portal.domain.identity_events import filing_of
from portal.domain.matching import Keys, KnownCustomer, Outcome, match

START = datetime(2026, 3, 2, tzinfo=UTC)
CODES = [None, None, "91110000100007478A", "91330106R3E9BHKFGW", "91310115TX2334G26K"]
NAMES = ["x1", "x2", "x3", "y1", "y2", "z1"]
relaxed = settings(max_examples=200, deadline=None)

some_keys = st.builds(
    lambda name, code: Keys(code, name, name[0]), st.sampled_from(NAMES), st.sampled_from(CODES)
)


@st.composite
def histories(draw: st.DrawFn, *, likened: bool = False) -> list[IdentityEvent]:
    """Filings, some at one instant, and what people did about them afterwards."""
    count = draw(st.integers(1, 8))
    events: list[IdentityEvent] = []
    for filing in range(1, count + 1):
        at = START + timedelta(hours=draw(st.integers(0, 6)))
        earlier = st.lists(st.integers(1, filing - 1), max_size=2, unique=True)
        likely = tuple(draw(earlier)) if likened and filing > 1 else ()
        events.append(Filed(filing, at, f"R{filing:08d}", draw(some_keys), likely))
    filings = st.integers(1, count)
    for number in range(draw(st.integers(0, 8))):
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
        else:
            events.append(Corrected(one, at, draw(some_keys)))
    return events


def as_plain(assignment: Assignment) -> tuple[object, ...]:
    filings = {
        number: (each.keys, each.match, each.placed, each.suspect, each.excluded)
        for number, each in assignment.filings.items()
    }
    return filings, dict(assignment.customers), dict(assignment.merged)


def hang_together(events: list[IdentityEvent], filing: int) -> set[int]:
    """The filings that anything ever said links with one: a key that both bore, a word about both."""
    links: list[set[object]] = []
    for event in events:
        if isinstance(event, Filed | Corrected):
            keys = event.keys
            named = {("code", keys.uscc), ("full", keys.full), ("core", keys.core)} - {("code", None)}
            links.append({event.filing, *named, *map(filing_of, event.likely)})
        elif isinstance(event, Merged):
            links.append({filing_of(event.loser), filing_of(event.winner)})
        elif not isinstance(event, Unmerged):
            links.append({event.filing, filing_of(event.founder)})
    found: set[object] = {filing}
    while fresh := [link for link in links if link & found and not link <= found]:
        found = found.union(*fresh)
    return {each for each in found if isinstance(each, int)}


def is_about(event: IdentityEvent, filings: set[int]) -> bool:
    return filing_of(event.loser if isinstance(event, Merged | Unmerged) else event.filing) in filings


@relaxed
@given(histories(likened=True))
def test_what_hangs_together_comes_to_the_same_without_the_rest(events: list[IdentityEvent]):
    whole = assign(events)
    filings = hang_together(events, 1)
    part = assign([event for event in events if is_about(event, filings)])
    assert part.filings == {each: whole.filings[each] for each in filings}
    here = [each for each in whole.customers if filing_of(each) in filings]
    assert part.customers == {each: whole.customers[each] for each in here}
    assert part.merged == {loser: to for loser, to in whole.merged.items() if filing_of(loser) in filings}


@relaxed
@given(histories(likened=True))
def test_a_customer_is_known_by_what_the_filings_on_it_say(events: list[IdentityEvent]):
    """Nothing is left of a filing that went: a live filing reads it from the rows of what is there."""
    assignment = assign(events)
    for founder, known in assignment.customers.items():
        there = [each for each in assignment.filings.values() if each.placed[-1].founder == founder]
        assert there
        assert known.fulls == {keys.full for each in there for keys in each.borne}
        assert known.cores == {keys.core for each in there for keys in each.borne}
        assert {known.code} - {None} == {each.keys.uscc for each in there} - {None}


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
    # A filing settles nothing that is held: every held one is looked at anew before.
    nobody = max(each.filing for each in events if isinstance(each, Filed)) + 1
    decided = START + timedelta(days=1)
    events += [DecidedDifferent(filing, decided, nobody) for filing in range(1, nobody)]
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
            fresh = KnownCustomer(founder, (filing.at, filing.ref, -founder))
            customers.setdefault(founder, fresh).learn(filing.keys)
    assignment = assign(filings)
    assert {number: each.placed[-1].founder for number, each in assignment.filings.items()} == placed
    assert dict(assignment.customers) == customers
