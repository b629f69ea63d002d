"""Each trap's figures, on a small demo table, and the published row to four digits."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from core.errors import ValenceError
from core.progress import finish
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.report.traps import constant_figures, run_traps
from core.tabular.report.traps_model import Traps
from core.tabular.schema import TableSchema

TABLE = demo_table(2000, seed=0)
TRAIN, HOLDOUT = TABLE.take(np.arange(1300)), TABLE.take(np.arange(1300, 2000))


@pytest.fixture(scope="module")
def traps() -> Traps:
    return finish(run_traps(TRAIN, HOLDOUT, DEMO_SCHEMA, 0))


def test_there_are_three_and_they_survive_json(traps: Traps) -> None:
    assert [trap.name for trap in traps.traps] == ["shuffle", "constant", "early-smote"]
    assert Traps.model_validate_json(traps.model_dump_json()) == traps
    for trap in traps.traps:
        assert {figure.misleads for figure in trap.figures} == {True, False}


def test_a_shuffle_passes_what_looks_at_single_columns_and_fails_the_discriminator(traps: Traps) -> None:
    shuffle = traps.trap("shuffle")
    assert shuffle.figure("ks") < 0.06
    assert shuffle.figure("shape") > 0.9
    assert shuffle.figure("propensity") < 0.56
    assert shuffle.figure("discriminator") > 0.95
    assert shuffle.figure("worst-pair") < 0.6


def test_a_constant_scores_the_published_row_to_four_digits(traps: Traps) -> None:
    constant = traps.trap("constant")
    published = [constant.figure(f"published-{name}") for name in ("accuracy", "weighted-precision", "weighted-recall")]
    assert [f"{value:.4f}" for value in published] == ["0.9843", "0.9688", "0.9843"]
    assert f"{constant.figure('published-weighted-f1'):.4f}" == "0.9765"
    assert constant.figure("roc-auc") == 0.5


def test_the_constants_figures_are_scikit_learns() -> None:
    labels = np.arange(637) < 10
    answers = np.zeros(637, dtype=bool)
    found = constant_figures(float(labels.mean()))
    assert found.accuracy == pytest.approx(accuracy_score(labels, answers))
    options = {"average": "weighted", "zero_division": 0}
    assert found.precision == pytest.approx(precision_score(labels, answers, **options))
    assert found.recall == pytest.approx(recall_score(labels, answers, **options))
    assert found.f1 == pytest.approx(f1_score(labels, answers, **options))
    assert found.mae == pytest.approx(np.abs(labels - answers.astype(float)).mean())


def test_smote_before_the_split_shows_far_more_than_an_honest_split(traps: Traps) -> None:
    early = traps.trap("early-smote")
    assert early.figure("shown-auc") > 0.98
    assert early.figure("honest-auc") < 0.85


def test_a_schema_without_a_target_is_sent_to_the_demo_table() -> None:
    schema = TableSchema(columns=DEMO_SCHEMA.columns)
    with pytest.raises(ValenceError, match="demo table"):
        finish(run_traps(TRAIN, HOLDOUT, schema, 0))
