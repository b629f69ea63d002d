"""Growing one column's tree from the columns before it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeRegressor

from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.engines.trees.outcomes import Floats, code_places
from core.tabular.engines.trees.tree import Question, Tree, Values
from core.tabular.plain import PlainColumn

_TWO_LINES_FROM = 8  # codes from which a column is asked along two directions, not one


def questions_of(columns: Sequence[PlainColumn], values: Values, outcome: Floats) -> tuple[Question, ...]:
    """What can be asked of these columns, their codes ordered by the outcome [R, D] that goes with them."""
    asked: list[Question] = []
    for column in columns:
        if column.n_codes <= 2:
            asked.append(Question(column.name))
            continue
        lines = min(outcome.shape[1], 2 if column.n_codes >= _TWO_LINES_FROM else 1)
        places = code_places(values[column.name].astype(np.int32), column.n_codes, outcome, lines)
        asked += [Question(column.name, line.astype(np.float32)) for line in places.T]
    return tuple(asked)


def grow(questions: Sequence[Question], values: Values, outcome: Floats, settings: TreeSamplerSettings) -> Tree:
    """A regression tree of the outcome [R, D] on the answers; one leaf where nothing is worth a split."""
    n_rows = len(outcome)
    if not questions or n_rows < 2 * settings.least_leaf or not outcome.var():
        return _stump()
    answers = np.column_stack([question.answers(values) for question in questions])
    worth = settings.least_gain * outcome.var(axis=0).mean() / n_rows
    grown = DecisionTreeRegressor(
        min_samples_leaf=settings.least_leaf, min_impurity_decrease=worth, random_state=0
    ).fit(answers, outcome)
    return _as_arrays(tuple(questions), grown)


def _stump() -> Tree:
    none = np.zeros(1, dtype=np.int32)
    return Tree((), none, np.zeros(1), none, none, none, depth=0)


def _as_arrays(questions: tuple[Question, ...], grown: DecisionTreeRegressor) -> Tree:
    nodes = grown.tree_
    is_leaf = nodes.children_left < 0
    own = np.arange(nodes.node_count)
    used = np.unique(nodes.feature[~is_leaf])
    asked: NDArray[np.int32] = np.searchsorted(used, np.where(is_leaf, 0, nodes.feature)).astype(np.int32)
    return Tree(
        questions=tuple(questions[int(number)] for number in used),
        asked=np.where(is_leaf, 0, asked).astype(np.int32),
        threshold=np.where(is_leaf, np.inf, nodes.threshold),
        left=np.where(is_leaf, own, nodes.children_left).astype(np.int32),
        right=np.where(is_leaf, own, nodes.children_right).astype(np.int32),
        leaf=np.where(is_leaf, np.cumsum(is_leaf) - 1, -1).astype(np.int32),
        depth=int(nodes.max_depth),
    )
