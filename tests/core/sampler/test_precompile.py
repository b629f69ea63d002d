"""What set-up compiles is what a first run needs."""

import json
import subprocess
import sys

_FIRST_RUN = """
import json
from core.progress import finish
from core.sampler import kernels
from core.sampler.encoding import encode_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.precompile import precompile
from core.sampler.published import published_config
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest

def compiled():
    used = (kernels.draw_subgraphs, kernels.draw_rows, kernels.walk_rows)
    return [len(kernel.signatures) for kernel in used]

precompile()
before, methods = compiled(), set()
config = published_config("V28").config
encoding = encode_config(make_example(example_named("1400")), config)
for name, params in config.label_params.items():
    few = params.model_copy(update={"num_samples": 3})
    methods.add(finish(sample_label(encoding, LabelRequest(name, few, config.sampler, 1), n_workers=2)).method)
print(json.dumps({"before": before, "after": compiled(), "methods": sorted(methods)}))
"""


def test_a_first_run_finds_its_kernels_compiled() -> None:
    out = subprocess.run([sys.executable, "-c", _FIRST_RUN], check=True, capture_output=True, text=True).stdout
    assert json.loads(out) == {"before": [1] * 3, "after": [1] * 3, "methods": ["annealing", "rejection"]}
