"""Compile the kernels at set-up, so that nobody's first run waits for them: `python -m core.sampler.precompile`."""

from core.progress import finish
from core.sampler.configuration import SearchMethod
from core.sampler.encoding import encode_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.published import published_config
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest


def precompile() -> None:
    """Draw a row by each method, without soft pairs; numba keeps what it compiled beside the code."""
    config = published_config("V27").config
    encoding = encode_config(make_example(example_named("746")), config)
    name, params = next(iter(config.label_params.items()))
    one = params.model_copy(update={"num_samples": 1})
    for method in (SearchMethod.REJECTION, SearchMethod.ANNEALING):
        settings = config.sampler.model_copy(update={"method": method})
        finish(sample_label(encoding, LabelRequest(name, one, settings, config.seed), n_workers=1))


if __name__ == "__main__":
    precompile()
