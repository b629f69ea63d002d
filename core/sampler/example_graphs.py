"""Made-up graphs of the published sizes: density, ranges and speed can be tried without a catalogue of one's own.

What each is made of stands in `data/examples`; the sizes per attribute type were not published. A pair's score comes
from two hidden traits of its ends, from how well each end goes with others in general (`spread`: the wider, the wider
the fractions of random subgraphs), and from noise; the highest scores are +, the lowest -.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from core.catalogue.model import Attribute, Catalogue
from core.errors import NotFound
from core.graph.model import SignedGraph, signed_graph

N_TRAITS = 2
_FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "examples"


@dataclass(frozen=True, slots=True)
class ExampleType:
    """An attribute type of an example: how many attributes it has, and how many of them a row holds."""

    n: int
    quota: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExampleGraph:
    """What an example is made of; every type is a modality of its own, its numbers lie in `data/examples`."""

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


def _read_examples() -> Mapping[str, ExampleGraph]:
    read = TypeAdapter(ExampleGraph).validate_python
    paths = sorted(_FOLDER.glob("*.json"), key=lambda path: (len(path.stem), path.stem))
    return MappingProxyType({path.stem: read({"name": path.stem, **json.loads(path.read_bytes())}) for path in paths})


EXAMPLES: Final = _read_examples()


def example_named(name: str) -> ExampleGraph:
    """Look an example up; `NotFound` lists those there are."""
    if name not in EXAMPLES:
        raise NotFound(f"There is no example graph {name!r}.", f"Choose one of: {', '.join(EXAMPLES)}.")
    return EXAMPLES[name]


class HiddenTraits(NamedTuple):
    """Of an example's A attributes: `trait`, float64 [N_TRAITS, A], and how well each does, `favour`, float64 [A]."""

    trait: NDArray[np.float64]
    favour: NDArray[np.float64]


def hidden_traits(example: ExampleGraph, rng: np.random.Generator | None = None) -> HiddenTraits:
    """The first draws of the example's random numbers; `rng`, its generator untouched, goes on to what follows them."""
    rng = rng or np.random.default_rng(example.seed)
    n_attributes = sum(kind.n for kind in example.types.values())
    return HiddenTraits(rng.normal(size=(N_TRAITS, n_attributes)), rng.normal(size=n_attributes))


def make_example(example: ExampleGraph) -> SignedGraph:
    """The example's catalogue and edges: the same bytes at every call."""
    numbered = ((name, i) for name, kind in example.types.items() for i in range(kind.n))
    catalogue = Catalogue(tuple(Attribute(f"{name}-{i}", f"{name} {i}", name, name) for name, i in numbered))
    rng = np.random.default_rng(example.seed)
    modality = np.repeat(np.arange(len(example.types)), [kind.n for kind in example.types.values()])
    source, target = np.triu_indices(len(catalogue), k=1)
    cross = modality[source] != modality[target]
    source, target = source[cross], target[cross]
    trait, favour = hidden_traits(example, rng)
    likeness = (trait[:, source] * trait[:, target]).sum(axis=0) / N_TRAITS
    score = likeness + example.spread * (favour[source] + favour[target])
    order = np.argsort(score + rng.normal(size=len(score)), kind="stable")
    chosen = np.concatenate((order[-example.n_positive :], order[: example.n_negative]))
    sign = np.repeat(np.array([1, -1], dtype=np.int8), [example.n_positive, example.n_negative])
    return signed_graph(catalogue, source[chosen].astype(np.int32), target[chosen].astype(np.int32), sign)
