"""Carrying verdicts over to a changed catalogue: what is carried and asked together equals a full run."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import ValenceError
from core.graph import incremental
from core.graph.attribute_match import match_attributes
from core.graph.call_plan import CallPlan, plan_calls, plan_pairs
from core.graph.incremental import (
    NO_CALL,
    CarryOver,
    carry_over,
    incremental_text,
    merge_verdicts,
    unresolved_pairs,
)
from core.graph.judging import judge_plan
from core.graph.model import Basis, Outcome, Verdict, VerdictTable
from core.progress import finish

Edit = Callable[[list[Attribute]], list[Attribute]]
_SAID = (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)


class ContentJudge:
    """Answers by a hash of what it sees of both ends, whichever comes first, with one of `outcomes`."""

    def __init__(self, outcomes: Sequence[Outcome] = _SAID, name: str = "content") -> None:
        self.name = self.fingerprint = name
        self._outcomes = outcomes
        self.n_asked = 0

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        self.n_asked += len(targets)
        return [self._verdict(primary, target) for target in targets]

    def _verdict(self, a: Attribute, b: Attribute) -> Verdict:
        number = hashlib.sha256(repr(sorted([seen(a), seen(b)])).encode()).digest()
        reason = number.hex()[:8]
        outcome = self._outcomes[number[0] % len(self._outcomes)]
        return Verdict(outcome, float(np.float32(number[1] / 255)), reason, (reason[:2],), reason[2:])


def catalogue_of(sizes: Sequence[int]) -> Catalogue:
    return Catalogue(tuple(attribute(m, i) for m, n in enumerate(sizes) for i in range(n)))


def attribute(modality: int, number: int) -> Attribute:
    facts = {"tier": str(number % 3)} if number % 2 else {}
    return Attribute(f"{modality}-{number}", f"value {modality}-{number}", f"m{modality}", f"t{modality}", facts)


def judged(catalogue: Catalogue, judge: ContentJudge, plan: CallPlan | None = None) -> VerdictTable:
    return finish(judge_plan(catalogue, plan or plan_calls(catalogue, batch_size=5), judge)).verdicts


def rest_judged(catalogue: Catalogue, carried: CarryOver, judge: ContentJudge) -> VerdictTable:
    return merge_verdicts(
        carried.verdicts, judged(catalogue, judge, plan_pairs(catalogue, *carried.to_ask, batch_size=5))
    )


def same(a: VerdictTable, b: VerdictTable, but: Sequence[str] = ()) -> bool:
    for name in (f.name for f in fields(VerdictTable) if f.name not in but):
        x, y = getattr(a, name), getattr(b, name)
        if not (np.array_equal(x, y, equal_nan=x.dtype.kind == "f") if isinstance(x, np.ndarray) else x == y):
            return False
    return True


def is_canonical(table: VerdictTable) -> bool:
    pairs = list(zip(table.source.tolist(), table.target.tolist(), strict=True))
    return pairs == sorted(set(pairs)) and all(a < b for a, b in pairs)


def test_an_unchanged_catalogue_has_nothing_to_ask() -> None:
    catalogue = catalogue_of([4, 3, 2])
    verdicts = judged(catalogue, ContentJudge())
    carried = carry_over(catalogue, verdicts, catalogue, is_same_judge=True)
    assert same(carried.verdicts, verdicts, but=["call"])
    assert set(carried.verdicts.call.tolist()) == {NO_CALL}
    assert len(carried.to_ask.source) == 0
    assert incremental_text(carried.report, plan_pairs(catalogue, *carried.to_ask)) == "nothing changed: +0 calls"


def test_another_order_of_rows_and_facts_carries_everything() -> None:
    catalogue, judge = catalogue_of([4, 3, 2]), ContentJudge()
    turned = [replace(a, facts=dict(reversed(a.facts.items()))) for a in catalogue.attributes]
    shuffled = Catalogue(tuple(turned[i] for i in np.random.default_rng(3).permutation(len(catalogue))))
    carried = carry_over(catalogue, judged(catalogue, judge), shuffled, is_same_judge=True)
    assert len(carried.to_ask.source) == 0
    assert is_canonical(carried.verdicts)
    assert same(carried.verdicts, judged(shuffled, judge), but=["call"])


@pytest.mark.parametrize("n_new", [1, 5, 12])
def test_new_attributes_ask_only_their_own_pairs(n_new: int) -> None:
    parent, catalogue = catalogue_of([20, 15, 10]), catalogue_of([20 + n_new, 15, 10])
    verdicts, judge = judged(parent, ContentJudge()), ContentJudge()
    carried = carry_over(parent, verdicts, catalogue, is_same_judge=True)
    merged = rest_judged(catalogue, carried, judge)
    assert judge.n_asked == n_new * 25 == carried.report.n_to_ask
    assert carried.report.n_carried == parent.n_pairs
    assert is_canonical(merged)
    assert same(merged, judged(catalogue, ContentJudge()), but=["call"])
    plan = plan_pairs(catalogue, *carried.to_ask)
    attributes = "1 attribute" if n_new == 1 else f"{n_new} attributes"
    calls = "1 call" if n_new == 1 else f"{n_new} calls"  # 25 targets each, one call
    assert incremental_text(carried.report, plan) == f"+{attributes}: +{calls}"


def test_removed_renamed_and_edited_attributes() -> None:
    parent = catalogue_of([4, 4, 3])
    attributes = list(parent.attributes)
    attributes[0] = replace(attributes[0], id="renamed")  # the same under another id
    attributes[1] = replace(attributes[1], facts={"tier": "other"})
    attributes[5] = replace(attributes[5], value="another value")
    del attributes[9]
    catalogue = Catalogue((*attributes, attribute(2, 7)))
    carried = carry_over(parent, judged(parent, ContentJudge()), catalogue, is_same_judge=True)
    report = carried.report
    assert (report.n_new, report.n_changed, report.n_removed, report.n_same) == (1, 2, 1, 8)
    assert report.n_carried == 3 * 3 + 3 * 2 + 3 * 2  # pairs of the 3 + 3 + 2 attributes that are the same
    assert report.n_carried + report.n_to_ask == catalogue.n_pairs
    assert report.n_again == 0
    assert same(rest_judged(catalogue, carried, ContentJudge()), judged(catalogue, ContentJudge()), but=["call"])
    text = incremental_text(report, plan_pairs(catalogue, *carried.to_ask, batch_size=25))
    assert text.startswith("+1 attribute, 2 changed, 1 removed: +")


def test_exchanged_ids_are_followed_to_their_content() -> None:
    parent = catalogue_of([3, 3])
    first, second, *rest = parent.attributes
    catalogue = Catalogue((replace(first, id=second.id), replace(second, id=first.id), *rest))
    match = match_attributes(parent, catalogue)
    assert match.old_position.tolist() == [0, 1, 2, 3, 4, 5]
    assert (match.n_same, match.n_new, match.n_changed, match.n_removed) == (6, 0, 0, 0)


def test_an_id_given_to_something_else_is_a_new_attribute_when_its_content_lives_on() -> None:
    parent = catalogue_of([2, 2])
    first, *rest = parent.attributes
    catalogue = Catalogue((replace(first, id="moved"), attribute(0, 9), *rest))
    catalogue = Catalogue((catalogue.attributes[0], replace(catalogue.attributes[1], id=first.id), *rest))
    match = match_attributes(parent, catalogue)
    assert match.old_position.tolist() == [0, -1, 1, 2, 3]
    assert (match.n_same, match.n_new, match.n_changed, match.n_removed) == (4, 1, 0, 0)


def test_equal_attributes_are_matched_once_each() -> None:
    parent = catalogue_of([1, 2])
    twin = replace(parent.attributes[0], id="twin")
    match = match_attributes(parent, Catalogue((*parent.attributes, twin)))
    assert match.old_position.tolist() == [0, 1, 2, -1]
    assert match_attributes(Catalogue((*parent.attributes, twin)), parent).n_removed == 1
    renamed = [replace(parent.attributes[0], id=name) for name in ("one", "two")]
    match = match_attributes(parent, Catalogue((*renamed, *parent.attributes[1:])))
    assert match.old_position.tolist() == [0, -1, 1, 2]


def test_pairs_without_an_answer_are_asked_again() -> None:
    catalogue = catalogue_of([6, 5])
    every = ContentJudge(tuple(Outcome))
    verdicts = judged(catalogue, every)
    carried = carry_over(catalogue, verdicts, catalogue, is_same_judge=True)
    is_answer = np.isin(verdicts.outcome, _SAID)
    assert {int(o) for o in carried.verdicts.outcome} == {-1, 0, 1}
    assert carried.report.n_carried == np.count_nonzero(is_answer)
    assert carried.report.n_again == carried.report.n_to_ask == np.count_nonzero(~is_answer) > 0
    assert sorted(zip(*carried.to_ask, strict=True)) == sorted(
        zip(verdicts.source[~is_answer], verdicts.target[~is_answer], strict=True)
    )
    text = incremental_text(carried.report, plan_pairs(catalogue, *carried.to_ask))
    assert text.startswith(f"{carried.report.n_again} pairs without an answer: +")
    unresolved = unresolved_pairs(verdicts)
    assert len(unresolved.source) == np.count_nonzero(verdicts.outcome == Outcome.UNRESOLVED) > 0


def test_pairs_the_earlier_run_never_asked_are_asked() -> None:
    catalogue = catalogue_of([6, 5])
    whole = judged(catalogue, ContentJudge())
    half = plan_pairs(catalogue, whole.source[:15], whole.target[:15])
    carried = carry_over(catalogue, judged(catalogue, ContentJudge(), half), catalogue, is_same_judge=True)
    assert (carried.report.n_carried, carried.report.n_again) == (15, 15)


def test_inherited_and_inferred_verdicts_are_carried_only_when_asked_for() -> None:
    catalogue = catalogue_of([3, 3])
    verdicts = judged(catalogue, ContentJudge())
    basis = np.array([0, 1, 2] * 3, dtype=np.int8)
    probability = np.where(basis == Basis.INFERRED, 0.9, np.nan).astype(np.float32)
    mixed = replace(verdicts, basis=basis, probability=probability)
    assert carry_over(catalogue, mixed, catalogue, is_same_judge=True).report.n_carried == 3
    everything = carry_over(catalogue, mixed, catalogue, is_same_judge=True, bases=tuple(Basis))
    assert same(everything.verdicts, mixed, but=["call"])
    inherited = carry_over(catalogue, mixed, catalogue, is_same_judge=True, bases=(Basis.ASKED, Basis.INHERITED))
    assert set(inherited.verdicts.basis.tolist()) == {Basis.ASKED, Basis.INHERITED}


def test_another_judge_carries_nothing_and_says_so() -> None:
    catalogue = catalogue_of([4, 3])
    carried = carry_over(catalogue, judged(catalogue, ContentJudge()), catalogue, is_same_judge=False)
    assert len(carried.verdicts) == 0
    assert carried.report.n_to_ask == catalogue.n_pairs
    plan = plan_pairs(catalogue, *carried.to_ask)
    assert incremental_text(carried.report, plan) == "another judge, nothing is carried over: +3 calls"
    other = ContentJudge(name="other")
    assert same(rest_judged(catalogue, carried, other), judged(catalogue, other), but=["call"])


def test_asking_again_replaces_what_had_no_answer_and_loses_none() -> None:
    catalogue = catalogue_of([6, 5])
    earlier = judged(catalogue, ContentJudge(tuple(Outcome)))
    unresolved = unresolved_pairs(earlier)
    again = judged(catalogue, ContentJudge(name="again"), plan_pairs(catalogue, *unresolved))
    merged = merge_verdicts(earlier, again)
    assert is_canonical(merged) and len(merged) == len(earlier)
    assert not (merged.outcome == Outcome.UNRESOLVED).any()
    was_open = earlier.outcome == Outcome.UNRESOLVED
    assert np.array_equal(merged.outcome[~was_open], earlier.outcome[~was_open])
    assert np.array_equal(merged.outcome[was_open], again.outcome)
    assert np.array_equal(merged.call[was_open], again.call + earlier.call.max() + 1)
    assert merged.judge == "content + again"
    silent = merge_verdicts(merged, judged(catalogue, ContentJudge((Outcome.UNRESOLVED,))))
    is_answer = np.isin(merged.outcome, _SAID)
    assert np.array_equal(silent.outcome, np.where(is_answer, merged.outcome, Outcome.UNRESOLVED))


def test_merging_with_nothing_keeps_the_table_and_its_judge() -> None:
    catalogue = catalogue_of([3, 2])
    verdicts = judged(catalogue, ContentJudge())
    nothing = judged(catalogue, ContentJudge(name="other"), plan_pairs(catalogue, *unresolved_pairs(verdicts)))
    assert same(merge_verdicts(verdicts, nothing), verdicts)
    assert same(merge_verdicts(nothing, verdicts), verdicts)
    assert merge_verdicts(nothing, nothing).judge == "other"


def test_verdicts_of_another_catalogue_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = catalogue_of([4, 4])
    verdicts = judged(catalogue, ContentJudge())
    with pytest.raises(ValenceError, match="of another catalogue"):
        carry_over(catalogue_of([2, 2]), verdicts, catalogue, is_same_judge=True)
    monkeypatch.setattr(incremental, "MAX_CANDIDATES", 15)
    with pytest.raises(ValenceError, match="16 candidate pairs"):
        carry_over(catalogue, verdicts, catalogue, is_same_judge=True)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Catalogue, Catalogue]:
    """A catalogue and the same after some attributes were removed, added, edited, renamed, shuffled."""
    parent = catalogue_of(draw(st.lists(st.integers(1, 5), min_size=2, max_size=4)))
    attributes = list(parent.attributes)
    for step in range(draw(st.integers(0, 8))):
        where = draw(st.integers(0, len(attributes) - 1)) if attributes else 0
        kind = draw(st.sampled_from(["add", "remove", "value", "fact", "rename", "modality", "swap"]))
        if kind == "add" or not attributes:
            attributes.insert(where, replace(attribute(draw(st.integers(0, 3)), 50 + step), id=f"new {step}"))
        elif kind == "remove":
            del attributes[where]
        elif kind == "value":
            attributes[where] = replace(attributes[where], value=f"value {step}")
        elif kind == "fact":
            attributes[where] = replace(attributes[where], facts={"tier": draw(st.sampled_from(["0", "1", "x"]))})
        elif kind == "rename":
            attributes[where] = replace(attributes[where], id=f"renamed {step}")
        elif kind == "modality":
            attributes[where] = replace(attributes[where], modality=f"m{draw(st.integers(0, 3))}")
        else:
            other = draw(st.integers(0, len(attributes) - 1))
            attributes[where], attributes[other] = attributes[other], attributes[where]
    return parent, Catalogue(tuple(attributes))


@settings(max_examples=120, deadline=None)
@given(edited(), st.booleans())
def test_any_edit_asks_what_is_missing_and_ends_as_a_full_run(
    catalogues: tuple[Catalogue, Catalogue], has_unresolved: bool
) -> None:
    parent, catalogue = catalogues
    verdicts = judged(parent, ContentJudge(tuple(Outcome) if has_unresolved else _SAID))
    carried = carry_over(parent, verdicts, catalogue, is_same_judge=True)
    report = carried.report
    assert report.n_same + report.n_changed + report.n_new == len(catalogue)
    assert report.n_same + report.n_changed + report.n_removed == len(parent)
    assert report.n_carried + report.n_to_ask == catalogue.n_pairs
    assert is_canonical(carried.verdicts)
    judge = ContentJudge(tuple(Outcome) if has_unresolved else _SAID)
    merged = rest_judged(catalogue, carried, judge)
    assert judge.n_asked == report.n_to_ask
    assert same(merged, judged(catalogue, ContentJudge(tuple(Outcome) if has_unresolved else _SAID)), but=["call"])
    contents = {seen(a) for a in parent.attributes}
    if not has_unresolved and len({seen(a) for a in catalogue.attributes}) == len(catalogue):
        is_known = np.array([seen(a) in contents for a in catalogue.attributes], dtype=np.bool_)
        assert not (is_known[carried.to_ask.source] & is_known[carried.to_ask.target]).any()


def seen(a: Attribute) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    return a.value, a.modality, a.attribute_type, tuple(sorted(a.facts.items()))
