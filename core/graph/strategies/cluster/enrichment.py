"""Stage 1: a description for every attribute that has none, and one vector for each."""

from dataclasses import replace
from functools import partial

from core.errors import ValenceError
from core.graph.asking import ask_all
from core.graph.attribute_text import texts_with
from core.graph.attribute_vectors import joined_vectors, trait_vectors
from core.graph.clusters.run import cluster_attributes
from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster.analyst import Analyst
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.knowledge.traits import TraitTable
from core.llm.protocol import Embedder
from core.progress import Progress, Steps


def description_batches(stages: Stages, batch_size: int) -> list[tuple[int, ...]]:
    """The calls that describe what has no description yet: positions, of one modality each."""
    batches = []
    for positions in stages.catalogue.positions_by_modality.values():
        missing = [position for position in positions if not stages.descriptions[position]]
        batches += [tuple(missing[first : first + batch_size]) for first in range(0, len(missing), batch_size)]
    return batches


def describe_attributes(
    stages: Stages, analyst: Analyst, settings: ClusterStrategySettings, n_workers: int
) -> Steps[Stages]:
    """Describe every attribute that has no description; those the analyst leaves out stay empty and are listed."""
    batches = description_batches(stages, settings.enrich_batch_size)
    attributes = stages.catalogue.attributes
    tasks = [partial(analyst.describe, [attributes[position] for position in batch]) for batch in batches]
    asked = yield from ask_all(tasks, n_workers, "Describing attributes")
    descriptions = list(stages.descriptions)
    calls, problems = stages.calls, list(stages.problems)
    for batch, analysis in zip(batches, asked.answers, strict=True):
        if analysis is None:
            continue
        calls = calls.plus(Stage.DESCRIBE, analysis.n_calls)
        problems += analysis.problems
        for position, text in zip(batch, analysis.answers, strict=True):
            descriptions[position] = text or ""
    made_by = {**stages.made_by, Stage.DESCRIBE: analyst.name} if batches else stages.made_by
    described = replace(
        stages, descriptions=tuple(descriptions), calls=calls, problems=tuple(problems), made_by=made_by
    )
    return replace(described, stopped=_sentence(described, asked.stopped))


def embed_and_cluster(
    stages: Stages, embedder: Embedder, geometry: ClusterSettings, facts: TraitTable | None, trait_share: float
) -> Steps[Stages]:
    """Embed `value: description` of every attribute (the value alone where there is none) and cluster each modality.

    With `facts`, the trait table's facts about an attribute have `trait_share` of its vector's squared length.
    """
    texts = texts_with(stages.catalogue, stages.descriptions)
    yield Progress(0, 2, f"Embedding {len(texts):,} texts")
    vectors = embedder.embed(texts)
    if len(vectors) != len(texts):
        raise ValenceError(
            f"Embedder {embedder.name!r} gave {len(vectors)} vectors for {len(texts)} texts.",
            "Nothing was clustered; choose another embedding model or endpoint.",
        )
    if facts is not None and trait_share > 0:
        vectors = joined_vectors(vectors, trait_vectors(stages.catalogue, facts), trait_share)
    yield Progress(1, 2, "Clustering each modality")
    clustering = yield from cluster_attributes(stages.catalogue, vectors, geometry)
    return replace(stages, clustering=clustering, made_by={**stages.made_by, Stage.CLUSTER: embedder.name})


def _sentence(stages: Stages, stopped: str) -> str:
    if not stopped:
        return ""
    n_all = len(stages.catalogue)
    return f"Stopped after describing {stages.n_described:,} of {n_all:,} attributes. {stopped}"
