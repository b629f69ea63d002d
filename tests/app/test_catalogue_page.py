"""Catalogue page: uploads, what is wrong with them, column mapping, contents, versions compared and deleted."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from openpyxl import Workbook
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from app import services
from app.catalogue_tables import PAGE_ROWS, AttributeFilter, filtered_csv
from core.catalogue.diff import diff_catalogues
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue
from core.catalogue.writing import catalogue_csv
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue, save_catalogue
from core.workflows.graphs import save_uploaded_graph

Open = Callable[..., AppTest]
KEEP, DELETE = "Keep this catalogue", "Delete this version"

SPRING = b"""id,value,modality,attribute_type,tier
b1,Nike,brand,brand,high
b2,Dior,brand,brand,
a1,Athletes,audience,interest,
a2,Caf\xc3\xa9 Lovers,audience,interest,low
g1,Brazil,geo,country,
"""


@pytest.fixture
def held(home: object) -> Workspace:
    return services.workbench().create("spring").workspace


@pytest.fixture
def spring(held: Workspace) -> Artefact:
    return save_catalogue(held, read(SPRING), "Spring")


def read(data: bytes) -> Catalogue:
    return catalogue_or_error(read_catalogue(data, "test.csv"))


def many(n: int) -> Catalogue:
    """`n` attributes of three modalities in turn, their values in descending order."""
    kinds = ("brand", "audience", "geo")
    return Catalogue(tuple(Attribute(f"x{i}", f"Value {n - i:05}", kinds[i % 3], kinds[i % 3]) for i in range(n)))


def upload(page: AppTest, data: bytes, name: str = "spring.csv") -> AppTest:
    tabs = page.get("tab_container")
    if tabs:
        show(page, "Upload a file")
    page.file_uploader[0].upload(name, data)
    return page.run()


def show(page: AppTest, view: str) -> AppTest:
    page.session_state["catalogue-view-0"] = view
    return page.run()


def versions(held: Workspace) -> dict[str, str]:
    return {artefact.id: artefact.manifest.title for artefact in held.artefacts.list(CATALOGUE)}


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def title_box(page: AppTest) -> TextInput:
    return next(box for box in page.text_input if str(box.key).startswith("catalogue-title-"))


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption)


def test_a_first_file_is_kept_only_when_asked_to(open_page: Open, held: Workspace) -> None:
    page = upload(open_page("catalogue", "spring"), SPRING)
    assert not page.exception
    assert versions(held) == {}
    assert title_box(page).value == "spring"
    assert "Kept as facts of each attribute: tier." in captions(page)

    title_box(page).set_value("Spring 1")
    press(page, KEEP)

    wanted = read(SPRING)
    assert versions(held) == {wanted.id: "Spring 1"}
    assert load_catalogue(held, wanted.id) == wanted
    assert page.query_params["catalogue"] == wanted.id
    assert "Spring 1" in page.success[0].value
    assert metrics(page) == {
        "Attributes": str(len(wanted)),
        "Modalities": str(len(wanted.modalities)),
        "Attribute types": str(len(wanted.attribute_types)),
        "Pairs to judge": str(wanted.n_pairs),
    }


def workbook(rows: list[list[str]]) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("ending", ["tsv", "json", "jsonl", "xlsx"])
def test_every_format_gives_the_same_catalogue(open_page: Open, held: Workspace, ending: str) -> None:
    header, *rows = csv.reader(SPRING.decode().splitlines())
    items = [dict(zip(header, row, strict=True)) for row in rows]
    data = {
        "tsv": "\n".join("\t".join(row) for row in [header, *rows]).encode(),
        "json": json.dumps(items).encode(),
        "jsonl": "\n".join(map(json.dumps, items)).encode(),
        "xlsx": workbook([header, *rows]),
    }[ending]
    press(upload(open_page("catalogue", "spring"), data, f"spring.{ending}"), KEEP)
    assert versions(held) == {read(SPRING).id: "spring"}


def test_a_title_of_blanks_cannot_be_kept(open_page: Open, held: Workspace) -> None:
    page = upload(open_page("catalogue", "spring"), SPRING)
    title_box(page).set_value("  ").run()
    assert next(button for button in page.button if button.label == KEEP).disabled


def test_every_problem_is_told_and_what_was_there_stays(open_page: Open, held: Workspace, spring: Artefact) -> None:
    bad = SPRING + b",Puma,brand,brand,\nb1,Nike,brand,brand,\nb9,Fila,brand\n"
    page = upload(open_page("catalogue", "spring"), bad)
    reading = read_catalogue(bad, "spring.csv")
    shown = page.error[0].value
    assert f"{len(reading.problems)} problems" in shown
    assert [f"row {row}" in shown for row in (7, 8, 9)] == [True] * 3
    assert "what you had is as it was" in captions(page)
    assert KEEP not in [button.label for button in page.button]
    assert versions(held) == {spring.id: "Spring"}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("picture.csv", b"\x89PNG\r\n\x1a\n123", "PNG image"),
        ("empty.csv", b"", "empty"),
        ("broken.json", b'[{"id": "x"', "JSON"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_a_sentence(
    open_page: Open, held: Workspace, name: str, data: bytes, said: str
) -> None:
    page = upload(open_page("catalogue", "spring"), data, name)
    assert not page.exception
    assert said in page.error[0].value
    assert versions(held) == {}


def test_warnings_do_not_stand_in_the_way(open_page: Open, held: Workspace) -> None:
    page = upload(open_page("catalogue", "spring"), SPRING + b"b3,nike,brand,brand,\n")
    assert "letter case" in page.warning[0].value
    assert KEEP in [button.label for button in page.button]


def test_other_column_names_are_asked_for_and_the_rest_become_facts(open_page: Open, held: Workspace) -> None:
    rows = SPRING.decode().splitlines()[1:]
    renamed = "\n".join(["code,Brand name,Kind,Category,tier", *rows]).encode()
    page = upload(open_page("catalogue", "spring"), renamed)
    boxes = {box.label: box for box in page.selectbox}
    assert {label: boxes[label].value for label in ("Id", "Value", "Modality", "Attribute type")} == {
        "Id": "code",
        "Value": None,
        "Modality": None,
        "Attribute type": None,
    }
    assert "value, modality, attribute type" in page.warning[0].value
    assert not page.error
    assert KEEP not in [button.label for button in page.button]

    boxes["Value"].select("Brand name")
    boxes["Modality"].select("Kind")
    boxes["Attribute type"].select("Category")
    page.run()
    assert "Kept as facts of each attribute: tier." in captions(page)
    press(page, KEEP)
    assert versions(held) == {read(SPRING).id: "spring"}


def test_the_same_content_is_recognised(open_page: Open, held: Workspace, spring: Artefact) -> None:
    newer = save_catalogue(held, many(9), "Newer")
    page = upload(open_page("catalogue", "spring"), SPRING, "copy.csv")
    assert "Spring" in page.info[0].value
    assert spring.id[:8] in page.info[0].value
    press(page, "Show it")
    assert page.query_params["catalogue"] == spring.id
    assert versions(held) == {spring.id: "Spring", newer.id: "Newer"}


def test_an_example_starts_a_workspace(open_page: Open, held: Workspace) -> None:
    page = open_page("catalogue", "spring")
    page.button(key="start-small.csv").click().run()
    assert metrics(page)["Attributes"] == "27"
    assert list(versions(held).values()) == ["Example (27 attributes)"]


def test_attributes_come_page_by_page_and_a_search_starts_at_its_first_page(open_page: Open, held: Workspace) -> None:
    catalogue = many(2 * PAGE_ROWS + 30)
    kept = save_catalogue(held, catalogue, "Many")
    page = open_page("catalogue", "spring", catalogue=kept.id)
    values = [attribute.value for attribute in catalogue.attributes]
    assert page.dataframe[0].value["value"].tolist() == values[:PAGE_ROWS]

    page.get("pagination")[0].set_value(3).run()
    assert page.dataframe[0].value["value"].tolist() == values[2 * PAGE_ROWS :]
    assert f"{2 * PAGE_ROWS + 1}–{len(catalogue)} of {len(catalogue)} attributes" in captions(page)

    key = kept.id[:8]
    page.selectbox(key=f"attribute-order-{key}").select("value").run()
    assert page.dataframe[0].value["value"].tolist() == sorted(values)[:PAGE_ROWS]

    page.multiselect(key=f"attribute-modality-{key}").select("geo").run()
    assert page.dataframe[0].value["id"].tolist() == sorted(
        (a.id for a in catalogue.attributes if a.modality == "geo"), key=lambda id: catalogue[id].value
    )


def test_search_looks_into_every_column_without_case_and_accents(open_page: Open, spring: Artefact) -> None:
    page = open_page("catalogue", "spring")
    for words, found in (("NIKE", ["b1"]), ("cafe LOW", ["a2"]), ("b", ["b1", "b2", "g1"]), ("nike dior", [])):
        page.text_input(key=f"attribute-search-{spring.id[:8]}").set_value(words).run()
        shown = page.dataframe[0].value["id"].tolist() if page.dataframe else []
        assert shown == found, words
    assert "No attribute fits" in page.info[0].value


def test_a_download_of_what_was_found_reads_back(spring: Artefact) -> None:
    catalogue = read(SPRING)
    assert filtered_csv(catalogue, AttributeFilter()) == catalogue_csv(catalogue)
    found = read(filtered_csv(catalogue, AttributeFilter(modalities=("brand", "audience"), order="value")))
    assert [a.value for a in found.attributes] == ["Athletes", "Café Lovers", "Dior", "Nike"]
    assert all(a == catalogue[a.id] for a in found.attributes)


def test_two_versions_are_compared_as_the_core_compares_them(
    open_page: Open, held: Workspace, spring: Artefact
) -> None:
    text = SPRING.decode().replace("Nike,brand,brand,high", "Nike Inc.,brand,brand,mid").replace("g1,Brazil", "g2,Peru")
    new = save_catalogue(held, read(text.encode()), "Summer")
    diff = diff_catalogues(read(SPRING), read(text.encode()))
    page = show(open_page("catalogue", "spring", catalogue=new.id), "What changed")
    assert metrics(page) == {
        "Changed": str(len(diff.changed)),
        "Added": str(len(diff.added)),
        "Removed": str(len(diff.removed)),
        "Unchanged": "3",
    }
    assert page.dataframe[0].value[["id", "field", "before", "after"]].to_numpy().tolist() == [
        ["b1", "value", "Nike", "Nike Inc."],
        ["b1", "tier", "high", "mid"],
    ]
    for part, ids in (("added", ["g2"]), ("removed", ["g1"])):
        page.get("segmented_control")[0].set_value(part).run()
        assert page.dataframe[0].value["id"].tolist() == ids


def test_comparing_needs_two_versions(open_page: Open, spring: Artefact) -> None:
    page = show(open_page("catalogue", "spring"), "What changed")
    assert "one version only" in page.info[0].value


def test_a_version_is_deleted_and_the_next_one_shown(open_page: Open, held: Workspace, spring: Artefact) -> None:
    newer = save_catalogue(held, many(9), "Newer")
    page = press(open_page("catalogue", "spring", catalogue=newer.id), DELETE)
    assert versions(held) == {spring.id: "Spring"}
    assert page.session_state["selection"].catalogue == spring.id
    assert "catalogue" not in page.query_params  # filled in, not chosen


def test_a_version_with_a_graph_stays(open_page: Open, held: Workspace, spring: Artefact) -> None:
    save_uploaded_graph(held, spring.id, b"source,target,rel,sign\na1,b1,audience_to_brand,+\n", "Hand made")
    page = press(open_page("catalogue", "spring"), DELETE)
    assert "Hand made" in page.error[0].value
    assert versions(held) == {spring.id: "Spring"}


def test_a_version_that_a_job_reads_stays(open_page: Open, held: Workspace, spring: Artefact) -> None:
    held.jobs.add("build_graph", "Build it", {"catalogue": spring.id, "settings": {}})
    page = press(open_page("catalogue", "spring"), DELETE)
    assert "Build it" in page.error[0].value
    assert versions(held) == {spring.id: "Spring"}


def test_a_version_is_renamed(open_page: Open, held: Workspace, spring: Artefact) -> None:
    page = open_page("catalogue", "spring")
    page.text_input(key=f"retitle-{spring.id[:8]}").set_value("Autumn").run()
    press(page, "Rename")
    assert versions(held) == {spring.id: "Autumn"}
    assert page.selectbox(key="pick-catalogue-spring").options == [f"Autumn · {spring.id[:8]}"]


def test_texts_of_a_file_are_not_markdown(open_page: Open, held: Workspace) -> None:
    page = upload(open_page("catalogue", "spring"), SPRING.replace(b"geo,country", b"*geo*,[country](x)"))
    assert any("\\*geo\\* 1" in text.value for text in page.markdown)
