"""What every family of synthesizers promises, held with tiny settings: form, rules, seeds, conditions, files."""

import random
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.progress import finish
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.engines.registry import DEFAULT_FAMILY, FAMILIES, check_installed, family_named, missing_libraries
from core.tabular.plain import Condition, PlainColumn, PlainTable
from core.tabular.preparation import Preparation, prepare
from core.tabular.saving import check_same_schema, load_synthesizer, save_synthesizer
from core.tabular.synthesizer import Synthesizer, SynthesizerFamily, rows_met
from core.tabular.table import RawTable
from core.tabular.violations import violations
from core.tabular.where import Where, WhereColumn

N_ROWS = 2_000
N_DRAWN = 150
SEED = 3
AMPLE_S = 600.0

TRAINER = {"steps": 12, "batch_rows": 64}
GAN = {"steps": 12, "batch_rows": 50, "noise": 8, "hidden": 16, "n_modes": 3, "n_judges": 1}
TINY: dict[str, dict[str, Any]] = {
    "tree-sampler": {"head_rounds": 5},
    "dp-mst": {"lists_and_ranges_are_public": True, "descents": 10, "epsilon": 20.0},
    "autoregressive": {"trainer": TRAINER, "width": 8, "n_layers": 1, "embedding": 2, "parts": 2},
    "masked-transformer": {"trainer": TRAINER, "width": 8, "n_heads": 2, "n_layers": 1, "bins": 8},
    "tab-ddpm": {"trainer": TRAINER, "width": 16, "n_layers": 1, "sampling_steps": 4},
    "ctgan": GAN,
    "ctgan-tomek": GAN | {"n_judges": 0},
    "tvae": {"trainer": TRAINER, "latent": 4, "hidden": 16, "n_bins": 8, "n_components": 2, "n_judges": 1},
    "gpt2-tabular": {"trainer": TRAINER, "width": 8, "n_layers": 1, "n_heads": 2},
    "gpt2-text": {  # enough to write sentences that can be read: nothing but training teaches it the form
        "trainer": {"steps": 120, "batch_rows": 16, "learning_rate": 2e-2},
        "width": 32,
        "n_layers": 1,
        "n_heads": 2,
        "n_tokens": 600,
        "most_passes": 1_000,
        "draws_per_row": 200,
    },
}

every_family = pytest.mark.parametrize("name", [family.name for family in FAMILIES])


@cache
def table() -> RawTable:
    return demo_table(N_ROWS, SEED)


@cache
def prepared() -> Preparation:
    return prepare(table(), DEMO_SCHEMA)


def settings_of(family: SynthesizerFamily) -> Any:
    return family.settings(**TINY.get(family.name, {}))


def fit(name: str, plain: PlainTable, budget_s: float = AMPLE_S, seed: int = SEED) -> Synthesizer:
    family = family_named(name)
    assert not missing_libraries(family)
    return finish(family.fit(plain, settings_of(family), seed, budget_s))


@cache
def fitted(name: str) -> Synthesizer:
    return fit(name, prepared().plain)


@cache
def drawn(name: str) -> PlainTable:
    return finish(fitted(name).sample(N_DRAWN, 1))


def code_of(value: str, column: str) -> int:
    """The code that the preparation gave a value: the one of the first row that has it."""
    return int(prepared().plain.codes(column)[table().column(column).index(value)])


def as_bytes(plain: PlainTable) -> dict[str, bytes]:
    return {name: values.dtype.str.encode() + values.tobytes() for name, values in plain.values.items()}


def stir_shared_randomness() -> None:
    """What other work in the same process may do to the generators that everybody shares."""
    np.random.seed(99)
    random.seed(99)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(99)


def assert_sound(made: PlainTable, like: PlainTable, n: int) -> None:
    assert (made.columns, made.target, len(made)) == (like.columns, like.target, n)
    assert set(made.values) == {column.name for column in like.columns}
    for column in like.columns:
        values = made.values[column.name]
        assert values.shape == (n,)
        if column.is_coded:
            assert values.dtype == np.int32
            assert n == 0 or (values.min() >= 0 and values.max() < column.n_codes), column.name
        else:
            assert values.dtype == np.float64
            assert np.isfinite(values).all()
            assert ((values >= column.low) & (values <= column.high)).all(), column.name
            if column.step:
                assert np.allclose(values / column.step, np.round(values / column.step), atol=1e-6), column.name


def says_what_to_do(error: ValenceError) -> bool:
    return all(problem.fix for problem in error.problems) if isinstance(error, InvalidInput) else bool(error.fix)


def quirky(n_rows: int = 240, n_positive: int = 5, target: str = "y") -> PlainTable:
    """A constant code and number, a code and a number unique to each row, one number without a grid, a rare class."""
    rng = np.random.default_rng(SEED)
    size = np.round(rng.lognormal(1, 1, n_rows), 2)
    free = rng.normal(size=n_rows)
    columns = [
        PlainColumn("same code", 1),
        PlainColumn("own code", n_rows),
        PlainColumn("colour", 3),
        PlainColumn("same number", 0, 7.0, 7.0, 1.0),
        PlainColumn("own number", 0, 0.0, n_rows - 1.0, 1.0),
        PlainColumn("size", 0, float(size.min()), float(size.max()), 0.01),
        PlainColumn("free", 0, float(free.min()), float(free.max())),
    ]
    y = np.zeros(n_rows, np.int32)
    y[rng.choice(n_rows, n_positive, replace=False)] = 1
    values: dict[str, Any] = {
        "same code": np.zeros(n_rows, np.int32),
        "own code": rng.permutation(n_rows).astype(np.int32),
        "colour": rng.integers(0, 3, n_rows).astype(np.int32),
        "same number": np.full(n_rows, 7.0),
        "own number": rng.permutation(n_rows).astype(np.float64),
        "size": size,
        "free": free,
    }
    if target:
        columns.append(PlainColumn(target, 2))
        values[target] = y
    return PlainTable(tuple(columns), values, target)


@every_family
def test_rows_keep_columns_types_codes_bounds_and_grid(name: str) -> None:
    assert_sound(drawn(name), prepared().plain, N_DRAWN)
    assert_sound(finish(fitted(name).sample(0, 1)), prepared().plain, 0)


@every_family
def test_restored_rows_obey_every_rule_of_the_schema(name: str) -> None:
    restored = prepared().restore(drawn(name), 1)
    assert len(restored) == N_DRAWN
    broken = [count for count in violations(restored, DEMO_SCHEMA, table()) if count.n_rows]
    assert not broken


@every_family
def test_the_same_seeds_give_the_same_bytes_and_others_do_not(name: str) -> None:
    first = as_bytes(drawn(name))
    stir_shared_randomness()
    assert as_bytes(finish(fitted(name).sample(N_DRAWN, 1))) == first
    stir_shared_randomness()
    assert as_bytes(finish(fit(name, prepared().plain).sample(N_DRAWN, 1))) == first
    assert as_bytes(finish(fitted(name).sample(N_DRAWN, 2))) != first


@every_family
def test_rows_meet_conditions_on_the_target_a_code_and_a_number(name: str) -> None:
    plain = prepared().plain
    positive = Condition(plain.target, frozenset({code_of("1", plain.target)}))
    slot = Condition("slot", frozenset(range(1, next(c.n_codes for c in plain.columns if c.name == "slot"))))
    morning = Condition("hour", low=6, high=20)
    for where in ((positive,), (slot, morning)):
        made = finish(fitted(name).sample(25, 4, where))
        assert_sound(made, plain, 25)
        assert rows_met(made, where).all()


@every_family
def test_positive_rows_of_a_looked_up_column_are_drawn_as_asked_in_the_words_of_the_table(name: str) -> None:
    asked = {"converted": "1", "city_rank": "1"}
    where = Where(columns=tuple(WhereColumn(column=column, values=(value,)) for column, value in asked.items()))
    made = finish(fitted(name).sample(5, 5, prepared().conditions(where)))
    restored = prepared().restore(made, 1)
    assert len(restored) == 5
    for column, value in asked.items():
        assert set(restored.column(column)) == {value}


@every_family
def test_a_condition_that_no_row_meets_is_named(name: str) -> None:
    for where, named in (
        (Condition("hour", low=6.2, high=6.7), "hour"),
        (Condition("hour", low=400.0, high=500.0), "hour"),
        (Condition("slot", frozenset()), "slot"),
        (Condition("weather", frozenset({0})), "weather"),
    ):
        with pytest.raises(ValenceError, match=named) as raised:
            finish(fitted(name).sample(5, 4, (where,)))
        assert says_what_to_do(raised.value)


@every_family
def test_a_saved_synthesizer_samples_the_same_bytes_and_needs_no_pickle(name: str, tmp_path: Path) -> None:
    save_synthesizer(tmp_path, family_named(name), prepared(), fitted(name))
    loaded = load_synthesizer(tmp_path)
    assert loaded.family.name == name
    made = finish(loaded.synthesizer.sample(N_DRAWN, 1))
    assert as_bytes(made) == as_bytes(drawn(name))
    assert loaded.preparation.restore(made, 1).fingerprint() == prepared().restore(made, 1).fingerprint()
    check_same_schema(loaded, DEMO_SCHEMA)
    with pytest.raises(ValenceError, match="another schema"):
        check_same_schema(loaded, DEMO_SCHEMA.model_copy(update={"inequalities": ()}))
    again = tmp_path / "again"
    again.mkdir()
    save_synthesizer(again, loaded.family, loaded.preparation, loaded.synthesizer)
    for written in (path for path in tmp_path.iterdir() if path.is_file()):
        assert (again / written.name).read_bytes() == written.read_bytes()
    arrays = tmp_path / "arrays.npz"
    altered = bytearray(arrays.read_bytes())
    altered[len(altered) // 2] ^= 1
    arrays.write_bytes(altered)
    with pytest.raises(CorruptArtefact):
        load_synthesizer(tmp_path)


@every_family
def test_work_can_be_cancelled_and_leaves_nothing_behind(name: str) -> None:
    family = family_named(name)
    fitting = family.fit(prepared().plain, settings_of(family), SEED, AMPLE_S)
    assert next(fitting).total > 0
    fitting.close()
    sampling = fitted(name).sample(N_DRAWN, 1)
    assert next(sampling).total > 0
    sampling.close()
    assert as_bytes(finish(fitted(name).sample(N_DRAWN, 1))) == as_bytes(drawn(name))


@every_family
def test_too_small_a_budget_delivers_nothing(name: str) -> None:
    with pytest.raises(ValenceError) as raised:
        fit(name, prepared().plain, budget_s=1e-4)
    assert says_what_to_do(raised.value)


@every_family
def test_five_positives_and_constant_and_unique_columns_are_synthesised(name: str) -> None:
    plain = quirky()
    synthesizer = fit(name, plain)
    assert_sound(finish(synthesizer.sample(60, 1)), plain, 60)
    rare = Condition("y", frozenset({1}))
    made = finish(synthesizer.sample(8, 2, (rare,)))
    assert_sound(made, plain, 8)
    assert (made.codes("y") == 1).all()


@every_family
def test_a_table_without_a_target_or_with_one_class_is_synthesised_or_refused(name: str) -> None:
    for plain in (quirky(target=""), quirky(n_positive=0)):
        try:
            made = finish(fit(name, plain).sample(40, 1))
        except ValenceError as error:
            assert name in ("smote-svm", "ctgan-tomek")  # they are about the border between classes
            assert says_what_to_do(error)
            continue
        assert_sound(made, plain, 40)


@every_family
def test_a_table_smaller_than_the_neighbourhood_is_synthesised_or_refused(name: str) -> None:
    plain = quirky(n_rows=4, n_positive=2)
    try:
        made = finish(fit(name, plain).sample(10, 1))
    except ValenceError as error:
        assert says_what_to_do(error)
    else:
        assert_sound(made, plain, 10)


def test_names_are_unique_and_an_unknown_one_lists_them() -> None:
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names) == 15
    assert family_named(DEFAULT_FAMILY).needs == ()
    with pytest.raises(NotFound, match="tree-sampler"):
        family_named("oracle")


def test_a_missing_library_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tabular.engines.registry.find_spec", lambda name: None)
    check_installed(family_named("smote-knn"))
    with pytest.raises(ValenceError, match="TabDDPM needs torch, not installed here") as raised:
        check_installed(family_named("tab-ddpm"))
    assert "pip install 'valence[tabular]' torch" in raised.value.fix


def test_the_registry_imports_no_library_of_the_families() -> None:
    code = (
        "import sys, core.tabular.engines.registry, core.tabular.saving, core.tabular.augmentation;"
        "print([m for m in ('torch', 'imblearn', 'xgboost') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
