"""Rows as sentences: what is written can be read, what is no row is counted, and a model learns to write rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ValenceError
from core.progress import Progress, finish
from core.tabular.engines import gpt2_text
from core.tabular.engines.gpt2_text_settings import Gpt2TextSettings
from core.tabular.engines.language.sentences import SentenceForm
from core.tabular.engines.language.vocabulary import learn_vocabulary, load_vocabulary
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.plain import PlainColumn, PlainTable

COLUMNS = (
    PlainColumn("the city, is", n_codes=12),
    PlainColumn("the city is", n_codes=3),
    PlainColumn("bid", low=-1.5, high=20.0, step=0.25),
    PlainColumn("free", low=0.0, high=1.0),
)
FORM = SentenceForm(COLUMNS, "")
GOOD = "the city is is 11, the city is 2 is 2, bid is -0.25, free is 0.125000"


def table_of(rows: list[tuple[int, int, float, float]]) -> PlainTable:
    cells = list(zip(*rows, strict=True))
    kinds = (np.int32, np.int32, np.float64, np.float64)
    values = {c.name: np.array(v, dtype=k) for c, v, k in zip(COLUMNS, cells, kinds, strict=True)}
    return PlainTable(COLUMNS, values)


ROWS = st.lists(
    st.tuples(
        st.integers(0, 11), st.integers(0, 2), st.integers(-6, 80).map(lambda k: k / 4), st.floats(0, 1, width=32)
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_rows_come_back_from_their_sentences(rows: list[tuple[int, int, float, float]]) -> None:
    table = table_of(rows)
    back = FORM.read(FORM.write(table))
    assert back.n_unreadable == 0
    for column in COLUMNS:
        np.testing.assert_allclose(back.table.values[column.name], table.values[column.name], atol=5e-7)
        assert back.table.values[column.name].dtype == table.values[column.name].dtype


def test_columns_keep_apart_whose_names_read_alike() -> None:
    assert FORM.write(table_of([(11, 2, -0.25, 0.125)])) == [GOOD]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("is 11", "is 12"),  # a code that there is not
        ("is 11", "is -1"),
        ("is 11", "is eleven"),
        ("-0.25", "20.25"),  # above the highest
        ("-0.25", "0.333"),  # more decimals than the column's
        ("-0.25", "nan"),
        (", free is 0.125000", ""),  # a column missing
        ("free", "bid"),  # one twice
        ("free", "fee"),  # one that there is not
    ],
)
def test_what_is_no_row_is_counted_and_not_repaired(old: str, new: str) -> None:
    assert old in GOOD
    found = FORM.read([GOOD.replace(old, new), GOOD])
    assert found.n_unreadable == 1 and len(found.table) == 1


def test_tokens_give_the_same_sentences_again_after_loading() -> None:
    sentences = [*FORM.write(table_of([(i % 12, i % 3, i / 4, 0.5) for i in range(60)])), "naïve Ünïcode 7, is"]
    learnt = learn_vocabulary(sentences, 320)
    loaded = load_vocabulary(learnt.saved())
    tokens = learnt.tokens_of(sentences)
    assert (tokens == loaded.tokens_of(sentences)).all() and learnt.n_tokens <= 320
    assert loaded.sentences_of(tokens[:, 1:]) == sentences


def simple(n: int) -> PlainTable:
    rng = np.random.default_rng(0)
    one = rng.integers(4, size=n).astype(np.int32)
    columns = (PlainColumn("one", n_codes=4), PlainColumn("two", n_codes=4), PlainColumn("n", low=0, high=9, step=1.0))
    return PlainTable(columns, {"one": one, "two": 3 - one, "n": rng.integers(10, size=n).astype(np.float64)}, "")


def small(steps: int) -> Gpt2TextSettings:
    trainer = TrainerSettings(steps=steps, batch_rows=64, learning_rate=1e-2, averaging=0.9)
    return Gpt2TextSettings(trainer=trainer, width=16, n_layers=1, n_heads=2, n_tokens=300)


def test_it_learns_to_write_rows_and_says_how_many_were_none() -> None:
    model, seen = finish(gpt2_text.fit(simple(600), small(150), 0, 100.0)), list[Progress]()
    rows = finish(model.sample(300, 1), seen.append)
    assert len(rows) == 300 and (rows.codes("one") + rows.codes("two") == 3).mean() > 0.5  # .25 by chance
    assert "sentences were no rows" in seen[-1].note


def test_a_model_that_writes_no_rows_is_not_delivered() -> None:
    with pytest.raises(ValenceError, match="can be read as rows"):
        finish(gpt2_text.fit(simple(200), small(1), 0, 100.0))
