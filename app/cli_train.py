"""The `valence train` command: what it accepts, and what it calls."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.cli_parts import Report, add_command, with_progress
from app.workspaces_home import workspaces_home


def add_train_command(commands: Any) -> None:
    """Add `valence train` to the program's commands."""
    train = add_command(commands, "train", "train a predictor and submit what it predicts", _train, _trained)
    train.add_argument("on", metavar="DATASET|SPLIT", help="its id, or the first letters of it")
    train.add_argument("--family", required=True, metavar="F", help="such as majority; a wrong name lists them all")
    train.add_argument("--workspace", required=True, metavar="NAME|FOLDER")
    train.add_argument("--trials", type=_trials, metavar="N", help="settings that the search tries (default: its own)")
    train.add_argument("--seed", type=int, default=0, metavar="S")
    train.add_argument("--settings", type=Path, metavar="FILE", help="a JSON file with settings of the family")
    train.add_argument("--vectors", default="", metavar="ID", help="content vectors (default: those of the split)")
    train.add_argument("--no-robustness", action="store_true", help="predict only; measure nothing else")


def _trials(text: str) -> int:
    """A whole number from 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0")
    return value


def _train(options: argparse.Namespace) -> Report:
    from core.workflows.headless_reviews import find_workspace
    from core.workflows.headless_training import TrainCommand, train_in_folder

    command = TrainCommand(
        on=options.on,
        family=options.family,
        n_trials=options.trials,
        seed=options.seed,
        settings=options.settings,
        vectors=options.vectors,
        with_robustness=not options.no_robustness,
    )
    folder = find_workspace(options.workspace, workspaces_home().folder)
    return with_progress(train_in_folder(folder, command), options)


def _trained(report: Mapping[str, Any]) -> str:
    made, lines = report["report"], report["lines"]
    oracle = "" if lines["oracle"] is None else f", oracle {lines['oracle']:.3f}"
    said = [
        f"{made['title']} on {report['title']}: trained on {made['n_training_rows']:,} rows in "
        f"{made['fit_seconds']:.1f} s, {made['peak_memory_mb']:,.0f} MB",
        f"public macro F1 of the house team's best {made['family']}: {report['public_score']:.3f} "
        f"(majority {lines['majority']:.3f}{oracle})",
    ]
    if made["robustness"]:
        said += _robustness(made["robustness"])
    said += [note for note in (made["vectors"]["note"], *made["notes"]) if note]
    return "\n".join([*said, f"run {report['model_run']}, submission {report['submission']}"])


def _robustness(found: Mapping[str, Any]) -> list[str]:
    """Scores on training rows that were set aside."""
    curve = ", ".join(f"{point['score']['macro_f1']:.3f} at {point['n_rows']:,}" for point in found["learning_curve"])
    dropped = ", ".join(f"{drop['score']['macro_f1']:.3f} without {drop['modality']}" for drop in found["dropped"])
    lines = [
        f"on training rows set aside: macro F1 {found['score']['macro_f1']:.3f}, calibration error "
        f"{found['score']['ece']:.3f}",
        f"  by rows: {curve}",
        f"  {dropped}",
    ]
    if found["unseen"]:
        unseen = found["unseen"]
        lines.append(
            f"  rows with attributes never seen: {unseen['cold']['macro_f1']:.3f}, others "
            f"{unseen['warm']['macro_f1']:.3f} (fitted on {unseen['n_fit_rows']:,} rows)"
        )
    return [*lines, *(f"  {note}" for note in found["notes"])]
