from concurrent.futures import ThreadPoolExecutor

import pytest

from core.graph.judges.bias import BiasWatch
from core.graph.model import Outcome, Verdict


def watched(*calls):
    watch = BiasWatch()
    signs = {"+": Outcome.POSITIVE, "-": Outcome.NEGATIVE, "0": Outcome.NEUTRAL, "?": Outcome.UNRESOLVED}
    for call in calls:
        watch.observe([Verdict(signs[sign], 1.0, "") for sign in call])
    return watch


MIXED = "+-0" * 5


@pytest.mark.parametrize(
    ("calls", "is_alarming"),
    [
        (["+" * 25] * 4, True),
        (["+" * 25] * 3, False),
        (["+" * 25] * 4 + [MIXED] * 8, True),
        (["+" * 25] * 4 + [MIXED] * 9, False),
        (["-" * 12] * 4, True),
        (["0" * 25] * 4 + [MIXED] * 2, True),
        (["0" * 25] * 4 + [MIXED] * 3, False),
        (["+" * 24 + "-"] * 4, False),
        (["+" * 12 + "?" * 13] * 4, True),
        (["+" * 11 + "?" * 14] * 15, False),
        (["+" * 11] * 19, True),
        (["+" * 9 + "-"] * 30, False),
        (["?" * 25] * 10, False),
        (["+" * 25, "-" * 25] * 4, True),
        ([], False),
    ],
)
def test_the_rule(calls, is_alarming):
    assert bool(watched(*calls).warning) == is_alarming


def test_the_warning_names_the_sign_and_the_counts():
    assert watched(*["+" * 25] * 4, MIXED).warning.startswith(
        "One-sided answers: 4 of 5 calls answered + for every target."
    )
    assert watched(*["-" * 10] * 30).warning.startswith("One-sided answers: 300 of 300 answers are -.")


def test_threads_lose_no_call():
    watch = BiasWatch()
    verdicts = [Verdict(Outcome.POSITIVE, 1.0, "")] * 12
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: watch.observe(verdicts), range(400)))
    tally = watch.tally
    assert (tally.n_calls, tally.uniform, tally.answers) == (400, {Outcome.POSITIVE: 400}, {Outcome.POSITIVE: 4800})
