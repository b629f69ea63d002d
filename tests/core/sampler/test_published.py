"""The published configurations: their figures, and their way onto other catalogues."""

from pathlib import Path

import pytest

from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import InvalidInput, NotFound
from core.progress import finish
from core.sampler.configuration_check import check_config
from core.sampler.encoding import encode_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.published import likely_types, published_config, published_names, with_types
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest

LARGE = Path(__file__).parents[3] / "data" / "catalogues" / "large.csv"
# Label: pos_frac, neg_frac, rows; as published.
FIGURES = {
    "V25": {
        "pos": ((0.45, 1), (0, 0.25), 18_000),
        "neg": ((0, 0.25), (0.45, 1), 18_000),
        "avg": ((0.25, 0.5), (0.25, 0.5), 24_000),
    },
    "V26": {
        "pos": ((0.45, 0.9), (0.1, 0.35), 18_000),
        "neg": ((0.1, 0.35), (0.45, 0.9), 18_000),
        "avg": ((0.25, 0.65), (0.25, 0.65), 24_000),
    },
    "V27": {
        "pos": ((0.2, 1), (0, 0.3), 4_300),
        "neg": ((0, 0.2), (0.2, 1), 4_300),
        "avg": ((0.1, 0.5), (0.1, 0.5), 4_400),
    },
    "V28": {
        "pos": ((0.3387, 0.4387), (0.1192, 0.2444), 24_000),
        "neg": ((0.1035, 0.2259), (0.3833, 0.4833), 24_000),
        "avg": ((0.1035, 0.2259), (0.1192, 0.2444), 72_000),
    },
}


@pytest.mark.parametrize("name", published_names())
def test_a_published_configuration_holds_the_published_figures_and_fits_the_example_graph(name: str) -> None:
    config = published_config(name).config
    held = {
        label: (params.pos_frac_range, params.neg_frac_range, params.num_samples)
        for label, params in config.label_params.items()
    }
    assert held == FIGURES[name]
    assert not check_config(config, make_example(example_named("746")).catalogue)


def test_every_label_of_v28_can_be_drawn_on_the_larger_example() -> None:
    config = published_config("V28").config
    encoding = encode_config(make_example(example_named("1400")), config)
    for label, params in config.label_params.items():
        few = params.model_copy(update={"num_samples": 50})
        rows = finish(sample_label(encoding, LabelRequest(label, few, config.sampler, config.seed)))
        assert len(rows.offsets) == 51


def test_types_are_renamed_left_out_and_never_ask_for_more_than_there_is() -> None:
    catalogue = catalogue_or_error(read_catalogue_file(LARGE))
    config = published_config("V27").config
    mapping = {**dict.fromkeys(config.type_ranges, ""), "brand": "brand", "platform": "platform", "geo": "country"}
    mapped = with_types(config, mapping, catalogue)
    assert mapped.type_ranges == {"brand": (1, 1), "country": (1, 3), "platform": (1, 1)}
    assert mapped.label_params == config.label_params
    assert not check_config(mapped, catalogue)
    scarce = min(catalogue.positions_by_type, key=lambda name: len(catalogue.positions_by_type[name]))
    n = len(catalogue.positions_by_type[scarce])
    [(_, (low, high))] = with_types(
        config, {**dict.fromkeys(config.type_ranges, ""), "gender-generation": scarce}, catalogue
    ).type_ranges.items()
    assert (low, high) == (min(3, n), min(6, n))


def test_a_bad_mapping_is_refused_with_every_fault() -> None:
    catalogue = catalogue_or_error(read_catalogue_file(LARGE))
    config = published_config("V27").config
    mapping = {**dict.fromkeys(config.type_ranges, ""), "brand": "brnd", "geo": "country", "device": "country"}
    del mapping["platform"]
    with pytest.raises(InvalidInput) as refused:
        with_types(config, {**mapping, "continent": "country"}, catalogue)
    assert {problem.field for problem in refused.value.problems} == {"brand", "geo", "platform", "continent"}
    with pytest.raises(InvalidInput, match="No type is mapped"):
        with_types(config, likely_types(config, catalogue) | dict.fromkeys(config.type_ranges, ""), catalogue)


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="V25, V26, V27, V28"):
        published_config("V24")
