"""Whether a configuration's noise can be made of a catalogue at all."""

from collections.abc import Iterator

from core.catalogue.model import Catalogue
from core.errors import Problem
from core.sampler.configuration import DatasetConfig
from core.sampler.configuration_errors import nearest


def noise_problems(config: DatasetConfig, catalogue: Catalogue) -> Iterator[Problem]:
    """Every kind of noise that this configuration asks for in vain, and noise that leaves nothing of any row."""
    noise = config.noise
    if noise.label and len(config.label_params) < 2:
        message = "With a single label there is no other that a row could say by mistake."
        yield Problem(message, "Set the label noise to 0, or add a label.", field="noise.label")
    used = modalities_in_use(config, catalogue)
    for name, chance in noise.missing.items():
        place = f"noise.missing.{name}"
        if name not in catalogue.modalities:
            yield Problem(f"The catalogue has no modality {name!r}.", nearest(name, catalogue.modalities), field=place)
        elif chance and used and name not in used:
            fix = "Remove it, or let rows hold one of its attribute types."
            yield Problem(f"No row holds anything of the modality {name!r}, so it cannot go missing.", fix, field=place)
    if used and all(noise.missing.get(name, 0.0) == 1.0 for name in used):
        message = "Every modality is missing from every row, so nothing is left of any row."
        yield Problem(message, "Lower one of the chances below 1.", field="noise.missing")


def modalities_in_use(config: DatasetConfig, catalogue: Catalogue) -> tuple[str, ...]:
    """The modalities that rows can hold attributes of, in the catalogue's order."""
    types = {name for name, (_, most) in config.type_ranges.items() if most > 0}
    used = {attribute.modality for attribute in catalogue.attributes if attribute.attribute_type in types}
    return tuple(name for name in catalogue.modalities if name in used)
