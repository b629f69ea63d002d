"""Versions of prompts: kept whole under their content id, with what they were made from."""

import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound
from core.graph.prompts import PromptSet, shipped_prompts
from core.store.workspace import Workspace
from core.workflows.prompts import PROMPTS, changed_prompts, load_prompts, save_prompts


def edited(prompts: PromptSet, *names: str) -> PromptSet:
    for name in names:
        prompts = prompts.edited(name, f"Be brief.\n{prompts.template(name)}")
    return prompts


def test_a_version_is_read_as_it_was_saved(workspace: Workspace) -> None:
    prompts = edited(shipped_prompts(), "sign", "enrich.geo")
    saved = save_prompts(workspace, prompts, "Brief")
    assert load_prompts(workspace, saved.id) == prompts
    assert saved.id == prompts.id != shipped_prompts().id
    assert saved.manifest.facts["edited"] == ["enrich.geo", "sign"]
    assert saved.manifest.parents == {}


def test_no_id_means_the_shipped_prompts(workspace: Workspace) -> None:
    assert load_prompts(workspace, "") == shipped_prompts()
    assert workspace.artefacts.list(PROMPTS) == ()


def test_a_version_knows_what_it_was_made_from(workspace: Workspace) -> None:
    first = save_prompts(workspace, edited(shipped_prompts(), "sign"), "First")
    second = save_prompts(workspace, edited(load_prompts(workspace, first.id), "label"), "Second", first.id)
    assert second.manifest.parents == {PROMPTS: first.id}
    assert second.manifest.facts["edited"] == ["label", "sign"]
    newer, older = load_prompts(workspace, second.id), load_prompts(workspace, first.id)
    assert changed_prompts(newer, older) == ["label"]


def test_the_same_prompts_are_one_version(workspace: Workspace) -> None:
    prompts = edited(shipped_prompts(), "score")
    first = save_prompts(workspace, prompts, "One")
    again = save_prompts(workspace, PromptSet(templates=dict(reversed(prompts.templates.items()))), "Two")
    assert (again.id, again.manifest.title) == (first.id, "One")
    assert len(workspace.artefacts.list(PROMPTS)) == 1


def test_a_faulty_set_never_gets_as_far_as_the_store(workspace: Workspace) -> None:
    with pytest.raises(InvalidInput) as caught:
        shipped_prompts().edited("sign", "{primary.__class__} {oops} {targets} {nonce}")
    assert len(caught.value.problems) == 3  # two that are none, and the primary attribute is missing
    assert workspace.artefacts.list(PROMPTS) == ()


def test_unknown_and_damaged_versions_say_so(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        load_prompts(workspace, "0" * 64)
    saved = save_prompts(workspace, edited(shipped_prompts(), "sign"), "Brief")
    path = workspace.artefacts.path(saved, "prompts.json")
    path.chmod(0o644)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(CorruptArtefact):
        load_prompts(workspace, saved.id)
