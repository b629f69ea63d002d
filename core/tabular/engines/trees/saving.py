"""Trees and heads as JSON and plain arrays, and back; `name` keeps the arrays of several apart."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.trees.head import Head
from core.tabular.engines.trees.tree import Question, Tree
from core.tabular.synthesizer import SavedModel

Arrays = Mapping[str, NDArray[Any]]

_TREE_ARRAYS = ("asked", "threshold", "left", "right", "leaf")
_HEAD_ARRAYS = ("edges", "start", "of_class", "asked", "cut", "leaves")


def saved_tree(name: str, tree: Tree) -> SavedModel:
    """One tree."""
    own = {f"{name}-{field}": getattr(tree, field) for field in _TREE_ARRAYS}
    return SavedModel({"asks": _asked(tree.questions), "depth": tree.depth}, own | _places(name, tree.questions))


def loaded_tree(name: str, settings: Mapping[str, Any], arrays: Arrays) -> Tree:
    """The tree of this name."""
    own = {field: arrays[f"{name}-{field}"] for field in _TREE_ARRAYS}
    return Tree(questions=_questions(name, settings["asks"], arrays), depth=settings["depth"], **own)


def with_head(saved: SavedModel, head: Head | None) -> SavedModel:
    """A model and its target's head, where it has one."""
    if head is None:
        return SavedModel({**saved.settings, "head": None}, saved.arrays)
    own = _saved_head("head", head)
    return SavedModel({**saved.settings, "head": own.settings}, {**saved.arrays, **own.arrays})


def head_of(saved: SavedModel) -> Head | None:
    """The head that `with_head` added."""
    settings = saved.settings["head"]
    return None if settings is None else _loaded_head("head", settings, saved.arrays)


def _saved_head(name: str, head: Head) -> SavedModel:
    own = {f"{name}-{field}": getattr(head, field) for field in _HEAD_ARRAYS}
    return SavedModel({"asks": _asked(head.questions)}, own | _places(name, head.questions))


def _loaded_head(name: str, settings: Mapping[str, Any], arrays: Arrays) -> Head:
    own = {field: arrays[f"{name}-{field}"] for field in _HEAD_ARRAYS}
    return Head(questions=_questions(name, settings["asks"], arrays), **own)


def _asked(questions: Sequence[Question]) -> list[dict[str, Any]]:
    return [{"column": question.column, "is_placed": question.places is not None} for question in questions]


def _places(name: str, questions: Sequence[Question]) -> dict[str, NDArray[np.float32]]:
    numbered = enumerate(questions)
    return {f"{name}-places-{number}": one.places for number, one in numbered if one.places is not None}


def _questions(name: str, asked: Sequence[Mapping[str, Any]], arrays: Arrays) -> tuple[Question, ...]:
    return tuple(
        Question(one["column"], arrays[f"{name}-places-{number}"] if one["is_placed"] else None)
        for number, one in enumerate(asked)
    )
