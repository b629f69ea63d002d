"""What the density page asks for before a run: verdicts, blame, and the frontier beside a far longer search."""

from benchmarks.example_graph import example_graph, published_config
from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.sampler.blame import explain_label
from core.sampler.configuration import LabelParams
from core.sampler.density import measure_density
from core.sampler.encoding import encode_config
from core.sampler.label_verdict import judge_label
from core.sampler.reach import THOROUGH, FrontierPoint, find_frontier

LIMIT_VERDICT_MS, LIMIT_BLAME_MS, LIMIT_FRONTIER = 20.0, 150.0, 0.005
TIMES_LONGER = 50
CAPS = (0.1, 0.2, 0.3)
RARE = LabelParams(pos_frac_range=(0.45, 1.0), neg_frac_range=(0.0, 0.1), num_samples=1)
UNMET = LabelParams(pos_frac_range=(0.8, 1.0), neg_frac_range=(0.15, 1.0), num_samples=1)


def run() -> list[Row]:
    """CPU milliseconds of the slowest verdicts, of blame, and how far the frontier lies below the longer search's."""
    graph, config = example_graph(), published_config()
    encoding, density = encode_config(graph, config), measure_density(graph, config.type_ranges)
    rows = []
    for name, params in {"easy": config.label_params["pos"], "rare": RARE, "not found": UNMET}.items():
        verdict = judge_label(encoding, density, name, params)
        took = 1e3 * cpu_seconds(lambda params=params: judge_label(encoding, density, "label", params))  # type: ignore[misc]
        note = f"{verdict.ease}; times below the limit"
        rows.append(Row(f"verdict, {name}", took, LIMIT_VERDICT_MS, LIMIT_VERDICT_MS / took, "CPU ms", note))
    blame = 1e3 * cpu_seconds(lambda: explain_label(graph, encoding, UNMET))
    rows.append(Row("blame", blame, LIMIT_BLAME_MS, LIMIT_BLAME_MS / blame, "CPU ms", "times below the limit"))
    usual = find_frontier(encoding, CAPS)
    longer = find_frontier(encoding, CAPS, effort=THOROUGH._replace(proposals=TIMES_LONGER * THOROUGH.proposals))
    gap = _gap(usual, longer)
    note = f"pos_frac below a search {TIMES_LONGER} times as long, at most; times below the limit"
    rows.append(Row("frontier", gap, LIMIT_FRONTIER, LIMIT_FRONTIER / max(gap, 1e-9), "pos_frac", note))
    return rows


def _gap(usual: tuple[FrontierPoint, ...], longer: tuple[FrontierPoint, ...]) -> float:
    """The greatest shortfall under any cap; a cap that the usual search met nothing under counts as all of it."""
    found = {point.neg_frac: point.pos_frac for point in usual}
    return max(point.pos_frac - found.get(point.neg_frac, 0.0) for point in longer)
