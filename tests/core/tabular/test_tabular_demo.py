"""The demo table has the quirks it is made for."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from core.tabular.checking import check_schema, violations
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.preparation import prepare
from core.tabular.split import split_holdout


@pytest.fixture(scope="module")
def table():
    return demo_table()


def test_its_size_its_names_and_its_rare_class(table):
    assert (len(table), len(table.columns)) == (20_000, 17)
    assert table.columns == tuple(column.name for column in DEMO_SCHEMA.columns)
    assert len(set(table.column("city")) - {None}) == 130 and len(set(table.column("device_model"))) == 258
    assert 0.016 <= table.column("converted").count("1") / 20_000 <= 0.020


def test_its_rules_hold(table):
    check_schema(table, DEMO_SCHEMA, needs_target=True)
    assert all(count.n_rows == 0 for count in violations(table, DEMO_SCHEMA, table))


def test_the_same_seed_gives_the_same_table_and_another_seed_another_of_the_same_market():
    first, same, other = demo_table(800, 1), demo_table(800, 1), demo_table(800, 2)
    assert first.fingerprint() == same.fingerprint() != other.fingerprint()
    ranks = [dict(zip(one.column("city"), one.column("city_rank"), strict=True)) for one in (first, other)]
    assert all(ranks[0][city] == ranks[1][city] for city in ranks[0].keys() & ranks[1].keys())


def test_cells_are_missing_for_a_reason(table):
    no_age = np.array([text is None for text in table.column("age")])
    late = np.array([int(hour) >= 20 for hour in table.column("hour")])
    no_interests = np.array([text is None for text in table.column("interests")])
    assert no_age[late].mean() > 1.5 * no_age[~late].mean()
    assert no_interests[no_age].mean() > 3 * no_interests[~no_age].mean()


def test_a_boosted_model_finds_the_signal_and_a_linear_one_nearly(table):
    split = split_holdout(table, DEMO_SCHEMA, 0.3, 0)
    plain = prepare(table, DEMO_SCHEMA).plain
    names = [column.name for column in plain.columns if not column.name.startswith("interests")][:-1]
    features = np.stack([plain.values[name].astype(float) for name in names], axis=1)
    slots = np.eye(6)[plain.codes("slot")]
    campaigns = np.eye(12)[plain.codes("campaign")]
    y = plain.codes("converted")
    boosted = HistGradientBoostingClassifier(max_iter=60, max_depth=3, learning_rate=0.1, random_state=0)
    boosted.fit(features[split.train], y[split.train])
    wide = StandardScaler().fit_transform(np.hstack([features, slots, campaigns]))
    linear = LogisticRegression(C=0.1, max_iter=200).fit(wide[split.train], y[split.train])
    held = split.holdout
    auc = roc_auc_score(y[held], boosted.predict_proba(features[held])[:, 1])
    linear_auc = roc_auc_score(y[held], linear.predict_proba(wide[held])[:, 1])
    assert 0.69 <= auc <= 0.78 and abs(linear_auc - auc) <= 0.04
