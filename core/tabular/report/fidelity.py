"""Everything between a synthetic table and the holdout."""

import numpy as np

from core.progress import Progress, Steps
from core.tabular.checking import violations
from core.tabular.report.bench import Bench
from core.tabular.report.discriminator import tell_apart
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable
from core.tabular.report.fidelity_model import Discriminator, Fidelity, Neighbours, RuleBroken
from core.tabular.report.marginals import column_fidelity, list_fidelity
from core.tabular.report.missing import missing_fidelity
from core.tabular.report.neighbours import MOST_ROWS, neighbours
from core.tabular.report.pairs import associations, pair_trends
from core.tabular.report.propensity import propensity_auc
from core.tabular.report.row_space import row_space
from core.tabular.report.tree_features import tree_features
from core.tabular.table import RawTable

LEAST_OF_A_CLASS = 20
_WORST_PAIRS = 8


def fidelity_of(raw: RawTable, synthetic: EncodedTable, real: EncodedTable, bench: Bench) -> Steps[Fidelity]:
    """All figures of one table against `real`, which is the holdout but for the anchor that is the holdout itself."""
    encoder, seed = bench.encoder, bench.seed
    yield Progress(0, 1, "Columns one at a time")
    by_name = {cut.name: cut for cut in bench.drawn}
    columns = tuple(column_fidelity(c, by_name[c.name], real, synthetic, encoder) for c in encoder.columns)
    gaps = [column.ks for column in columns if column.ks is not None]
    yield Progress(0, 1, "Columns two at a time")
    pairs = pair_trends(bench.coarse, real, synthetic)
    related = associations(bench.associated, synthetic)
    broken = violations(raw, bench.schema, bench.raw_train)
    propensity = yield from propensity_auc(real, synthetic, encoder, seed)
    discriminator = yield from _tell_apart(real, synthetic, bench)
    minority = yield from _tell_apart_minority(real, synthetic, bench)
    near = yield from _neighbours(real, synthetic, bench)
    return Fidelity(
        discriminator=discriminator,
        minority=minority,
        propensity_auc=propensity,
        ks=float(np.mean(gaps)) if gaps else None,
        js=float(np.mean([column.js for column in columns])),
        shape=float(np.mean([column.shape for column in columns])),
        columns=columns,
        pair_trends=float(np.mean([pair.score for pair in pairs])) if pairs else 1.0,
        worst_pairs=pairs[:_WORST_PAIRS],
        associations=related,
        neighbours=near,
        lists=tuple(list_fidelity(name, real, synthetic, encoder) for name in real.lists),
        missing=missing_fidelity(tuple(c.name for c in encoder.columns), real, synthetic),
        violations=tuple(RuleBroken(rule=count.rule, n_rows=count.n_rows) for count in broken if count.n_rows),
        positive_share=bench.positive_share(synthetic),
        projection=bench.plane.points(synthetic, seed),
    )


def _tell_apart(real: EncodedTable, synthetic: EncodedTable, bench: Bench) -> Steps[Discriminator]:
    sides = [tree_features(side, bench.encoder, bench.rulebook) for side in (real, synthetic)]
    return (yield from tell_apart(sides[0], sides[1], bench.seed))


def _tell_apart_minority(real: EncodedTable, synthetic: EncodedTable, bench: Bench) -> Steps[Discriminator | None]:
    """Among the rows of the rarest class alone; None where either table has fewer than 20 of them."""
    if not bench.schema.target:
        return None
    rows = [np.flatnonzero(bench.is_positive(side)) for side in (real, synthetic)]
    if min(len(found) for found in rows) < LEAST_OF_A_CLASS:
        return None
    return (yield from _tell_apart(real.take(rows[0]), synthetic.take(rows[1]), bench))


def _neighbours(real: EncodedTable, synthetic: EncodedTable, bench: Bench) -> Steps[Neighbours]:
    n_each = min(len(real), len(synthetic), MOST_ROWS)
    spaces = [row_space(side.take(drawn_rows(len(side), n_each, bench.seed, "balls")), bench.holdout, bench.encoder)
              for side in (real, synthetic)]  # fmt: skip
    return (yield from neighbours(spaces[0], spaces[1]))
