"""Clusters survive a round trip through files, and no change to a file goes unseen."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact
from core.graph.clusters.files import CLUSTERS_FILE, MEMBERS_FILE, read_clustering, write_clustering
from core.graph.clusters.model import ClusterCard, Clustering, ModalityReport

REPORT = ModalityReport("brand", 7, "umap", 3, 1, agreement=0.1 + 0.2, note="Größe", warning="Fragile")


@pytest.fixture
def full(clustering: Clustering) -> Clustering:
    carded = clustering.with_cards({0: ClusterCard("Sport", 'Über "alles"\n', ("a", "b"))})
    return replace(carded, reports=(REPORT,))


def test_a_round_trip_loses_nothing(full: Clustering) -> None:
    again = read_clustering(write_clustering(full), full.catalogue)
    assert again.id == full.id
    for field in fields(Clustering):
        before, after = getattr(full, field.name), getattr(again, field.name)
        if isinstance(before, np.ndarray):
            assert (after.dtype, after.tobytes()) == (before.dtype, before.tobytes())
        else:
            assert after == before
    assert write_clustering(again) == write_clustering(full)


def test_every_field_is_part_of_the_content_id(full: Clustering) -> None:
    changed = [
        replace(full, cluster=full.cluster[::-1].copy()),
        replace(full, is_noise=~full.is_noise),
        replace(full, probability=full.probability / 2),
        replace(full, xy=full.xy + 1),
        replace(full, points=full.points + 1),
        replace(full, settings=full.settings.model_copy(update={"map_seed": 9})),
        replace(full, reports=()),
        full.with_cards({0: ClusterCard("Sport")}),
        replace(full, clusters=(replace(full.clusters[0], stability=0.5), *full.clusters[1:])),
    ]
    assert len({full.id, *(clustering.id for clustering in changed)}) == len(changed) + 1


def edited(data: bytes, path: list[str | int], value: object) -> bytes:
    record = json.loads(data)
    place = record
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["clusters", 0, "card", "label"], "Luxury", "was changed after"),
        (["clusters", 0, "exemplars"], ["brand-1"], "was changed after"),
        (["clusters", 0, "exemplars"], ["brand-99"], "does not have"),
        (["clusters", 0, "modality"], "geo", "was changed after"),
        (["settings", "map_seed"], 3, "was changed after"),
        (["reports", 0, "warning"], "", "was changed after"),
        (["reports", 0, "method"], "magic", "cannot be read"),
        (["clusters", 0, "colour"], "red", "cannot be read"),
        (["members_sha256"], "0" * 64, "is not the one"),
        (["scheme"], 2, "another version"),
        (["catalogue"], "0" * 24, "another catalogue"),
        (["clusters"], [], "was changed after"),
    ],
)
def test_a_changed_json_file_is_refused(full: Clustering, path: list[str | int], value: object, message: str) -> None:
    files = write_clustering(full)
    files[CLUSTERS_FILE] = edited(files[CLUSTERS_FILE], path, value)
    with pytest.raises(CorruptArtefact, match=message):
        read_clustering(files, full.catalogue)


def test_another_or_a_damaged_table_is_refused(full: Clustering) -> None:
    files = write_clustering(full)
    other = write_clustering(replace(full, cluster=full.cluster[::-1].copy()))
    for table in (other[MEMBERS_FILE], files[MEMBERS_FILE][:-9], b""):
        with pytest.raises(CorruptArtefact):
            read_clustering({**files, MEMBERS_FILE: table}, full.catalogue)
    for name in (CLUSTERS_FILE, MEMBERS_FILE):
        left = {key: data for key, data in files.items() if key != name}
        with pytest.raises(CorruptArtefact, match=f"{name} is missing"):
            read_clustering(left, full.catalogue)


def test_a_table_that_fits_its_digest_but_no_clustering_is_refused(full: Clustering) -> None:
    import hashlib

    files = write_clustering(full)
    for table in (b"PAR1 no table PAR1", write_clustering(replace(full, points=full.points + 1))[MEMBERS_FILE]):
        patched = edited(files[CLUSTERS_FILE], ["members_sha256"], hashlib.sha256(table).hexdigest())
        with pytest.raises(CorruptArtefact):
            read_clustering({CLUSTERS_FILE: patched, MEMBERS_FILE: table}, full.catalogue)


def test_the_files_belong_to_their_catalogue(full: Clustering) -> None:
    shuffled = Catalogue(full.catalogue.attributes[::-1])
    with pytest.raises(CorruptArtefact, match="another catalogue"):
        read_clustering(write_clustering(full), shuffled)
