"""Every compiled kernel of the sampler: random subgraphs, annealing to a label's ranges, mixing inside them.

The law all of them refer to: per attribute type a count uniform in [lo, hi], then a uniform subset of that
many nodes. Every move below leaves that law unchanged when it is always accepted, so accepting exactly the
moves that stay inside a label's ranges leaves the law *restricted to the ranges* unchanged:

- swap: a uniform member for a uniform outsider of its type (symmetric);
- add / remove, offered equally often: adding has chance 1/(m-k), removing it again 1/(k+1), and the law's
  ratio C(m,k)/C(m,k+1) = (k+1)/(m-k) cancels the two exactly;
- redraw: one type, or the whole subgraph, drawn afresh from the law. The whole-subgraph redraw makes every
  state reachable from every other, whatever the ranges.

The records live in this file because numba's disk cache does not see edits in other files. (It also unpickles them
before it looks at the file's date: after renaming a record, delete `__pycache__/*.nbi`.) They hold few, wide arrays,
because numba passes each array of a record as seven or more arguments; for the same reason leaves are inlined by force.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Columns of `EncodedGraph.types`.
FIRST, N_NODES, LO, HI = range(4)
# Positions in a tally.
SIZE, POS, NEG, HIGH, LOW = range(5)
TALLY = 5
# Rows of a chain's arrays: the subgraph as it is, and the candidate beside it.
NOW, NEXT = range(2)
# Rows of a label's box.
POS_MIN, POS_MAX, NEG_MIN, NEG_MAX = range(4)
# Columns of what `sample_rows` says of each row.
FOUND, ATTEMPTS, PROPOSALS, BEST_SIZE, BEST_POS, BEST_NEG, ACCEPTED = range(7)
ROW_FACTS = 7

# Of 32 proposals: 1 redraws everything, 3 redraw one type, 28 change one node.
MOVES, REDRAW_ALL, REDRAW_ANY = np.int64(32), np.int64(1), np.int64(4)
# Typed, because numba compiles a function once more for every plain number it is called with.
NOBODY = np.int64(-1)  # no member leaves, or no node joins
EVERY_TYPE = np.int64(-1)
_JOINS, _LEAVES = np.int64(1), np.int64(-1)
_ONE, _TWO = np.int64(1), np.int64(2)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ATTEMPT = np.uint64(0xD1342543DE82EF95)
_S11, _S27, _S30, _S31, _S32 = (np.uint64(shift) for shift in (11, 27, 30, 31, 32))


Signs = NDArray[np.int8]
Flags = NDArray[np.uint8]
Nodes = NDArray[np.int32]
Ints = NDArray[np.int64]
Stream = NDArray[np.uint64]
Scalar = Any  # an int64, uint64, float64 or bool, as numba infers it

# Only the two kernels are called from Python and cached. What they call needs no wrapper, and neither allocates nor
# keeps an array: without numba's reference counting of array arguments a proposal takes 0.1 us instead of 0.7.
_kernel = njit(cache=True, nogil=True)
_leaf = njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")
_inlined = njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy", forceinline=True)


class EncodedGraph(NamedTuple):
    """A graph and its quotas for the kernels: N taking-part nodes, numbered type by type, and T types.

    `signs` is int8 [N, N], or [0, 0] for a graph too large for it; then `start` int64 [N+1] bounds each node's
    edges in `edges` int64, sorted, each 2 x neighbour + (1 if the sign is +). `type_of` int32 [N]. `types` int64
    [T, 4]: first node, number of nodes, least and greatest count. `variable` int64: the types whose count is not
    fixed. `pairs` int64 [K, 3]: soft type pairs and their weight, +1 high or -1 low; `priority` int8 [T, T] is
    their matrix, [0, 0] for K = 0.
    """

    signs: Signs
    start: Ints
    edges: Ints
    type_of: Nodes
    types: Ints
    variable: Ints
    pairs: Ints
    priority: Signs


class ChainPlan(NamedTuple):
    """How each row is found: `anneal` 0 draws until a subgraph fits, 1 anneals; then `mixing` proposals."""

    anneal: int
    max_draws: int
    max_attempts: int
    max_iters: int
    proposals_per_step: int
    patience: int
    start_temp: float
    cooling: float  # factor on the temperature after each step
    mixing: int
    soft_strength: float  # 0 where there is no soft pair


class _Chain(NamedTuple):
    """One row in the making, each array with a row NOW and a row NEXT (the candidate).

    `members` int32 [2, capacity], `flags` uint8 [2, N] (NOW: is a member; NEXT: scratch, zero at rest), `counts` int64
    [2, T], `tally` int64 [2, 5]; `stream` uint64 [1].
    """

    stream: Stream
    members: Nodes
    flags: Flags
    counts: Ints
    tally: Ints


class _Schedule(NamedTuple):
    """One walk: `steps` of `per_step` proposals, the temperature multiplied by `cooling` after each step."""

    steps: int
    per_step: Scalar
    patience: Scalar
    temperature: float
    cooling: float
    strength: float


class _Move(NamedTuple):
    """A proposal: the slot of the member that leaves and the node that joins (or NOBODY), or a whole redraw."""

    possible: bool
    redraw: bool
    slot: Scalar
    node: Scalar


# --- random numbers: splitmix64 -------------------------------------------------------------------


@_inlined
def _scramble(z: Scalar) -> Scalar:
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@_leaf
def _open_stream(stream: Stream, key: Scalar, index: Scalar, attempt: Scalar) -> None:
    row = _scramble(np.uint64(key) + _GOLDEN * np.uint64(index + 1))
    stream[0] = _scramble(row + _ATTEMPT * np.uint64(attempt))


@_inlined
def _next(stream: Stream) -> Scalar:
    stream[0] += _GOLDEN
    return _scramble(stream[0])


@_inlined
def _below(stream: Stream, n: Scalar) -> Scalar:
    """Uniform in 0..n-1 from the upper 32 bits; the bias, n / 2^32, is far below anything measurable here."""
    return np.int64(((_next(stream) >> _S32) * np.uint64(n)) >> _S32)


@_inlined
def _happens(stream: Stream, loss: Scalar) -> Scalar:
    """True with chance e^-loss, loss >= 0, from products alone: the C library's exp may differ between machines."""
    if loss > 40.0:
        return False
    y = loss / 1024.0
    power = 1.0 - y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))))
    for _ in range(10):
        power *= power
    return np.float64(_next(stream) >> _S11) * 1.1102230246251565e-16 < power


# --- counting -------------------------------------------------------------------------------------


@_leaf
def _sign(signs: Signs, start: Ints, edges: Ints, a: Scalar, b: Scalar) -> Scalar:
    if signs.shape[0] > 0:
        return np.int64(signs[a, b])
    low, high = start[a], start[a + 1]
    while low < high:
        middle = (low + high) >> 1
        if edges[middle] < 2 * b:
            low = middle + 1
        else:
            high = middle
    if low < start[a + 1] and edges[low] >> 1 == b:
        return 2 * (edges[low] & 1) - 1
    return np.int64(0)


@_leaf
def _count_soft(g: EncodedGraph, nodes: Nodes, n: Scalar, node: Scalar, weight: Scalar, tally: Ints) -> None:
    for i in range(n):
        priority = g.priority[g.type_of[node], g.type_of[nodes[i]]]
        if priority != 0 and _sign(g.signs, g.start, g.edges, node, nodes[i]) != 0:
            tally[HIGH if priority > 0 else LOW] += weight


@_inlined
def _count(g: EncodedGraph, nodes: Nodes, n: Scalar, node: Scalar, weight: Scalar, tally: Ints) -> None:
    """Add `weight` times the signed pairs of `node` with nodes[:n]; a node has no pair with itself."""
    total, signed = np.int64(0), np.int64(0)
    if g.signs.shape[0] > 0:
        row = g.signs[node]
        for i in range(n):
            sign = np.int64(row[np.uint64(nodes[i])])
            total += sign
            signed += sign & 1
    else:
        for i in range(n):
            sign = _sign(g.signs, g.start, g.edges, node, nodes[i])
            total += sign
            signed += sign & 1
    tally[POS] += weight * ((signed + total) >> 1)
    tally[NEG] += weight * ((signed - total) >> 1)
    if g.priority.shape[0] > 0:
        _count_soft(g, nodes, n, node, weight, tally)


@_inlined
def _misses(box: Ints, tally: Ints) -> Scalar:
    """How many pairs the tally is outside the box by; 0 exactly when the subgraph meets the label."""
    n, pos, neg = tally[SIZE], tally[POS], tally[NEG]
    return (
        max(box[POS_MIN, n] - pos, 0)
        + max(pos - box[POS_MAX, n], 0)
        + max(box[NEG_MIN, n] - neg, 0)
        + max(neg - box[NEG_MAX, n], 0)
    )


@_inlined
def _energy(box: Ints, tally: Ints) -> Scalar:
    """Distance to the box as a share of the subgraph's pairs."""
    n = tally[SIZE]
    return _misses(box, tally) / max(n * (n - 1) // 2, 1)


@_inlined
def _softness(pairs: Ints, counts: Ints, tally: Ints) -> Scalar:
    """Share of high-priority pairs that are connected minus the share of low-priority pairs; 0 for no pair."""
    high, low = 0, 0
    for i in range(pairs.shape[0]):
        eligible = counts[pairs[i, 0]] * counts[pairs[i, 1]]
        if pairs[i, 2] > 0:
            high += eligible
        else:
            low += eligible
    return tally[HIGH] / max(high, 1) - tally[LOW] / max(low, 1)


# --- moves ----------------------------------------------------------------------------------------


@_inlined
def _outsider(types: Ints, stream: Stream, flags: Flags, kind: Scalar) -> Scalar:
    """A uniform unflagged node of a type; the caller knows that there is one."""
    node = types[kind, FIRST] + _below(stream, types[kind, N_NODES])
    while flags[node] != 0:
        node = types[kind, FIRST] + _below(stream, types[kind, N_NODES])
    return node


@_leaf
def _redraw(g: EncodedGraph, c: _Chain, only: Scalar) -> None:
    """Make a candidate in which type `only`, or EVERY_TYPE, is drawn afresh from the law."""
    members, marked, counts, tally = c.members[NEXT], c.flags[NEXT], c.counts[NEXT], c.tally[NEXT]
    tally[:] = 0
    n = np.int64(0)
    for kind in range(g.types.shape[0]):
        drawn = only == EVERY_TYPE or kind == only
        lo = g.types[kind, LO]
        counts[kind] = lo + _below(c.stream, g.types[kind, HI] - lo + 1) if drawn else c.counts[NOW, kind]
        kept = 0
        for _ in range(counts[kind]):
            if drawn:
                node = _outsider(g.types, c.stream, marked, kind)
            else:
                while g.type_of[c.members[NOW, kept]] != kind:
                    kept += 1
                node = np.int64(c.members[NOW, kept])
                kept += 1
            _count(g, members, n, node, _JOINS, tally)
            members[n] = node
            marked[node] = 1
            n += 1
    for i in range(n):
        marked[members[i]] = 0
    tally[SIZE] = n


@_inlined
def _draw_change(g: EncodedGraph, c: _Chain) -> _Move:
    """Draw a swap, or else an addition or a removal in a type whose count is not fixed."""
    types, type_of, variable, stream = g.types, g.type_of, g.variable, c.stream
    members, flags, counts, n = c.members[NOW], c.flags[NOW], c.counts[NOW], c.tally[NOW, SIZE]
    stay = _Move(False, False, NOBODY, NOBODY)
    if variable.shape[0] == 0 or _below(stream, _TWO) == 0:
        if n == 0:
            return stay
        slot = _below(stream, n)
        kind = np.int64(type_of[members[slot]])
        if counts[kind] == types[kind, N_NODES]:
            return stay
        return _Move(True, False, slot, _outsider(types, stream, flags, kind))
    kind = variable[_below(stream, variable.shape[0])]
    if _below(stream, _TWO) == 0:
        if counts[kind] == types[kind, HI]:
            return stay
        return _Move(True, False, NOBODY, _outsider(types, stream, flags, kind))
    if counts[kind] == types[kind, LO]:
        return stay
    left = _below(stream, counts[kind])
    slot = 0
    while type_of[members[slot]] != kind or left > 0:
        if type_of[members[slot]] == kind:
            left -= 1
        slot += 1
    return _Move(True, False, slot, NOBODY)


@_inlined
def _propose(g: EncodedGraph, c: _Chain) -> _Move:
    """Draw a move and fill the candidate's tally and counts; the move may not be possible here (then stay)."""
    choice = _below(c.stream, MOVES)
    if choice < REDRAW_ANY:
        _redraw(g, c, EVERY_TYPE if choice < REDRAW_ALL else _below(c.stream, g.types.shape[0]))
        return _Move(True, True, NOBODY, NOBODY)
    members, counts, tally = c.members[NOW], c.counts[NEXT], c.tally[NEXT]
    n = c.tally[NOW, SIZE]
    move: _Move = _draw_change(g, c)
    if not move.possible:
        return move
    for i in range(TALLY):
        tally[i] = c.tally[NOW, i]
    for i in range(counts.shape[0]):
        counts[i] = c.counts[NOW, i]
    # In a swap the newcomer is counted against the leaver too: they are of one type, so no edge joins them.
    if move.node != NOBODY:
        _count(g, members, n, move.node, _JOINS, tally)
        tally[SIZE] += 1
        counts[g.type_of[move.node]] += 1
    if move.slot != NOBODY:
        leaver = np.int64(members[move.slot])
        _count(g, members, n, leaver, _LEAVES, tally)
        tally[SIZE] -= 1
        counts[g.type_of[leaver]] -= 1
    return move


@_inlined
def _accept(c: _Chain, move: _Move) -> None:
    """Make the candidate the current subgraph."""
    members, flags, counts, tally = c.members, c.flags, c.counts, c.tally
    n = tally[NOW, SIZE]
    if move.redraw:
        for i in range(n):
            flags[NOW, members[NOW, i]] = 0
        for i in range(tally[NEXT, SIZE]):
            members[NOW, i] = members[NEXT, i]
            flags[NOW, members[NOW, i]] = 1
    else:
        if move.node != NOBODY:
            flags[NOW, move.node] = 1
        if move.slot != NOBODY:
            flags[NOW, members[NOW, move.slot]] = 0
            members[NOW, move.slot] = move.node if move.node != NOBODY else members[NOW, n - 1]
        else:
            members[NOW, n] = move.node
    for i in range(TALLY):
        tally[NOW, i] = tally[NEXT, i]
    for i in range(counts.shape[1]):
        counts[NOW, i] = counts[NEXT, i]


# --- finding a row --------------------------------------------------------------------------------


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _new_chain(g: EncodedGraph) -> _Chain:
    return _Chain(
        np.zeros(1, np.uint64),
        np.zeros((2, g.types[:, HI].sum()), np.int32),
        np.zeros((2, g.type_of.shape[0]), np.uint8),
        np.zeros((2, g.types.shape[0]), np.int64),
        np.zeros((2, TALLY), np.int64),
    )


@_leaf
def _start_afresh(g: EncodedGraph, c: _Chain) -> None:
    _redraw(g, c, EVERY_TYPE)
    _accept(c, _Move(True, True, NOBODY, NOBODY))


@_leaf
def _keep_best(box: Ints, tally: Ints, facts: Ints) -> None:
    """Remember the subgraph when it is closer than the closest so far."""
    if facts[BEST_SIZE] < 0 or _energy(box, tally) < _energy(box, facts[BEST_SIZE:]):
        facts[BEST_SIZE], facts[BEST_POS], facts[BEST_NEG] = tally[SIZE], tally[POS], tally[NEG]


@_leaf
def _draw_until_inside(g: EncodedGraph, box: Ints, c: _Chain, max_draws: Scalar, facts: Ints) -> Scalar:
    """True when one of the random subgraphs lies inside the box; it is then the current one."""
    for _ in range(max_draws):
        _start_afresh(g, c)
        facts[PROPOSALS] += 1
        if _misses(box, c.tally[NOW]) == 0:
            return True
        _keep_best(box, c.tally[NOW], facts)
    return False


@_leaf
def _walk(g: EncodedGraph, box: Ints, c: _Chain, schedule: _Schedule, facts: Ints) -> Scalar:
    """Accept proposals by Metropolis; True when the walk ends inside the box.

    Above temperature zero this is annealing: it ends at the first subgraph inside the box, or after `patience`
    steps without improvement. At zero nothing further from the box is accepted, so a walk begun inside stays
    inside: this is mixing. The soft pairs tilt the law by exp(strength x softness).
    """
    temperature, strength = schedule.temperature, schedule.strength
    annealing = temperature > 0.0
    energy = _energy(box, c.tally[NOW])
    softness = _softness(g.pairs, c.counts[NOW], c.tally[NOW])
    lowest = energy
    waited = 0
    for _ in range(schedule.steps):
        if annealing and (lowest == 0.0 or waited >= schedule.patience):
            break
        waited += 1
        for _ in range(schedule.per_step):
            facts[PROPOSALS] += 1
            move = _propose(g, c)
            if not move.possible:
                continue
            new_energy = _energy(box, c.tally[NEXT])
            rise = new_energy - energy
            if rise > 0.0 and not (annealing and _happens(c.stream, rise / temperature)):
                continue
            if strength > 0.0:
                new_softness = _softness(g.pairs, c.counts[NEXT], c.tally[NEXT])
                loss = strength * (softness - new_softness)
                if loss > 0.0 and not _happens(c.stream, loss):
                    continue
                softness = new_softness
            _accept(c, move)
            facts[ACCEPTED] += 1
            energy = new_energy
            if energy < lowest:
                lowest = energy
                waited = 0
                _keep_best(box, c.tally[NOW], facts)
                if energy == 0.0:
                    break
        temperature *= schedule.cooling
    return energy == 0.0


@_leaf
def _find_row(g: EncodedGraph, box: Ints, plan: ChainPlan, c: _Chain, key: Scalar, row: Scalar, facts: Ints) -> None:
    annealing = _Schedule(plan.max_iters, plan.proposals_per_step, plan.patience, plan.start_temp, plan.cooling, 0.0)
    mixing = _Schedule(plan.mixing, _ONE, _ONE, 0.0, 1.0, plan.soft_strength)
    facts[BEST_SIZE] = -1
    for attempt in range(plan.max_attempts):
        _open_stream(c.stream, key, row, attempt)
        facts[ATTEMPTS] += 1
        if plan.anneal != 0:
            _start_afresh(g, c)
            _keep_best(box, c.tally[NOW], facts)
            inside = _walk(g, box, c, annealing, facts)
        else:
            inside = _draw_until_inside(g, box, c, plan.max_draws, facts)
        if inside:
            facts[FOUND] = 1
            facts[ACCEPTED] = 0
            _walk(g, box, c, mixing, facts)
            return


@_kernel
def sample_rows(
    g: EncodedGraph, box: Ints, plan: ChainPlan, key: Scalar, first_row: Scalar, nodes: Nodes, sizes: Ints, facts: Ints
) -> Scalar:
    """Fill rows `first_row`...: `nodes` int32 [R, capacity] ascending, `sizes` int64 [R], `facts` int64 [R, 7].

    `box` int64 [4, capacity + 1]: by size, the least and greatest number of + and of - pairs. Each row owns the
    stream (key, row, attempt), so any split into chunks gives the same rows. Stops at the first row that no
    attempt found, since its label has then failed; returns the number of rows tried.
    """
    c = _new_chain(g)
    for r in range(sizes.shape[0]):
        _find_row(g, box, plan, c, key, first_row + r, facts[r])
        if facts[r, FOUND] == 0:
            return r + 1
        n = c.tally[NOW, SIZE]
        for i in range(n):  # insertion sort: a row is short
            node, j = c.members[NOW, i], i
            while j > 0 and nodes[r, j - 1] > node:
                nodes[r, j] = nodes[r, j - 1]
                j -= 1
            nodes[r, j] = node
        sizes[r] = n
    return sizes.shape[0]


@_kernel
def draw_subgraphs(g: EncodedGraph, key: Scalar, sizes: Nodes, pos: Nodes, neg: Nodes) -> None:
    """Fill int32 [R] sizes and numbers of + and - pairs of R random subgraphs under the quotas alone."""
    c = _new_chain(g)
    for r in range(sizes.shape[0]):
        _open_stream(c.stream, key, r, np.int64(0))
        _redraw(g, c, EVERY_TYPE)
        sizes[r], pos[r], neg[r] = c.tally[NEXT, SIZE], c.tally[NEXT, POS], c.tally[NEXT, NEG]
