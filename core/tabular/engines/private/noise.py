"""The random numbers behind the noise: the same for the same table, seed and secret, and for nothing else."""

import hashlib

import numpy as np

from core.tabular.plain import PlainTable


def noise_generator(table: PlainTable, seed: int, secret: str) -> np.random.Generator:
    """A generator that nobody can rebuild who lacks the table or the secret.

    Noise from the seed alone could be subtracted again: seeds are small and shown. And with the same noise on two
    versions of a table, the difference of what is released would be the difference of the rows.
    """
    total = hashlib.sha256(f"{seed}\n{len(secret)}\n{secret}\n".encode("utf-8", "surrogatepass"))
    for column in table.columns:
        total.update(f"{column.name}\n".encode("utf-8", "surrogatepass"))
        total.update(np.ascontiguousarray(table.values[column.name]).tobytes())
    return np.random.default_rng(np.frombuffer(total.digest(), dtype=np.uint32))
