"""Every family of synthesizers, by name.

Settings are importable without any library of the families; a family's module, with torch or xgboost where
it needs them, is imported when something is fitted or loaded, since they belong in a process of their own.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from pydantic import BaseModel

from core.errors import NotFound, ValenceError
from core.progress import Steps
from core.tabular.engines.autoregressive_settings import AutoregressiveSettings
from core.tabular.engines.ctgan_settings import CtganSettings
from core.tabular.engines.dp_mst_settings import DpMstSettings
from core.tabular.engines.gpt2_tabular_settings import Gpt2TabularSettings
from core.tabular.engines.gpt2_text_settings import Gpt2TextSettings
from core.tabular.engines.masked_transformer_settings import MaskedTransformerSettings
from core.tabular.engines.smote_settings import (
    GmmSmoteSettings,
    SmoteKnnSettings,
    SmoteNcSettings,
    SmoteSvmSettings,
    SmoteTomekSettings,
)
from core.tabular.engines.tab_ddpm_settings import TabDdpmSettings
from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.engines.tvae_settings import TvaeSettings
from core.tabular.plain import PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer, SynthesizerFamily

INSTALL: Final = "Install the synthesizers' libraries: pip install 'valence[tabular]' torch"


def _fit_of(module: str) -> Callable[[PlainTable, Any, int, float], Steps[Synthesizer]]:
    """The `fit` of a module, imported when it is called."""

    def fit(table: PlainTable, settings: Any, seed: int, budget_s: float) -> Steps[Synthesizer]:
        fitted: Synthesizer = yield from import_module(module).fit(table, settings, seed, budget_s)
        return fitted

    return fit


def _load_of(module: str) -> Callable[[SavedModel], Synthesizer]:
    """The `load` of a module, imported when it is called."""

    def load(saved: SavedModel) -> Synthesizer:
        loaded: Synthesizer = import_module(module).load(saved)
        return loaded

    return load


def _family(
    name: str, title: str, settings: type[BaseModel], about: str, needs: tuple[str, ...] = ()
) -> SynthesizerFamily:
    """The entry of the engine whose module is called like the family."""
    module = f"core.tabular.engines.{name.replace('-', '_')}"
    return SynthesizerFamily(name, title, about, needs, settings, _fit_of(module), _load_of(module))


_TORCH: Final = ("torch",)
_TORCH_XGBOOST: Final = ("torch", "xgboost")  # boosted judges decide which draws are accepted

FAMILIES: Final[tuple[SynthesizerFamily, ...]] = (
    _family(
        "tree-sampler",
        "Tree sampler",
        TreeSamplerSettings,
        "Draws column after column from the leaf of a decision tree over the columns before it; ours, in seconds.",
    ),
    _family(
        "dp-mst",
        "Private marginals (DP-MST)",
        DpMstSettings,
        "Measures chosen pairs of columns with noise, for a stated epsilon, and samples the tree that joins them.",
    ),
    _family(
        "smote-knn",
        "SMOTE",
        SmoteKnnSettings,
        "Places rows between a row and one of its nearest neighbours of the same class; codes follow the nearer one.",
    ),
    _family(
        "smote-svm",
        "SVM-SMOTE",
        SmoteSvmSettings,
        "SMOTE from the rows that a support vector machine leans on, outwards where their class prevails.",
    ),
    _family(
        "smote-nc",
        "SMOTE-NC",
        SmoteNcSettings,
        "SMOTE for numbers; a row's neighbours vote on its codes.",
    ),
    _family(
        "gmm-smote",
        "GMM-SMOTE",
        GmmSmoteSettings,
        "SMOTE between rows of one component of a Gaussian mixture, which may lie further apart than neighbours.",
    ),
    _family(
        "smote-tomek",
        "SMOTE and Tomek links",
        SmoteTomekSettings,
        "SMOTE without the made rows that sit closest to a row of another class.",
    ),
    _family(
        "autoregressive",
        "Autoregressive networks",
        AutoregressiveSettings,
        "A network for each column that reads the columns before it.",
        _TORCH,
    ),
    _family(
        "masked-transformer",
        "Masked transformer",
        MaskedTransformerSettings,
        "One transformer over the columns, trained on all prefixes and on random orders: any columns may be given.",
        _TORCH,
    ),
    _family(
        "tab-ddpm",
        "TabDDPM",
        TabDdpmSettings,
        "Removes noise step by step: Gaussian for numbers, multinomial for codes.",
        _TORCH,
    ),
    _family(
        "ctgan",
        "CTGAN",
        CtganSettings,
        "A generator against a critic of packed rows, with a given code and numbers as modes.",
        _TORCH_XGBOOST,
    ),
    _family(
        "ctgan-tomek",
        "CTGAN and SMOTETomek",
        CtganSettings,
        "CTGAN trained on a table whose rare class is filled up by SMOTE and cleared of Tomek links.",
        _TORCH_XGBOOST,
    ),
    _family(
        "tvae",
        "TVAE",
        TvaeSettings,
        "A variational autoencoder of rows, with numbers as modes.",
        _TORCH_XGBOOST,
    ),
    _family(
        "gpt2-tabular",
        "Tabular GPT-2",
        Gpt2TabularSettings,
        "A language model from scratch over row, column and type tokens, decoded by a grammar.",
        _TORCH,
    ),
    _family(
        "gpt2-text",
        "GPT-2 on text",
        Gpt2TextSettings,
        "A language model from scratch over rows written as sentences.",
        _TORCH,
    ),
)

DEFAULT_FAMILY: Final = "tree-sampler"


def family_named(name: str) -> SynthesizerFamily:
    """The family; `NotFound` lists those there are."""
    for family in FAMILIES:
        if family.name == name:
            return family
    names = ", ".join(family.name for family in FAMILIES)
    raise NotFound(f"There is no family of synthesizers called {name!r}.", f"There are: {names}.")


def missing_libraries(family: SynthesizerFamily) -> tuple[str, ...]:
    """Modules that the family needs and that are not installed here; none is imported to find out."""
    return tuple(name for name in family.needs if find_spec(name) is None)


def check_installed(family: SynthesizerFamily) -> None:
    """`ValenceError` naming every library that the family lacks, and the command that installs them."""
    missing = missing_libraries(family)
    if missing:
        raise ValenceError(f"{family.title} needs {' and '.join(missing)}, not installed here.", f"{INSTALL}.")
