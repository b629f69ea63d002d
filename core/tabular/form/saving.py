"""A preparation as data and back: texts and bounds as JSON, lookups and counts as arrays, and no training row."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import CorruptArtefact
from core.tabular.form.codecs import CategoryCodec, Codec, NumberCodec
from core.tabular.form.list_codec import ListCodec
from core.tabular.form.lookup import Lookup
from core.tabular.schema import Column, Dependency, TableSchema
from core.tabular.synthesizer import SavedModel

_PARTS: Final = ("keys", "counts", "values")


class Parts(NamedTuple):
    """What a preparation is made of besides its training rows."""

    schema: TableSchema
    codecs: tuple[Codec, ...]
    lookups: tuple[Lookup, ...]


def saved_parts(schema: TableSchema, codecs: tuple[Codec, ...], lookups: tuple[Lookup, ...]) -> SavedModel:
    """These parts of a preparation as data."""
    settings = {
        "schema": schema.model_dump(mode="json"),
        "codecs": [codec.saved() for codec in codecs],
        "texts": [list(lookup.texts) for lookup in lookups],
    }
    arrays = {f"lookup_{at}_{part}": getattr(lookup, part) for at, lookup in enumerate(lookups) for part in _PARTS}
    return SavedModel(settings, arrays)


def load_parts(saved: SavedModel) -> Parts:
    """The parts that `saved_parts` made this of; `CorruptArtefact` for a column of an unknown kind."""
    schema = TableSchema.model_validate(saved.settings["schema"])
    codecs = tuple(
        _load_codec(column, data) for column, data in zip(schema.learnt, saved.settings["codecs"], strict=True)
    )
    lookups = tuple(
        _load_lookup(rule, {part: saved.arrays[f"lookup_{at}_{part}"] for part in _PARTS}, texts)
        for at, (rule, texts) in enumerate(zip(schema.dependencies, saved.settings["texts"], strict=True))
    )
    return Parts(schema, codecs, lookups)


def _load_lookup(rule: Dependency, arrays: Mapping[str, NDArray[Any]], texts: Sequence[str | None]) -> Lookup:
    return Lookup(rule, arrays["keys"], arrays["counts"], arrays["values"], tuple(texts))


def _load_codec(column: Column, data: Mapping[str, Any]) -> Codec:
    match data["kind"]:
        case "category":
            return CategoryCodec(column, tuple(data["names"]), data["has_missing"])
        case "number":
            return NumberCodec(column, data["low"], data["high"], data["middle"], data["missing_name"])
        case "list":
            counts = np.array(data["counts"], dtype=np.int64).reshape(-1, len(data["names"]))
            lengths, plain_names = tuple(data["lengths"]), tuple(data["plain_names"])
            return ListCodec(column, tuple(data["names"]), lengths, counts, data["repeats"], plain_names)
        case other:
            raise CorruptArtefact(f"The saved preparation has a column of the unknown kind {other!r}.")
