"""Which settings of each family a person may change: the budget of its search in sight, the rest folded away."""

from typing import Final, NamedTuple

from app.components.models.setting_fields import SettingField
from core.models.pair_kernel.settings import Flips


class FamilyFields(NamedTuple):
    """`budget`: how much a training may spend on its search; `more`: everything else."""

    budget: tuple[SettingField, ...] = ()
    more: tuple[SettingField, ...] = ()

    @property
    def all(self) -> tuple[SettingField, ...]:
        """Both."""
        return (*self.budget, *self.more)


_TRIALS: Final = SettingField(
    "search.n_trials",
    "Search budget (tries)",
    "How many combinations of settings are tried on part of the rows before the last training. 0 "
    "tries none. More take longer and may score a little better.",
)
_SEARCH_ROWS: Final = SettingField("search.search_rows", "Rows per try", "How many training rows each try is given.")
_SEARCH_EPOCHS: Final = SettingField("search.search_epochs", "Passes per try", "How often each try reads its rows.")
_EPOCHS: Final = SettingField(
    "trainer.epochs",
    "Most passes over the rows",
    "How often the last training reads all rows at most. It stops earlier where its score stands still.",
)
_PATIENCE: Final = SettingField(
    "trainer.patience", "Patience", "After how many passes without a better validation score the training stops."
)
_RATE: Final = SettingField(
    "learning_rate", "Learning rate", "How far each step changes the model: higher is faster and less steady."
)
_BATCH: Final = SettingField("batch_size", "Rows per step", "How many rows are looked at before the model is changed.")

_FIELDS: Final = {
    "edge-count": FamilyFields(
        more=(
            SettingField(
                "n_regions", "Most regions", "Into how many regions the shares of + and − pairs are cut at most."
            ),
            SettingField("least_rows", "Fewest rows per region", "A region with fewer rows is not cut off."),
        )
    ),
    "hierarchical-lightgbm": FamilyFields(
        budget=(_TRIALS,),
        more=(
            _SEARCH_ROWS,
            SettingField(
                "most_ratio",
                "Most rows per row of the rarest label",
                "A label with more rows than this many times those of the rarest label is thinned out.",
            ),
            SettingField("n_threads", "Processor cores", "How many cores the training may use."),
        ),
    ),
    "shared-latent": FamilyFields(budget=(_TRIALS, _EPOCHS), more=(_SEARCH_ROWS, _SEARCH_EPOCHS, _PATIENCE, _RATE)),
    "robust-modality": FamilyFields(
        budget=(_TRIALS, _EPOCHS),
        more=(
            _SEARCH_ROWS,
            _SEARCH_EPOCHS,
            _PATIENCE,
            _RATE,
            _BATCH,
            SettingField(
                "modality_dropout",
                "Share of modalities dropped",
                "In training each modality is left out of a row with this chance, so that no label hangs on one alone.",
            ),
        ),
    ),
    "pair-kernel": FamilyFields(
        budget=(
            SettingField(
                "search_rows",
                "Search budget (rows)",
                "How many training rows are used to find out how alike attributes are.",
            ),
        ),
        more=(
            SettingField(
                "n_pairs",
                "Pairs to keep",
                "How many single pairs the table of estimates holds, those first that the labels speak of most surely.",
            ),
            SettingField(
                "most_iterations", "Most iterations", "After how many steps the estimation stops at the latest."
            ),
            SettingField(
                "flips",
                "Labels that look wrong",
                "Where some training labels seem to be another label's, its certainty can be stated for the true label "
                "or for the label as it would be given, mistakes included.",
                ((Flips.UNDONE, "State the true label's chance"), (Flips.KEPT, "State the given label's chance")),
            ),
        ),
    ),
    "pair-interaction": FamilyFields(
        budget=(_EPOCHS,),
        more=(
            _PATIENCE,
            _RATE,
            _BATCH,
            SettingField("width", "Numbers per attribute", "How finely each attribute is described."),
            SettingField(
                "masked",
                "Share of rows that lose a modality",
                "In training, so that a missing modality does not break it.",
            ),
        ),
    ),
}


def fields_of(family: str) -> FamilyFields:
    """The fields of a family; none for one that nothing can be set of."""
    return _FIELDS.get(family, FamilyFields())
