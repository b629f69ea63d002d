"""A whole report: methods whose figures are known beforehand, and what cannot be judged."""

import numpy as np
import pyarrow as pa
import pytest

from core.errors import InvalidInput
from core.progress import finish
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.report.attacks import attribute_attacks
from core.tabular.report.headlines import HEADLINES, headline_named
from core.tabular.report.html import to_html
from core.tabular.report.judging import ANCHORS, Ground, ground_of, judge, judge_all
from core.tabular.report.method import Method
from core.tabular.report.model import MethodReport, Report
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable

TABLE = demo_table(1500, seed=4)
TRAIN, HOLDOUT, FRESH = (TABLE.take(np.arange(*part)) for part in ((0, 700), (700, 1100), (1100, 1500)))


@pytest.fixture(scope="module")
def report() -> Report:
    notes: list[str] = []
    report = finish(
        judge_all([Method("fresh", "<Fresh> & new", FRESH)], TRAIN, HOLDOUT, DEMO_SCHEMA, 1),
        lambda progress: notes.append(progress.note),
    )
    assert len(notes) > 60
    return report


def _read(method: MethodReport, name: str) -> float:
    value = headline_named(name).read(method)
    assert value is not None
    return value


def test_the_anchors_come_first_and_the_report_survives_json(report: Report) -> None:
    assert tuple(method.name for method in report.methods) == (*ANCHORS, "fresh")
    assert [method.is_anchor for method in report.methods] == [True] * 5 + [False]
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert (report.positive, report.target) == ("1", "converted")


def test_a_copy_is_perfectly_like_and_every_attack_but_a_rare_one_succeeds(report: Report) -> None:
    copy = report.method("verbatim-copy")
    assert copy.fidelity is not None
    assert copy.privacy is not None
    assert copy.fidelity.discriminator.auc.low < 0.5
    assert _read(copy, "violations") == 0
    assert _read(copy, "dcr-share") == 1.0
    assert _read(copy, "exact-copies") == 1.0
    assert _read(copy, "membership") == 1.0
    assert {a.name for a in copy.privacy.attacks if not a.succeeded} <= {"attribute-converted"}
    assert "succeeded:" in copy.privacy.statement
    assert _read(copy, "logistic-ratio") == 1.0


def test_a_shuffle_passes_single_columns_and_propensity_and_fails_the_discriminator(report: Report) -> None:
    copy, shuffle = report.method("verbatim-copy"), report.method("column-shuffle")
    assert _read(shuffle, "ks") == pytest.approx(_read(copy, "ks"))
    assert _read(shuffle, "shape") == pytest.approx(_read(copy, "shape"))
    assert shuffle.fidelity is not None
    assert shuffle.fidelity.propensity_auc.low < 0.55
    assert _read(shuffle, "discriminator") > 0.95
    assert shuffle.fidelity.discriminator.giveaways[0].feature.startswith("breaks ")
    assert _read(shuffle, "pair-trends") < _read(copy, "pair-trends") - 0.01
    assert shuffle.fidelity.worst_pairs[0].score < 0.6
    assert _read(shuffle, "violations") > 500
    assert shuffle.fidelity.missing.distance > 0.08


def test_real_rows_and_fresh_ones_leak_nobody(report: Report) -> None:
    for name in ("real-holdout", "fresh"):
        method = report.method(name)
        assert method.privacy is not None
        assert method.privacy.dcr_share.value == pytest.approx(0.5, abs=0.12)
        assert method.privacy.statement == "No attack of this list succeeded."
    real = report.method("real-holdout").fidelity
    assert real is not None
    assert real.discriminator.auc.low < 0.5 < real.discriminator.auc.high


def test_smote_is_between_a_copy_and_real_rows(report: Report) -> None:
    smote = report.method("smote-anchor")
    assert _read(smote, "violations") == 0
    assert 0.6 < _read(smote, "membership") < 1.0
    assert _read(smote, "dcr-share") > 0.7


def test_the_constant_predictor_is_chance_whatever_model_it_stands_for(report: Report) -> None:
    constant = report.method("constant-predictor")
    assert constant.fidelity is None
    assert constant.privacy is None
    assert constant.utility is not None
    for model in constant.utility.models:
        assert model.roc_auc.value == 0.5
        assert model.average_precision.value == pytest.approx(report.reference.positive_share)
        assert model.at_half.accuracy == pytest.approx(1 - (report.reference.positive_share or 0))


def test_every_headline_is_read_and_no_text_promises_what_nobody_can_keep(report: Report) -> None:
    page = to_html(report)
    for headline in HEADLINES:
        assert headline.read(report.method("fresh")) is not None or headline.name == "minority-discriminator"
        assert headline.title.encode() in page
    assert b"anonymous" not in page.lower() + report.model_dump_json().lower().encode()


def test_the_page_is_one_file_and_escapes_what_users_write(report: Report) -> None:
    page = to_html(report).decode()
    assert "<Fresh>" not in page
    assert "&lt;Fresh&gt; &amp; new" in page
    assert not any(word in page for word in ("src=", "href=", "<script", "url("))
    assert page.count("<svg") > 2 * len(report.reference.columns)
    for anchor in report.anchors:
        assert page.count(anchor.title) > 3


@pytest.fixture(scope="module")
def ground() -> Ground:
    return finish(ground_of(TRAIN, HOLDOUT, DEMO_SCHEMA, 1))


def _judged(table: RawTable, ground: Ground) -> MethodReport:
    return finish(judge(Method("m", "M", table), TRAIN, HOLDOUT, DEMO_SCHEMA, 1, ground))


def test_the_same_seed_gives_the_same_report(report: Report, ground: Ground) -> None:
    again = _judged(FRESH, ground)
    before = report.method("fresh")
    assert (again.fidelity, again.utility, again.privacy) == (before.fidelity, before.utility, before.privacy)


def test_a_leak_of_some_rows_is_found(ground: Ground) -> None:
    leaked = TRAIN.take(np.arange(200)).concat(FRESH.take(np.arange(200)))
    method = _judged(leaked, ground)
    assert method.privacy is not None
    assert method.privacy.copies.exact_share == pytest.approx(0.5)
    assert method.privacy.copies.holdout_exact_share == 0.0
    assert any(attack.succeeded for attack in method.privacy.attacks if attack.name.startswith("membership"))
    assert method.privacy.dcr_share.low > 0.6


def test_without_a_positive_row_a_model_is_worth_nothing_and_the_report_says_why(ground: Ground) -> None:
    negative = FRESH.take(np.flatnonzero(np.array(FRESH.column("converted")) == "0"))
    method = _judged(negative, ground)
    assert method.utility is not None
    assert [model.roc_auc.value for model in method.utility.models] == [0.5] * len(method.utility.models)
    assert method.utility.augmentation is None
    assert method.fidelity is not None
    assert method.fidelity.minority is None
    assert method.notes == (
        "No synthetic row is of the class '1': nothing can be learnt of it.",
        "Inference of converted was not tried: fewer than 20 rows to try it on.",
    )


def test_broken_rules_and_unseen_values_are_counted(ground: Ground) -> None:
    cells = dict(FRESH.cells)
    cells["city"] = pa.array(["Atlantis"] * len(FRESH))
    cells["clicks"] = pa.array(["many"] * len(FRESH))
    method = _judged(RawTable(FRESH.columns, cells), ground)
    assert method.fidelity is not None
    counts = {rule.rule: rule.n_rows for rule in method.fidelity.violations}
    assert counts["city: values never seen"] == 400
    assert counts["clicks: cells that do not read"] == 400
    assert method.fidelity.discriminator.auc.value > 0.99
    assert next(c for c in method.fidelity.columns if c.column == "clicks").ks == 1.0


def test_no_target_gives_no_utility_and_says_so() -> None:
    schema = TableSchema(columns=DEMO_SCHEMA.columns, dependencies=DEMO_SCHEMA.dependencies)
    ground = finish(ground_of(TRAIN.take(np.arange(200)), HOLDOUT.take(np.arange(100)), schema, 1))
    method = finish(judge(Method("fresh", "Fresh", FRESH), TRAIN, HOLDOUT, schema, 1, ground))
    assert method.utility is None
    assert "no target" in method.notes[0]
    reference = ground.bench.reference
    assert reference.positive_share is None
    report = Report(target="", positive="", n_train=2, n_holdout=1, seed=1, reference=reference, methods=(method,))
    assert b"nothing is predicted" in to_html(report)


def test_a_secret_without_victims_is_not_attacked(ground: Ground) -> None:
    bench = ground.bench
    negative = bench.holdout.take(np.flatnonzero(~bench.is_positive(bench.holdout)))
    attacks = finish(attribute_attacks(bench.train, negative, bench))
    assert attacks
    assert "attribute-converted" not in {attack.name for attack in attacks}


def test_every_problem_of_the_methods_is_named_at_once() -> None:
    short = Method("column-shuffle", "Short", FRESH.take(np.arange(3)))
    narrow = Method("narrow", "Narrow", FRESH.select(["day", "city"]))
    with pytest.raises(InvalidInput) as error:
        finish(judge_all([short, narrow, narrow], TRAIN, HOLDOUT, DEMO_SCHEMA, 1))
    texts = " ".join(map(str, error.value.problems))
    for part in ("Two methods are called 'narrow'", "name of an anchor", "has 3 rows", "lacks the columns hour"):
        assert part in texts


def test_sides_too_small_and_a_holdout_without_the_rarest_class_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"training rows are 5; a report needs 20 or more\. Take a larger table"):
        finish(judge_all([], TRAIN.take(np.arange(5)), HOLDOUT, DEMO_SCHEMA, 1))
    with pytest.raises(InvalidInput, match=r"holdout rows are 19; a report needs 20 or more\. Confirm the"):
        finish(judge_all([], TRAIN, HOLDOUT.take(np.arange(19)), DEMO_SCHEMA, 1))
    negative = HOLDOUT.take(np.flatnonzero(np.array(HOLDOUT.column("converted")) == "0"))
    with pytest.raises(InvalidInput, match="no row of the rarest class"):
        finish(judge_all([], TRAIN, negative, DEMO_SCHEMA, 1))
    only = TRAIN.take(np.flatnonzero(np.array(TRAIN.column("converted")) == "0"))
    with pytest.raises(InvalidInput, match="nothing to tell apart"):
        finish(judge_all([], only, negative, DEMO_SCHEMA, 1))


def test_constant_unique_and_empty_columns_are_judged() -> None:
    rng = np.random.default_rng(0)
    n = 120
    table = RawTable.of(
        {
            "constant": ["x"] * 3 * n,
            "unique": [f"u{i}" for i in range(3 * n)],
            "still": ["7"] * 3 * n,
            "mostly_empty": [None] * (3 * n - 1) + ["1"],
            "target": ["yes" if v < 0.3 else "no" for v in rng.random(3 * n)],
        }
    )
    kinds = (ColumnKind.CATEGORY, ColumnKind.CATEGORY, ColumnKind.INTEGER, ColumnKind.INTEGER, ColumnKind.CATEGORY)
    columns = tuple(Column(name=name, kind=kind) for name, kind in zip(table.columns, kinds, strict=True))
    schema = TableSchema(columns=columns, target="target")
    train, holdout, made = (table.take(np.arange(i * n, (i + 1) * n)[::-1]) for i in (2, 0, 1))
    made = RawTable(made.columns, {**made.cells, "unique": train.cells["unique"]})
    method = finish(judge(Method("m", "M", made), train, holdout, schema, 0))
    assert method.fidelity is not None
    assert method.fidelity.propensity_auc.value == pytest.approx(0.5, abs=0.12)


def test_cancelling_in_the_middle_ends_at_the_next_step() -> None:
    steps = judge_all([], TRAIN, HOLDOUT, DEMO_SCHEMA, 1)
    for _ in range(5):
        next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)
