"""The published run of 13,000 rows: speed against numpy, every row in range, and rare bands by annealing."""

from benchmarks.example_graph import example_graph, published_config
from benchmarks.numpy_rejection import sample_all
from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.dataset.evaluation import evaluate
from core.dataset.files import jsonl_bytes
from core.dataset.generation import generate_dataset
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, LabelParams
from core.sampler.encoding import encode_config
from core.sampler.label_search import LabelRequest
from core.sampler.sampling import sample_label

# The published mean fractions of rows that stop at the first subgraph in range.
PUBLISHED_MEANS = {"pos": (0.225, 0.159), "neg": (0.143, 0.240), "avg": (0.178, 0.204)}
RARE = LabelParams(pos_frac_range=(0.3387, 0.4387), neg_frac_range=(0.1192, 0.2444), num_samples=1_000)


def run() -> list[Row]:
    """CPU seconds of sampling alone and of the whole dataset, in-range rate, mean fractions, a rare band."""
    graph, config = example_graph(), published_config()
    ours = cpu_seconds(lambda: _sample(graph, config))
    rival = cpu_seconds(lambda: sample_all(graph, config), repeats=2)
    return [
        Row("13,000 rows, sampling", ours, rival, rival / ours, "CPU s", "beside vectorised numpy; times faster"),
        *_dataset_rows(graph, config),
        _rare_row(graph, config),
    ]


def _sample(graph: SignedGraph, config: DatasetConfig) -> None:
    encoding = encode_config(graph, config)
    for name, params in config.label_params.items():
        finish(sample_label(encoding, LabelRequest(name, params, config.sampler, config.seed), n_workers=1))


def _dataset_rows(graph: SignedGraph, config: DatasetConfig) -> list[Row]:
    whole = cpu_seconds(
        lambda: jsonl_bytes(finish(generate_dataset(graph, config, n_workers=1)).rows, graph.catalogue), repeats=2
    )
    evaluation = evaluate(finish(generate_dataset(graph, config)).rows, graph, config)
    rows = [Row("13,000 rows, recounted, as JSONL", whole, None, None, "CPU s")]
    for name, (pos, _) in PUBLISHED_MEANS.items():
        label = evaluation.labels[name]
        rows.append(Row(f"{name}, rows in range", label.in_range_rate, 1.0, label.in_range_rate, "share", "at least"))
        note = "published beside, its rows hug the bound; made-up graph"
        rows.append(
            Row(f"{name}, mean pos_frac", label.mean_pos_frac, pos, label.mean_pos_frac / pos, "fraction", note)
        )
    return rows


def _rare_row(graph: SignedGraph, config: DatasetConfig) -> Row:
    encoding = encode_config(graph, config)
    request = LabelRequest("pos", RARE, config.sampler.model_copy(update={"start_temp": 0.05}), config.seed)
    made = finish(sample_label(encoding, request))
    seconds = cpu_seconds(lambda: finish(sample_label(encoding, request, n_workers=1)), repeats=2)
    note = f"{made.random_share:.2%} of random subgraphs qualify; {made.proposals_per_row:,.0f} proposals per row"
    return Row(f"1,000 rows of a rare band, {made.method}", seconds, None, None, "CPU s", note)
