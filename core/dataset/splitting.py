"""Dividing rows into a training part and two test parts, public and private.

Every label keeps its share of each part, and rows that are near-duplicates of each other stay in one part. A cold split
takes the same parts and then keeps, of the training part, the rows without any held-out attribute, and of the test
parts, the rows with at least one; so a random and a cold split of one dataset never put a row of the one's test parts
into the other's training part.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from core.dataset.chances import scrambled
from core.dataset.rows import LabelledRows
from core.errors import InvalidInput, Problem
from core.sampler.configuration import MAX_SEED
from core.sampler.configuration_errors import problems_of

TRAIN: Final = 0
PUBLIC: Final = 1
PRIVATE: Final = 2
LEFT_OUT: Final = -1
PART_NAMES: Final = ("training", "public test", "private test")

_LARGEST_PUBLIC: Final = 1 / 3  # of all rows that the public part is raised to, where its share is too few
_SUM_SLACK: Final = 1e-9
_WHAT: Final = "The dataset cannot be split"


def _below_one(share: float) -> float:
    if share >= 1.0:
        message = f"{share:g} is too large: a share below 1 is needed."
        raise PydanticCustomError("refused", "{message}", {"message": message, "fix": "Lower it."})
    return share


Share = Annotated[float, Field(strict=True, gt=0.0, allow_inf_nan=False), AfterValidator(_below_one)]
HeldOut = Annotated[float, Field(strict=True, ge=0.0, allow_inf_nan=False), AfterValidator(_below_one)]


class SplitSettings(BaseModel):
    """How a dataset is divided.

    `train`, `public` and `private` are shares of the rows and sum to 1. The public part is raised to `min_public_rows`
    at the cost of the others where that is no more than a third of all rows. `held_out_attributes` is the share (0..1)
    of the attributes that no training row may hold and every test row must hold one of: above 0, a cold split.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    train: Share = 0.6
    public: Share = 0.2
    private: Share = 0.2
    min_public_rows: Annotated[int, Field(strict=True, ge=0)] = 2_000
    held_out_attributes: HeldOut = 0.0
    seed: Annotated[int, Field(strict=True, ge=0, le=MAX_SEED)] = 0

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        total = self.train + self.public + self.private
        if abs(total - 1.0) > _SUM_SLACK:
            message = f"The shares of the three parts sum to {total:g}."
            raise PydanticCustomError("refused", "{message}", {"message": message, "fix": "Let them sum to 1."})
        return self

    @property
    def is_cold(self) -> bool:
        """Whether test rows hold attributes that no training row does."""
        return self.held_out_attributes > 0.0

    @property
    def base(self) -> "SplitSettings":
        """The random split that a cold one is taken from; itself for a random one."""
        return self.model_copy(update={"held_out_attributes": 0.0})


@dataclass(frozen=True, eq=False)
class Parts:
    """`part` int8 [R]: 0 training, 1 public test, 2 private test, -1 left out (in a cold split only).

    `held_out` int32 [H]: catalogue positions of the attributes that no training row holds, ascending; empty in a random
    split.
    """

    part: NDArray[np.int8]
    held_out: NDArray[np.int32]

    def rows_of(self, part: int) -> NDArray[np.int64]:
        """The numbers of the rows of a part, ascending."""
        return np.flatnonzero(self.part == part)

    def count(self, part: int) -> int:
        """How many rows a part has."""
        return int(np.count_nonzero(self.part == part))


def parse_split_settings(data: Any) -> SplitSettings:
    """Read settings from plain data; `InvalidInput` with every problem and its field."""
    try:
        return SplitSettings.model_validate(data)
    except ValidationError as error:
        raise InvalidInput("The settings of the split are not valid", problems_of(error, SplitSettings)) from error


def split_rows(rows: LabelledRows, group: NDArray[np.int64], settings: SplitSettings, secret: bytes = b"") -> Parts:
    """Assign every row to a part; rows of one `group` (int64 [R]) share it. The same inputs give the same parts.

    `secret`, up to 64 bytes, keys what is drawn by chance, so that nobody without it can tell public rows from private
    ones. `InvalidInput` where a label would be missing from a part, or no attribute can be held out.
    """
    assigned = _assign(rows, group, settings, secret)
    if not settings.is_cold:
        _require_every_label(rows, assigned, is_cold=False)
        return Parts(assigned, np.zeros(0, dtype=np.int32))
    held_out = _held_out(rows, settings, secret)
    is_cold = np.isin(rows.nodes, held_out)
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))
    holds_one = np.bincount(owner[is_cold], minlength=len(rows)) > 0
    part = np.where(holds_one == (assigned != TRAIN), assigned, LEFT_OUT).astype(np.int8)
    _require_every_label(rows, part, is_cold=True)
    return Parts(part, held_out)


def secret_key(secret: bytes, *purpose: str) -> np.uint64:
    """The 64-bit key of a stream of chances that nobody without the secret can work out."""
    text = "\x1f".join(purpose).encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8, key=secret).digest(), "little"))


def _assign(rows: LabelledRows, group: NDArray[np.int64], settings: SplitSettings, secret: bytes) -> NDArray[np.int8]:
    """Groups first, the largest foremost, each by chance among the parts it fits into; then rows that are alone."""
    n_labels = len(rows.labels)
    left = _wanted(np.bincount(rows.label, minlength=n_labels), settings)
    luck = scrambled(secret_key(secret, "parts", str(settings.seed)), np.arange(len(rows)))
    part = np.zeros(len(rows), dtype=np.int8)
    is_alone = np.bincount(group)[group] == 1
    _place_groups(rows.label, group, np.flatnonzero(~is_alone), luck, left, part)
    for label in range(n_labels):
        alone = np.flatnonzero(is_alone & (rows.label == label))
        alone = alone[np.argsort(luck[alone], kind="stable")]
        sizes = apportion(len(alone), np.maximum(left[:, label], 0))
        part[alone] = np.repeat(np.arange(3, dtype=np.int8), sizes)
    return part


def _wanted(counts: NDArray[np.int64], settings: SplitSettings) -> NDArray[np.int64]:
    """How many rows of each label each part is to have, int64 [3, K]."""
    n_rows = int(counts.sum())
    shares = np.array([settings.train, settings.public, settings.private])
    least = settings.min_public_rows
    if n_rows * settings.public < least <= n_rows * _LARGEST_PUBLIC:
        shares *= (1.0 - least / n_rows) / (1.0 - settings.public)
        shares[PUBLIC] = least / n_rows
    return np.stack([apportion(int(count), shares) for count in counts], axis=1)


def _place_groups(
    label: NDArray[np.int32],
    group: NDArray[np.int64],
    members: NDArray[np.int64],
    luck: NDArray[np.uint64],
    left: NDArray[np.int64],
    part: NDArray[np.int8],
) -> None:
    """Give whole groups to parts, in place, and take their rows off what is `left` to place, int64 [3, K]."""
    if not len(members):
        return
    members = members[np.argsort(group[members], kind="stable")]
    _, start, size = np.unique(group[members], return_index=True, return_counts=True)
    for number in np.lexsort((luck[members[start]], -size)).tolist():
        rows = members[start[number] : start[number] + size[number]]
        counts = np.bincount(label[rows], minlength=left.shape[1])
        room = left.sum(axis=1)
        fits = (left >= counts).all(axis=1)
        if fits.any():
            bounds = np.cumsum(np.where(fits, room, 0))
            chosen = int(np.searchsorted(bounds, int(luck[rows[0]] % np.uint64(bounds[-1])), side="right"))
        else:
            chosen = int(np.argmax(room))
        part[rows] = chosen
        left[chosen] -= counts


def _held_out(rows: LabelledRows, settings: SplitSettings, secret: bytes) -> NDArray[np.int32]:
    """The attributes held out, by chance among those that rows hold."""
    used = np.unique(rows.nodes)
    n_wanted = round(len(used) * settings.held_out_attributes)
    if not n_wanted:
        message = f"{settings.held_out_attributes:.1%} of the {len(used)} attributes that rows hold is less than one."
        raise InvalidInput(_WHAT, [Problem(message, "Hold out a larger share.", field="held_out_attributes")])
    luck = scrambled(secret_key(secret, "held out", str(settings.seed)), used.astype(np.int64))
    return np.sort(used[np.argsort(luck, kind="stable")[:n_wanted]]).astype(np.int32)


def apportion(n: int, weights: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers that sum to `n` and lie within one of n x weights / their sum: the largest remainders go up."""
    total = float(weights.sum())
    if not total:
        weights, total = np.ones(len(weights)), float(len(weights))
    exact = n * np.asarray(weights, dtype=np.float64) / total
    whole = np.floor(exact + 1e-9).astype(np.int64)
    rest = n - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    return whole


def _require_every_label(rows: LabelledRows, part: NDArray[np.int8], *, is_cold: bool) -> None:
    counts = np.bincount(rows.label, minlength=len(rows.labels))
    problems = []
    for place, part_name in enumerate(PART_NAMES):
        held = np.bincount(rows.label[part == place], minlength=len(rows.labels))
        missing = [repr(rows.labels[k]) for k in np.flatnonzero((counts > 0) & (held == 0))]
        if missing:
            message = f"The {part_name} rows would hold none of the rows labelled {', '.join(missing)}."
            problems.append(Problem(message, _way_out(place, is_cold=is_cold)))
    if not len(rows):
        problems.append(Problem("It has no rows.", "Draw rows first."))
    if problems:
        raise InvalidInput(_WHAT, problems)


def _way_out(place: int, *, is_cold: bool) -> str:
    if not is_cold:
        return "Draw more rows, or other ones that are less alike."
    return f"Hold out {'fewer' if place == TRAIN else 'more'} attributes, or draw more rows."
