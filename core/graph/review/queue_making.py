"""Make a review queue: the random audit sample first, then the best pairs of a policy, mixed by a seed."""

import math
from collections.abc import Collection
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem
from core.graph.candidate_pairs import modality_numbers
from core.graph.model import Outcome
from core.graph.review.policies import AUDIT_WHY, LISTED_WHY, JudgedPairs, Ranking
from core.graph.review.queue_file import Card, Queue
from core.graph.review.queue_settings import JUDGED, ListedPair, QueuePolicy, QueueSettings
from core.graph.review.states import pair_keys

_ABOUT = "This queue cannot be made"

_Keys = NDArray[np.int64]  # pairs as one number each: source * N + target, positions in their order


class _Stream(IntEnum):
    """What a seed draws: each has numbers of its own, so that changing one setting leaves the other draws alone."""

    AUDIT = 0
    TIES = 1
    PLACES = 2
    DOUBLE = 3


class _Offer(NamedTuple):
    """The pairs that a policy wants, best first, and how many more it had that somebody has decided."""

    keys: _Keys
    n_left_out: int


def build_queue(
    pairs: JudgedPairs,
    graph_id: str,
    settings: QueueSettings,
    ranking: Ranking | None,
    reviewed: Collection[tuple[str, str]] = (),
) -> Queue:
    """Choose at most `settings.n_cards` pairs of a graph and put them in order; the same input gives the same queue.

    `ranking`: what the policy says of the pairs, None for `AUDIT` and `LISTED`, which need none; `reviewed`: attribute
    ids of the pairs that somebody has decided, in either order. The audit cards are a simple random sample of all
    judged pairs (between the wanted modalities): they are drawn before the policy chooses, stand at random places, and
    make `audit_share` of the cards, rounded half up. Of all cards `double_share`, rounded half up and chosen at random,
    need two reviewers. Pairs of equal score come in random order. `InvalidInput` lists unknown modalities and wrong
    listed pairs, or says why no pair is left.
    """
    problems = [*_modality_problems(pairs.catalogue, settings), *_listed_problems(pairs.catalogue, settings.pairs)]
    if problems:
        raise InvalidInput(_ABOUT, problems)
    known = pair_keys(pairs.source, pairs.target, len(pairs.catalogue))
    frame = known[_is_between(pairs, settings) & np.isin(pairs.outcome, JUDGED)]
    offer = _offer(pairs, settings, ranking, _keys_of(pairs.catalogue, reviewed))
    n_audit = _n_audit(settings, len(offer.keys))
    audit = _random(settings, _Stream.AUDIT).permutation(frame)[:n_audit]
    best = offer.keys[~np.isin(offer.keys, audit)][: settings.n_cards - len(audit)]
    if not len(audit) + len(best):
        raise InvalidInput(_ABOUT, [_nothing_left(settings, offer)])
    is_audit = _places(settings, len(audit), len(best))
    keys = np.empty(len(is_audit), dtype=np.int64)
    keys[is_audit], keys[~is_audit] = audit, best
    return Queue(
        pairs.catalogue.id,
        graph_id,
        settings,
        _cards(pairs, settings, ranking, keys, is_audit, np.isin(keys, offer.keys)),
        n_candidates=len(frame) if settings.policy is QueuePolicy.AUDIT else len(offer.keys),
        n_audit_frame=len(frame),
        n_left_out=offer.n_left_out,
    )


def _offer(pairs: JudgedPairs, settings: QueueSettings, ranking: Ranking | None, reviewed: _Keys) -> _Offer:
    if settings.policy is QueuePolicy.AUDIT:
        return _Offer(np.zeros(0, dtype=np.int64), 0)
    if ranking is None:
        wanted = _listed_keys(pairs.catalogue, settings.pairs)
    else:
        is_wanted = ranking.is_wanted & _is_between(pairs, settings) & np.isin(pairs.outcome, settings.outcomes)
        rows = np.flatnonzero(is_wanted)
        ties = _random(settings, _Stream.TIES).permutation(len(pairs))[rows]
        rows = rows[np.lexsort((ties, -ranking.score[rows]))]
        wanted = pair_keys(pairs.source[rows], pairs.target[rows], len(pairs.catalogue))
    is_decided = np.isin(wanted, reviewed) if settings.skip_reviewed else np.zeros(len(wanted), dtype=np.bool_)
    return _Offer(wanted[~is_decided], int(is_decided.sum()))


def _n_audit(settings: QueueSettings, n_offered: int) -> int:
    """How many cards are drawn at random: a share of all, of fewer where the policy runs out of pairs."""
    if settings.policy is QueuePolicy.AUDIT:
        return settings.n_cards
    n_all = min(settings.n_cards, math.floor(n_offered / (1 - settings.audit_share)))
    return _rounded(settings.audit_share * n_all)


def _places(settings: QueueSettings, n_audit: int, n_best: int) -> NDArray[np.bool_]:
    """Which of the cards, in their order, are audit cards."""
    is_audit = np.zeros(n_audit + n_best, dtype=np.bool_)
    is_audit[_random(settings, _Stream.PLACES).permutation(len(is_audit))[:n_audit]] = True
    return is_audit


def _cards(
    pairs: JudgedPairs,
    settings: QueueSettings,
    ranking: Ranking | None,
    keys: _Keys,
    is_audit: NDArray[np.bool_],
    is_offered: NDArray[np.bool_],
) -> tuple[Card, ...]:
    n, attributes = len(pairs.catalogue), pairs.catalogue.attributes
    row_of = {int(key): row for row, key in zip(*_rows_at(pairs, keys), strict=True)}
    listed = dict(zip(_listed_keys(pairs.catalogue, settings.pairs).tolist(), settings.pairs, strict=True))
    n_double = _rounded(settings.double_share * len(keys))
    is_double = np.zeros(len(keys), dtype=np.bool_)
    is_double[_random(settings, _Stream.DOUBLE).permutation(len(keys))[:n_double]] = True
    cards = []
    for place, key in enumerate(keys.tolist()):
        row = row_of.get(key)
        policy_says = ""
        if is_offered[place]:
            policy_says = ranking.why(row) if ranking and row is not None else listed[key].why or LISTED_WHY
        cards.append(
            Card(
                number=place + 1,
                source=attributes[key // n].id,
                target=attributes[key % n].id,
                outcome=Outcome.UNJUDGED if row is None else Outcome(pairs.outcome[row]),
                why=f"{AUDIT_WHY} {policy_says}".strip() if is_audit[place] else policy_says,
                score=0.0 if is_audit[place] or ranking is None or row is None else float(ranking.score[row]),
                is_audit=bool(is_audit[place]),
                n_needed=2 if is_double[place] else 1,
            )
        )
    return tuple(cards)


def _rows_at(pairs: JudgedPairs, keys: _Keys) -> tuple[list[int], list[int]]:
    """Row numbers and keys of those of the pairs that the graph lists."""
    known = pair_keys(pairs.source, pairs.target, len(pairs.catalogue))
    there = keys[np.isin(keys, known)]
    return np.searchsorted(known, there).tolist(), there.tolist()


def _keys_of(catalogue: Catalogue, pairs: Collection[tuple[str, str]]) -> _Keys:
    """Keys of pairs of attribute ids; a pair of another catalogue is none of ours."""
    place, n = catalogue.position_of, len(catalogue)
    ends = (sorted((place[one], place[other])) for one, other in pairs if one in place and other in place)
    return np.array([low * n + high for low, high in ends], dtype=np.int64)


def _listed_keys(catalogue: Catalogue, listed: Collection[ListedPair]) -> _Keys:
    return _keys_of(catalogue, [(pair.source, pair.target) for pair in listed])


def _is_between(pairs: JudgedPairs, settings: QueueSettings) -> NDArray[np.bool_]:
    if settings.modalities is None:
        return np.ones(len(pairs), dtype=np.bool_)
    number = modality_numbers(pairs.catalogue)
    ends = np.sort(np.stack([number[pairs.source], number[pairs.target]]), axis=0)
    low, high = sorted(pairs.catalogue.modalities.index(name) for name in settings.modalities)
    between: NDArray[np.bool_] = (ends[0] == low) & (ends[1] == high)
    return between


def _random(settings: QueueSettings, stream: _Stream) -> np.random.Generator:
    return np.random.default_rng([settings.seed, stream])


def _rounded(number: float) -> int:
    """Half up, of a product that may be off by its last bit."""
    return math.floor(round(number, 9) + 0.5)


def _modality_problems(catalogue: Catalogue, settings: QueueSettings) -> list[Problem]:
    if settings.modalities is None:
        return []
    known = ", ".join(catalogue.modalities)
    unknown = [name for name in settings.modalities if name not in catalogue.modalities]
    problems = [
        Problem(f"There is no modality {name!r}.", f"Choose from: {known}.", field="modalities") for name in unknown
    ]
    if not unknown and len(set(settings.modalities)) == 1:
        message = f"Both modalities are {settings.modalities[0]!r}, and pairs join two."
        problems.append(Problem(message, f"Choose two of: {known}.", field="modalities"))
    return problems


def _listed_problems(catalogue: Catalogue, listed: Collection[ListedPair]) -> list[Problem]:
    """Every fault of the listed pairs, by their place from 1."""
    problems = []
    first_at: dict[frozenset[str], int] = {}
    for place, pair in enumerate(listed, 1):
        field = f"pairs.{place}"
        unknown = [end for end in (pair.source, pair.target) if end not in catalogue.position_of]
        problems += [
            Problem(f"There is no attribute with id {end!r}.", "Take ids from the graph's catalogue.", field=field)
            for end in unknown
        ]
        if not unknown and catalogue[pair.source].modality == catalogue[pair.target].modality:
            message = f"{pair.source!r} and {pair.target!r} are of one modality, {catalogue[pair.source].modality!r}."
            problems.append(Problem(message, "Pair attributes of two modalities.", field=field))
        ends = frozenset((pair.source, pair.target))
        if ends in first_at:
            message = f"{pair.source!r} with {pair.target!r} is listed already, at place {first_at[ends]}."
            problems.append(Problem(message, "List each pair once, in either order.", field=field))
        first_at.setdefault(ends, place)
    return problems


def _nothing_left(settings: QueueSettings, offer: _Offer) -> Problem:
    if offer.n_left_out:
        message = f"Somebody has decided all {offer.n_left_out} pairs that these settings ask for."
        return Problem(message, "Review decided pairs again, or choose another policy.", field="skip_reviewed")
    message = f"The policy {settings.policy.value!r} finds no pair with these outcomes and modalities."
    return Problem(message, "Allow more outcomes or all modalities, or choose another policy.", field="policy")
