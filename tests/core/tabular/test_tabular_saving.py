"""A saved synthesizer is whole or refused: every byte is sealed, and the schema it was fitted for is told apart."""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import CorruptArtefact, NotFound, ValenceError
from core.fingerprint import canonical_json, digest
from core.progress import Progress, Steps, finish
from core.tabular.engines.registry import family_named
from core.tabular.engines.smote_settings import SmoteKnnSettings
from core.tabular.plain import Condition, PlainTable
from core.tabular.preparation import prepare
from core.tabular.saving import (
    ARRAYS_FILE,
    SEAL_FILE,
    WORDS_FILE,
    LoadedSynthesizer,
    check_same_schema,
    load_synthesizer,
    save_synthesizer,
)
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.synthesizer import SavedModel
from core.tabular.table import RawTable

SCHEMA = TableSchema(
    columns=(
        Column(name="city", kind=ColumnKind.CATEGORY),
        Column(name="rank", kind=ColumnKind.INTEGER),
        Column(name="price", kind=ColumnKind.NUMBER, decimals=2),
        Column(name="bought", kind=ColumnKind.CATEGORY),
    ),
    target="bought",
    dependencies=(Dependency(determinants=("city",), dependent="rank"),),
)


def a_table() -> RawTable:
    rng = np.random.default_rng(0)
    city = rng.integers(0, 4, 60)
    return RawTable.of(
        {
            "city": [f"Çity \U0001f3d9 {code}" for code in city],
            "rank": [str(code // 2) for code in city],
            "price": [f"{price:.2f}" for price in rng.lognormal(2, 1, 60)],
            "bought": [str(int(row % 5 == 0)) for row in range(60)],
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    preparation = prepare(a_table(), SCHEMA)
    family = family_named("smote-knn")
    fitted = finish(family.fit(preparation.plain, SmoteKnnSettings(), 0, 60.0))
    save_synthesizer(tmp_path, family, preparation, fitted)
    return tmp_path


def test_what_is_loaded_samples_and_restores_the_same_table(folder: Path) -> None:
    loaded = load_synthesizer(folder)
    preparation = prepare(a_table(), SCHEMA)
    fitted = finish(loaded.family.fit(preparation.plain, SmoteKnnSettings(), 0, 60.0))
    expected = preparation.restore(finish(fitted.sample(40, 1)), 2)
    made = loaded.preparation.restore(finish(loaded.synthesizer.sample(40, 1)), 2)
    assert made.fingerprint() == expected.fingerprint()
    assert set(made.column("city")) <= set(a_table().column("city"))


def test_any_altered_byte_of_any_file_is_refused(folder: Path) -> None:
    for name in (WORDS_FILE, ARRAYS_FILE, SEAL_FILE):
        path = folder / name
        whole = path.read_bytes()
        for place in np.unique(np.linspace(0, len(whole) - 1, 60).astype(int)):
            altered = bytearray(whole)
            altered[place] ^= 0x04
            path.write_bytes(altered)
            with pytest.raises(CorruptArtefact, match="Fit the synthesizer again"):
                load_synthesizer(folder)
        path.write_bytes(whole[:-1])
        with pytest.raises(CorruptArtefact):
            load_synthesizer(folder)
        path.write_bytes(whole)
    load_synthesizer(folder)


@pytest.mark.parametrize("name", [WORDS_FILE, ARRAYS_FILE, SEAL_FILE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CorruptArtefact, match=name):
        load_synthesizer(folder)


def test_no_array_is_pickled_and_the_same_model_gives_the_same_files(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(folder / ARRAYS_FILE) as archive:
        for name in archive.namelist():
            with archive.open(name) as held:
                assert not np.lib.format.read_array(held, allow_pickle=False).dtype.hasobject
    again = tmp_path / "again"
    again.mkdir()
    loaded = load_synthesizer(folder)
    save_synthesizer(again, loaded.family, loaded.preparation, loaded.synthesizer)
    for path in again.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()


@dataclass(frozen=True)
class HoldsObjects:
    """Not what a synthesizer may be: its arrays hold objects."""

    plain: PlainTable

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        yield Progress(0, 1)
        return self.plain

    def saved(self) -> SavedModel:
        return SavedModel({}, {"bad": np.array([{"any": "object"}], dtype=object)})


def test_objects_are_not_written(tmp_path: Path) -> None:
    preparation = prepare(a_table(), SCHEMA)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        save_synthesizer(tmp_path, family_named("smote-knn"), preparation, HoldsObjects(preparation.plain))
    assert not list(tmp_path.iterdir())


def sealed_with(folder: Path, **changes: Any) -> None:
    """Rewrite the words with changes, and seal them: what another version of the project would leave."""
    words = json.loads((folder / WORDS_FILE).read_text(encoding="utf-8")) | changes
    written = canonical_json(words).encode()
    (folder / WORDS_FILE).write_bytes(written)
    (folder / SEAL_FILE).write_text(f"{digest(written)} {digest((folder / ARRAYS_FILE).read_bytes())}\n")


def test_another_format_or_an_unknown_family_is_refused(folder: Path) -> None:
    sealed_with(folder, format=99)
    with pytest.raises(ValenceError, match="format 99"):
        load_synthesizer(folder)
    sealed_with(folder, format=1, family="oracle")
    with pytest.raises(NotFound, match="oracle"):
        load_synthesizer(folder)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"target": ""}, "the target 'bought'"),
        ({"dependencies": ()}, "only the synthesizer has city -> rank"),
        ({"inequalities": (Inequality(smaller="rank", larger="price"),)}, "only the table has rank <= price"),
        ({"columns": tuple(reversed(SCHEMA.columns))}, "another order"),
        (
            {"columns": (*SCHEMA.columns[:2], Column(name="price", kind=ColumnKind.INTEGER), SCHEMA.columns[3])},
            r"only the synthesizer has 'price' \(number, decimals 2\) and only the table has 'price' \(integer\)",
        ),
    ],
)
def test_another_schema_is_refused_by_what_differs(folder: Path, changes: dict[str, Any], told: str) -> None:
    loaded = load_synthesizer(folder)
    assert isinstance(loaded, LoadedSynthesizer)
    check_same_schema(loaded, SCHEMA)
    with pytest.raises(ValenceError, match=told):
        check_same_schema(loaded, SCHEMA.model_copy(update=changes))
