"""The five steps of the main job as a reader sees them: what is there, what is next, what has to wait."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from app.components.plain_text import plain
from core.store.artefacts import Artefact
from core.workflows.pipeline import Pipeline


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    RUNNING = "running"
    NEXT = "next"
    WAITING = "waiting"


class StepText(NamedTuple):
    """What a step is called, what it is for, and how it is offered as the next one."""

    name: str
    purpose: str
    offer: str
    action: str


@dataclass(frozen=True, slots=True)
class Findings:
    """What a step has made: main counts and what they count, as Markdown; `ids` is the selection to open it with."""

    figures: tuple[str, ...] = ()
    source: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One card of the picture."""

    url_path: str
    text: StepText
    state: StepState
    made: Findings


_TEXTS = {
    "catalogue": StepText(
        "Catalogue",
        "The list of attributes a campaign can carry.",
        "Start with a list of attributes: your own file, or one of the examples.",
        "Add a catalogue",
    ),
    "graph": StepText(
        "Signed graph",
        "Which attributes work together, and which conflict.",
        "Find out which attributes of this catalogue work together and which conflict.",
        "Build the signed graph",
    ),
    "density": StepText(
        "Density",
        "What random rows look like, and what each label asks for.",
        "See what random rows of this graph look like, and set what each label asks for.",
        "Set the label ranges",
    ),
    "sampling": StepText(
        "Sampling",
        "Drawing rows that fit each label.",
        "The label ranges are set. Draw the rows.",
        "Draw labelled rows",
    ),
    "datasets": StepText(
        "Datasets",
        "Labelled rows, checked and ready to train on.",
        "Every step is done. Look at the newest dataset, or change a step and draw another.",
        "Look at the dataset",
    ),
}
_STEP_OF_ACTION = {"build_graph": "graph", "build_dataset": "sampling"}


def pipeline_steps(line: Pipeline) -> tuple[Step, ...]:
    """All five steps in order; at most one is next, and what comes after an open step waits."""
    made = {
        "catalogue": _catalogue(line),
        "graph": _graph(line),
        "density": _density(line),
        "sampling": _sampling(line),
        "datasets": _datasets(line),
    }
    running = {_STEP_OF_ACTION[job.action]: job.id for job in line.jobs if job.action in _STEP_OF_ACTION}
    first_open = next((url_path for url_path in _TEXTS if not made[url_path].figures), "")
    steps = []
    for url_path, text in _TEXTS.items():
        findings = made[url_path]
        state = StepState.DONE if findings.figures else StepState.WAITING
        if url_path in running:
            state, findings = StepState.RUNNING, Findings(findings.figures, findings.source, {"job": running[url_path]})
        elif url_path == first_open:
            state = StepState.NEXT
        steps.append(Step(url_path, text, state, findings))
    return tuple(steps)


def next_step(steps: tuple[Step, ...]) -> Step:
    """The step to take now: the first that is not done; once all are, the last one."""
    return next((step for step in steps if step.state is not StepState.DONE), steps[-1])


def _catalogue(line: Pipeline) -> Findings:
    if line.catalogue is None:
        return Findings()
    facts = line.catalogue.manifest.facts
    figures = (f"**{facts['n_attributes']:,}** attributes", f"**{facts['n_pairs']:,}** pairs")
    return Findings(figures, _name(line.catalogue), {"catalogue": line.catalogue.id})


def _graph(line: Pipeline) -> Findings:
    if line.graph is None:
        return Findings()
    facts = line.graph.manifest.facts
    figures = [
        f":blue[**+ {facts['n_positive']:,}**] pairs",
        f":orange[**− {facts['n_negative']:,}**] pairs",
    ]
    if n_unjudged := facts["n_unjudged"]:
        figures.append(f":gray[**{n_unjudged:,}** not judged]")
    return Findings(tuple(figures), _name(line.graph), {"graph": line.graph.id})


def _density(line: Pipeline) -> Findings:
    if line.graph is None or line.tuned is None:
        return Findings()
    config = line.tuned.config
    least, most = (sum(bounds[end] for bounds in config.type_ranges.values()) for end in (0, 1))
    figures = (_count(len(config.label_params), "label range"), f"**{least}–{most}** attributes a row")
    ids = {"graph": line.graph.id, "draft": line.tuned.draft} if line.tuned.draft else {"graph": line.graph.id}
    return Findings(figures, f"Labels: {', '.join(plain(label) for label in config.label_params)}", ids)


def _sampling(line: Pipeline) -> Findings:
    if line.graph is None or not line.datasets:
        return Findings()
    all_facts = [dataset.manifest.facts for dataset in line.datasets]
    n_configs = len({facts["lineage"]["config_id"] for facts in all_facts})
    newest = all_facts[0]
    figures = [
        _count(sum(facts["n_rows"] for facts in all_facts), "row") + " drawn",
        _count(sum(n > 0 for n in newest["labels"].values()), "label") + " met",
    ]
    if n_failed := len(newest["failed_labels"]):
        figures.append(f":red[{_count(n_failed, 'label')} failed]")
    counts = " · ".join(f"{plain(name)} {n:,}" for name, n in newest["labels"].items())
    source = f"From {_count(n_configs, 'configuration')}. Newest: {counts}"
    return Findings(tuple(figures), source, {"graph": line.graph.id})


def _datasets(line: Pipeline) -> Findings:
    if not line.datasets:
        return Findings()
    newest = line.datasets[0]
    figures = (
        _count(len(line.datasets), "version"),
        "newest: " + _count(newest.manifest.facts["n_rows"], "row"),
    )
    return Findings(figures, _name(newest), {"dataset": newest.id})


def _count(n: int, noun: str) -> str:
    return f"**{n:,}** {noun}{'' if n == 1 else 's'}"


def _name(artefact: Artefact) -> str:
    return f"{plain(artefact.manifest.title)} · {artefact.id[:8]}"
