"""Two graphs on one check set, and two versions of a set."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.checks.paired import compare_reports
from core.graph.checks.report import run_checks
from core.graph.checks.resolve import resolve
from core.graph.checks.versions import diff_sets, diff_words
from core.graph.checks.written import WrittenPair, WrittenSet
from core.graph.model import Outcome, Verdict

P, N, Z = Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL
SIGNS = [P, N, Z]
ALL = list(Outcome)


def report(expected, said, absent=()):
    """One pair a row; the catalogue lacks the ends of the rows in `absent`."""
    written = WrittenSet(tuple(WrittenPair(f"a{i}", f"b{i}", sign, row=i) for i, sign in enumerate(expected)))
    kept = [i for i in range(len(expected)) if i not in absent]
    catalogue = Catalogue(tuple(Attribute(f"{m}{i}", f"{m}{i}", m, m) for m in "ab" for i in kept))
    number = {f"a{i}": i for i in kept}
    return run_checks(
        resolve(written, catalogue),
        lambda source, target: Verdict(said[number[catalogue.attributes[min(source, target)].id]], 1.0, ""),
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SIGNS), st.sampled_from(ALL), st.sampled_from(ALL)), max_size=30), st.data())
def test_every_row_is_in_exactly_one_group(cells, data):
    rows = st.sets(st.integers(0, max(len(cells) - 1, 0)))
    absent = [data.draw(rows), data.draw(rows)]
    expected = [cell[0] for cell in cells]
    a, b = (report(expected, [cell[k + 1] for cell in cells], absent[k]) for k in (0, 1))
    found = compare_reports(a, b)
    silent = (Outcome.UNJUDGED, Outcome.UNRESOLVED)
    names = ("both_right", "only_a", "only_b", "same_mistakes", "other_mistakes")
    wanted = {name: [] for name in (*names, "incomparable")}
    for row, (sign, x, y) in enumerate(cells):
        if row in absent[0] | absent[1] or x in silent or y in silent:
            wanted["incomparable"].append(row)
        elif x == sign == y:
            wanted["both_right"].append(row)
        elif sign in (x, y):
            wanted["only_a" if x == sign else "only_b"].append(row)
        else:
            wanted["same_mistakes" if x == y else "other_mistakes"].append(row)
    assert {name: [r.a.pair.row for r in getattr(found, name)] for name in names} == {n: wanted[n] for n in names}
    assert list(found.incomparable) == wanted["incomparable"]
    assert found.n_pairs == len(cells) - len(found.incomparable)


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (4, 1), (1, 6), (5, 5)])
def test_chance_is_what_flipping_coins_gives(only_a, only_b):
    n = only_a + only_b
    n_as_far = sum(abs(2 * sum(coins) - n) >= abs(only_a - only_b) for coins in product((0, 1), repeat=n))
    found = compare_reports(report([P] * n, [P] * only_a + [N] * only_b), report([P] * n, [Z] * only_a + [P] * only_b))
    assert (len(found.only_a), len(found.only_b)) == (only_a, only_b)
    assert found.chance == pytest.approx(n_as_far / 2**n)


def test_chance_stays_a_number_for_a_large_set():
    n = 3_000
    found = compare_reports(report([P] * n, [P] * n), report([P] * n, [N] * n))
    assert 0.0 <= found.chance < 1e-300


def test_a_diff_names_what_was_added_removed_and_changed():
    kept, gone = WrittenPair("a", "b", P), WrittenPair("c", "d", N)
    was, now = WrittenPair("e", "f", Z, "", "old"), WrittenPair("f", "e", P, "", "new")
    new, reworded = WrittenPair("g", "h", P), WrittenPair("a", "b", P, "", "why")
    assert [c.fields for c in diff_sets(WrittenSet((kept,)), WrittenSet((reworded,))).changed] == [("why",)]
    found = diff_sets(WrittenSet((kept, gone, was)), WrittenSet((new, kept, now)))
    assert (found.added, found.removed, found.n_unchanged) == ((new,), (gone,), 1)
    assert [(c.before, c.after, c.fields) for c in found.changed] == [
        (was, now, ("source", "target", "expected", "why"))
    ]
    assert diff_words(found) == "1 added, 1 removed, 1 changed"
    assert diff_words(diff_sets(WrittenSet((kept, gone)), WrittenSet((gone, kept)))) == "another order of the pairs"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(4, 7), st.sampled_from(SIGNS)), max_size=10), st.data())
def test_a_diff_of_any_two_sets_accounts_for_every_pair(cells, data):
    def some():
        chosen = data.draw(st.lists(st.sampled_from(cells), max_size=10)) if cells else []
        pairs = {(a, b): WrittenPair(f"n{a}", f"n{b}", sign) for a, b, sign in chosen}
        return WrittenSet(tuple(pairs.values()))

    before, after = some(), some()
    found = diff_sets(before, after)
    both = len(found.changed) + found.n_unchanged
    assert len(found.removed) + both == len(before.pairs) and len(found.added) + both == len(after.pairs)
    rebuilt = {p.names: p for p in before.pairs if p not in found.removed}
    rebuilt |= {c.after.names: c.after for c in found.changed} | {p.names: p for p in found.added}
    assert rebuilt == {p.names: p for p in after.pairs}
