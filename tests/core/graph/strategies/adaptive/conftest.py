"""A small planted world: signs follow two hidden traits that the features show, and judges that know them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, Verdict
from core.graph.strategies.adaptive import model
from core.graph.strategies.adaptive.features import PairFeatures, pair_features
from core.llm.budget import BudgetReached

SIZES = {"a": 24, "b": 20, "c": 10}  # 920 pairs, 184 calls of 5


@dataclass
class PlantedJudge:
    """Answers by the planted signs, some replaced at random; counts what it is asked, and may stop at a budget."""

    signs: NDArray[np.int8]
    catalogue: Catalogue
    noise: float = 0.0
    budget: int | None = None
    name: str = "planted"
    fingerprint: str = "planted"
    asked: list[tuple[int, int]] = field(default_factory=list)
    n_calls: int = 0

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        if self.budget is not None and self.n_calls >= self.budget:
            raise BudgetReached("The budget of the test is spent.")
        self.n_calls += 1
        return [self._verdict(primary, target) for target in targets]

    def _verdict(self, primary: Attribute, target: Attribute) -> Verdict:
        ends = sorted(self.catalogue.position_of[end.id] for end in (primary, target))
        self.asked.append((ends[0], ends[1]))
        sign = int(self.signs[ends[0], ends[1]])
        chance = np.random.default_rng(ends).random(2)
        if chance[0] < self.noise:
            sign = (sign + 1 + 1 + int(chance[1] < 0.5)) % 3 - 1
        return Verdict(Outcome(sign), 1.0, f"pair {ends[0]} {ends[1]}", reply=f"reply-{ends[0]}-{ends[1]}")


@dataclass(frozen=True)
class World:
    catalogue: Catalogue
    signs: NDArray[np.int8]
    features: PairFeatures

    def judge(self, **wanted: object) -> PlantedJudge:
        return PlantedJudge(self.signs, self.catalogue, **wanted)


@pytest.fixture(scope="session")
def world() -> World:
    rng = np.random.default_rng(11)
    attributes = [Attribute(f"{m}-{i}", f"{m}-{i}", m, m) for m, size in SIZES.items() for i in range(size)]
    catalogue = Catalogue(tuple(attributes))
    traits = rng.normal(size=(len(catalogue), 2))
    match = traits @ traits.T
    signs = (np.sign(match) * (np.abs(match) > 0.6)).astype(np.int8)
    return World(catalogue, signs, pair_features(catalogue, None, traits.astype(np.float32)))


@pytest.fixture(scope="session", autouse=True)
def few_trees() -> Iterator[None]:
    """The same two families with a fraction of their trees."""

    def fewer(family: Callable[[int, int], Any], **n_trees: int) -> Callable[[int, int], Any]:
        return lambda seed, n_rows: family(seed, n_rows).set_params(**n_trees)

    boosted, randomised = model.FAMILIES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "FAMILIES", (fewer(boosted, max_iter=12), fewer(randomised, n_estimators=10)))
        yield
