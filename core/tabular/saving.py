"""Fitted synthesizers as folders: JSON and plain arrays, sealed by their digest; nothing that runs code when read."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import CorruptArtefact, ValenceError
from core.fingerprint import canonical_json, digest
from core.tabular.engines.registry import check_installed, family_named
from core.tabular.preparation import Preparation, load_preparation
from core.tabular.schema import TableSchema
from core.tabular.synthesizer import SavedModel, Synthesizer, SynthesizerFamily

WORDS_FILE: Final = "synthesizer.json"
ARRAYS_FILE: Final = "arrays.npz"
SEAL_FILE: Final = "seal.txt"
FORMAT: Final = 1

_FIT_AGAIN: Final = "Fit the synthesizer again."
_MODEL, _PREPARATION = "model", "preparation"


@dataclass(frozen=True, slots=True)
class LoadedSynthesizer:
    """What a folder holds: the family, how its tables are prepared and restored, and the fitted synthesizer."""

    family: SynthesizerFamily
    preparation: Preparation
    synthesizer: Synthesizer


def save_synthesizer(folder: Path, family: SynthesizerFamily, preparation: Preparation, fitted: Synthesizer) -> None:
    """Write three files into an existing folder, the seal last: where it is, the others are whole."""
    parts = {_MODEL: fitted.saved(), _PREPARATION: preparation.saved()}
    words = {"format": FORMAT, "family": family.name} | {name: dict(part.settings) for name, part in parts.items()}
    written = canonical_json(words).encode("utf-8", "surrogatepass")
    arrays = {f"{name}/{key}": array for name, part in parts.items() for key, array in part.arrays.items()}
    packed = _packed(arrays)
    (folder / WORDS_FILE).write_bytes(written)
    (folder / ARRAYS_FILE).write_bytes(packed)
    (folder / SEAL_FILE).write_text(_seal(written, packed), encoding="ascii")


def load_synthesizer(folder: Path) -> LoadedSynthesizer:
    """What `save_synthesizer` wrote; `CorruptArtefact` where one byte differs or a file is missing.

    `ValenceError` where the family's libraries are not installed.
    """
    written, packed, seal = (_read(folder / name) for name in (WORDS_FILE, ARRAYS_FILE, SEAL_FILE))
    if seal != _seal(written, packed).encode("ascii"):
        raise CorruptArtefact("The saved synthesizer differs from what was written.", _FIT_AGAIN)
    words = json.loads(written.decode("utf-8", "surrogatepass"))
    if words["format"] != FORMAT:
        message = f"The saved synthesizer has format {words['format']}; this version reads format {FORMAT}."
        raise ValenceError(message, _FIT_AGAIN)
    family = family_named(words["family"])
    check_installed(family)
    arrays = _unpacked(packed)
    model, preparation = (_part(name, words[name], arrays) for name in (_MODEL, _PREPARATION))
    return LoadedSynthesizer(family, load_preparation(preparation), family.load(model))


def check_same_schema(loaded: LoadedSynthesizer, schema: TableSchema) -> None:
    """`ValenceError` naming the columns and rules in which the saved synthesizer's schema is another one."""
    own = loaded.preparation.schema
    if own == schema:
        return
    mine, theirs = _lines(own), _lines(schema)
    missing = [line for line in mine if line not in theirs]
    extra = [line for line in theirs if line not in mine]
    told = [f"only the synthesizer has {'; '.join(missing)}"] if missing else []
    told += [f"only the table has {'; '.join(extra)}"] if extra else []
    difference = " and ".join(told) or "the columns stand in another order"
    message = f"{loaded.family.title} was fitted for another schema: {difference}."
    raise ValenceError(message, "Choose the table that it was fitted on, or fit it again on this one.")


def _lines(schema: TableSchema) -> list[str]:
    """One phrase for each column, the target and each rule."""
    columns = [_column_line(column.model_dump(mode="json", exclude_defaults=True)) for column in schema.columns]
    lookups = [f"{' and '.join(rule.determinants)} -> {rule.dependent}" for rule in schema.dependencies]
    orders = [f"{rule.smaller} <= {rule.larger}" for rule in schema.inequalities]
    return [*columns, f"the target {schema.target!r}", *lookups, *orders]


def _column_line(column: dict[str, Any]) -> str:
    name, kind = column.pop("name"), column.pop("kind")
    more = "".join(f", {key} {value!r}" for key, value in column.items())
    return f"{name!r} ({kind}{more})"


def _seal(written: bytes, packed: bytes) -> str:
    return f"{digest(written)} {digest(packed)}\n"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        message = f"The saved synthesizer lacks its file {path.name}."
        raise CorruptArtefact(message, _FIT_AGAIN) from error


def _packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An archive of one .npy file for each array; objects are refused by numpy (ValueError)."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in sorted(arrays):
            array = io.BytesIO()
            np.lib.format.write_array(array, np.asarray(arrays[name]), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), array.getvalue())  # a fixed date: same arrays, same bytes
    return held.getvalue()


def _unpacked(packed: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(packed), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def _part(name: str, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> SavedModel:
    prefix = f"{name}/"
    own = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
    return SavedModel(settings, own)
