"""SMOTE with nearest neighbours, as a synthesizer of whole tables.

Codes: SMOTE itself knows numbers only. On codes written as one column each, the usual reading, a row between two is
closest to the code of its nearer end, so that is the code it gets.
"""

from core.progress import Steps
from core.tabular.budget import Budget
from core.tabular.engines.smote.ground import between_neighbours, ground_of, neighbours_of_class
from core.tabular.engines.smote.interpolation import Interpolator, load_interpolator
from core.tabular.engines.smote_settings import SmoteKnnSettings
from core.tabular.plain import PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer


def fit(table: PlainTable, settings: SmoteKnnSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Finds each row's neighbours within its class; `ValenceError` for too small a budget or a class of one row."""
    budget = Budget(budget_s)
    ground = ground_of(table, settings.most_rows, seed)
    lists = yield from neighbours_of_class(ground, settings.n_neighbours, budget)
    return Interpolator(between_neighbours(ground, lists))


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave."""
    return load_interpolator(saved)
