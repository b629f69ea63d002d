import pytest
from pydantic import ValidationError

from core.graph.strategies.cluster.settings import DEFAULT, PRESETS, STRICT, ClusterStrategySettings


def test_the_presets_are_the_published_thresholds() -> None:
    assert (DEFAULT.positive_from, DEFAULT.negative_to) == (7.0, 4.0)
    assert (DEFAULT.inherit_positive_from, DEFAULT.inherit_negative_to) == (8.0, 3.0)
    assert (STRICT.inherit_positive_from, STRICT.inherit_negative_to) == (9.0, 2.0)
    assert DEFAULT.enrich_batch_size == 1
    assert PRESETS == {"default": DEFAULT, "strict": STRICT}


@pytest.mark.parametrize(
    "values",
    [
        {"negative_to": 7.0},
        {"negative_to": 7.5},
        {"inherit_positive_from": 6.9},
        {"inherit_negative_to": 4.1},
        {"positive_from": 10.1},
        {"negative_to": -0.1},
        {"positive_from": float("nan")},
        {"enrich_batch_size": 0},
        {"postive_from": 7.0},
    ],
)
def test_thresholds_out_of_order_or_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ClusterStrategySettings.model_validate(values)


def test_all_faults_of_the_order_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        ClusterStrategySettings(positive_from=3.0, negative_to=5.0, inherit_positive_from=2.0, inherit_negative_to=6.0)
    for name in ("negative_to (5)", "inherit_positive_from (2)", "inherit_negative_to (6)"):
        assert name in str(refused.value)


def test_thresholds_may_coincide_where_that_makes_sense() -> None:
    settings = ClusterStrategySettings(
        positive_from=6, negative_to=5.9, inherit_positive_from=6, inherit_negative_to=5.9
    )
    assert settings.inherit_positive_from == settings.positive_from
