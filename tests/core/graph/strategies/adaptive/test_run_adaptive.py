from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.call_plan import plan_calls
from core.graph.model import Basis, Outcome, Verdict
from core.graph.strategies.adaptive.features import pair_features
from core.graph.strategies.adaptive.report import Purpose
from core.graph.strategies.adaptive.run import run_adaptive
from core.graph.strategies.adaptive.settings import AdaptiveSettings
from core.progress import finish

BATCH = 5


def _run(world, judge, n_workers=1, batch_size=BATCH, **settings):
    chosen = AdaptiveSettings(**{"rounds": 1, "first_share": 0.5, **settings})
    return finish(run_adaptive(world.catalogue, judge, world.features, chosen, batch_size, n_workers))


def _planned_signs(world, verdicts):
    return world.signs[verdicts.source, verdicts.target]


@pytest.fixture(scope="module")
def limited(world, few_trees):
    judge = world.judge(noise=0.1)
    return judge, _run(world, judge, max_calls=80, target_recall=None)


def test_with_all_calls_allowed_every_pair_is_asked_exactly_once(world):
    judge = world.judge()
    run = _run(world, judge, batch_size=20, target_recall=None, is_overturning=False)
    assert len(judge.asked) == len(set(judge.asked)) == len(run.verdicts) == world.catalogue.n_pairs
    assert run.stopped == "" and run.n_calls == judge.n_calls == plan_calls(world.catalogue, batch_size=20).n_calls
    assert (run.verdicts.basis == Basis.ASKED).all()
    assert (run.verdicts.outcome == _planned_signs(world, run.verdicts)).all()
    assert run.report.quality.recall.estimate == pytest.approx(1, abs=0.01)


def test_an_unreachable_target_ends_with_every_pair_asked_once(world):
    judge = world.judge(noise=0.3)
    run = _run(world, judge, batch_size=20, target_recall=1.0)
    assert len(judge.asked) == len(set(judge.asked))
    assert run.report.is_target_reached or len(judge.asked) == world.catalogue.n_pairs


def test_asked_and_inferred_pairs_are_all_pairs_and_no_call_is_beyond_the_limit(world, limited):
    judge, run = limited
    v, report = run.verdicts, run.report
    assert len(v) == len(set(zip(v.source.tolist(), v.target.tolist(), strict=True))) == world.catalogue.n_pairs
    assert judge.n_calls == run.n_calls == 80 == sum(report.calls.values())
    assert report.calls[Purpose.AUDIT] >= 24
    assert report.n_asked == len(set(judge.asked)) == len(judge.asked)
    assert report.n_asked + report.n_inferred == report.n_pairs and report.n_left_out == report.n_unanswered == 0
    asked = {
        (s, t) for s, t, call in zip(v.source.tolist(), v.target.tolist(), v.call.tolist(), strict=True) if call >= 0
    }
    assert asked == set(judge.asked)
    assert v.call.max() == 79


def test_inferred_outcomes_carry_their_probability_and_asked_ones_none(limited):
    _, run = limited
    is_inferred = run.verdicts.basis == Basis.INFERRED
    assert ((run.verdicts.probability[is_inferred] > 1 / 3) & (run.verdicts.probability[is_inferred] <= 1)).all()
    assert np.isnan(run.verdicts.probability[~is_inferred]).all()
    assert (run.verdicts.call[~is_inferred] >= 0).all()


def test_an_overturned_answer_keeps_its_call_its_reply_and_what_was_said(world, limited):
    judge, run = limited
    v = run.verdicts
    overturned = np.flatnonzero((v.basis == Basis.INFERRED) & (v.call >= 0))
    assert len(overturned) == run.report.n_overturned > 0
    for row in overturned.tolist():
        source, target = world.catalogue.attributes[v.source[row]], world.catalogue.attributes[v.target[row]]
        said = judge.verdicts(source, [target])[0]
        assert said.outcome != v.outcome[row]
        assert v.reply[row] == said.reply
        assert f"the judge said {said.outcome.symbol} ({said.reason})" in v.reason[row]


def test_answers_stand_where_overturning_is_off(world):
    run = _run(world, world.judge(noise=0.1), max_calls=60, target_recall=None, is_overturning=False)
    assert run.report.n_overturned == 0
    assert ((run.verdicts.basis == Basis.INFERRED) == (run.verdicts.call < 0)).all()


def test_the_graph_has_fewer_errors_than_the_answers(world, limited):
    _, run = limited
    true, v = _planned_signs(world, run.verdicts), run.verdicts
    asked = v.call >= 0
    judge = world.judge(noise=0.1)
    said = [
        judge.verdicts(world.catalogue.attributes[s], [world.catalogue.attributes[t]])[0].outcome
        for s, t in zip(v.source[asked].tolist(), v.target[asked].tolist(), strict=True)
    ]
    assert (v.outcome[asked] == true[asked]).sum() > (np.array(said) == true[asked]).sum()


def test_the_same_seed_gives_the_same_run_whatever_the_workers(world, limited):
    _, first = limited
    again = _run(world, world.judge(noise=0.1), n_workers=3, max_calls=80, target_recall=None)
    assert again.report == first.report
    for column in ("source", "target", "outcome", "call", "basis"):
        assert (getattr(again.verdicts, column) == getattr(first.verdicts, column)).all()
    assert np.array_equal(again.verdicts.probability, first.verdicts.probability, equal_nan=True)
    assert again.verdicts.reason == first.verdicts.reason


def test_a_target_within_reach_stops_the_run_early(world):
    judge = world.judge()
    run = _run(world, judge, target_recall=0.7)
    assert run.report.is_target_reached and "target" in run.stopped
    assert run.report.quality.recall.estimate >= 0.7
    assert judge.n_calls < 184
    assert run.report.calls[Purpose.AUDIT] >= 24


@pytest.mark.parametrize("budget", [0, 1, 44, 70])
def test_a_budget_reached_midway_keeps_every_answer(world, budget):
    judge = world.judge(budget=budget)
    run = _run(world, judge, max_calls=80, target_recall=None)
    assert run.n_calls == judge.n_calls == budget
    assert run.stopped.startswith("The budget of the test is spent.")
    assert run.report.n_asked == len(judge.asked) == int((run.verdicts.call >= 0).sum())
    if run.report.calls[Purpose.AUDIT] == 0:
        assert run.report.quality.recall[1:] == (0.0, 1.0)
    if budget == 0:  # nothing was learned, so nothing can be inferred
        assert len(run.verdicts) == 0


def test_a_target_is_not_called_reached_before_an_audit(world):
    run = _run(world, world.judge(budget=30), target_recall=0.01)
    assert run.report.calls[Purpose.AUDIT] == 0
    assert run.report.quality.recall.estimate > 0.01
    assert not run.report.is_target_reached


def test_improbable_inferences_can_be_left_out(world):
    run = _run(world, world.judge(noise=0.1), max_calls=60, target_recall=None, exclude_below=0.9)
    is_inferred = run.verdicts.basis == Basis.INFERRED
    assert (run.verdicts.probability[is_inferred] >= np.float32(0.9)).all()
    assert run.report.n_left_out == run.report.n_pairs - len(run.verdicts) > 0


def test_pairs_without_a_usable_answer_stay_what_they_are_and_are_not_asked_again(world):
    class Silent:
        name = fingerprint = "silent"

        def __init__(self):
            self.honest = world.judge()

        def verdicts(self, primary, targets):
            said = self.honest.verdicts(primary, targets)
            return [Verdict(Outcome.UNRESOLVED, 0.0, "no answer"), *said[1:]]

    judge = Silent()
    run = _run(world, judge, max_calls=60, target_recall=None)
    assert len(judge.honest.asked) == len(set(judge.honest.asked))
    silent = run.verdicts.outcome == Outcome.UNRESOLVED
    assert silent.sum() == run.report.n_unanswered == 60
    assert (run.verdicts.basis[silent] == Basis.ASKED).all()
    assert run.report.n_asked + run.report.n_inferred + run.report.n_unanswered == run.report.n_pairs


def test_progress_never_runs_backwards_or_past_its_end(world):
    seen = []
    steps = run_adaptive(
        world.catalogue, world.judge(), world.features, AdaptiveSettings(max_calls=60, rounds=1), BATCH, 2
    )
    finish(steps, seen.append)
    assert all(before.done <= after.done for before, after in pairwise(seen))
    assert all(progress.done <= progress.total for progress in seen)


def test_features_of_another_catalogue_are_refused(world):
    smaller = Catalogue(world.catalogue.attributes[:-1])
    with pytest.raises(ValenceError):
        finish(run_adaptive(smaller, world.judge(), world.features, AdaptiveSettings()))


def test_a_catalogue_without_pairs_needs_no_call(world):
    alone = Catalogue(world.catalogue.attributes[:5])
    run = finish(run_adaptive(alone, world.judge(), pair_features(alone), AdaptiveSettings()))
    assert run.n_calls == len(run.verdicts) == 0


@pytest.mark.parametrize("target", [None, 0.95, 1.0])
def test_a_handful_of_pairs_is_asked_or_inferred_in_full(world, target):
    few = Catalogue((*world.catalogue.attributes[:4], *world.catalogue.attributes[24:29]))
    judge = replace(world.judge(), catalogue=few, signs=world.signs[:9, :9])
    run = finish(run_adaptive(few, judge, pair_features(few), AdaptiveSettings(target_recall=target), 3))
    assert len(run.verdicts) == few.n_pairs and len(judge.asked) == len(set(judge.asked))
