import itertools

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput
from core.graph.strategies.adaptive.features import pair_features
from core.graph.strategies.adaptive.pairs import list_pairs
from core.graph.strategies.adaptive.trait_comparisons import UNKNOWN
from core.knowledge.traits import load_trait_table

_NAMES = {
    "brand": ("Nike", "Rolex", "Salesforce", "Zzzqx"),
    "audience": ("Athletes", "Budget Shoppers"),
    "geo": ("Brazil", "Canada"),
    "platform": ("TikTok", "LinkedIn"),
}


@pytest.fixture(scope="module")
def catalogue():
    rows = [(kind, name) for kind, names in _NAMES.items() for name in names]
    rows = rows[::2] + rows[1::2]  # modalities mixed up, as in a file that nobody sorted
    return Catalogue(tuple(Attribute(f"{kind}-{name}", name, kind, kind) for kind, name in rows))


@pytest.fixture(scope="module")
def table():
    return load_trait_table()


@pytest.fixture(scope="module")
def features(catalogue, table):
    return pair_features(catalogue, table, np.random.default_rng(3).normal(size=(len(catalogue), 6)))


def test_every_cross_modality_pair_is_listed_once_in_blocks(catalogue):
    pairs = list_pairs(catalogue)
    expected = {
        frozenset(ends)
        for ends in itertools.combinations(range(len(catalogue)), 2)
        if len({catalogue.attributes[end].modality for end in ends}) == 2
    }
    listed = [frozenset(ends) for ends in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)]
    assert len(listed) == len(pairs) == catalogue.n_pairs and set(listed) == expected
    order = catalogue.modalities
    for a, b in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
        assert order.index(catalogue.attributes[a].modality) < order.index(catalogue.attributes[b].modality)
        assert listed[pairs.number_of[a, b]] == listed[pairs.number_of[b, a]] == {a, b}
    assert (pairs.number_of >= 0).sum() == 2 * len(pairs)
    for block in pairs.blocks:
        assert (np.repeat(block.rows, len(block.columns)) == pairs.first[block.low : block.high]).all()
        assert (np.tile(block.columns, len(block.rows)) == pairs.second[block.low : block.high]).all()


@pytest.mark.parametrize(("left", "right"), [("categories", "categories"), ("categories", "not_interested")])
def test_shared_values_are_counted_as_the_table_lists_them(catalogue, table, features, left, right):
    column = features.values[:, features.names.index(f"{left} x {right}, count")]
    traits = [table.resolve(attribute) for attribute in catalogue.attributes]
    for number, (a, b) in enumerate(zip(features.pairs.first, features.pairs.second, strict=True)):
        sides = [getattr(traits[end], "facets", {}).get(facet) for end, facet in ((a, left), (b, right))]
        assert column[number] == (len(set(sides[0]) & set(sides[1])) if all(sides) else UNKNOWN)


def test_lists_of_names_are_looked_up_from_either_end(catalogue, table, features):
    listing = table.resolve(catalogue["audience-Athletes"]).facets["platforms_used"]
    column = next(name for name in features.names if name.startswith("platforms_used of the "))
    for platform in _NAMES["platform"]:
        ends = catalogue.position_of["audience-Athletes"], catalogue.position_of[f"platform-{platform}"]
        row = features.pairs.number_of[ends]
        assert features.values[row, features.names.index(column)] == (platform in listing)
    unknown = features.pairs.number_of[catalogue.position_of["brand-Zzzqx"], catalogue.position_of["geo-Brazil"]]
    assert features.values[unknown, features.names.index("presence of the first")] == UNKNOWN


def test_the_cosine_of_the_texts_is_a_column_and_lengths_do_not_matter(catalogue):
    vectors = np.random.default_rng(4).normal(size=(len(catalogue), 5)).astype(np.float32)
    plain, longer = pair_features(catalogue, None, vectors), pair_features(catalogue, None, vectors * 9)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    oracle = (unit[plain.pairs.first] * unit[plain.pairs.second]).sum(axis=1)
    assert plain.values[:, plain.names.index("similarity of texts")] == pytest.approx(oracle, abs=1e-5)
    assert longer.values == pytest.approx(plain.values, abs=1e-4)


def test_a_zero_vector_and_no_knowledge_at_all_are_no_failure(catalogue):
    vectors = np.zeros((len(catalogue), 5), dtype=np.float32)
    assert np.isfinite(pair_features(catalogue, None, vectors).values).all()
    assert len(pair_features(catalogue).names) == 3


def test_every_vector_that_is_not_finite_is_named(catalogue):
    vectors = np.ones((len(catalogue), 5), dtype=np.float32)
    vectors[2, 1], vectors[5, 0] = np.nan, np.inf
    with pytest.raises(InvalidInput) as caught:
        pair_features(catalogue, None, vectors)
    names = [problem.field for problem in caught.value.problems]
    assert names == [catalogue.attributes[2].value, catalogue.attributes[5].value]
    with pytest.raises(InvalidInput):
        pair_features(catalogue, None, vectors[:-1])
