"""`make bench`: every promised or published figure, measured now, beside its limit or rival."""

from benchmarks import (
    adaptive_strategy,
    annealing,
    api,
    attribute_vectors,
    call_plans,
    cluster_strategy,
    density,
    density_page,
    edges_page,
    feasibility,
    first_call,
    gateway,
    large_graph,
    leverage,
    offline_judge,
    predictors,
    sampler_law,
    sampling,
    shards,
    tabular,
)
from benchmarks.table import table_text

SUITES = (
    call_plans,
    offline_judge,
    density,
    density_page,
    sampling,
    sampler_law,
    annealing,
    feasibility,
    first_call,
    large_graph,
    shards,
    leverage,
    edges_page,
    gateway,
    attribute_vectors,
    cluster_strategy,
    adaptive_strategy,
    predictors,
    tabular,
    api,
)


def main() -> None:
    """Print one table per suite, as soon as it is measured."""
    for suite in SUITES:
        print(table_text(suite.run()), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
