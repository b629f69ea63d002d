import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import services
from app.network_address import SIGNS, NetworkAddress
from app.network_layout import MAX_CENTRES, MAX_LINES, MAX_NEIGHBOURS, MAX_NODES, lay_out_neighbourhood
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
        ({"group": "999"}, "There is no group 999"),
        ({"group": "<b>1</b>"}, "is no number of group"),
        ({"group": "-1"}, "is no number of group"),
        ({"group": "9" * 400}, "is no number of group"),
        ({"group": "0", "stages": "f" * 24}, "There is no stages"),
        ({"most": "0"}, "0 neighbours cannot be drawn"),
        ({"most": "300"}, "300 neighbours cannot be drawn"),
        ({"most": "many"}, "is no number of most"),
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
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, [0], (1, -1)), theme)
    plain_table = joined_to_all(Catalogue(tuple(Attribute(f"i{i}", "x", f"m{i}", "t") for i in range(7))))
    plain_page = draw_neighbourhood(plain_table, lay_out_neighbourhood(plain_table, [0], (1, -1)), theme)

    tags = Tags(page).tags
    # The same page but for its texts: hostile ones add no tag, and switch none of the library's HTML tooltips on.
    assert Counter(tag for tag, _ in tags) == Counter(tag for tag, _ in Tags(plain_page).tags)
    assert "popup" not in page.split("function drawGraph")[1]
    assert not [attributes for _, attributes in tags if {"src", "href", "onerror"} & set(attributes)]
    assert "stylesheet" not in {attributes.get("rel") for _, attributes in tags}


def test_titles_never_reach_the_library_that_would_take_them_for_html() -> None:
    table = joined_to_all(hostile_catalogue())
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, [0], (1, -1)), "light")

    assert not [item for item in data_set(page, "nodes") + data_set(page, "edges") if "title" in item]


def test_edges_wear_the_colour_and_the_stroke_of_their_sign() -> None:
    table = star({"audience": (3, 2), "geo": (1, 4)})
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, [0], (1, -1)), "light")
    signs = {int(t): int(o) for t, o in zip(table.target, table.outcome, strict=True) if o != Outcome.NEUTRAL}

    drawn = {max(edge["from"], edge["to"]): edge for edge in data_set(page, "edges")}
    assert set(drawn) == set(signs)
    for position, sign in signs.items():
        assert drawn[position]["color"]["color"] == (POSITIVE if sign > 0 else NEGATIVE)  # type: ignore[index]
        assert bool(drawn[position]["dashes"]) == (sign < 0)
    assert "+ works together (4)" in page and "− conflicts (6)" in page


def test_hovering_tells_name_sign_strength_and_reason() -> None:
    table = star({"audience": (1, 0)})
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, [0], (1, -1)), "light")
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
    view = lay_out_neighbourhood(table, [0], signs)
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
        assert sorted((table.strength[d.rows[0]] for d in drawn), reverse=True) == strengths[: len(drawn)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 70), st.integers(0, 70))
def test_conflicts_stand_left_and_boxes_do_not_overlap(n_positive: int, n_negative: int) -> None:
    view = lay_out_neighbourhood(star({"audience": (n_positive, n_negative)}), [0], (1, -1))

    assert all(neighbour.x * neighbour.sign > 0 for neighbour in view.neighbours)
    for i, one in enumerate(view.neighbours):
        for other in view.neighbours[:i]:
            assert abs(one.y - other.y) >= 36 or abs(one.x - other.x) >= 90


def bipartite(n_members: int, n_others: int, share: float, seed: int = 0) -> PairTable:
    """Members 0 to `n_members` - 1 of one modality, and others of two more; a share of the pairs has a sign."""
    attributes = [Attribute(f"in-{i}", f"Inside {i}", "inside", "inside") for i in range(n_members)]
    attributes += [Attribute(f"out-{i}", f"Outside {i}", f"out{i % 2}", "out") for i in range(n_others)]
    rng = np.random.default_rng(seed)
    source, target = (ends.ravel() for ends in np.meshgrid(range(n_members), range(n_members, n_members + n_others)))
    kept = rng.random(len(source)) < share
    sign = rng.choice(np.array([-1, 1], dtype=np.int8), int(kept.sum()))
    graph = signed_graph(
        Catalogue(tuple(attributes)), source[kept].astype(np.int32), target[kept].astype(np.int32), sign
    )
    return pair_table(graph, None)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(2, 90),
    st.integers(1, 400),
    st.sampled_from([0.05, 0.5, 1.0]),
    st.sampled_from(list(SIGNS)),
    st.sampled_from([20, 60, 150, 299]),
)
@example(60, 400, 0.05, "both", 299)  # more boxes than fit
@example(60, 400, 1.0, "both", 299)  # more lines than fit
def test_a_group_is_drawn_with_at_most_300_boxes(n: int, n_others: int, share: float, chosen: str, most: int) -> None:
    table, signs = bipartite(n, n_others, share), SIGNS[chosen]
    view = lay_out_neighbourhood(table, range(n), signs, most)
    rows = [row for row in range(len(table)) if table.outcome[row] in signs]
    assert (view.n_positive, view.n_negative) == tuple(sum(table.outcome[r] == s for r in rows) for s in (1, -1))
    assert view.n_neighbours == len({int(table.target[row]) for row in rows})
    assert view.n_centres == n

    centres = {place.position for place in view.centres}
    assert len(centres) == len(view.centres) == min(n, MAX_CENTRES)
    degree = [sum(int(table.source[row]) == member for row in rows) for member in range(n)]
    assert sorted(degree[c] for c in centres) == sorted(degree)[-len(centres) :]
    assert len(view.centres) + len(view.neighbours) <= MAX_NODES
    assert len(view.neighbours) <= most
    lines = [row for neighbour in view.neighbours for row in neighbour.rows]
    assert len(lines) <= MAX_LINES
    for neighbour in view.neighbours:
        own = [row for row in rows if table.target[row] == neighbour.position and int(table.source[row]) in centres]
        assert list(neighbour.rows) == own
        signed = [int(table.outcome[row]) for row in own]
        assert (neighbour.n_positive, neighbour.n_negative) == (signed.count(1), signed.count(-1))
        assert neighbour.x * (1 if signed.count(1) >= signed.count(-1) else -1) > 0


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70), st.integers(1, 200), st.sampled_from([60, 299]))
def test_boxes_of_a_group_do_not_overlap(n: int, n_others: int, most: int) -> None:
    view = lay_out_neighbourhood(bipartite(n, n_others, 1.0), range(n), (1, -1), most)
    places = [(place.x, place.y) for place in (*view.centres, *view.neighbours)]
    for i, one in enumerate(places):
        for other in places[:i]:
            assert abs(one[1] - other[1]) >= 36 or abs(one[0] - other[0]) >= 90


def test_the_route_draws_a_group_and_every_line_of_it(stored: Artefact, client: TestClient) -> None:
    groups = services.workbench().open("work").groups(stored.id, "")
    table = services.workbench().open("work").pairs(stored.id)
    group = int(groups.group[0])
    members = set(groups.members(group).tolist())
    answer = client.get(NetworkAddress("work", stored.id, group=group, most=150).url())

    assert answer.status_code == 200
    assert policy_of(answer.headers["content-security-policy"]) == POLICY
    drawn = {frozenset((edge["from"], edge["to"])) for edge in data_set(answer.text, "edges")}
    ends = zip(table.source.tolist(), table.target.tolist(), strict=True)
    assert drawn == {frozenset(pair) for pair in ends if set(pair) & members}
    assert members <= {node["id"] for node in data_set(answer.text, "nodes")}


def test_hovering_a_neighbour_of_a_group_tells_with_whom_it_works_and_conflicts() -> None:
    table = bipartite(3, 1, 1.0)
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, [0, 1, 2], (1, -1)), "light")
    hint = str(data_set(page, "nodes")[-1]["hint"])
    for sign, title in ((1, "+ works together"), (-1, "− conflicts")):
        names = [f"Inside {i}" for i in range(3) if table.outcome[i] == sign]
        assert (f"{title} ({len(names)}): {', '.join(names)}" in hint) == bool(names)


def test_labels_of_a_group_stay_text() -> None:
    catalogue = hostile_catalogue()
    others = [i for i, a in enumerate(catalogue.attributes) if a.modality != "brand"]
    members = [i for i, a in enumerate(catalogue.attributes) if a.modality == "brand"]
    source, target = (np.array(ends, np.int32).ravel() for ends in np.meshgrid(members, others))
    graph = signed_graph(catalogue, source, target, np.where(np.arange(len(source)) % 2, 1, -1).astype(np.int8))
    table = pair_table(graph, None)
    page = draw_neighbourhood(table, lay_out_neighbourhood(table, members, (1, -1)), "light")
    plain_page = draw_neighbourhood(
        star_table := star({"x": (1, 1)}), lay_out_neighbourhood(star_table, [0], (1, -1)), "light"
    )
    assert not [a for _, a in Tags(page).tags if {"src", "href", "onerror"} & set(a)]
    assert {tag for tag, _ in Tags(page).tags} == {tag for tag, _ in Tags(plain_page).tags}
    assert not [item for item in data_set(page, "nodes") + data_set(page, "edges") if "title" in item]


def group_of(table: PairTable, position: int) -> tuple[str, int]:
    row = int(np.flatnonzero(table.target == position)[0])
    return table.catalogue.attributes[position].modality, int(table.outcome[row])


def rows_of(table: PairTable, group: tuple[str, int]) -> list[int]:
    return [row for row in range(len(table)) if group_of(table, int(table.target[row])) == group]


def test_an_address_survives_being_a_link() -> None:
    address = NetworkAddress("work", "f00", 'brand "A&B" = 100% / é', "negative", "dark")

    assert NetworkAddress.from_query(dict(parse_qsl(urlsplit(address.url()).query, strict_parsing=True))) == address
    of_group = NetworkAddress("work", "f00", "", "both", "light", 0, "beef", 150)
    assert NetworkAddress.from_query(dict(parse_qsl(urlsplit(of_group.url()).query))) == of_group
