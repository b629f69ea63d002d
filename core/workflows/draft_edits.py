"""Edits of a configuration, tried together: either all of them are taken, or none is and each refusal is told.

Together, because values depend on each other: an end temperature may only be lowered below the start temperature's new
value, and two labels can exchange their names.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.errors import InvalidInput, Problem
from core.sampler.configuration import DatasetConfig, parse_config

Path = tuple[str | int, ...]  # keys from the outside in, then the place in a range: ("type_ranges", "brand", 0)
Edits = Mapping[Path, Any]

TYPES, LABELS, NAME = "type_ranges", "label_params", "name"
LEFT_OUT = (0, 0)  # the range of an attribute type that rows do not hold
# What an entry that is not there means, so that one of this value is taken away again.
ABSENT: Mapping[Path, float] = {("noise", "missing"): 0.0, ("diversity", "max_exposure"): 1.0}


class EditReading(NamedTuple):
    """The configuration with all edits in it, or else None and every problem, under the labels' present names."""

    config: DatasetConfig | None
    problems: tuple[Problem, ...]


def field_of(path: Path) -> str:
    """The `Problem.field` under which a refusal of the value at a path is reported."""
    words = [part for part in path if isinstance(part, str)]
    return ".".join(words[:-1] if _is_name(path) else words)


def value_at(config: DatasetConfig, path: Path) -> Any:
    """What the configuration holds at a path; an attribute type that it leaves out has the range (0, 0).

    A modality that is not said to go missing does so with chance 0, and a type without a cap may be in all rows.
    """
    if _is_name(path):
        return path[1]
    if path[0] == TYPES and path[1] not in config.type_ranges:
        return LEFT_OUT[path[2]] if len(path) > 2 else LEFT_OUT  # type: ignore[index]
    if path[:-1] in ABSENT:
        return value_at(config, path[:-1]).get(path[-1], ABSENT[path[:-1]])
    value: Any = config
    for part in path:
        value = getattr(value, part) if isinstance(part, str) and hasattr(value, part) else value[part]
    return value


def read_edits(config: DatasetConfig, edits: Edits, type_order: Sequence[str]) -> EditReading:
    """Put every edit into the configuration and check the whole.

    A type whose range becomes (0, 0) is left out; one that comes back takes its place in `type_order`. The last part of
    a label's path may be `name`: the label is then renamed, in its place.
    """
    data = config.model_dump(mode="json")
    names = {label: label for label in config.label_params}
    problems = []
    for path, value in edits.items():
        if path[0] == LABELS and path[1] not in names:
            problems.append(Problem(f"The label {path[1]!r} is gone.", "Discard this change.", field=field_of(path)))
        elif _is_name(path):
            names[str(path[1])] = value
        else:
            _put(data, path, value)
    _leave_out(data, edits, config, type_order)
    problems += [*_refusals(data), *_name_refusals(config, names)]
    if problems:
        return EditReading(None, tuple(problems))
    data[LABELS] = {names[label]: params for label, params in data[LABELS].items()}
    return EditReading(parse_config(data), ())


def _is_name(path: Path) -> bool:
    return len(path) == 3 and path[0] == LABELS and path[2] == NAME


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    place: Any = data
    if path[0] == TYPES:
        data[TYPES].setdefault(path[1], list(LEFT_OUT))
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    if path[:-1] in ABSENT and value == ABSENT[path[:-1]]:
        del place[path[-1]]


def _leave_out(data: dict[str, Any], edits: Edits, config: DatasetConfig, type_order: Sequence[str]) -> None:
    edited = {path[1] for path in edits if path[0] == TYPES}
    kept = {name: value for name, value in data[TYPES].items() if name not in edited or list(value) != list(LEFT_OUT)}
    names = [name for name in config.type_ranges if name in kept]
    for name in kept:
        if name not in names:
            later = set(type_order[type_order.index(name) + 1 :]) if name in type_order else set()
            names.insert(next((i for i, other in enumerate(names) if other in later), len(names)), name)
    data[TYPES] = {name: kept[name] for name in names}


def _refusals(data: Mapping[str, Any]) -> tuple[Problem, ...]:
    try:
        parse_config(data)
    except InvalidInput as error:
        return error.problems
    return ()


def _name_refusals(config: DatasetConfig, names: Mapping[str, str]) -> list[Problem]:
    """What is wrong with new names, told under the old ones; the same class judges them as in a file."""
    problems = []
    data = config.model_dump(mode="json")
    for old, new in names.items():
        if new == old:
            continue
        place = f"{LABELS}.{old}"
        refused = _refusals({**data, LABELS: {new: data[LABELS][old]}})
        problems += [Problem(problem.message, problem.fix, field=place) for problem in refused]
        if list(names.values()).count(new) > 1:
            problems.append(
                Problem(f"Another label is called {new!r} too.", "Give each label its own name.", field=place)
            )
    return problems
