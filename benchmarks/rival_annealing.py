"""Rivals that search one row at a time: annealing in plain Python, the `simanneal` library, and a constraint solver.

All find one row of a label under the same quotas and ranges and stop at the first they find; the annealers share the
same energy and the same incremental counting. The libraries are the extra `bench`; without them a rival is None.
"""

import random
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from math import ceil, exp, floor
from typing import Any

from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, LabelParams

Rival = Callable[[LabelParams, int], Sequence[int] | None]  # label and seed to a row, None where none was found


class RowSearch:
    """A graph as lists of signs, and one row in the making: members, and their numbers of + and - pairs."""

    def __init__(self, graph: SignedGraph, config: DatasetConfig) -> None:
        self.signs: list[list[int]] = graph.sign_matrix().tolist()
        self.pools = [list(graph.catalogue.positions_by_type[name]) for name in config.type_ranges]
        self.quotas = list(config.type_ranges.values())
        self.settings = config.sampler
        self.kind = {node: kind for kind, pool in enumerate(self.pools) for node in pool}
        self.members: list[int] = []
        self.pos = self.neg = 0

    def start(self, rng: random.Random) -> None:
        """A random row under the quotas."""
        self.members = [
            node
            for pool, (low, high) in zip(self.pools, self.quotas, strict=True)
            for node in rng.sample(pool, rng.randint(low, high))
        ]
        rows = [self.signs[node] for node in self.members]
        found = [row[node] for row in rows for node in self.members]
        self.pos, self.neg = found.count(1) // 2, found.count(-1) // 2

    def swap(self, rng: random.Random) -> tuple[int, int, int, int]:
        """A random swap: slot, newcomer, and the numbers of pairs it leads to."""
        slot = rng.randrange(len(self.members))
        leaver = self.members[slot]
        pool = self.pools[self.kind[leaver]]
        newcomer = pool[rng.randrange(len(pool))]
        if newcomer in self.members:
            return slot, leaver, self.pos, self.neg
        gained = [self.signs[newcomer][node] for node in self.members]
        lost = [self.signs[leaver][node] for node in self.members]
        pos = self.pos + gained.count(1) - lost.count(1)
        return slot, newcomer, pos, self.neg + gained.count(-1) - lost.count(-1)

    def energy(self, params: LabelParams, pos: int, neg: int) -> float:
        """Distance of both fractions to their ranges."""
        pairs = max(len(self.members) * (len(self.members) - 1) // 2, 1)
        ends = ((pos / pairs, params.pos_frac_range), (neg / pairs, params.neg_frac_range))
        return sum(max(low - value, value - high, 0.0) for value, (low, high) in ends)


def plain_annealing(graph: SignedGraph, config: DatasetConfig) -> Rival:
    """Simulated annealing as one would write it in Python: cooled geometrically, to the first row in the ranges."""
    search, settings = RowSearch(graph, config), config.sampler
    cooling = (settings.end_temp / settings.start_temp) ** (1 / max(settings.max_iters - 1, 1))

    def find(params: LabelParams, seed: int) -> Sequence[int] | None:
        rng, temperature = random.Random(seed), settings.start_temp
        search.start(rng)
        energy = search.energy(params, search.pos, search.neg)
        for _ in range(settings.max_iters):
            if energy == 0.0:
                return search.members
            slot, newcomer, pos, neg = search.swap(rng)
            then = search.energy(params, pos, neg)
            if then <= energy or rng.random() < exp((energy - then) / temperature):
                search.members[slot], search.pos, search.neg, energy = newcomer, pos, neg, then
            temperature *= cooling
        return search.members if energy == 0.0 else None

    return find


def simanneal_annealing(graph: SignedGraph, config: DatasetConfig) -> Rival | None:
    """The same search by `simanneal`, told to stop at the first row in the ranges, which it does not do by itself."""
    if find_spec("simanneal") is None:
        return None
    import simanneal

    search = RowSearch(graph, config)

    class Rows(simanneal.Annealer):  # type: ignore[misc]
        copy_strategy = "slice"
        Tmax, Tmin, steps, updates = config.sampler.start_temp, config.sampler.end_temp, config.sampler.max_iters, 0

        def __init__(self, params: LabelParams, rng: random.Random) -> None:
            self.params, self.rng = params, rng
            search.start(rng)
            super().__init__(search.members)

        def move(self) -> None:
            search.members = self.state
            slot, newcomer, _, _ = search.swap(self.rng)
            self.state[slot] = newcomer

        def energy(self) -> float:
            found = [search.signs[node][other] for node in self.state for other in self.state]
            energy = search.energy(self.params, found.count(1) // 2, found.count(-1) // 2)
            self.user_exit = energy == 0.0
            return energy

    def find(params: LabelParams, seed: int) -> Sequence[int] | None:
        random.seed(seed)  # the library's own
        state, energy = Rows(params, random.Random(seed)).anneal()
        return state if energy == 0.0 else None

    return find


def solver(graph: SignedGraph, config: DatasetConfig) -> Rival | None:
    """OR-Tools' CP-SAT on one core: a variable per attribute and per edge, and the bounds for each size of row."""
    if find_spec("ortools") is None:
        return None
    from ortools.sat.python import cp_model

    def find(params: LabelParams, seed: int) -> Sequence[int] | None:
        model: Any = cp_model.CpModel()
        chosen = [model.new_bool_var("") for _ in range(graph.n_nodes)]
        for name, (low, high) in config.type_ranges.items():
            model.add_linear_constraint(sum(chosen[i] for i in graph.catalogue.positions_by_type[name]), low, high)
        by_sign: dict[int, list[Any]] = {1: [], -1: []}
        for a, b, sign in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True):
            edge = model.new_bool_var("")
            model.add_bool_or([chosen[a].negated(), chosen[b].negated(), edge])
            model.add_implication(edge, chosen[a])
            model.add_implication(edge, chosen[b])
            by_sign[sign].append(edge)
        quotas = config.type_ranges.values()
        for size in range(sum(low for low, _ in quotas), sum(high for _, high in quotas) + 1):
            of_size, pairs = model.new_bool_var(""), size * (size - 1) // 2
            model.add(sum(chosen) == size).only_enforce_if(of_size)
            model.add(sum(chosen) != size).only_enforce_if(of_size.negated())
            for sign, (lowest, highest) in ((1, params.pos_frac_range), (-1, params.neg_frac_range)):
                least, most = ceil(lowest * pairs - 1e-9), floor(highest * pairs + 1e-9)
                model.add_linear_constraint(sum(by_sign[sign]), least, most).only_enforce_if(of_size)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers, solver.parameters.random_seed = 1, seed
        solver.parameters.max_time_in_seconds = 60.0
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [i for i, variable in enumerate(chosen) if solver.value(variable)]

    return find
