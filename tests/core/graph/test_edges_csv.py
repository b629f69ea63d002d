"""Edges files: exact round trips, and every bad edge refused with its row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, Problem
from core.graph.edges_csv import edge_rel, read_edges, write_edges
from core.graph.model import SignedGraph, signed_graph

CATALOGUE = Catalogue(
    (
        Attribute("brand-nike", "Nike", "brand", "brand"),
        Attribute("brand-rolex", "Rolex", "brand", "brand"),
        Attribute("aud-athletes", "Athletes", "audience", "interest"),
        Attribute("aud-budget", "Budget Shoppers", "audience", "interest"),
        Attribute("geo-brazil", "Brazil", "geo", "country"),
        Attribute("aud-brazil", "Brazil", "audience", "origin"),
        Attribute("Rolex", "Watch people", "audience", "fans"),  # its id is the value of brand-rolex
    )
)
HEADER = "source,target,rel,sign"


def edges(graph: SignedGraph) -> set[tuple[str, str, int]]:
    ids = [a.id for a in graph.catalogue.attributes]
    columns = (graph.source.tolist(), graph.target.tolist(), graph.sign.tolist())
    return {(ids[i], ids[j], sign) for i, j, sign in zip(*columns, strict=True)}


def read(*rows: str, header: str = HEADER) -> SignedGraph:
    return read_edges("\n".join((header, *rows)).encode(), CATALOGUE)


def problems(*rows: str, header: str = HEADER) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as error:
        read(*rows, header=header)
    return error.value.problems


def only_problem(*rows: str, header: str = HEADER) -> Problem:
    found = problems(*rows, header=header)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def test_ends_are_named_by_id_or_by_value():
    graph = read("aud-athletes,Nike,audience_to_brand,+", "brand-rolex,Budget Shoppers,brand_to_audience,-")
    assert edges(graph) == {("brand-nike", "aud-athletes", 1), ("brand-rolex", "aud-budget", -1)}


def test_an_id_wins_over_the_same_text_as_a_value():
    graph = read("Rolex,Nike,audience_to_brand,+")
    assert edges(graph) == {("brand-nike", "Rolex", 1)}


def test_a_value_of_several_attributes_lists_their_ids():
    problem = only_problem("Nike,Brazil,brand_to_geo,+")
    assert (problem.row, problem.field) == (2, "target")
    assert "2 attributes" in problem.message and "'geo-brazil', 'aud-brazil'" in problem.fix
    assert edges(read("Nike,geo-brazil,brand_to_geo,+")) == {("brand-nike", "geo-brazil", 1)}


def test_an_unknown_end_names_the_nearest_known_ones():
    problem = only_problem("nikee,Athletes,brand_to_audience,+")
    assert (problem.row, problem.field) == (2, "source")
    assert "'nikee'" in problem.message and "'Nike'" in problem.fix
    assert "Nearest" not in only_problem("qqq,Athletes,brand_to_audience,+").fix


def test_an_empty_end_says_so():
    assert "empty" in only_problem(",Athletes,brand_to_audience,+").message


def test_a_self_loop_is_refused_whatever_names_it():
    problem = only_problem("Nike,brand-nike,brand_to_brand,+")
    assert problem.row == 2 and "itself" in problem.message


def test_an_edge_within_a_modality_is_refused():
    problem = only_problem("Nike,brand-rolex,brand_to_brand,-")
    assert problem.row == 2 and "both of modality 'brand'" in problem.message


@pytest.mark.parametrize(
    ("second", "parts"),
    [
        ("Nike,Athletes,brand_to_audience,+", ["Row 3", "the same sign ('+')"]),
        ("Nike,Athletes,brand_to_audience,-", ["Row 3", "the opposite sign ('+')"]),
        ("Athletes,brand-nike,audience_to_brand,+", ["Row 3", "the same sign", "in the other direction"]),
        ("Athletes,Nike,audience_to_brand,-", ["Row 3", "the opposite sign", "in the other direction"]),
    ],
)
def test_a_pair_that_occurs_twice_names_both_rows(second, parts):
    problem = only_problem("Nike,geo-brazil,brand_to_geo,+", "Nike,Athletes,brand_to_audience,+", second)
    assert problem.row == 4 and all(part in problem.message for part in parts)


def test_every_repetition_refers_to_the_first_row():
    row = "Nike,Athletes,brand_to_audience,+"
    assert [(p.row, "Row 2" in p.message) for p in problems(row, row, row)] == [(3, True), (4, True)]


@pytest.mark.parametrize(
    ("sign", "part"),
    [
        ("−", "U+2212 MINUS SIGN"),
        ("–", "U+2013 EN DASH"),
        ("＋", "U+FF0B FULLWIDTH PLUS SIGN"),
        ("0", "neutral pairs are left out"),
        ("", "empty"),
        ("1", "'1' is no sign"),
        ("-1", "'-1' is no sign"),
        ("positive", "'positive'"),
        (" +", "' +'"),
        ("++", "'++'"),
    ],
)
def test_only_plus_and_minus_are_signs(sign, part):
    problem = only_problem(f"Nike,Athletes,brand_to_audience,{sign}")
    assert (problem.row, problem.field) == (2, "sign") and part in problem.message


def test_a_rel_the_wrong_way_round_shows_the_right_one():
    problem = only_problem("Nike,Athletes,audience_to_brand,+")
    assert (problem.row, problem.field) == (2, "rel")
    assert "wrong way round" in problem.message and "'brand_to_audience'" in problem.fix


@pytest.mark.parametrize("rel", ["brand_to_geo", "Brand_to_audience", "brand-audience", "", "brand_to_audience "])
def test_a_rel_that_does_not_fit_shows_the_right_one(rel):
    problem = only_problem(f"Nike,Athletes,{rel},+")
    assert (problem.row, problem.field) == (2, "rel") and "'brand_to_audience'" in problem.fix


def test_missing_and_foreign_columns_are_named():
    found = problems("Nike,Athletes,x,+", header="source,target,strength,sign")
    assert [(p.row, p.field) for p in found] == [(1, "rel"), (1, "strength")]


@pytest.mark.parametrize("header", ["Source,TARGET, rel ,Sign", "sign,rel,target,source"])
def test_columns_may_be_spelt_and_ordered_otherwise(header):
    cells = {"source": "Nike", "target": "Athletes", "rel": "brand_to_audience", "sign": "+"}
    row = ",".join(cells[name.strip().lower()] for name in header.split(","))
    assert edges(read(row, header=header)) == {("brand-nike", "aud-athletes", 1)}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_delimiters_and_encodings_are_read(delimiter, encoding):
    text = f"{HEADER}\r\nNike,Athletes,brand_to_audience,+\r\n".replace(",", delimiter)
    assert read_edges(text.encode(encoding), CATALOGUE).n_edges == 1


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "empty"),
        (HEADER.encode(), "no edge below"),
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (HEADER.encode() + b"\nNike,Caf\xe9,brand_to_audience,+", "0xE9"),
        (HEADER.encode() + b"\nNike,Athletes,+", "too few"),
        (HEADER.encode() + b'\n"Nike,Athletes,brand_to_audience,+', "never closed"),
    ],
)
def test_a_file_that_is_no_edges_table_says_why(data, part):
    with pytest.raises(InvalidInput) as error:
        read_edges(data, CATALOGUE)
    assert len(error.value.problems) == 1 and part in error.value.problems[0].message


def test_a_graph_without_edges_is_read_only_when_it_is_meant():
    empty = signed_graph(CATALOGUE, *(np.array([], dtype) for dtype in (np.int32, np.int32, np.int8)))
    assert read_edges(write_edges(empty), CATALOGUE, allow_empty=True).id == empty.id
    with pytest.raises(InvalidInput, match="no edge below"):
        read_edges(write_edges(empty), CATALOGUE)


def test_all_problems_come_at_once_in_row_order():
    found = problems(
        "Nike,Athletes,brand_to_audience,+",
        "qqq,Athletes,audience_to_brand,0",
        "Athletes,Nike,audience_to_brand,−",
        "x",
        "Nike,geo-brazil,geo_to_brand,*",
    )
    assert [(p.row, p.field) for p in found] == [
        (3, "source"), (3, "sign"), (4, "sign"), (4, ""), (5, ""), (6, "sign"), (6, "rel"),
    ]  # fmt: skip


def test_very_many_unknown_ends_are_all_reported():
    found = problems(*(f"nike{i},Athletes,brand_to_audience,+" for i in range(500)))
    assert [p.row for p in found] == list(range(2, 502))


def test_a_file_is_written_with_ids_and_modalities_in_alphabetical_order():
    graph = read(
        "Nike,Athletes,brand_to_audience,+", "geo-brazil,Nike,geo_to_brand,-", "geo-brazil,Rolex,geo_to_audience,+"
    )
    assert write_edges(graph).decode() == (
        f"{HEADER}\naud-athletes,brand-nike,audience_to_brand,+\nbrand-nike,geo-brazil,brand_to_geo,-\n"
        "Rolex,geo-brazil,audience_to_geo,+\n"
    )
    swapped = Catalogue((Attribute("a", "A", "geo", "x"), Attribute("z", "Z", "brand", "y")))
    assert b"\nz,a,brand_to_geo,+\n" in write_edges(read_edges(b"source,target,rel,sign\na,z,geo_to_brand,+", swapped))
    assert edge_rel("audience", "brand") == "audience_to_brand"


# --- properties ----------------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from('",;|\n\r'), min_size=1, max_size=5)
names = texts.filter(lambda text: text.strip(" \t,;|") != "")


@st.composite
def graphs(draw: st.DrawFn) -> SignedGraph:
    ids = draw(st.lists(names, min_size=2, max_size=9, unique=True))
    values = draw(st.lists(names, min_size=len(ids), max_size=len(ids)))
    modalities = draw(st.lists(names, min_size=2, max_size=3, unique=True))
    homes = [modalities[i] if i < 2 else draw(st.sampled_from(modalities)) for i in range(len(ids))]
    catalogue = Catalogue(tuple(Attribute(i, v, m, m) for i, v, m in zip(ids, values, homes, strict=True)))
    pairs = [(i, j) for i in range(len(ids)) for j in range(i + 1, len(ids)) if homes[i] != homes[j]]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, unique=True))
    signs = [draw(st.sampled_from([-1, 1])) for _ in chosen]
    source, target = (np.array(ends, np.int32) for ends in zip(*chosen, strict=True))
    return signed_graph(catalogue, source, target, np.array(signs, np.int8))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_a_written_graph_reads_back_identical(graph):
    back = read_edges(write_edges(graph), graph.catalogue)
    assert back.id == graph.id
    for name in ("source", "target", "sign"):
        column, expected = getattr(back, name), getattr(graph, name)
        assert column.dtype == expected.dtype and column.tolist() == expected.tolist()
    assert write_edges(back) == write_edges(graph)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_order_direction_and_naming_do_not_matter(graph, random):
    attributes = graph.catalogue.attributes
    ids = {a.id for a in attributes}
    values = [a.value for a in attributes]

    def name(attribute: Attribute) -> str:
        usable = attribute.value not in ids and values.count(attribute.value) == 1
        return attribute.value if usable and random.random() < 0.5 else attribute.id

    rows = []
    for i, j, sign in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True):
        one, other = random.sample([attributes[i], attributes[j]], 2)
        cells = (name(one), name(other), f"{one.modality}_to_{other.modality}", "+" if sign > 0 else "-")
        rows.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    random.shuffle(rows)
    data = "\n".join((HEADER, *rows)).encode()
    assert read_edges(data, graph.catalogue).id == graph.id


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120) | st.text(st.sampled_from('Nike,Athls+-_0\n";'), max_size=80).map(str.encode))
def test_no_bytes_fail_otherwise_than_with_problems(rest):
    try:
        graph = read_edges(HEADER.encode() + b"\n" + rest, CATALOGUE)
    except InvalidInput as error:
        assert error.problems and all(problem.message for problem in error.problems)
    else:
        assert graph.n_edges > 0
