"""Graph generation on plain files, without a workspace: what the `valence graph` commands call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, NotFound, Problem, ValenceError
from core.fingerprint import content_id, digest
from core.graph.edges_csv import write_edges
from core.graph.verdict_file import write_verdicts
from core.knowledge.fact_files import facts_or_error, read_facts
from core.llm.prices import read_prices, shipped_prices
from core.progress import Steps
from core.store.answer_log import AnswerLog, open_answer_log
from core.store.workspace import ANSWERS_FILE
from core.workflows.graph_costs import estimate_cost
from core.workflows.graph_generation import generate_graph
from core.workflows.graph_settings import OFFLINE, GraphSettings, Strategy
from core.workflows.graph_strategies import Start
from core.workflows.graph_tools import Sources
from core.workflows.headless import Report, catalogue_file, graph_report, read_file, verdicts_path
from core.workflows.out_files import check_out_file, check_replaces_edges, write_files
from core.workflows.records import record

_ANSWERS_SUFFIX = ".answers.sqlite"


def graph_settings(
    judge: str = OFFLINE,
    model: Mapping[str, Any] | None = None,
    embedder: Mapping[str, Any] | None = None,
    target_recall: float | None = None,
    **settings: Any,
) -> GraphSettings:
    """Settings from plain values, `None` for the default of each; `InvalidInput` lists every problem."""
    given = {name: value for name, value in settings.items() if value is not None}
    if judge == OFFLINE:
        _refuse_idle_limits(given)
    if judge != OFFLINE:
        given["model"] = {"provider": judge, **_given(model or {})}
    elif _given(model or {}):
        problem = Problem("The offline judge uses no model and no address.", "Choose another judge.", field="judge")
        raise InvalidInput("The graph settings", [problem])
    if embedder:
        given["embedding"] = _embedding(embedder)
    if target_recall is not None:
        given["adaptive"] = {"target_recall": target_recall}
    try:
        return GraphSettings.model_validate({"judge": judge, **given})
    except ValidationError as error:
        problems = [
            Problem(
                f"{fault['msg'].removeprefix('Value error, ')}.", "Correct it.", field=".".join(map(str, fault["loc"]))
            )
            for fault in error.errors()
        ]
        raise InvalidInput("The graph settings", problems) from error


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Files beside catalogue and edges: expert rules, the answer log, and a price table; None for the usual ones."""

    evidence: Sequence[Path] = ()
    answers: Path | None = None
    prices: Path | None = None


def estimate_graph(
    catalogue_path: Path,
    settings: GraphSettings,
    files: RunFiles | None = None,
    *,
    resume: bool = False,
) -> Report:
    """The cost of a run, before any call; answers in the log are counted where there is one.

    `NotFound` for `resume` where `answers` names no log of this run.
    """
    catalogue, files = catalogue_file(catalogue_path), files or RunFiles()
    answers, is_model = files.answers, settings.model is not None
    if resume and is_model and answers is None:
        raise NotFound("There is no run to resume: no answer log is named.", "Name it with --answers.")
    with ExitStack() as stack:
        if resume and is_model and answers is not None:
            _check_log_exists(answers)
        log = stack.enter_context(_log(answers)) if answers and answers.exists() else None
        settings, sources = _sources(catalogue, settings, files, log)
        if resume:
            _check_run_is_known(sources)
        return dict(record(estimate_cost(catalogue, settings, sources)))


def build_graph_file(
    catalogue_path: Path,
    out: Path,
    settings: GraphSettings,
    files: RunFiles | None = None,
    *,
    resume: bool = False,
) -> Steps[Report]:
    """Generate a graph and write the edges CSV, with every verdict in a Parquet file beside it.

    An edges CSV at `out` is replaced; any other file there is kept and refused before the first call. A model's answers
    lie in the log beside the edges (`files` may name another place) and are never paid for twice. `NotFound` for
    `resume` where there is no log of this run.
    """
    catalogue, files = catalogue_file(catalogue_path), files or RunFiles()
    for path in (out, verdicts_path(out)):
        check_out_file(path, [catalogue_path])
    check_replaces_edges(out)
    log_path = files.answers or answers_path(out)
    with ExitStack() as stack:
        is_model = settings.model is not None
        if resume and is_model:
            _check_log_exists(log_path)
        if is_model:
            log_path.parent.mkdir(parents=True, exist_ok=True)
        log = stack.enter_context(_log(log_path)) if is_model else None
        settings, sources = _sources(catalogue, settings, files, log)
        if resume:
            _check_run_is_known(sources)
        made = yield from generate_graph(catalogue, settings, sources, Start())
        run = made.run
    edges = write_edges(run.graph)
    verdicts = write_verdicts(run.verdicts, catalogue, digest(edges))
    write_files({out: edges, verdicts_path(out): verdicts})
    return {
        **graph_report(run.graph, run.verdicts, calls=run.n_calls, seconds=run.seconds),
        "strategy": settings.strategy.value,
        "judge": run.judge_name,
        "check_calls": run.n_check_calls,
        "stopped": run.stopped,
        "warnings": list(run.warnings),
        "usage": record(made.usage),
        "report": dict(run.report),
    }


def graph_runs(places: Sequence[Path]) -> Report:
    """What the runs of answer logs (or of workspace folders) have asked and spent; every run names its log."""
    runs = []
    for place in places:
        path = place / ANSWERS_FILE if place.is_dir() else place
        if not path.exists():
            raise NotFound(f"There is no answer log {path}.", "Name an answer log, or a workspace folder.")
        with _log(path) as log:
            runs += [{"answers": str(path), **record(run), "n_errors": run.n_errors} for run in log.runs()]
    return {"runs": runs}


def answer_logs(workspaces: Iterable[Path]) -> list[Path]:
    """The answer logs of those workspace folders that have one, by name."""
    return sorted(folder / ANSWERS_FILE for folder in workspaces if (folder / ANSWERS_FILE).exists())


def answers_path(edges_path: Path) -> Path:
    """Where the answers behind an edges CSV lie: `edges.csv` has `edges.answers.sqlite` beside it."""
    return edges_path.parent / f"{edges_path.stem}{_ANSWERS_SUFFIX}"


def _check_log_exists(path: Path) -> None:
    if not path.exists():
        raise NotFound(f"There is no run to resume: {path} does not exist.", "Start without --resume.")


def _check_run_is_known(sources: Sources) -> None:
    """`NotFound` where there is a log (the offline judge needs none) without a call of this run."""
    log = sources.log
    if log is not None and sources.run not in {run.run for run in log.runs()}:
        raise NotFound(
            f"{log.path} holds no run with this catalogue and these settings.",
            "Start without --resume; answers to the same questions are free all the same.",
        )


@contextmanager
def _log(path: Path) -> Iterator[AnswerLog]:
    log = open_answer_log(path)
    try:
        yield log
    finally:
        log.close()


def _sources(
    catalogue: Catalogue, settings: GraphSettings, files: RunFiles, log: AnswerLog | None
) -> tuple[GraphSettings, Sources]:
    """The settings with the evidence files in them, and what they stand for; the run's id follows from both."""
    facts = tuple(facts_or_error(read_facts(read_file(path), path.name)) for path in files.evidence)
    if facts and settings.model is None:
        raise ValenceError("The offline judge reads its own facts.", "Leave --evidence out, or choose a model.")
    if facts:
        grounding = settings.grounding.model_copy(update={"files": tuple(fact.fingerprint for fact in facts)})
        settings = settings.model_copy(update={"grounding": grounding})
    content = settings.content()
    del content["budget"]  # a raised budget continues the same run
    run = content_id("cli-run", {"catalogue": catalogue.id, "settings": content})
    prices = read_prices(read_file(files.prices).decode("utf-8", "replace")) if files.prices else shipped_prices()
    return settings, Sources(run=run, log=log, facts=facts, prices=prices)


def _refuse_idle_limits(given: Mapping[str, Any]) -> None:
    """`InvalidInput` for limits that the offline judge, which costs nothing, would pass over in silence."""
    limits = _given(given.get("budget", {}))
    if given.get("strategy") == Strategy.ADAPTIVE:
        limits.pop("max_calls", None)  # it plans its calls by this limit, whoever judges
    if limits:
        message = "The offline judge costs nothing, so this limit would limit nothing."
        problems = [Problem(message, "Leave it out.", field=f"budget.{name}") for name in limits]
        raise InvalidInput("The graph settings", problems)


def _embedding(given: Mapping[str, Any]) -> dict[str, Any]:
    """An embedder's settings; a server of one's own has models of its own, of any dimension."""
    settings = _given(given)
    if settings.get("provider") != "openai-compatible":
        return settings
    if "model" not in settings:
        message = "The embedder's model is not named."
        problem = Problem(message, "Name one that the server has.", field="embedding.model")
        raise InvalidInput("The graph settings", [problem])
    return {"dimensions": None, **settings}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
