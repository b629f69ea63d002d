"""`valence density` and `valence example`: what they accept, what they call, and their reports as text."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import cli_text
from app.cli_parts import Report, add_command, positive

# Written out, so that `valence --help` does not import the program; a test holds them against the program's own.
EXAMPLES = ("746", "1400")
_MOST_PAIRS = 8


def add_density_commands(commands: Any) -> None:
    """Add `valence density` and `valence example` to the program's commands."""
    density = add_command(
        commands, "density", "what random subgraphs look like, and how hard each label is", _density, density_text
    )
    density.add_argument("edges", type=Path, metavar="EDGES")
    density.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
    density.add_argument("--config", type=Path, required=True, metavar="CONFIG.json")
    density.add_argument("--seed", type=int, help="use this seed instead of the configuration's")
    density.add_argument("--subgraphs", type=positive, help="how many random subgraphs to draw")
    example = add_command(commands, "example", "a made-up graph of a published size", _example, _example_text)
    example.add_argument("name", choices=EXAMPLES, help="how many attributes it has")
    example.add_argument("--out", type=Path, required=True, metavar="DIR")


def density_text(report: Mapping[str, Any]) -> str:
    """Percentiles and suggestions, how far rows reach, the verdict on each label, and the pairs of modalities."""
    lines = [cli_text.density(report), "", _reach(report["reach"])]
    for label, found in report["labels"].items():
        lines += [f"{label}: {found['ease']} ({_basis(found, report['n_subgraphs'])})", *_reasons(found)]
    pairs = report["by_modality_pair"]
    lines += ["", "share of a row's pairs, + and - among them, by modalities:"]
    lines += [f"  {_pair(pair)}" for pair in pairs[:_MOST_PAIRS]]
    left = len(pairs) - _MOST_PAIRS
    return "\n".join([*lines, *([f"  and {left:,} more, see --json"] if left > 0 else [])])


def _reach(reach: Mapping[str, Any]) -> str:
    (pos_min, pos_max), (neg_min, neg_max) = reach["pos_frac"], reach["neg_frac"]
    return (
        f"searches reached pos_frac {pos_min:.3f} to {pos_max:.3f} and neg_frac {neg_min:.3f} to {neg_max:.3f}; "
        "what lies beyond may exist all the same"
    )


def _basis(found: Mapping[str, Any], n_subgraphs: int) -> str:
    """What a verdict rests on."""
    random = f"{found['random_share']:.2%} of {n_subgraphs:,} random subgraphs"
    if found["proof"]:
        return "proven"
    if found["found_share"] is None:
        return random
    met = round(found["found_share"] * found["n_searches"])
    return f"{random}, {met} of {found['n_searches']} searches; no proof either way"


def _reasons(found: Mapping[str, Any]) -> list[str]:
    """What stands in a label's way, one line each."""
    lines = [f"  {found['proof']}"] if found["proof"] else []
    lines += [f"  without {_bounds([bound])} it would be easier" for bound in found["tight"]]
    blame = found["blame"]
    if blame is None:
        return lines
    closest = blame["closest"]
    lines += [
        f"  nothing was found with {_bounds(blame['conflict'])}",
        f"  the closest has pos_frac {closest['pos_frac']:.4g} and neg_frac {closest['neg_frac']:.4g} "
        f"({closest['size']} attributes)",
    ]
    lines += [
        f"  with {repair['attribute_type']} {_quota(repair['after'])} instead of {_quota(repair['before'])} a row was "
        "found"
        for repair in blame["repairs"]
    ]
    return [*lines, *(f"  few such edges between {_pair(pair)}" for pair in _named(blame["lacking"]))]


def _bounds(bounds: list[Mapping[str, Any]]) -> str:
    return " and ".join(f"{bound['bound']} {bound['value']:.4g}" for bound in bounds)


def _quota(quota: list[int]) -> str:
    return "-".join(map(str, quota))


def _named(lacking: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{**pair, "modalities": [pair["modality_a"], pair["modality_b"]]} for pair in lacking]


def _pair(pair: Mapping[str, Any]) -> str:
    name = " x ".join(pair["modalities"])
    return f"{name}: {pair['share_of_row']:.1%} of a row's pairs, + {pair['positive']:.1%}, - {pair['negative']:.1%}"


def _example_text(report: Mapping[str, Any]) -> str:
    folder = report["folder"]
    return "\n".join(
        [
            report["about"],
            f"written to {folder}: {', '.join(report['files'])}",
            f"next: valence density {folder}/edges.csv --catalogue {folder}/catalogue.csv "
            f"--config {folder}/config.json",
        ]
    )


# The commands import the program when they run.


def _density(options: argparse.Namespace) -> Report:
    from core.workflows import headless

    return headless.density(options.edges, options.catalogue, options.config, options.subgraphs, options.seed)


def _example(options: argparse.Namespace) -> Report:
    from core.workflows.examples import write_example

    return write_example(options.name, options.out)
