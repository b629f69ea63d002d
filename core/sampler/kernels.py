"""Every compiled kernel of the sampler: random subgraphs, annealing to a label's ranges, mixing inside them.

The law all of them refer to: per attribute type a count uniform in [lo, hi], then a uniform subset of that
many nodes. Every move below leaves that law unchanged when it is always accepted, so accepting exactly the
moves that stay inside a label's ranges leaves the law *restricted to the ranges* unchanged:

- swap: a uniform member for a uniform outsider of its type (symmetric);
- add / remove, offered equally often: adding has chance 1/(m-k), removing it again 1/(k+1), and the law's
  ratio C(m,k)/C(m,k+1) = (k+1)/(m-k) cancels the two exactly;
- redraw: the whole subgraph drawn afresh from the law, which makes every state reachable from every other,
  whatever the ranges;
- guided swap, in graphs too large for rows of bits, where a uniform newcomer has hardly any edge: the newcomer is a
  random neighbour of a random member. It is offered with chance q(v) = sum over members m of [v joins m] / degree(m),
  and mixing accepts it with Hastings' ratio q(leaver) / q(newcomer), both against the other members (Biometrika 57,
  1970).

A graph's edges are rows of bits, so that the edges between a node and the members are counted 64 nodes at a time; or,
where those would be too many, sorted lists. Which of the two, `links.ndim` says while numba compiles, where `links` is
an argument of its own: each kernel is compiled for one form and when it is used. The same goes for soft pairs and
`priority`. The records live in this file because numba's disk cache does not see edits in other files. (It also
unpickles them before it looks at the file's date: after renaming a record, delete `__pycache__/*.nbi`.) They hold few
arrays, because numba passes each as seven or more arguments; for the same reason leaves are inlined by force. What a
kernel works on is allocated by its caller: that takes a second off compiling.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

# Columns of `EncodedGraph.types`.
FIRST, N_NODES, LO, HI = range(4)
# Columns of `EncodedGraph.slots`.
KIND, NUMBER = range(2)
# Rows of a node's bits, and of a type's.
PLUS, MINUS = range(2)
LANES = 8  # words of bits that are taken at once; their number is a multiple of it
FAVOURED, AVOIDED = range(2)
# What a walk does one after the other.
DRAWING, ANNEALING, MIXING = range(3)
# Rows of a label's box.
POS_MIN, POS_MAX, NEG_MIN, NEG_MAX = range(4)
# The last of a subgraph's counts and signs, and of a chain's stream and places.
SIZE = JOINED = SEEN = RANKS = np.int64(-1)
# Columns of what is said of each row.
FOUND, ATTEMPTS, PROPOSALS, BEST_SIZE, BEST_POS, BEST_NEG, ACCEPTED = range(7)
ROW_FACTS = 7

# Of 512 proposals one redraws everything, the others change one node; beside lists, 256 of them are guided.
MOVES, REDRAWS, GUIDED = np.int64(512), np.int64(1), np.int64(257)
# Of 8 unguided changes, 3 are swaps: a row's size is the last to forget where a walk began.
CHANGES, SWAPS = np.int64(8), np.int64(3)
# Typed, because numba compiles a function once more for every plain number it is called with.
LINE = np.int64(16)  # codes in one line of memory
NOBODY = np.int64(-1)  # no member leaves, or no node joins
NO_TYPE = np.int64(-1)
_NEAR = 8  # attempts that all stay within a pair of their target; then each goes twice as far
_TARGET = np.int64(-1)  # in place of an attempt, and below: the streams that a row's targets are drawn from
_ZERO, _ONE = np.int64(0), np.int64(1)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_ATTEMPT = np.uint64(0xD1342543DE82EF95)
_S6, _S9, _S11, _S12, _S27, _S30, _S31, _S32, _S63 = map(np.uint64, (6, 9, 11, 12, 27, 30, 31, 32, 63))
_BIT, _IN_WORD = np.uint64(1), np.uint64(63)


Signs = NDArray[np.int8]
Bits = NDArray[np.uint64]
Nodes = NDArray[np.uint32]  # unsigned, because numba tests a signed index for being negative
Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Stream = NDArray[np.uint64]
Links = Bits | Codes
Scalar = Any  # an int64, uint64, float64 or bool, as numba infers it

# Only the kernels are called from Python and cached. What they call needs no wrapper, and nothing allocates or keeps an
# array: without numba's reference counting of array arguments a proposal takes 0.1 us instead of 0.7. What is merged is
# never compiled on its own; it must not ask for `ndim`, which numba knows of arguments only.
_kernel = njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True, error_model="numpy")
_merged = njit(_nrt=False, error_model="numpy", inline="always")
_inlined = njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy", forceinline=True)


class EncodedGraph(NamedTuple):
    """A graph and its quotas for the kernels: N taking-part nodes, numbered type by type, and T types.

    `links` uint64 [N + 1, 2, W]: by node and sign (+ first), a bit for each neighbour, node 64 w + b in bit b of word
    w; the last node has none and stands for nobody. Or int32 [2 E] for graphs too large for that: each node's edges,
    bounded by `start` int64 [N + 1], sorted, each 2 x neighbour + (1 if the sign is +). `type_of` int32 [N + 1].
    `types` int64 [T, 4]: first node, number of nodes, least and greatest count; `slots` int64 [capacity, 2]: the types,
    each as often as its greatest count, and the number of each time, from 0. `variable` int64: the types whose count
    is not fixed. `pairs` int64 [K, 3]: soft type pairs and their weight, +1 high or -1 low; `priority` says the same by
    type, beside bits uint64 [T, 2, W]: the nodes that it has high and those that it has low priority with, beside lists
    int8 [T, T]: the weights; its first axis is 0 for K = 0.
    """

    links: Links
    start: Ints
    type_of: Nodes
    types: Ints
    slots: Ints
    variable: Ints
    pairs: Ints
    priority: Bits | Signs


class ChainPlan(NamedTuple):
    """How each row is found: an attempt draws at most `max_draws` subgraphs until one fits, anneals the last of them
    for at most `max_iters` steps, and then walks `mixing` proposals inside.

    `through` 1 anneals to the end of the schedule, soft pairs included by `soft_weight`, and not to the first subgraph
    that fits. `aimed` 1 aims each row at a pos_frac drawn uniformly between `pos_from` and `pos_to`, and each of its
    attempts at another neg_frac, since not every two can be had together; the last attempts take what is near.
    """

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


class Rows(NamedTuple):
    """R rows in the making: `nodes` int32 [R, capacity], in no order, `sizes` int64 [R], `streams` uint64 [R], where
    the random numbers of each go on, and `facts` int64 [R, 7].
    """

    nodes: Nodes
    sizes: Ints
    streams: Stream
    facts: Ints


class Subgraph(NamedTuple):
    """`members` uint32 [capacity], `mask` uint64 [W], a bit for each, `counts` int64 [T + 1] by type, and SIZE of all.

    `among` int8 [capacity + 1, capacity], beside lists: the signs between members, which make a leaver's edges known at
    no cost, and as the last, JOINED, those of a newcomer; of a candidate, those of each with the members before it.
    """

    members: Nodes
    mask: Bits
    counts: Ints
    among: Signs


class Chain(NamedTuple):
    """What one walk works on: the subgraph as it is and the candidate beside it that a redraw fills.

    `stream` uint64 [2]: where its random numbers go on, and SEEN, a place for what is read only to have it near; `some`
    uint64 [W], beside bits: the members of some types. `places` int64 [T + 1, capacity]: the slots of each type's
    members, and in the last row, RANKS, where in its type's row each slot stands.
    """

    stream: Stream
    now: Subgraph
    candidate: Subgraph
    some: Bits
    places: Ints


class _Tally(NamedTuple):
    """A subgraph's size and its pairs: +, -, and those with an edge that are of high and of low priority."""

    size: Scalar
    pos: Scalar
    neg: Scalar
    high: Scalar
    low: Scalar


class _Move(NamedTuple):
    """A proposal: the slot of the member that leaves and the node that joins (or NOBODY), or else a redraw, which is
    the candidate. `guided` says that it was offered more often than its reverse, or less.
    """

    possible: bool
    redraws: bool
    slot: Scalar
    node: Scalar
    guided: bool


def new_chain(g: EncodedGraph) -> Chain:
    """An empty subgraph and a candidate of the graph's capacity, to be used by one thread at a time."""
    capacity, n_nodes = len(g.slots), len(g.type_of) - 1
    between = capacity if g.links.ndim == 1 else 0

    def subgraph() -> Subgraph:
        return Subgraph(
            members=np.zeros(capacity, np.uint32),
            mask=np.zeros(n_words(n_nodes), np.uint64),
            counts=np.zeros(len(g.types) + 1, np.int64),
            among=np.zeros((between + 1, between), np.int8),
        )

    some = np.zeros(0 if between else n_words(n_nodes), np.uint64)
    places = np.zeros((len(g.types) + 1, capacity), np.int64)
    return Chain(stream=np.zeros(2, np.uint64), now=subgraph(), candidate=subgraph(), some=some, places=places)


def n_words(n_nodes: int) -> int:
    """How many words hold a bit for each node, a multiple of LANES."""
    return LANES * -(-n_nodes // (64 * LANES))


# --- random numbers: splitmix64 -------------------------------------------------------------------


@_inlined
def _scramble(z: Scalar) -> Scalar:
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@_inlined
def _open_stream(stream: Stream, key: Scalar, index: Scalar, attempt: Scalar) -> None:
    row = _scramble(np.uint64(key) + _GOLDEN * np.uint64(index + 1))
    stream[0] = _scramble(row + _ATTEMPT * np.uint64(attempt))


@_inlined
def _next(stream: Stream) -> Scalar:
    stream[0] += _GOLDEN
    return _scramble(stream[0])


@_inlined
def _uniform(stream: Stream) -> Scalar:
    """Uniform in [0, 1), in steps of 2^-53."""
    return np.float64(_next(stream) >> _S11) * 1.1102230246251565e-16


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
    # 1 - x + x^2/2 - x^3/6 <= e^-x <= 1 / (1 + x + x^2/2 + x^3/6) settles nearly all cases; beyond 40 none is left.
    square = 0.5 * loss * loss
    cube = square * loss * (1.0 / 3.0)
    if u * (1.0 + loss + square + cube) >= 1.0 or loss > 40.0:
        return False
    if u < 1.0 - loss + square - cube:
        return True
    y = loss / 1024.0
    power = 1.0 - y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))))
    for _ in range(10):
        power *= power
    return u < power


# --- bits -----------------------------------------------------------------------------------------


@intrinsic  # type: ignore[untyped-decorator]
def _gained(typing: Any, links: Any, newcomer: Any, leaver: Any, mask: Any) -> Any:  # noqa: ARG001
    """How many + and - a mask's nodes have to one node more than to another."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        counter = _BitCounter(context, builder, signature, arguments)
        counter.count(arguments[1], arguments[2])
        return counter.sums()

    return types.UniTuple(types.int64, 2)(links, types.int64, types.int64, mask), build


@intrinsic  # type: ignore[untyped-decorator]
def _shared_by_all(typing: Any, links: Any, nodes: Any, n: Any, mask: Any) -> Any:  # noqa: ARG001
    """How many nodes of a mask the first n nodes have a + and a - to, all together."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        counter = _BitCounter(context, builder, signature, arguments)
        nodes = context.make_array(signature.args[1])(context, builder, arguments[1])
        with cgutils.for_range(builder, arguments[2]) as loop:
            node = builder.load(builder.gep(nodes.data, [loop.index]))
            counter.count(builder.zext(node, ir.IntType(64)))
        return counter.sums()

    return types.UniTuple(types.int64, 2)(links, nodes, types.int64, mask), build


class _BitCounter:
    """Code that counts a node's bits in a mask: LANES words at once, whatever the processor makes of that."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self._table = context.make_array(signature.args[0])(context, builder, arguments[0])
        self._mask = context.make_array(signature.args[-1])(context, builder, arguments[-1])
        self._context, self._builder, self._result = context, builder, signature.return_type
        self._word = ir.IntType(64)
        self._vector = ir.VectorType(self._word, LANES)
        self._totals = [cgutils.alloca_once_value(builder, self._vector([0] * LANES)) for _ in (PLUS, MINUS)]

    def count(self, node: Any, other: Any = None) -> None:
        """Add a node's pairs with the mask, less those of another."""
        builder, word = self._builder, self._word
        width = builder.extract_value(self._mask.shape, 0)
        nodes = [(node, builder.add)] + ([] if other is None else [(other, builder.sub)])
        rows = [(builder.mul(each, builder.mul(width, word(2))), change) for each, change in nodes]
        with cgutils.for_range_slice(builder, word(0), width, word(LANES)) as (place, _):
            members = self._load(self._mask, place)
            for row, change in rows:
                self._count_row(builder.add(row, place), members, width, change)

    def _count_row(self, first: Any, members: Any, width: Any, change: Any) -> None:
        builder = self._builder
        count_ones = _vector_function(builder.module, "ctpop", self._vector, self._vector)
        for place, total in zip((first, builder.add(first, width)), self._totals, strict=True):
            both = builder.and_(self._load(self._table, place), members)
            builder.store(change(builder.load(total), builder.call(count_ones, [both])), total)

    def sums(self) -> Any:
        builder = self._builder
        add_up = _vector_function(builder.module, "vector.reduce.add", self._word, self._vector)
        sums = [builder.call(add_up, [builder.load(total)]) for total in self._totals]
        return self._context.make_tuple(builder, self._result, sums)

    def _load(self, array: Any, place: Any) -> Any:
        at = self._builder.gep(array.data, [place])
        return self._builder.load(self._builder.bitcast(at, self._vector.as_pointer()), align=8)


def _vector_function(module: Any, name: str, result: Any, vector: Any) -> Any:
    name = f"llvm.{name}.v{LANES}i64"
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, [vector]), name)


@_inlined
def _has(mask: Bits, node: Scalar) -> Scalar:
    return (mask[np.uint64(node) >> _S6] >> (np.uint64(node) & _IN_WORD)) & _BIT != 0


@_inlined
def _flip(mask: Bits, node: Scalar) -> None:
    mask[np.uint64(node) >> _S6] ^= _BIT << (np.uint64(node) & _IN_WORD)


@_inlined
def _after_exchange(
    priority: Any, g: EncodedGraph, c: Chain, s: Subgraph, newcomer: Scalar, leaver: Scalar, tally: _Tally
) -> _Tally:
    """The tally with one node's pairs with a subgraph, and without another's; a node has none with itself."""
    pos, neg = _gained(g.links, newcomer, leaver, s.mask)
    high, low = _ZERO, _ZERO
    if priority.ndim == 3:
        high = _heeded(g, c, s, newcomer, FAVOURED) - _heeded(g, c, s, leaver, FAVOURED)
        low = _heeded(g, c, s, newcomer, AVOIDED) - _heeded(g, c, s, leaver, AVOIDED)
    return _Tally(tally.size, tally.pos + pos, tally.neg + neg, tally.high + high, tally.low + low)


@_inlined
def _heeded(g: EncodedGraph, c: Chain, s: Subgraph, node: Scalar, heed: Scalar) -> Scalar:
    """How many pairs of high, or of low, priority a node has with a subgraph."""
    kind = g.type_of[node]
    for w in range(s.mask.shape[0]):
        c.some[w] = s.mask[w] & g.priority[kind, heed, w]
    plus, minus = _gained(g.links, node, np.int64(g.type_of.shape[0] - 1), c.some)
    return plus + minus


# --- lists ----------------------------------------------------------------------------------------


@_inlined
def _sign_in_list(start: Ints, edges: Codes, a: Scalar, b: Scalar) -> Scalar:
    """The sign between two nodes, 0 for none: Shar's search of the list of `a`, whose steps are powers of two.

    A step is taken by shifting the sign of a difference to its place: a branch would be mispredicted every other time.
    """
    low, left = start[a], start[a + 1] - start[a]
    if left == 0:
        return _ZERO
    level = _ZERO
    while left >> (level + 1) != 0:
        level += 1
    rest = left - (_ONE << level)
    low += rest & ((np.int64(edges[np.uint64(low + rest)] >> 1) - b - 1) >> 63)
    while level > 0:
        level -= 1
        before = np.uint64(np.int64(edges[np.uint64(low + (_ONE << level))] >> 1) - b - 1) >> _S63
        low += np.int64(before << np.uint64(level))
    code = np.int64(edges[np.uint64(low)])
    return 2 * (code & 1) - 1 if code >> 1 == b else _ZERO


@_inlined
def _bring_near(g: EncodedGraph, c: Chain, node: Scalar) -> None:
    """Read a list once across, so that the memory fetches its lines side by side and not one after the other."""
    seen = np.int64(0)
    for i in range(g.start[node], g.start[node + 1], LINE):
        seen += g.links[i]
    c.stream[SEEN] = seen


@_inlined
def _look_up(g: EncodedGraph, members: Nodes, n: Scalar, node: Scalar, joined: Signs) -> None:
    """Fill `joined` with the signs between `node` and members[:n], by their lists: those lie near, its own does not."""
    for i in range(n):
        joined[i] = _sign_in_list(g.start, g.links, np.int64(members[i]), node)


@_inlined
def _with_signs(
    priority: Any,
    g: EncodedGraph,
    members: Nodes,
    n: Scalar,
    node: Scalar,
    joined: Signs,
    weight: Scalar,
    tally: _Tally,
) -> _Tally:
    """The tally with `weight` times the pairs of `node` with members[:n], whose signs are `joined`."""
    total, signed, high, low = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(n):
        sign = np.int64(joined[i])
        total += sign
        signed += sign & 1
    if priority.ndim == 2:
        for i in range(n):
            if joined[i] != 0:
                heed = priority[g.type_of[node], g.type_of[members[i]]]
                high += np.int64(heed > 0)
                low += np.int64(heed < 0)
    return _Tally(
        tally.size,
        tally.pos + weight * ((signed + total) >> 1),
        tally.neg + weight * ((signed - total) >> 1),
        tally.high + weight * high,
        tally.low + weight * low,
    )


# --- energies -------------------------------------------------------------------------------------


@_inlined
def _misses(box: Ints, tally: _Tally) -> Scalar:
    """How many pairs the tally is outside the box by; 0 exactly when the subgraph meets the label."""
    n, pos, neg = tally.size, tally.pos, tally.neg
    return (
        max(box[POS_MIN, n] - pos, 0)
        + max(pos - box[POS_MAX, n], 0)
        + max(box[NEG_MIN, n] - neg, 0)
        + max(neg - box[NEG_MAX, n], 0)
    )


@_inlined
def _energy(box: Ints, tally: _Tally) -> Scalar:
    """Distance to the box as a share of the subgraph's pairs."""
    return _share(_misses(box, tally), tally.size)


@_inlined
def _share(pairs: Scalar, n: Scalar) -> Scalar:
    return pairs / max(n * (n - 1) // 2, 1)


@_inlined
def _softness(priority: Any, g: EncodedGraph, counts: Ints, kind: Scalar, more: Scalar, tally: _Tally) -> Scalar:
    """Share of high-priority pairs that are connected minus the share of low-priority pairs; 0 for no pair.

    The tally is of a subgraph with these counts and `more` members of type `kind`.
    """
    if priority.ndim == 1:
        return 0.0
    high, low = _ZERO, _ZERO
    for i in range(g.pairs.shape[0]):
        a, b = g.pairs[i, 0], g.pairs[i, 1]
        eligible = (counts[a] + (more if a == kind else _ZERO)) * (counts[b] + (more if b == kind else _ZERO))
        if g.pairs[i, 2] > 0:
            high += eligible
        else:
            low += eligible
    return tally.high / max(high, 1) - tally.low / max(low, 1)


# --- drawing afresh -------------------------------------------------------------------------------


@_inlined
def _outsider(types: Ints, stream: Stream, mask: Bits, kind: Scalar) -> Scalar:
    """A uniform node of a type that is not in the mask; the caller knows that there is one."""
    node = types[kind, FIRST] + _below(stream, types[kind, N_NODES])
    while _has(mask, node):
        node = types[kind, FIRST] + _below(stream, types[kind, N_NODES])
    return node


@_inlined
def _empty(links: Links, s: Subgraph) -> None:
    if links.ndim == 3:
        for w in range(s.mask.shape[0]):
            s.mask[w] = 0
    else:
        for i in range(s.counts[SIZE]):
            _flip(s.mask, s.members[i])
    s.counts[SIZE] = 0


@_inlined
def _draw_all(g: EncodedGraph, c: Chain) -> None:
    """Draw the candidate from the law: each slot draws a node, and those beyond their type's count are not taken.

    So no loop is of random length: the processor would guess wrong where it ends, and that takes longer than a draw.
    """
    s, types, n, state = c.candidate, g.types, _ZERO, c.stream[0]
    _empty(g.links, s)
    for kind in range(types.shape[0]):
        state += _GOLDEN
        lo = types[kind, LO]
        s.counts[kind] = lo + _part(_scramble(state), types[kind, HI] - lo + 1)
    for slot in range(g.slots.shape[0]):
        row = np.uint64(g.slots[slot, KIND])
        first, n_nodes = types[row, FIRST], types[row, N_NODES]
        taken = np.uint64(g.slots[slot, NUMBER] < s.counts[row])
        state += _GOLDEN
        node = np.uint64(first + _part(_scramble(state), n_nodes))
        while s.mask[node >> _S6] & (taken << (node & _IN_WORD)) != 0:
            state += _GOLDEN
            node = np.uint64(first + _part(_scramble(state), n_nodes))
        s.mask[node >> _S6] |= taken << (node & _IN_WORD)
        s.members[n] = node
        n += np.int64(taken)
    s.counts[SIZE] = n
    c.stream[0] = state


@_inlined
def _count_all(links: Links, g: EncodedGraph, c: Chain, s: Subgraph) -> _Tally:
    """Tally a subgraph, and beside lists note the signs of each member with those before it."""
    n = s.counts[SIZE]
    tally = _Tally(n, _ZERO, _ZERO, _ZERO, _ZERO)
    if links.ndim == 3:
        if g.priority.ndim == 3:
            nobody = np.int64(g.type_of.shape[0] - 1)
            for i in range(n):
                tally = _after_exchange(g.priority, g, c, s, np.int64(s.members[i]), nobody, tally)
            return _Tally(n, tally.pos >> 1, tally.neg >> 1, tally.high >> 1, tally.low >> 1)
        pos, neg = _shared_by_all(g.links, s.members, n, s.mask)
        # Each pair was met from both of its ends.
        return _Tally(n, pos >> 1, neg >> 1, _ZERO, _ZERO)
    for i in range(n):
        node = np.int64(s.members[i])
        _bring_near(g, c, node)
        _look_up(g, s.members, i, node, s.among[i])
        tally = _with_signs(g.priority, g, s.members, i, node, s.among[i], _ONE, tally)
    return tally


# --- moves ----------------------------------------------------------------------------------------


@_inlined
def _draw_guided(g: EncodedGraph, c: Chain, n: Scalar) -> _Move:
    """Draw a neighbour of a member, to take the place of a random member of the neighbour's type."""
    members = c.now.members
    stay = _Move(False, False, NOBODY, NOBODY, True)
    if n == 0:
        return stay
    guide = members[_below(c.stream, n)]
    degree = g.start[guide + 1] - g.start[guide]
    if degree == 0:
        return stay
    node = np.int64(g.links[g.start[guide] + _below(c.stream, degree)] >> 1)
    kind = np.int64(g.type_of[node])
    if c.now.counts[kind] == 0 or _has(c.now.mask, node):
        return stay
    return _Move(True, False, c.places[kind, _below(c.stream, c.now.counts[kind])], node, True)


@_inlined
def _is_offered_back(links: Links, g: EncodedGraph, c: Chain, move: _Move, n: Scalar) -> Scalar:
    """Accept a guided swap with Hastings' ratio; nothing joins two attributes of one type, so no term is their own."""
    if links.ndim == 3:
        return True
    if not move.guided:
        return True
    back, forth = 0.0, 0.0
    for i in range(n):
        member = c.now.members[i]
        share = 1.0 / max(g.start[member + 1] - g.start[member], 1)
        if c.now.among[move.slot, i] != 0:
            back += share
        if c.now.among[JOINED][i] != 0:
            forth += share
    return back >= forth or _uniform(c.stream) * forth < back


@_inlined
def _draw_change(g: EncodedGraph, c: Chain, n: Scalar, bits: Scalar) -> _Move:
    """Draw a swap, or else an addition or a removal in a type whose count is not fixed."""
    types, counts = g.types, c.now.counts
    stay = _Move(False, False, NOBODY, NOBODY, False)
    if g.variable.shape[0] == 0 or np.int64(bits >> _S9) & (CHANGES - 1) < SWAPS:
        if n == 0:
            return stay
        slot = _part(bits, n)
        kind = np.int64(g.type_of[np.uint64(c.now.members[slot])])
        if counts[kind] == types[kind, N_NODES]:
            return stay
        return _Move(True, False, slot, _outsider(types, c.stream, c.now.mask, kind), False)
    kind = g.variable[_part(bits, g.variable.shape[0])]
    if (bits >> _S12) & _BIT != 0:
        if counts[kind] == types[kind, HI]:
            return stay
        return _Move(True, False, NOBODY, _outsider(types, c.stream, c.now.mask, kind), False)
    if counts[kind] == types[kind, LO]:
        return stay
    return _Move(True, False, c.places[kind, _below(c.stream, counts[kind])], NOBODY, False)


@_inlined
def _draw_move(links: Links, g: EncodedGraph, c: Chain, n: Scalar, redraw: Scalar) -> _Move:
    """Draw a proposal, or a redraw, which lies in the candidate. It may not be possible here; then stay."""
    bits = _next(c.stream)  # by bits: 0-8 the kind of move, 9-11 swap or not, 12 add or remove, 32-63 whom
    choice = np.int64(bits & np.uint64(MOVES - 1))
    if choice < REDRAWS or redraw:
        _draw_all(g, c)
        return _Move(True, True, NOBODY, NOBODY, False)
    if links.ndim == 1:  # noqa: SIM102  # numba leaves the branch out only where it stands alone
        if choice < GUIDED:
            guided: _Move = _draw_guided(g, c, n)
            return guided
    change: _Move = _draw_change(g, c, n, bits)
    return change


@_inlined
def _tally_after(links: Links, g: EncodedGraph, c: Chain, now: _Tally, move: _Move) -> _Tally:
    """The tally that a move leads to."""
    if move.redraws:
        whole: _Tally = _count_all(g.links, g, c, c.candidate)
        return whole
    members, n = c.now.members, now.size
    size = n + np.int64(move.node != NOBODY) - np.int64(move.slot != NOBODY)
    tally = _Tally(size, now.pos, now.neg, now.high, now.low)
    if links.ndim == 3:
        nobody = np.int64(g.type_of.shape[0] - 1)
        newcomer = move.node if move.node != NOBODY else nobody
        leaver = np.int64(members[move.slot]) if move.slot != NOBODY else nobody
        exchanged: _Tally = _after_exchange(g.priority, g, c, c.now, newcomer, leaver, tally)
        return exchanged
    if move.node != NOBODY:
        _look_up(g, members, n, move.node, c.now.among[JOINED])
        tally = _with_signs(g.priority, g, members, n, move.node, c.now.among[JOINED], _ONE, tally)
    if move.slot != NOBODY:
        leaver = np.int64(members[move.slot])
        tally = _with_signs(g.priority, g, members, n, leaver, c.now.among[move.slot], -_ONE, tally)
    return tally


@_inlined
def _seat(among: Signs, joined: Signs, slot: Scalar, n: Scalar) -> None:
    """Write the signs of the member in a slot with the first n members."""
    for i in range(n):
        among[slot, i] = joined[i]
        among[i, slot] = joined[i]
    among[slot, slot] = 0


@_inlined
def _take_candidate(links: Links, g: EncodedGraph, c: Chain) -> None:
    """Make the candidate the current subgraph."""
    _empty(g.links, c.now)
    n = c.candidate.counts[SIZE]
    for i in range(g.types.shape[0]):
        c.now.counts[i] = 0
    for i in range(n):
        c.now.members[i] = c.candidate.members[i]
        _flip(c.now.mask, c.now.members[i])
        _place(c, np.int64(g.type_of[c.now.members[i]]), i)
        if links.ndim == 1:
            _seat(c.now.among, c.candidate.among[i], i, i)
    c.now.counts[SIZE] = n


@_inlined
def _place(c: Chain, kind: Scalar, slot: Scalar) -> None:
    """Count the member in a slot as the last of its type."""
    rank = c.now.counts[kind]
    c.places[kind, rank], c.places[RANKS, slot] = slot, rank
    c.now.counts[kind] = rank + 1


@_inlined
def _displace(c: Chain, kind: Scalar, slot: Scalar) -> None:
    """Count the member in a slot no more: the last of its type takes its place there."""
    last = c.now.counts[kind] - 1
    rank, moved = c.places[RANKS, slot], c.places[kind, last]
    c.places[kind, rank], c.places[RANKS, moved] = moved, rank
    c.now.counts[kind] = last


@_inlined
def _accept(links: Links, g: EncodedGraph, c: Chain, move: _Move) -> None:
    """Make a move's outcome the current subgraph."""
    if move.redraws:
        _take_candidate(g.links, g, c)
        return
    now, n = c.now, c.now.counts[SIZE]
    if move.node != NOBODY:
        _flip(now.mask, move.node)
        if links.ndim == 1:
            _bring_near(g, c, move.node)
    if move.slot == NOBODY:
        now.members[n] = move.node
        _place(c, np.int64(g.type_of[move.node]), n)
        if links.ndim == 1:
            _seat(now.among, now.among[JOINED], n, n)
        now.counts[SIZE] = n + 1
        return
    leaver = now.members[move.slot]
    _flip(now.mask, leaver)
    if move.node != NOBODY:
        now.members[move.slot] = move.node
        if links.ndim == 1:
            _seat(now.among, now.among[JOINED], move.slot, n)
        return
    _displace(c, np.int64(g.type_of[leaver]), move.slot)
    last = n - 1
    now.counts[SIZE] = last
    if move.slot != last:
        now.members[move.slot], rank = now.members[last], c.places[RANKS, last]
        c.places[np.int64(g.type_of[now.members[last]]), rank], c.places[RANKS, move.slot] = move.slot, rank
        if links.ndim == 1:
            _seat(now.among, now.among[last], move.slot, n)


# --- walks ----------------------------------------------------------------------------------------


@_inlined
def _keep_best(box: Ints, tally: _Tally, facts: Ints) -> None:
    """Remember the subgraph when it is closer than the closest so far."""
    best = _Tally(facts[BEST_SIZE], facts[BEST_POS], facts[BEST_NEG], _ZERO, _ZERO)
    if best.size < 0 or _energy(box, tally) < _energy(box, best):
        facts[BEST_SIZE], facts[BEST_POS], facts[BEST_NEG] = tally.size, tally.pos, tally.neg


@_inlined
def _softness_after(priority: Any, g: EncodedGraph, c: Chain, move: _Move, now: _Tally, then: _Tally) -> Scalar:
    if priority.ndim == 1:
        return 0.0
    if move.redraws:
        return _softness(g.priority, g, c.candidate.counts, NO_TYPE, _ZERO, then)
    kind = g.type_of[move.node if move.node != NOBODY else np.int64(c.now.members[move.slot])]
    return _softness(g.priority, g, c.now.counts, np.int64(kind), then.size - now.size, then)


@_merged
def _walk(g: EncodedGraph, core: Ints, box: Ints, c: Chain, plan: ChainPlan, facts: Ints) -> Scalar:
    """Draw a subgraph, anneal it into the core of a box, then mix it in the box; True when it got there.

    Annealing accepts by Metropolis, cooling after each step. It ends at the first subgraph inside (unless it goes
    `through`), or after `patience` steps without improvement. Soft pairs, annealing through, lower the energy by
    weight x softness. Mixing accepts nothing outside the box; soft pairs tilt its law by exp(strength x softness).
    """
    now = _Tally(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
    energy, softness, best, lowest = np.inf, 0.0, now, np.inf
    colder = 1.0 / plan.start_temp
    waited, in_step, proposals, accepted = _ZERO, _ZERO, _ZERO, _ZERO
    for phase in range(MIXING + 1):
        target, most, weight, strictness = core, plan.max_draws, plan.soft_weight, 0.0  # whatever is drawn is taken
        if phase == ANNEALING:
            most = plan.max_iters * plan.proposals_per_step
        elif phase == MIXING:
            target, most, weight, strictness = box, plan.mixing if energy == 0.0 else 0, 1.0, plan.soft_strength
        for _ in range(most):
            if energy == 0.0 and phase + plan.through < MIXING:
                break
            if phase == ANNEALING:
                if in_step == 0:
                    if waited >= plan.patience:
                        break
                    waited, in_step = waited + _ONE, np.int64(plan.proposals_per_step)
                    strictness, colder = colder, colder / plan.cooling
                in_step -= _ONE
            proposals += _ONE
            move = _draw_move(g.links, g, c, now.size, phase == DRAWING)
            if not move.possible:
                continue
            then = _tally_after(g.links, g, c, now, move)
            misses = _misses(target, then)
            if misses != 0 and phase == MIXING:
                continue
            new_energy, new_softness = _share(misses, then.size), _softness_after(g.priority, g, c, move, now, then)
            loss = strictness * (new_energy - energy + weight * (softness - new_softness))
            if loss > 0.0 and not _happens(c.stream, loss):
                continue
            if phase == MIXING and not _is_offered_back(g.links, g, c, move, now.size):
                continue
            _accept(g.links, g, c, move)
            accepted += np.int64(phase == MIXING)
            now, energy, softness = then, new_energy, new_softness
            if energy - plan.soft_weight * softness < lowest:
                lowest, best, waited = energy - plan.soft_weight * softness, now, _ZERO
    _keep_best(core, best, facts)
    facts[PROPOSALS] += proposals
    facts[ACCEPTED] = accepted
    return energy == 0.0


@_inlined
def _aim(box: Ints, aim: Ints, c: Chain, plan: ChainPlan, key: Scalar, row: Scalar, attempt: Scalar) -> None:
    """Fill a row's own box: the part of the whole within some pairs of two fractions, the same pos_frac each time."""
    _open_stream(c.stream, key, row, _TARGET)
    pos_frac = plan.pos_from + _uniform(c.stream) * (plan.pos_to - plan.pos_from)
    _open_stream(c.stream, key, row, _TARGET - 1 - attempt)
    neg_frac = plan.neg_from + _uniform(c.stream) * (plan.neg_to - plan.neg_from)
    slack = _ONE << np.int64(min(max(attempt - _NEAR, 0), 20))
    for n in range(box.shape[1]):
        pairs = n * (n - 1) // 2
        pos = min(max(np.int64(pos_frac * pairs + 0.5), box[POS_MIN, n]), box[POS_MAX, n])
        neg = min(max(np.int64(neg_frac * pairs + 0.5), box[NEG_MIN, n]), box[NEG_MAX, n])
        aim[POS_MIN, n], aim[POS_MAX, n] = max(pos - slack, box[POS_MIN, n]), min(pos + slack, box[POS_MAX, n])
        aim[NEG_MIN, n], aim[NEG_MAX, n] = max(neg - slack, box[NEG_MIN, n]), min(neg + slack, box[NEG_MAX, n])


# --- kernels --------------------------------------------------------------------------------------


@_inlined
def _write_row(c: Chain, s: Subgraph, rows: Rows, r: Scalar) -> None:
    for i in range(s.counts[SIZE]):
        rows.nodes[r, i] = s.members[i]
    rows.sizes[r], rows.streams[r] = s.counts[SIZE], c.stream[0]


@_kernel
def draw_subgraphs(g: EncodedGraph, key: Scalar, c: Chain, sizes: Nodes, pos: Nodes, neg: Nodes) -> None:
    """Fill int32 [R] sizes and numbers of + and - pairs of R random subgraphs under the quotas alone."""
    for r in range(sizes.shape[0]):
        _open_stream(c.stream, key, r, _ZERO)
        _draw_all(g, c)
        tally = _count_all(g.links, g, c, c.candidate)
        sizes[r], pos[r], neg[r] = tally.size, tally.pos, tally.neg


@_kernel
def draw_rows(g: EncodedGraph, box: Ints, plan: ChainPlan, key: Scalar, first_row: Scalar, c: Chain, rows: Rows) -> int:
    """Draw rows `first_row`... until each lies inside the box, int64 [4, capacity + 1]; see `anneal_rows`."""
    for r in range(rows.sizes.shape[0]):
        facts = rows.facts[r]
        facts[BEST_SIZE] = -1
        for attempt in range(plan.max_attempts):
            _open_stream(c.stream, key, first_row + r, attempt)
            facts[ATTEMPTS] += 1
            for _ in range(plan.max_draws):
                _draw_all(g, c)
                tally = _count_all(g.links, g, c, c.candidate)
                facts[PROPOSALS] += 1
                if _misses(box, tally) == 0:
                    facts[FOUND] = 1
                    break
                _keep_best(box, tally, facts)
            if facts[FOUND] != 0:
                break
        if facts[FOUND] == 0:
            return r + 1
        _write_row(c, c.candidate, rows, r)
    return int(rows.sizes.shape[0])


@_kernel
def walk_rows(
    g: EncodedGraph,
    cores: Ints,
    boxes: Ints,
    whole: Ints,
    plan: ChainPlan,
    key: Scalar,
    first_row: Scalar,
    c: Chain,
    rows: Rows,
) -> int:
    """Find rows `first_row`... by walks, each to its core and in its box, int64 [1 or R, 4, capacity + 1]: the last is
    that of all others. Where `whole`, int64 [4, capacity + 1] or [0], is given, fill the cores with aims inside it.

    Each row owns the stream (key, row, attempt), so any split into chunks gives the same rows. Stops at the first row
    that no attempt found, since its label has then failed; returns the number of rows tried.
    """
    for r in range(rows.sizes.shape[0]):
        facts = rows.facts[r]
        facts[BEST_SIZE] = -1
        for attempt in range(plan.max_attempts):
            facts[ATTEMPTS] += 1
            core, box = cores[min(r, cores.shape[0] - 1)], boxes[min(r, boxes.shape[0] - 1)]
            if whole.ndim == 2:
                _aim(whole, core, c, plan, key, first_row + r, attempt)
            _open_stream(c.stream, key, first_row + r, attempt)
            if _walk(g, core, box, c, plan, facts):
                facts[FOUND] = 1
                break
        if facts[FOUND] == 0:
            return r + 1
        _write_row(c, c.now, rows, r)
    return int(rows.sizes.shape[0])


@_kernel
def fill_lists(source: Nodes, target: Nodes, sign: Signs, cursor: Ints, edges: Codes) -> None:
    """Put edges, int32 and int8 [E], into both ends' lists; `cursor` int64 [N] is each list's next free place."""
    for e in range(source.shape[0]):
        a, b, bit = source[e], target[e], np.int32(sign[e] > 0)
        edges[cursor[a]] = 2 * b + bit
        edges[cursor[b]] = 2 * a + bit
        cursor[a] += 1
        cursor[b] += 1


@njit(cache=True, nogil=True)
def sort_lists(start: Ints, edges: Codes) -> None:
    """Sort each node's list, `edges[start[i]:start[i + 1]]`."""
    for i in range(start.shape[0] - 1):
        edges[start[i] : start[i + 1]].sort()
