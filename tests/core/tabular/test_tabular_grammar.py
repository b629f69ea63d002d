"""The grammar of written rows: what is written can be read, and nothing else can."""

import numpy as np
import pytest

from core.errors import ValenceError
from core.tabular.engines.language.grammar import Grammar, Mark
from core.tabular.engines.networks.encoding import fit_encoding
from core.tabular.plain import PlainColumn, PlainTable

LEVELS = 4


def mixed_table(n: int = 400) -> PlainTable:
    rng = np.random.default_rng(0)
    columns = (
        PlainColumn("kind", n_codes=3),
        PlainColumn("tags (length)", n_codes=3),
        PlainColumn("tags (1)", n_codes=5),
        PlainColumn("few", low=0, high=2, step=1.0),
        PlainColumn("many", low=0, high=99, step=1.0),
        PlainColumn("bought", n_codes=2),
    )
    values = {
        "kind": rng.integers(3, size=n).astype(np.int32),
        "tags (length)": rng.integers(3, size=n).astype(np.int32),
        "tags (1)": rng.integers(5, size=n).astype(np.int32),
        "few": rng.integers(3, size=n).astype(np.float64),
        "many": rng.integers(100, size=n).astype(np.float64),
        "bought": rng.integers(2, size=n).astype(np.int32),
    }
    return PlainTable(columns, values, "bought")


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar(fit_encoding(mixed_table(), LEVELS**2, all_binned=True), LEVELS)


def test_a_number_of_many_bins_takes_two_places_and_every_other_column_one(grammar: Grammar) -> None:
    assert [place.column for place in grammar.places] == [0, 1, 2, 3, 4, 4, 5]
    assert [place.is_fine for place in grammar.places] == [False] * 5 + [True, False]


def test_what_is_written_is_read_back(grammar: Grammar) -> None:
    values = grammar.values_of(mixed_table())
    assert [grammar.read(tokens) for tokens in grammar.write(values)] == values.tolist()


def test_rows_stand_between_marks_with_their_columns_types(grammar: Grammar) -> None:
    (tokens,) = grammar.write(grammar.values_of(mixed_table(1)))
    assert tokens[0] == Mark.ROW and tokens[-1] == Mark.END_ROW
    assert tokens.count(Mark.COLUMN) == tokens.count(Mark.END_COLUMN) == 6
    types = [token for token in tokens if token in (Mark.NUMBER, Mark.CATEGORY, Mark.LIST)]
    assert types == [Mark.CATEGORY, Mark.LIST, Mark.LIST, Mark.NUMBER, Mark.NUMBER, Mark.CATEGORY]


def test_no_two_places_share_a_token(grammar: Grammar) -> None:
    taken = [place.offset + value for place in grammar.places for value in range(place.n_values)]
    assert len(set(taken)) == len(taken) and max(taken) == grammar.n_tokens - 1
    assert min(taken) == len(Mark) + 6


def test_a_changed_missing_or_added_token_is_refused(grammar: Grammar) -> None:
    (tokens,) = grammar.write(grammar.values_of(mixed_table(1)))
    for at in range(len(tokens)):
        wrong = [*tokens[:at], grammar.n_tokens, *tokens[at + 1 :]]
        with pytest.raises(ValenceError, match=f"place {at + 1}"):
            grammar.read(wrong)
    for wrong in (tokens[:-1], [*tokens, Mark.ROW], []):
        with pytest.raises(ValenceError, match="cannot be read"):
            grammar.read(wrong)


def test_every_allowed_row_is_a_row_of_the_table(grammar: Grammar) -> None:
    """All values that the shares leave, drawn evenly, give bins that exist, and numbers of the column."""
    rng, n = np.random.default_rng(1), 3000
    values = np.zeros((n, len(grammar.places)), dtype=np.int64)
    for at in range(len(grammar.places)):
        chances = rng.random((n, grammar.places[at].n_values)) * grammar.shares(at, values)
        values[:, at] = chances.argmax(axis=1)
    table = grammar.table_of(values, 0)
    assert set(table.numbers("many")) <= set(range(100)) and len(set(table.numbers("many"))) > 90
    again = grammar.values_of(table)
    assert (again == values).all()
