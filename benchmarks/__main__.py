"""`make bench`: every promised or published figure, measured now, beside its limit or rival."""

from benchmarks import (
    adaptive_strategy,
    attribute_vectors,
    call_plans,
    cluster_strategy,
    density,
    edges_page,
    gateway,
    leverage,
    offline_judge,
    sampling,
    shards,
)
from benchmarks.table import table_text

SUITES = (
    call_plans,
    offline_judge,
    density,
    sampling,
    shards,
    leverage,
    edges_page,
    gateway,
    attribute_vectors,
    cluster_strategy,
    adaptive_strategy,
)


def main() -> None:
    """Print one table per suite, as soon as it is measured."""
    for suite in SUITES:
        print(table_text(suite.run()), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
