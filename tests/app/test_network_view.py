import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import services
from app.network_address import SIGNS, NetworkAddress
from app.network_layout import MAX_NEIGHBOURS, lay_out_neighbourhood
from app.network_view import draw_neighbourhood, network_route
from app.theme import NEGATIVE, POSITIVE
from core.catalogue.model import Attribute, Catalogue
from core.graph.edges_csv import write_edges
from core.graph.model import Outcome, Verdict, graph_from_verdicts, signed_graph, verdict_table
from core.graph.pair_table import PairTable, pair_table
from core.store.artefacts import Artefact
from core.workflows.catalogues import save_catalogue
from core.workflows.graphs import save_uploaded_graph

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<a href='http://evil.example/'>click</a>",
    "</body></head> {{ 7*7 }} {% raw %}",
    'O\'Neill & "Sons" \\ `tick`',
    "http://evil.example/?src=1",
)
POLICY = {
    "sandbox": "allow-scripts",
    "default-src": "'none'",
    "script-src": "'unsafe-inline'",
    "style-src": "'unsafe-inline'",
    "img-src": "data:",
}


def star(sizes: dict[str, tuple[int, int]], seed: int = 0) -> PairTable:
    """One `middle` attribute, and per modality as many + and - neighbours of random strength, plus a neutral one."""
    attributes, outcomes = [Attribute("middle", "Middle", "centre", "centre")], []
    for modality, (n_positive, n_negative) in sizes.items():
        wanted = [Outcome.POSITIVE] * n_positive + [Outcome.NEGATIVE] * n_negative + [Outcome.NEUTRAL]
        attributes += [Attribute(f"{modality}-{i}", f"{modality} {i}", modality, modality) for i in range(len(wanted))]
        outcomes += wanted
    n = len(outcomes)
    strength = np.random.default_rng(seed).permutation(n).astype(np.float32) / n
    said = [Verdict(outcome, float(strength[i]), f"reason {i}") for i, outcome in enumerate(outcomes)]
    ends = np.zeros(n, np.int32), np.arange(1, n + 1, dtype=np.int32)
    verdicts = verdict_table(*ends, said, np.zeros(n, np.int32), "oracle")
    return pair_table(graph_from_verdicts(Catalogue(tuple(attributes)), verdicts), verdicts)


def hostile_catalogue() -> Catalogue:
    """Hostile texts wherever a user can put them: values, ids and modalities."""
    brands = [Attribute(f"brand {text}", text, "brand", "brand") for text in HOSTILE]
    others = [Attribute(f"a{number}", text, text, f"type {number}") for number, text in enumerate(HOSTILE)]
    return Catalogue((*brands, *others))


def joined_to_all(catalogue: Catalogue) -> PairTable:
    """The first attribute with every attribute of another modality, signs in turn."""
    others = [i for i, a in enumerate(catalogue.attributes) if a.modality != catalogue.attributes[0].modality]
    signs = np.array([1 if i % 2 else -1 for i in others], np.int8)
    return pair_table(signed_graph(catalogue, np.zeros(len(others), np.int32), np.array(others, np.int32), signs), None)


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def data_set(page: str, name: str) -> list[dict[str, object]]:
    """The nodes or edges of a drawn page, read back from its script."""
    found = re.search(rf"^\s*{name} = new vis\.DataSet\((.*)\);$", page, re.MULTILINE)
    assert found
    rows: list[dict[str, object]] = json.loads(found[1])
    return rows


@pytest.fixture
def stored(home: Path) -> Artefact:
    """An uploaded graph of the hostile catalogue, in the workspace `work`."""
    workspace = services.workbench().create("work").workspace
    catalogue = hostile_catalogue()
    table = joined_to_all(catalogue)
    save_catalogue(workspace, catalogue, "Hostile")
    edges = write_edges(signed_graph(catalogue, table.source, table.target, table.outcome))
    return save_uploaded_graph(workspace, catalogue.id, edges, "edges.csv")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[network_route]))


def policy_of(header: str) -> dict[str, str]:
    return {part.strip().partition(" ")[0]: part.strip().partition(" ")[2] for part in header.split(";")}


def test_the_route_serves_the_neighbourhood_without_origin_or_network(stored: Artefact, client: TestClient) -> None:
    catalogue = hostile_catalogue()
    answer = client.get(NetworkAddress("work", stored.id, catalogue.attributes[0].id, theme="dark").url())

    assert answer.status_code == 200
    assert policy_of(answer.headers["content-security-policy"]) == POLICY
    labels = {str(node["hint"]).split("\n")[0] for node in data_set(answer.text, "nodes")}
    others = [a for a in catalogue.attributes if a.modality != "brand"]
    assert labels == {f"{a.value} ({a.modality})" for a in (catalogue.attributes[0], *others)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"workspace": "nowhere"}, "There is no workspace"),
        ({"graph": "f" * 24}, "There is no graph"),
        ({"graph": "../../etc"}, "is no artefact id"),
        ({"attribute": "<script>alert(1)</script>"}, "There is no attribute"),
        ({"signs": "<b>"}, "is not a choice of signs"),
        ({"theme": "neon"}, "is not a choice of theme"),
        ({"workspace": "", "graph": "", "attribute": ""}, "There is no workspace"),
    ],
)
def test_what_does_not_exist_is_said_in_a_sentence(
    stored: Artefact, client: TestClient, changes: dict[str, str], says: str
) -> None:
    query = {"workspace": "work", "graph": stored.id, "attribute": "a0", "signs": "both", "theme": "light", **changes}
    answer = client.get("/view/network", params=query)

    assert answer.status_code == 404
    assert says in answer.text
    assert [tag for tag, _ in Tags(answer.text).tags] == ["p"]
    assert policy_of(answer.headers["content-security-policy"]) == POLICY


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_labels_stay_text_and_nothing_is_loaded_from_elsewhere(theme: str) -> None:
    table = joined_to_all(hostile_catalogue())
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, 0, (1, -1)), theme)
    plain_table = joined_to_all(Catalogue(tuple(Attribute(f"i{i}", "x", f"m{i}", "t") for i in range(7))))
    plain_page = draw_neighbourhood(plain_table, lay_out_neighbourhood(plain_table, 0, (1, -1)), theme)

    tags = Tags(page).tags
    # The same page but for its texts: hostile ones add no tag, and switch none of the library's HTML tooltips on.
    assert Counter(tag for tag, _ in tags) == Counter(tag for tag, _ in Tags(plain_page).tags)
    assert "popup" not in page.split("function drawGraph")[1]
    assert not [attributes for _, attributes in tags if {"src", "href", "onerror"} & set(attributes)]
    assert "stylesheet" not in {attributes.get("rel") for _, attributes in tags}


def test_titles_never_reach_the_library_that_would_take_them_for_html() -> None:
    table = joined_to_all(hostile_catalogue())
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, 0, (1, -1)), "light")

    assert not [item for item in data_set(page, "nodes") + data_set(page, "edges") if "title" in item]


def test_edges_wear_the_colour_and_the_stroke_of_their_sign() -> None:
    table = star({"audience": (3, 2), "geo": (1, 4)})
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, 0, (1, -1)), "light")
    signs = {int(t): int(o) for t, o in zip(table.target, table.outcome, strict=True) if o != Outcome.NEUTRAL}

    drawn = {edge["to"]: edge for edge in data_set(page, "edges")}
    assert set(drawn) == set(signs)
    for position, sign in signs.items():
        assert drawn[position]["color"]["color"] == (POSITIVE if sign > 0 else NEGATIVE)  # type: ignore[index]
        assert bool(drawn[position]["dashes"]) == (sign < 0)
    assert "+ works together (4)" in page and "− conflicts (6)" in page


def test_hovering_tells_name_sign_strength_and_reason() -> None:
    table = star({"audience": (1, 0)})
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, 0, (1, -1)), "light")
    hints = [str(node["hint"]) for node in data_set(page, "nodes")]

    assert hints[1] == f"audience 0 (audience)\n+ works together, strength {table.strength[0]:.2f}\nreason 0"


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["audience", "geo", "platform", "device"]),
        st.tuples(st.integers(0, 70), st.integers(0, 70)),
        max_size=4,
    ),
    st.sampled_from(list(SIGNS)),
)
def test_the_layout_leaves_out_only_what_does_not_fit(sizes: dict[str, tuple[int, int]], chosen: str) -> None:
    table = star(sizes)
    signs = SIGNS[chosen]
    view = lay_out_neighbourhood(table, 0, signs)
    groups = {
        (modality, sign): n for modality, counts in sizes.items() for sign, n in zip((1, -1), counts, strict=True) if n
    }
    wanted = {group: n for group, n in groups.items() if group[1] in signs}
    total = sum(wanted.values())

    assert view.n_positive + view.n_negative == total
    assert len(view.neighbours) == min(total, MAX_NEIGHBOURS)
    assert view.n_left_out == total - len(view.neighbours)
    for group, n in wanted.items():
        drawn = [neighbour for neighbour in view.neighbours if group_of(table, neighbour.position) == group]
        assert abs(len(drawn) - n * min(1.0, MAX_NEIGHBOURS / total)) <= len(wanted)
        assert drawn
        strengths = sorted((table.strength[i] for i in rows_of(table, group)), reverse=True)
        assert sorted((table.strength[d.row] for d in drawn), reverse=True) == strengths[: len(drawn)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 70), st.integers(0, 70))
def test_conflicts_stand_left_and_boxes_do_not_overlap(n_positive: int, n_negative: int) -> None:
    view = lay_out_neighbourhood(star({"audience": (n_positive, n_negative)}), 0, (1, -1))

    assert all(neighbour.x * neighbour.sign > 0 for neighbour in view.neighbours)
    for i, one in enumerate(view.neighbours):
        for other in view.neighbours[:i]:
            assert abs(one.y - other.y) >= 36 or abs(one.x - other.x) >= 90


def group_of(table: PairTable, position: int) -> tuple[str, int]:
    row = int(np.flatnonzero(table.target == position)[0])
    return table.catalogue.attributes[position].modality, int(table.outcome[row])


def rows_of(table: PairTable, group: tuple[str, int]) -> list[int]:
    return [row for row in range(len(table)) if group_of(table, int(table.target[row])) == group]


def test_an_address_survives_being_a_link() -> None:
    address = NetworkAddress("work", "f00", 'brand "A&B" = 100% / é', "negative", "dark")

    assert NetworkAddress.from_query(dict(parse_qsl(urlsplit(address.url()).query, strict_parsing=True))) == address
