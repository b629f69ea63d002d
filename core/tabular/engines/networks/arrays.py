"""Weights of a network as plain arrays, and back."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.errors import CorruptArtefact

PREFIX: Final = "weight."


def weights_of(network: nn.Module, prefix: str = PREFIX) -> dict[str, NDArray[Any]]:
    """Every weight and buffer as an array of its own, by its name within the network after `prefix`."""
    return {prefix + name: value.detach().numpy().copy() for name, value in network.state_dict().items()}


def set_weights(network: nn.Module, arrays: Mapping[str, NDArray[Any]], prefix: str = PREFIX) -> None:
    """Put saved arrays into a network of the same settings and leave it in `eval` mode.

    `CorruptArtefact` where an array is missing, left over or of another shape.
    """
    given = {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
    wanted = network.state_dict()
    wrong = sorted(given.keys() ^ wanted.keys())
    wrong += [name for name in wanted.keys() & given.keys() if tuple(wanted[name].shape) != given[name].shape]
    if wrong:
        message = f"The saved network does not fit its settings: {', '.join(wrong[:5])}."
        raise CorruptArtefact(message, fix="Fit the synthesizer again.")
    network.load_state_dict({name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in given.items()})
    network.eval()


def with_prefix(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """The arrays under longer names."""
    return {prefix + name: value for name, value in arrays.items()}


def without_prefix(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Those arrays whose names begin so, without the prefix."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
