"""Every compiled kernel of the sampler: random subgraphs, annealing to a label's ranges, mixing inside them.

The law all of them refer to: per attribute type a count uniform in [lo, hi], then a uniform subset of that
many nodes. Every move below leaves that law unchanged when it is always accepted, so accepting exactly the
moves that stay inside a label's ranges leaves the law *restricted to the ranges* unchanged:

- swap: a uniform member for a uniform outsider of its type (symmetric);
- add / remove, offered equally often: adding has chance 1/(m-k), removing it again 1/(k+1), and the law's
  ratio C(m,k)/C(m,k+1) = (k+1)/(m-k) cancels the two exactly;
- redraw: one type, or the whole subgraph, drawn afresh from the law. The whole-subgraph redraw makes every
  state reachable from every other, whatever the ranges;
- guided swap, in graphs too large for a matrix, where a uniform newcomer has hardly any edge: the newcomer is a random
  neighbour of a random member. It is offered with chance q(v) = sum over members m of [v joins m] / degree(m), and
  mixing accepts it with Hastings' ratio q(leaver) / q(newcomer), both against the other members (Biometrika 57, 1970).

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

# Of 128 proposals: 1 redraws everything, 3 redraw one type, 124 change one node (64 guided where there is no matrix).
MOVES, REDRAW_ALL, REDRAW_ANY, GUIDED = np.int64(128), np.int64(1), np.int64(4), np.int64(68)
# Typed, because numba compiles a function once more for every plain number it is called with.
LINE = np.int64(16)  # codes in one line of memory
NOBODY = np.int64(-1)  # no member leaves, or no node joins
EVERY_TYPE = np.int64(-1)
_JOINS, _LEAVES = np.int64(1), np.int64(-1)
_NO, _ONE = np.int64(0), np.int64(1)
_NEAR = 8  # attempts that all stay within a pair of their target; then each goes twice as far
_TARGET = np.int64(-1)  # in place of an attempt: the stream that a row's target is drawn from

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ATTEMPT = np.uint64(0xD1342543DE82EF95)
_S11, _S27, _S30, _S31, _S32 = (np.uint64(shift) for shift in (11, 27, 30, 31, 32))


Signs = NDArray[np.int8]
Flags = NDArray[np.uint8]
Nodes = NDArray[np.int32]
Codes = NDArray[np.int32]
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
    edges in `edges` int32, sorted, each 2 x neighbour + (1 if the sign is +). `type_of` int32 [N]. `types` int64
    [T, 4]: first node, number of nodes, least and greatest count. `variable` int64: the types whose count is not
    fixed. `pairs` int64 [K, 3]: soft type pairs and their weight, +1 high or -1 low; `priority` int8 [T, T] is
    their matrix, [0, 0] for K = 0.
    """

    signs: Signs
    start: Ints
    edges: Codes
    type_of: Nodes
    types: Ints
    variable: Ints
    pairs: Ints
    priority: Signs


class ChainPlan(NamedTuple):
    """How each row is found: `anneal` 0 draws until a subgraph fits, 1 anneals; then `mixing` proposals.

    `through` 1 anneals to the end of the schedule, soft pairs included by `soft_weight`, and not to the first subgraph
    that fits. `aimed` 1 aims each row at a pos_frac drawn uniformly between `pos_from` and `pos_to`, and each of its
    attempts at another neg_frac, since not every two can be had together; the last attempts take what is near.
    """

    anneal: int
    max_draws: int
    max_attempts: int
    max_iters: int
    proposals_per_step: int
    patience: int
    start_temp: float
    cooling: float  # factor on the temperature after each step
    mixing: int = 0
    soft_strength: float = 0.0  # 0 where there is no soft pair
    through: int = 0
    soft_weight: float = 0.0  # of softness beside the distance to the box, while annealing through
    aimed: int = 0
    pos_from: float = 0.0
    pos_to: float = 0.0
    neg_from: float = 0.0
    neg_to: float = 0.0


class _Chain(NamedTuple):
    """One row in the making, each array with a row NOW and a row NEXT (the candidate).

    `members` int32 [2, capacity], `flags` uint8 [2, N] (NOW: is a member; NEXT: scratch, zero at rest), `counts` int64
    [2, T], `tally` int64 [2, 5]; `stream` uint64 [1]; `aim` int64 [4, capacity + 1]: the row's own box. `among` int8
    [2, capacity, capacity]: the signs between members (NEXT: each with those before it), and `joined` int8 [capacity]:
    those with a newcomer. Where there is no matrix they make a leaver's edges known at no cost; beside one, scratch.
    """

    stream: Stream
    members: Nodes
    flags: Flags
    counts: Ints
    tally: Ints
    aim: Ints
    among: NDArray[np.int8]
    joined: Signs


class _Schedule(NamedTuple):
    """One walk: `steps` of `per_step` proposals, the temperature multiplied by `cooling` after each step."""

    steps: int
    per_step: Scalar
    patience: Scalar
    temperature: float
    cooling: float
    strength: float
    through: Scalar
    weight: float


class _Move(NamedTuple):
    """A proposal: the slot of the member that leaves and the node that joins (or NOBODY), or a whole redraw.

    `guided` says that it was offered more often than its reverse, or less.
    """

    possible: bool
    redraw: bool
    slot: Scalar
    node: Scalar
    guided: bool


# --- random numbers: splitmix64 -------------------------------------------------------------------


@_inlined
def _scramble(z: Scalar) -> Scalar:
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@_inlined
def _uniform(stream: Stream) -> Scalar:
    """Uniform in [0, 1), in steps of 2^-53."""
    return np.float64(_next(stream) >> _S11) * 1.1102230246251565e-16


@_leaf
def _open_stream(stream: Stream, key: Scalar, index: Scalar, attempt: Scalar) -> None:
    row = _scramble(np.uint64(key) + _GOLDEN * np.uint64(index + 1))
    stream[0] = _scramble(row + _ATTEMPT * np.uint64(attempt))


@_inlined
def _next(stream: Stream) -> Scalar:
    stream[0] += _GOLDEN
    return _scramble(stream[0])


@_inlined
def _part(bits: Scalar, n: Scalar) -> Scalar:
    """Uniform in 0..n-1 from the upper 32 of 64 bits; the bias, n / 2^32, is far below anything measurable here."""
    return np.int64(((bits >> _S32) * np.uint64(n)) >> _S32)


@_inlined
def _below(stream: Stream, n: Scalar) -> Scalar:
    """Uniform in 0..n-1."""
    return _part(_next(stream), n)


@_inlined
def _happens(stream: Stream, loss: Scalar) -> Scalar:
    """True with chance e^-loss, loss >= 0, from products alone: the C library's exp may differ between machines."""
    u = _uniform(stream)
    # 1 - x <= e^-x <= 1 / (1 + x + x^2 / 2) settles most cases; beyond 40 none is left.
    if u * (1.0 + loss * (1.0 + 0.5 * loss)) >= 1.0 or loss > 40.0:
        return False
    if u < 1.0 - loss:
        return True
    y = loss / 1024.0
    power = 1.0 - y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))))
    for _ in range(10):
        power *= power
    return u < power


# --- counting -------------------------------------------------------------------------------------


@_inlined
def _sign_in_list(start: Ints, edges: Codes, a: Scalar, b: Scalar) -> Scalar:
    """The sign between two nodes, 0 for none: halves what is left of the list of `a` without branching."""
    low, left = start[a], start[a + 1] - start[a]
    if left == 0:
        return np.int64(0)
    while left > 1:
        half = left >> 1
        low += half if edges[low + half] >> 1 <= b else 0
        left -= half
    code = np.int64(edges[low])
    return 2 * (code & 1) - 1 if code >> 1 == b else np.int64(0)


@_leaf
def _touch(start: Ints, edges: Codes, node: Scalar) -> Scalar:
    """Read a list once across, so that the memory fetches its lines side by side and not one after the other."""
    seen = np.int64(0)
    for i in range(start[node], start[node + 1], LINE):
        seen += edges[i]
    return seen


@_inlined
def _look_up(g: EncodedGraph, nodes: Nodes, n: Scalar, node: Scalar, joined: Signs) -> None:
    """Fill `joined` with the signs between `node` and nodes[:n]; a node has no pair with itself."""
    if g.signs.shape[0] > 0:
        row = g.signs[node]
        for i in range(n):
            joined[i] = row[np.uint64(nodes[i])]
    elif _touch(g.start, g.edges, node) >= 0:  # always: a reading that nothing depends on would be left out
        for i in range(n):
            joined[i] = _sign_in_list(g.start, g.edges, node, np.int64(nodes[i]))


@_inlined
def _count_swap(g: EncodedGraph, members: Nodes, n: Scalar, move: _Move, tally: Ints) -> None:
    """What a swap gains and loses by the matrix; newcomer and leaver are of one type, so no edge joins them."""
    newcomer, leaver = g.signs[move.node], g.signs[members[move.slot]]
    total, signed = np.int64(0), np.int64(0)
    for i in range(n):
        member = np.uint64(members[i])
        gained, lost = np.int64(newcomer[member]), np.int64(leaver[member])
        total += gained - lost
        signed += (gained & 1) - (lost & 1)
    tally[POS] += (signed + total) >> 1
    tally[NEG] += (signed - total) >> 1


@_inlined
def _count(g: EncodedGraph, nodes: Nodes, n: Scalar, node: Scalar, joined: Signs, weight: Scalar, tally: Ints) -> None:
    """Add `weight` times the signed pairs of `node` with nodes[:n], whose signs are `joined`."""
    total, signed = np.int64(0), np.int64(0)
    for i in range(n):
        sign = np.int64(joined[i])
        total += sign
        signed += sign & 1
    tally[POS] += weight * ((signed + total) >> 1)
    tally[NEG] += weight * ((signed - total) >> 1)
    if g.priority.shape[0] > 0:
        for i in range(n):
            priority = g.priority[g.type_of[node], g.type_of[nodes[i]]]
            if priority != 0 and joined[i] != 0:
                tally[HIGH if priority > 0 else LOW] += weight


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
            _look_up(g, members, n, node, c.among[NEXT, n])
            _count(g, members, n, node, c.among[NEXT, n], _JOINS, tally)
            members[n] = node
            marked[node] = 1
            n += 1
    for i in range(n):
        marked[members[i]] = 0
    tally[SIZE] = n


@_inlined
def _slot_of(type_of: Nodes, members: Nodes, kind: Scalar, number: Scalar) -> Scalar:
    """The slot of the member with that number, from 0, among those of a type."""
    slot = np.int64(0)
    while type_of[members[slot]] != kind or number > 0:
        if type_of[members[slot]] == kind:
            number -= 1
        slot += 1
    return slot


@_leaf
def _draw_guided(g: EncodedGraph, c: _Chain) -> _Move:
    """Draw a neighbour of a member, to take the place of a random member of the neighbour's type."""
    members, n = c.members[NOW], c.tally[NOW, SIZE]
    stay = _Move(False, False, NOBODY, NOBODY, True)
    if n == 0:
        return stay
    guide = members[_below(c.stream, n)]
    degree = g.start[guide + 1] - g.start[guide]
    if degree == 0:
        return stay
    node = np.int64(g.edges[g.start[guide] + _below(c.stream, degree)] >> 1)
    kind = np.int64(g.type_of[node])
    if c.counts[NOW, kind] == 0 or c.flags[NOW, node] != 0:
        return stay
    return _Move(True, False, _slot_of(g.type_of, members, kind, _below(c.stream, c.counts[NOW, kind])), node, True)


@_leaf
def _is_offered_back(g: EncodedGraph, c: _Chain, move: _Move) -> Scalar:
    """Accept a guided swap with Hastings' ratio; nothing joins two attributes of one type, so no term is their own."""
    members, n = c.members[NOW], c.tally[NOW, SIZE]
    back, forth = 0.0, 0.0
    for i in range(n):
        share = 1.0 / max(g.start[members[i] + 1] - g.start[members[i]], 1)
        if c.among[NOW, move.slot, i] != 0:
            back += share
        if c.joined[i] != 0:
            forth += share
    return back >= forth or _uniform(c.stream) * forth < back


@_inlined
def _draw_change(g: EncodedGraph, c: _Chain, bits: Scalar) -> _Move:
    """Draw a swap, or else an addition or a removal in a type whose count is not fixed."""
    types, type_of, variable, stream = g.types, g.type_of, g.variable, c.stream
    members, flags, counts, n = c.members[NOW], c.flags[NOW], c.counts[NOW], c.tally[NOW, SIZE]
    stay = _Move(False, False, NOBODY, NOBODY, False)
    if variable.shape[0] == 0 or bits & np.uint64(MOVES) != 0:
        if n == 0:
            return stay
        slot = _part(bits, n)
        kind = np.int64(type_of[members[slot]])
        if counts[kind] == types[kind, N_NODES]:
            return stay
        return _Move(True, False, slot, _outsider(types, stream, flags, kind), False)
    kind = variable[_part(bits, variable.shape[0])]
    if bits & np.uint64(2 * MOVES) != 0:
        if counts[kind] == types[kind, HI]:
            return stay
        return _Move(True, False, NOBODY, _outsider(types, stream, flags, kind), False)
    if counts[kind] == types[kind, LO]:
        return stay
    return _Move(True, False, _slot_of(type_of, members, kind, _below(stream, counts[kind])), NOBODY, False)


@_inlined
def _count_change(g: EncodedGraph, c: _Chain, move: _Move, tally: Ints) -> None:
    """Add what a move gains and loses; newcomer and leaver are of one type, so no edge joins them."""
    members, n = c.members[NOW], c.tally[NOW, SIZE]
    if move.node != NOBODY:
        _look_up(g, members, n, move.node, c.joined)
        _count(g, members, n, move.node, c.joined, _JOINS, tally)
        tally[SIZE] += 1
    if move.slot != NOBODY:
        leaver = np.int64(members[move.slot])
        if g.signs.shape[0] > 0:
            _look_up(g, members, n, leaver, c.among[NOW, 0])
            _count(g, members, n, leaver, c.among[NOW, 0], _LEAVES, tally)
        else:
            _count(g, members, n, leaver, c.among[NOW, move.slot], _LEAVES, tally)
        tally[SIZE] -= 1


@_inlined
def _propose(g: EncodedGraph, c: _Chain) -> _Move:
    """Draw a move and fill the candidate's tally and counts; the move may not be possible here (then stay)."""
    bits = _next(c.stream)  # by bits: 0-6 the kind of move, 7 swap or not, 8 add or remove, 32-63 whom
    choice = np.int64(bits & np.uint64(MOVES - 1))
    if choice < REDRAW_ANY:
        _redraw(g, c, EVERY_TYPE if choice < REDRAW_ALL else _below(c.stream, g.types.shape[0]))
        return _Move(True, True, NOBODY, NOBODY, False)
    members, counts, tally = c.members[NOW], c.counts[NEXT], c.tally[NEXT]
    n = c.tally[NOW, SIZE]
    guided = g.signs.shape[0] == 0 and choice < GUIDED
    move: _Move = _draw_guided(g, c) if guided else _draw_change(g, c, bits)
    if not move.possible:
        return move
    for i in range(TALLY):
        tally[i] = c.tally[NOW, i]
    if g.signs.shape[0] > 0 and move.node != NOBODY and move.slot != NOBODY and g.pairs.shape[0] == 0:
        _count_swap(g, members, n, move, tally)  # the usual case, in one pass
    else:
        _count_change(g, c, move, tally)
    if g.pairs.shape[0] > 0:  # nothing else looks at the counts of a candidate
        for i in range(counts.shape[0]):
            counts[i] = c.counts[NOW, i]
        _change_counts(g.type_of, members, move, counts)
    return move


@_inlined
def _change_counts(type_of: Nodes, members: Nodes, move: _Move, counts: Ints) -> None:
    if move.node != NOBODY:
        counts[type_of[move.node]] += 1
    if move.slot != NOBODY:
        counts[type_of[members[move.slot]]] -= 1


@_inlined
def _seat(among: Signs, joined: Signs, slot: Scalar, n: Scalar) -> None:
    """Write the signs of the member in a slot with the first n members."""
    for i in range(n):
        among[slot, i] = joined[i]
        among[i, slot] = joined[i]
    among[slot, slot] = 0


@_inlined
def _accept(g: EncodedGraph, c: _Chain, move: _Move) -> None:
    """Make the candidate the current subgraph."""
    members, flags, counts, tally = c.members, c.flags, c.counts, c.tally
    n, seated = tally[NOW, SIZE], g.signs.shape[0] == 0
    if move.redraw:
        for i in range(n):
            flags[NOW, members[NOW, i]] = 0
        for i in range(tally[NEXT, SIZE]):
            members[NOW, i] = members[NEXT, i]
            flags[NOW, members[NOW, i]] = 1
            if seated:
                _seat(c.among[NOW], c.among[NEXT, i], i, i)
        for i in range(counts.shape[1]):
            counts[NOW, i] = counts[NEXT, i]
    else:
        _change_counts(g.type_of, members[NOW], move, counts[NOW])
        if move.node != NOBODY:
            flags[NOW, move.node] = 1
        if move.slot != NOBODY:
            flags[NOW, members[NOW, move.slot]] = 0
            members[NOW, move.slot] = move.node if move.node != NOBODY else members[NOW, n - 1]
            if seated:
                _seat(c.among[NOW], c.joined if move.node != NOBODY else c.among[NOW, n - 1], move.slot, n)
        else:
            members[NOW, n] = move.node
            if seated:
                _seat(c.among[NOW], c.joined, n, n)
    for i in range(TALLY):
        tally[NOW, i] = tally[NEXT, i]


# --- finding a row --------------------------------------------------------------------------------


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _new_chain(g: EncodedGraph) -> _Chain:
    capacity = g.types[:, HI].sum()
    return _Chain(
        np.zeros(1, np.uint64),
        np.zeros((2, capacity), np.int32),
        np.zeros((2, g.type_of.shape[0]), np.uint8),
        np.zeros((2, g.types.shape[0]), np.int64),
        np.zeros((2, TALLY), np.int64),
        np.zeros((4, capacity + 1), np.int64),
        np.zeros((2, capacity, capacity), np.int8),
        np.zeros(capacity, np.int8),
    )


@_leaf
def _start_afresh(g: EncodedGraph, c: _Chain) -> None:
    _redraw(g, c, EVERY_TYPE)
    _accept(g, c, _Move(True, True, NOBODY, NOBODY, False))


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

    Above temperature zero this is annealing: it ends at the first subgraph inside the box (unless it goes `through`),
    or after `patience` steps without improvement. At zero nothing further off is accepted, so a walk begun inside stays
    inside: this is mixing. There the soft pairs tilt the law by exp(strength x softness); annealing through, they
    lower the energy by weight x softness.
    """
    temperature, strength, weight = schedule.temperature, schedule.strength, schedule.weight
    annealing, through = temperature > 0.0, schedule.through != 0
    energy = _energy(box, c.tally[NOW])
    softness = _softness(g.pairs, c.counts[NOW], c.tally[NOW])
    lowest = energy - weight * softness
    waited = 0
    for _ in range(schedule.steps):
        if annealing and (waited >= schedule.patience or (energy == 0.0 and not through)):
            break
        waited += 1
        for _ in range(schedule.per_step):
            facts[PROPOSALS] += 1
            move = _propose(g, c)
            if not move.possible:
                continue
            new_energy = _energy(box, c.tally[NEXT])
            new_softness = softness
            if weight > 0.0:
                new_softness = _softness(g.pairs, c.counts[NEXT], c.tally[NEXT])
            rise = new_energy - energy + weight * (softness - new_softness)
            if rise > 0.0 and not (annealing and _happens(c.stream, rise / temperature)):
                continue
            if strength > 0.0:
                new_softness = _softness(g.pairs, c.counts[NEXT], c.tally[NEXT])
                loss = strength * (softness - new_softness)
                if loss > 0.0 and not _happens(c.stream, loss):
                    continue
            if move.guided and not annealing and not _is_offered_back(g, c, move):
                continue
            _accept(g, c, move)
            facts[ACCEPTED] += 1
            energy, softness = new_energy, new_softness
            if energy - weight * softness < lowest:
                lowest = energy - weight * softness
                waited = 0
                _keep_best(box, c.tally[NOW], facts)
                if energy == 0.0 and not through:
                    break
        temperature *= schedule.cooling
    return energy == 0.0


@_leaf
def _aim_at(box: Ints, aim: Ints, pos_frac: Scalar, neg_frac: Scalar, slack: Scalar) -> None:
    """Fill a row's own box: the part of the label's box within `slack` pairs of the two fractions."""
    for n in range(box.shape[1]):
        pairs = n * (n - 1) // 2
        pos = min(max(np.int64(pos_frac * pairs + 0.5), box[POS_MIN, n]), box[POS_MAX, n])
        neg = min(max(np.int64(neg_frac * pairs + 0.5), box[NEG_MIN, n]), box[NEG_MAX, n])
        aim[POS_MIN, n], aim[POS_MAX, n] = max(pos - slack, box[POS_MIN, n]), min(pos + slack, box[POS_MAX, n])
        aim[NEG_MIN, n], aim[NEG_MAX, n] = max(neg - slack, box[NEG_MIN, n]), min(neg + slack, box[NEG_MAX, n])


@_leaf
def _find_row(g: EncodedGraph, label: Ints, plan: ChainPlan, c: _Chain, key: Scalar, row: Scalar, facts: Ints) -> None:
    annealing = _Schedule(
        plan.max_iters,
        plan.proposals_per_step,
        plan.patience,
        plan.start_temp,
        plan.cooling,
        0.0,
        np.int64(plan.through),
        plan.soft_weight,
    )
    mixing = _Schedule(plan.mixing, _ONE, _ONE, 0.0, 1.0, plan.soft_strength, _NO, 0.0)
    facts[BEST_SIZE] = -1
    box = label
    if plan.aimed != 0:
        box = c.aim
        _open_stream(c.stream, key, row, _TARGET)
        pos_frac = plan.pos_from + _uniform(c.stream) * (plan.pos_to - plan.pos_from)
    for attempt in range(plan.max_attempts):
        _open_stream(c.stream, key, row, attempt)
        facts[ATTEMPTS] += 1
        if plan.aimed != 0:
            neg_frac = plan.neg_from + _uniform(c.stream) * (plan.neg_to - plan.neg_from)
            _aim_at(label, c.aim, pos_frac, neg_frac, _ONE << np.int64(min(max(attempt - _NEAR, 0), 20)))
        if plan.anneal != 0:
            _start_afresh(g, c)
            _keep_best(label, c.tally[NOW], facts)
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


@_kernel
def fill_lists(source: Nodes, target: Nodes, sign: Signs, cursor: Ints, edges: Codes) -> None:
    """Put edges, int32 and int8 [E], into both ends' lists; `cursor` int64 [N] is each list's next free place."""
    for e in range(source.shape[0]):
        a, b, bit = source[e], target[e], np.int32(sign[e] > 0)
        edges[cursor[a]] = 2 * b + bit
        edges[cursor[b]] = 2 * a + bit
        cursor[a] += 1
        cursor[b] += 1


@_kernel
def sort_lists(start: Ints, edges: Codes) -> None:
    """Sort each node's list, `edges[start[i]:start[i + 1]]`."""
    for i in range(start.shape[0] - 1):
        edges[start[i] : start[i + 1]].sort()
