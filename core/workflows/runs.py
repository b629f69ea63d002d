"""Runs of a workspace as people look back on them: what was set, what was asked and paid, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from core.errors import Problem
from core.graph.statistics import OutcomeCounts
from core.jobs import Job, JobState
from core.store.answer_log import AnswerLog
from core.store.answer_rows import RunSummary
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.graph_settings import OFFLINE, GraphSettings, Strategy
from core.workflows.graphs import GRAPH
from core.workflows.prompt_trials import RUN_PREFIX
from core.workflows.stages import STAGES

MOST_JOBS: Final = 100_000


class RunKind(StrEnum):
    """What a run was for. `LOST`: calls in the log whose job is not in the database, as after restoring a backup."""

    GRAPH = "graph"
    CLUSTERS = "clusters"
    TRIAL = "trial"
    LOST = "lost"


_KINDS: Final[Mapping[str, RunKind]] = {"build_graph": RunKind.GRAPH, "prepare_clusters": RunKind.CLUSTERS}


@dataclass(frozen=True, slots=True)
class RunGraph:
    """The graph that a run made; `is_there` is False, and the counts unknown, once it was deleted.

    `n_calls`: judge calls of the strategy, answered here or by a model; `n_check_calls`: those of canary and probes.
    `stopped`: why pairs are missing, or empty.
    """

    id: str
    title: str
    is_there: bool
    counts: OutcomeCounts | None = None
    n_calls: int = 0
    n_check_calls: int = 0
    stopped: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Its id is that of its job, and the name its calls are logged under.

    `state` is None where there is no job. `settings` is None for a trial, a lost run, and one whose settings this
    version cannot read, which `problems` then explain; `flat` holds them by path in any case, as they were given.
    `model`: of the first call where no settings tell it. Times are UTC ISO text, empty where unknown; `seconds`: of the
    last attempt, from its start to its end, None while it lasts.
    """

    id: str
    kind: RunKind
    title: str
    began_at: str
    ended_at: str
    seconds: float | None
    spent: RunSummary
    state: JobState | None = None
    attempt: int = 1
    settings: GraphSettings | None = None
    problems: tuple[Problem, ...] = ()
    flat: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    catalogue: str = ""
    graph: RunGraph | None = None
    stages: str = ""
    error: str = ""
    fix: str = ""

    @property
    def is_over(self) -> bool:
        """Whether no further call can be added: never known of a run without a job."""
        return self.state is not None and self.state.is_over

    @property
    def is_offline(self) -> bool:
        """Whether the rule-based judge answered, so that nothing was sent and nothing paid."""
        return self.judge == OFFLINE

    @property
    def judge(self) -> str:
        """The judge's name in the settings; empty where they are unknown."""
        return str(self.flat.get("judge", ""))

    @property
    def strategy(self) -> str:
        """The strategy's name in the settings; empty where they are unknown."""
        return str(self.flat.get("strategy", ""))

    @property
    def embedder(self) -> str:
        """Who made vectors of the attributes' texts; empty for a strategy that needs none."""
        return "" if self.strategy == Strategy.BRUTE_FORCE else str(self.flat.get("embedding.provider", ""))


def list_runs(workspace: Workspace, summaries: Sequence[RunSummary] | None = None) -> tuple[Run, ...]:
    """Every run of the workspace, the latest begun first.

    `summaries`: those of the answer log, where they are at hand; counting them reads every call.
    """
    if summaries is None:
        summaries = workspace.answers.runs()
    spent = {summary.run: summary for summary in summaries}
    graphs = {artefact.id: artefact for artefact in workspace.artefacts.list(GRAPH)}
    jobs = [job for job in workspace.jobs.list(MOST_JOBS) if job.action in _KINDS]
    known = {job.id for job in jobs}
    runs = [_of_job(job, spent.get(job.id) or _nothing(job.id), graphs) for job in jobs]
    runs += [_without_job(summary, workspace.answers) for run, summary in spent.items() if run not in known]
    return tuple(sorted(runs, key=lambda run: (run.began_at, run.id), reverse=True))


def _of_job(job: Job, spent: RunSummary, graphs: Mapping[str, Artefact]) -> Run:
    given = job.parameters.get("settings")
    settings, problems = _settings(given)
    flat = flat_settings(settings) if settings else dict(_leaves("", given if isinstance(given, dict) else {}))
    return Run(
        id=job.id,
        kind=_KINDS[job.action],
        title=str(job.parameters.get("title") or job.title),
        began_at=job.created_at,
        ended_at=job.finished_at or "",
        seconds=_seconds(job.started_at, job.finished_at),
        spent=spent,
        state=job.state,
        attempt=job.attempt,
        settings=settings,
        problems=problems,
        flat=flat,
        model=str(flat.get("model.model", "")),
        catalogue=str(job.parameters.get("catalogue", "")),
        graph=_graph(str(job.result.get(GRAPH, "")), graphs),
        stages=str(job.result.get(STAGES, "")),
        error=job.error,
        fix=job.fix,
    )


def _without_job(spent: RunSummary, log: AnswerLog) -> Run:
    is_trial = spent.run.startswith(RUN_PREFIX)
    request = log.call(spent.run, 1).request or {}
    return Run(
        id=spent.run,
        kind=RunKind.TRIAL if is_trial else RunKind.LOST,
        title="Prompt trial" if is_trial else "Run without its job",
        began_at=spent.first_at,
        ended_at="" if spent.n_in_flight else spent.last_at,
        seconds=None if spent.n_in_flight else _seconds(spent.first_at, spent.last_at),
        spent=spent,
        model=str(request.get("model", "")),
    )


def _settings(data: Any) -> tuple[GraphSettings | None, tuple[Problem, ...]]:
    try:
        return GraphSettings.model_validate(data), ()
    except ValidationError as error:
        fix = "Another version of Valence wrote it; what was made and asked is not affected."
        return None, tuple(
            Problem(f"{fault['msg']}.", fix, field=".".join(map(str, fault["loc"]))) for fault in error.errors()
        )


def _graph(graph_id: str, graphs: Mapping[str, Artefact]) -> RunGraph | None:
    if not graph_id:
        return None
    if graph_id not in graphs:
        return RunGraph(graph_id, "", is_there=False)
    manifest = graphs[graph_id].manifest
    facts = manifest.facts
    return RunGraph(
        id=graph_id,
        title=manifest.title,
        is_there=True,
        counts=OutcomeCounts(**{count.name: facts[count.name] for count in fields(OutcomeCounts)}),
        n_calls=facts["calls"],
        n_check_calls=facts.get("check_calls", 0),
        stopped=facts.get("stopped", ""),
        warnings=tuple(facts.get("warnings", ())),
    )


def _seconds(start: str | None, end: str | None) -> float | None:
    if not (start and end):
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def _nothing(run: str) -> RunSummary:
    return RunSummary(
        run=run,
        n_calls=0,
        n_cached=0,
        n_in_flight=0,
        n_unmeasured=0,
        input_tokens=0,
        output_tokens=0,
        cost=0.0,
        n_errors_by_kind={},
        n_calls_by_purpose={},
        first_at="",
        last_at="",
        n_last_minute=0,
    )


# Settings


class SettingDifference(NamedTuple):
    """One setting that two runs do not share; `field` is its path (`model.temperature`), None: it is not set."""

    field: str
    left: Any
    right: Any


def settings_diff(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[SettingDifference, ...]:
    """Every setting of two `flat_settings` with another value on the other side, in the order of the left one."""
    names = list(left) + [name for name in right if name not in left]
    pairs = ((name, left.get(name), right.get(name)) for name in names)
    return tuple(SettingDifference(name, a, b) for name, a, b in pairs if a != b)


def flat_settings(settings: GraphSettings) -> dict[str, Any]:
    """Every setting by its path, with plain JSON data as its value; nothing of a model where there is none."""
    return dict(_leaves("", settings.model_dump(mode="json")))


def used_settings(settings: GraphSettings) -> dict[str, Any]:
    """Those of `flat_settings` that a run with this strategy and judge looks at."""
    unused = _unused_parts(settings)
    return {name: value for name, value in flat_settings(settings).items() if name.split(".")[0] not in unused}


def _unused_parts(settings: GraphSettings) -> frozenset[str]:
    """Names of whole parts of the settings that say nothing of this run."""
    unused = set()
    if settings.judge == OFFLINE:
        unused |= {"model", "budget", "safeguards", "grounding", "delivery", "prompts", "again"}
    if settings.strategy is Strategy.BRUTE_FORCE:
        unused |= {"embedding", "clusters", "cluster", "adaptive", "stages"}
    else:
        unused |= {"plan", "extends"}
    if settings.strategy is Strategy.CLUSTER:
        unused |= {"adaptive"}
    if settings.strategy is Strategy.ADAPTIVE:
        unused |= {"clusters", "cluster"}
    return frozenset(unused)


def _leaves(path: str, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _leaves(f"{path}{name}.", value)
        elif (f"{path}{name}", value) != ("model", None):  # no model: nothing of it is set
            yield f"{path}{name}", value
