"""The density diagnostic on a graph of the published size: speed against the limit and against numpy."""

from benchmarks.example_graph import TYPE_RANGES, example_graph
from benchmarks.numpy_rejection import BATCH, NumpySampler
from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.graph.model import SignedGraph
from core.sampler.density import Density, draw_density, measure_density
from core.sampler.encoding import encode_graph, stream_key

N_SUBGRAPHS = 10_000
LIMIT_MS = 5.0
PUBLISHED_MEANS = {"pos_frac": 0.175, "neg_frac": 0.210}


def run() -> list[Row]:
    """Milliseconds for 10,000 subgraphs on 746 attributes, and the means beside the published ones."""
    graph = example_graph()
    encoding, key = encode_graph(graph, TYPE_RANGES), stream_key(0, "density")
    drawn = 1_000 * cpu_seconds(lambda: _summarised(draw_density(encoding, N_SUBGRAPHS, key, 0)), repeats=20)
    ours = 1_000 * cpu_seconds(lambda: _report(graph), repeats=20)
    sampler = NumpySampler(graph, TYPE_RANGES, seed=1)
    rival = 1_000 * cpu_seconds(
        lambda: [sampler.draw(min(BATCH, N_SUBGRAPHS - i)) for i in range(0, N_SUBGRAPHS, BATCH)]
    )
    density = _report(graph)
    return [
        Row(
            "density, 10,000 subgraphs of 746",
            drawn,
            LIMIT_MS,
            LIMIT_MS / drawn,
            "CPU ms",
            "times below; percentiles too",
        ),
        Row("  and the graph encoded first", ours, LIMIT_MS, LIMIT_MS / ours, "CPU ms", "times below the limit"),
        Row("density, beside vectorised numpy", ours, rival, rival / ours, "CPU ms", "ratio: times faster"),
        *(_mean(density, name) for name in PUBLISHED_MEANS),
    ]


def _report(graph: SignedGraph) -> Density:
    return _summarised(measure_density(graph, TYPE_RANGES, N_SUBGRAPHS))


def _summarised(density: Density) -> Density:
    for name in ("pos_frac", "neg_frac", "absent_frac"):
        getattr(density, name)
    return density


def _mean(density: Density, name: str) -> Row:
    summary = getattr(density, name)
    published = PUBLISHED_MEANS[name]
    spread = f"p5 {summary.p5:.3f}, p95 {summary.p95:.3f}; made-up graph, published mean beside"
    return Row(f"density, mean {name}", summary.mean, published, summary.mean / published, "fraction", spread)
