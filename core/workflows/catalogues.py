"""Catalogues in a workspace: save what was read, load it again, compare versions."""

from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue
from core.catalogue.writing import catalogue_csv
from core.store.artefacts import Artefact
from core.store.workspace import Workspace

CATALOGUE = "catalogue"
_FILE = "catalogue.csv"


def save_catalogue(workspace: Workspace, catalogue: Catalogue, title: str) -> Artefact:
    """Store a catalogue under its content id; the same content twice is one version, first title kept."""
    facts = {
        "n_attributes": len(catalogue),
        "n_pairs": catalogue.n_pairs,
        "modalities": {name: len(positions) for name, positions in catalogue.positions_by_modality.items()},
        "attribute_types": {name: len(positions) for name, positions in catalogue.positions_by_type.items()},
    }
    return workspace.artefacts.save(CATALOGUE, catalogue.id, title, {_FILE: catalogue_csv(catalogue)}, facts, {})


def load_catalogue(workspace: Workspace, catalogue_id: str) -> Catalogue:
    """Read a stored catalogue; `NotFound` when there is none, `CorruptArtefact` when its bytes were changed."""
    artefact = workspace.artefacts.get(CATALOGUE, catalogue_id)
    return catalogue_or_error(read_catalogue(workspace.artefacts.read(artefact, _FILE), _FILE))
