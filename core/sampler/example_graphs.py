"""Made-up graphs of the published sizes: density, ranges and speed can be tried without a catalogue of one's own.

The sizes per attribute type were not published and are chosen here. A pair's score comes from two hidden traits of its
ends, from how well each end goes with others in general (`spread`: the wider, the wider the fractions of random
subgraphs), and from noise; the highest scores are +, the lowest -.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.errors import NotFound
from core.graph.model import SignedGraph, signed_graph

N_TRAITS = 2


@dataclass(frozen=True, slots=True)
class ExampleType:
    """An attribute type of an example: how many attributes it has, and how many of them a row holds."""

    n: int
    quota: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExampleGraph:
    """What an example is made of; every type is a modality of its own."""

    name: str
    about: str
    types: Mapping[str, ExampleType]
    n_positive: int
    n_negative: int
    spread: float
    seed: int

    @property
    def type_ranges(self) -> dict[str, tuple[int, int]]:
        """The published quotas."""
        return {name: kind.quota for name, kind in self.types.items()}


_QUOTAS: Final = {
    "brand": (1, 1),
    "campaign-objective": (1, 1),
    "device": (1, 1),
    "gender-generation": (3, 6),
    "geo": (1, 3),
    "interest-and-other-attributes": (1, 5),
    "media-buy-billing-event": (0, 1),
    "brand-safety-content-filter-levels": (0, 2),
    "campaign-buying-type": (0, 1),
    "media-buy-cost-model": (0, 1),
    "platform": (1, 1),
}


def _types(*sizes: int) -> Mapping[str, ExampleType]:
    named = zip(_QUOTAS.items(), sizes, strict=True)
    return MappingProxyType({name: ExampleType(n, quota) for (name, quota), n in named})


EXAMPLES: Final = MappingProxyType(
    {
        "746": ExampleGraph(
            name="746",
            about="746 attributes with the published 36,420 + and 40,629 - edges; its densities follow the published "
            "table within .01.",
            types=_types(100, 14, 8, 24, 150, 400, 10, 6, 5, 9, 20),
            n_positive=36_420,
            n_negative=40_629,
            spread=0.5,
            seed=746,
        ),
        "1400": ExampleGraph(
            name="1400",
            about="1,400 attributes with 236,400 edges. Of the published graph of this size only the ranges of V28 are "
            "known; read as quartiles, they are met within .01.",
            types=_types(190, 20, 12, 30, 300, 770, 14, 8, 6, 14, 36),
            n_positive=124_400,
            n_negative=112_000,
            spread=1.5,
            seed=1_400,
        ),
    }
)


def example_named(name: str) -> ExampleGraph:
    """Look an example up; `NotFound` lists those there are."""
    if name not in EXAMPLES:
        raise NotFound(f"There is no example graph {name!r}.", f"Choose one of: {', '.join(EXAMPLES)}.")
    return EXAMPLES[name]


def make_example(example: ExampleGraph) -> SignedGraph:
    """The example's catalogue and edges: the same bytes at every call."""
    numbered = ((name, i) for name, kind in example.types.items() for i in range(kind.n))
    catalogue = Catalogue(tuple(Attribute(f"{name}-{i}", f"{name} {i}", name, name) for name, i in numbered))
    rng = np.random.default_rng(example.seed)
    modality = np.repeat(np.arange(len(example.types)), [kind.n for kind in example.types.values()])
    source, target = np.triu_indices(len(catalogue), k=1)
    cross = modality[source] != modality[target]
    source, target = source[cross], target[cross]
    trait, favour = rng.normal(size=(N_TRAITS, len(catalogue))), rng.normal(size=len(catalogue))
    likeness = (trait[:, source] * trait[:, target]).sum(axis=0) / N_TRAITS
    score = likeness + example.spread * (favour[source] + favour[target])
    order = np.argsort(score + rng.normal(size=len(score)), kind="stable")
    chosen = np.concatenate((order[-example.n_positive :], order[: example.n_negative]))
    sign = np.repeat(np.array([1, -1], dtype=np.int8), [example.n_positive, example.n_negative])
    return signed_graph(catalogue, source[chosen].astype(np.int32), target[chosen].astype(np.int32), sign)
