"""Files of expert rules in a workspace: facts that are given to a model as evidence."""

from core.knowledge.fact_files import FactFile, FactReading, facts_or_error, read_facts
from core.store.artefacts import Artefact
from core.store.workspace import Workspace

EVIDENCE = "evidence"


def save_evidence(workspace: Workspace, reading: FactReading, data: bytes) -> Artefact:
    """Store a file that was read, under the content id of its facts; `InvalidInput` when it holds none."""
    facts = facts_or_error(reading)
    told = {"n_facts": len(facts.notes), "filename": reading.filename}
    return workspace.artefacts.save(EVIDENCE, facts.fingerprint, reading.filename, {reading.filename: data}, told, {})


def load_evidence(workspace: Workspace, evidence_id: str) -> FactFile:
    """Read a stored file again; `NotFound` when there is none."""
    artefact = workspace.artefacts.get(EVIDENCE, evidence_id)
    filename = str(artefact.manifest.facts["filename"])
    return facts_or_error(read_facts(workspace.artefacts.read(artefact, filename), filename))
