"""How long a network is trained on a small table."""

from core.tabular.engines.networks.settings import TrainerSettings


def capped(trainer: TrainerSettings, most_passes: int, n_rows: int) -> TrainerSettings:
    """The trainer with as many steps as pass `most_passes` times over the rows, or its own where they are fewer."""
    steps = -(-most_passes * n_rows // min(trainer.batch_rows, n_rows))
    return trainer.model_copy(update={"steps": min(trainer.steps, steps)})
