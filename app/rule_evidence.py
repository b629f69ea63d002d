"""Why the rule-based judge said what it said: its evidence on a pair, from the very rules that judged the graph."""

from functools import lru_cache

from core.errors import ValenceError
from core.graph.judges.offline import OfflineJudge, offline_judge
from core.knowledge.compatibility import Explanation
from core.knowledge.traits import SHIPPED_FOLDER
from core.workflows.graphs import StoredGraph


class RulesChanged(ValenceError):
    """The rules are no longer those that judged the graph, so they would explain another verdict."""


def rule_evidence(stored: StoredGraph, first: str, second: str) -> Explanation | None:
    """All evidence behind the verdict on two attributes (ids), or None where the pair could not be judged.

    Raises `RulesChanged`, or `InvalidInput` when the rules cannot be read.
    """
    judge = _judge_read_at(_state_of_the_files())
    if stored.artefact.manifest.facts.get("judge_fingerprint") != judge.fingerprint:
        raise RulesChanged(
            "The rules have changed since this graph was built, so they cannot explain its verdicts.",
            "Build the graph again to see the evidence.",
        )
    catalogue = stored.graph.catalogue
    return judge.explain(catalogue[first], catalogue[second])


@lru_cache(maxsize=1)
def _judge_read_at(_: tuple[tuple[str, int], ...]) -> OfflineJudge:
    """The judge over the files as they are: the same state of the files, the same judge."""
    return offline_judge()


def _state_of_the_files() -> tuple[tuple[str, int], ...]:
    files = sorted(path for path in SHIPPED_FOLDER.rglob("*") if path.is_file())
    return tuple((str(path), path.stat().st_mtime_ns) for path in files)
