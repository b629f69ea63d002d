"""A plain table whose relations are known."""

import numpy as np

from core.tabular.plain import PlainColumn, PlainTable


def planted(n: int, seed: int = 0) -> PlainTable:
    """`b` follows from `a`; `x` has a mode for each parity of `a`; `y` is rare and goes with the last `a`."""
    rng = np.random.default_rng(seed)
    a = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    x = np.round(rng.normal(0, 1, n) + 12 * (a % 2), 3)
    y = (a == 3) & (rng.random(n) < 0.5)
    columns = (
        PlainColumn("a", n_codes=4),
        PlainColumn("b", n_codes=4),
        PlainColumn("x", low=float(x.min()), high=float(x.max()), step=0.001),
        PlainColumn("y", n_codes=2),
    )
    values = {"a": a.astype(np.int32), "b": (3 - a).astype(np.int32), "x": x, "y": y.astype(np.int32)}
    return PlainTable(columns, values, "y")
