"""Files of facts in a workspace: kept as they came, read the same again, refused with every fault."""

import pytest

from core.catalogue.model import Attribute
from core.errors import CorruptArtefact, InvalidInput, NotFound
from core.knowledge.fact_files import read_facts
from core.store.workspace import Workspace
from core.workflows.evidence import EVIDENCE, load_evidence, save_evidence

TABLE = "attribute,fact\nRolex,Never beside discounts.\nCafé Lovers,Mornings only.\n".encode()
TEXT = b"# Rules\n\n- TikTok is for the young.\n- Rolex and TikTok do not meet.\n"
ROLEX = Attribute("b1", "Rolex", "brand", "brand")


@pytest.mark.parametrize(("data", "name", "n_facts"), [(TABLE, "rules.csv", 2), (TEXT, "rules.md", 2)])
def test_a_file_is_read_again_as_it_was(workspace: Workspace, data: bytes, name: str, n_facts: int) -> None:
    reading = read_facts(data, name)
    saved = save_evidence(workspace, reading, data)
    facts = load_evidence(workspace, saved.id)
    assert facts == reading.facts
    assert facts.fingerprint == saved.id
    assert saved.manifest.facts == {"n_facts": n_facts, "filename": name}
    assert workspace.artefacts.read(saved, name) == data
    assert len(facts.facts_about(ROLEX)) == 1


def test_the_same_file_is_kept_once_and_another_name_is_another_citation(workspace: Workspace) -> None:
    first = save_evidence(workspace, read_facts(TABLE, "rules.csv"), TABLE)
    again = save_evidence(workspace, read_facts(TABLE, "rules.csv"), TABLE)
    other = save_evidence(workspace, read_facts(TABLE, "spring.csv"), TABLE)
    assert first.id == again.id != other.id
    assert len(workspace.artefacts.list(EVIDENCE)) == 2
    assert load_evidence(workspace, other.id).facts_about(ROLEX)[0].source == "spring.csv, row 2"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "rules.csv"),
        (b"", "rules.md"),
        (b"\x00\xff\xfe\x01garbage\x00", "rules.csv"),
        (b"colour,shape\nred,round\n", "rules.csv"),
        (b"attribute,fact\nRolex,\n,Nothing\n", "rules.csv"),
    ],
)
def test_a_file_without_usable_facts_is_refused_and_not_kept(workspace: Workspace, data: bytes, name: str) -> None:
    reading = read_facts(data, name)
    assert reading.facts is None and reading.problems
    with pytest.raises(InvalidInput) as caught:
        save_evidence(workspace, reading, data)
    assert caught.value.problems == reading.problems
    assert workspace.artefacts.list(EVIDENCE) == ()


def test_unknown_and_damaged_files_say_so(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        load_evidence(workspace, "0" * 64)
    saved = save_evidence(workspace, read_facts(TABLE, "rules.csv"), TABLE)
    path = workspace.artefacts.path(saved, "rules.csv")
    path.chmod(0o644)
    path.write_bytes(TABLE + b"Nike,Run.\n")
    with pytest.raises(CorruptArtefact):
        load_evidence(workspace, saved.id)
