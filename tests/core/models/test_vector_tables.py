"""Tables that people bring, and places from coordinates."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import CorruptArtefact, InvalidInput
from core.models.place_vectors import EARTH_RADIUS_KM, SCALES_KM, place_vectors
from core.models.vector_tables import (
    catalogue_coordinates,
    match_attributes,
    read_vector_table,
    read_vectors_file,
    vector_table_bytes,
    vectors_file,
)

CATALOGUE = Catalogue(
    (
        Attribute("geo-1", "Santiago", "geo", "city", {"lat": "-33.45", "lon": "-70.66"}),
        Attribute("geo-2", "Lima", "geo", "city", {"lat": "-12.05", "lon": "-77.04"}),
        Attribute("brand-1", "Lima", "brand", "brand"),
        Attribute("brand-2", "Acme", "brand", "brand"),
    )
)


def problems_of(data: bytes) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_vector_table(data)
    return [str(problem) for problem in caught.value.problems]


def test_near_places_are_alike_as_the_kernel_says() -> None:
    rng = np.random.default_rng(2)
    latitude, longitude = rng.uniform(-70, 70, 40), rng.uniform(-180, 180, 40)
    latitude = np.concatenate([latitude, latitude + rng.uniform(-3, 3, 40)])
    longitude = np.concatenate([longitude, longitude + rng.uniform(-3, 3, 40)])
    vectors = place_vectors(latitude, longitude, 4_096).astype(np.float64)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    # The kernel, from the angle between two places by the haversine formula.
    lat, lon = np.radians(latitude), np.radians(longitude)
    half = np.sin((lat[:, None] - lat) / 2) ** 2 + np.cos(lat[:, None]) * np.cos(lat) * (
        np.sin((lon[:, None] - lon) / 2) ** 2
    )
    chord = 2 * EARTH_RADIUS_KM * np.sqrt(half)
    kernel = np.mean([np.exp(-(chord**2) / (2 * scale**2)) for scale in SCALES_KM], axis=0)
    np.testing.assert_allclose(vectors @ vectors.T, kernel, atol=0.08)


def test_the_date_line_and_the_poles_are_no_borders() -> None:
    vectors = place_vectors(np.array([10.0, 10.0, 90.0, 90.0]), np.array([180.0, -180.0, 0.0, 120.0]))
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
    np.testing.assert_allclose(vectors[2], vectors[3], atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.floats(-5, 5, width=32), min_size=3, max_size=3), min_size=1, max_size=6),
    st.sampled_from(["id", "value"]),
)
def test_a_table_survives_its_file(numbers: list[list[float]], key: str) -> None:
    numbers[0][0] = 1.0  # not all zeros
    text = "\n".join([f"{key},a,b,c", *(f"n{row},{','.join(map(repr, cells))}" for row, cells in enumerate(numbers))])
    table = read_vector_table(text.encode())
    again = read_vector_table(vector_table_bytes(table))
    assert (again.key, again.names, again.are_coordinates) == (table.key, table.names, False)
    np.testing.assert_array_equal(again.numbers, table.numbers)
    np.testing.assert_array_equal(table.numbers, np.array(numbers, dtype=np.float32))


def test_coordinates_are_known_by_their_columns_in_any_order() -> None:
    table = read_vector_table(b"longitude,value,latitude\n-70.66,Santiago,-33.45\n")
    assert table.are_coordinates
    np.testing.assert_allclose(table.numbers, [[-33.45, -70.66]], rtol=1e-6)
    assert read_vector_table(vector_table_bytes(table)).are_coordinates


def test_every_wrong_row_is_named() -> None:
    data = b"id,a,b\ngeo-1,1,2\n,1,2\ngeo-2,x,\ngeo-3,1\ngeo-4,nan,inf\n"
    assert problems_of(data) == [
        "row 3, id: It names no attribute. Write its id or value.",
        "row 4, a: 'x' is no number (2 such cells). Write finite numbers with a decimal point.",
        "row 5: It has 2 cells, and the header 3. Fill every cell.",
        "row 6, a: 'nan' is no number (2 such cells). Write finite numbers with a decimal point.",
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "0 bytes"),
        (b"\n\n", "empty"),
        (b"name,a\nx,1\n", "0 of its columns are called id or value"),
        (b"id,value,a\nx,y,1\n", "2 of its columns are called id or value"),
        (b"id\nx\n", "0 columns of numbers"),
        (b"id,a,a\nx,1,2\n", "Two of its columns have one name"),
        (b"id,a\n", "no rows"),
        (b"id,a,b\nx,0,0\n", "All its numbers are 0"),
        (b'id,a\n"x,1\n', "no CSV"),
        (b"PAR1 and nothing more", "cannot be read as Parquet"),
        (b"id,latitude,longitude\nx,91,0\n", "row 2, latitude: 91 is no latitude"),
        (b"id,latitude,longitude\n\nx,1,0\ny,0,-181\n", "row 4, longitude: -181 is no longitude"),
    ],
)
def test_what_is_no_table_of_vectors_is_refused(data: bytes, told: str) -> None:
    assert any(told in problem for problem in problems_of(data))


def test_lists_of_different_length_are_refused() -> None:
    held = io.BytesIO()
    pq.write_table(pa.table({"id": ["a", "b"], "vector": [[1.0, 2.0], [1.0]]}), held)
    assert problems_of(held.getvalue()) == ["row 3: It has 2 cells, and the header 3. Fill every cell."]


def test_a_name_that_comes_twice_has_the_mean_of_its_members() -> None:
    table = read_vector_table(b"id,a,b\ngeo-1,1,0\ngeo-1,0,1\nbrand-2,0,5\nnowhere,1,1\n")
    known = match_attributes(CATALOGUE, table, 8)
    assert known.positions.tolist() == [0, 3]
    np.testing.assert_allclose(known.vectors, [[np.sqrt(0.5), np.sqrt(0.5)], [0, 1]], atol=1e-6)
    assert known.unused == ("nowhere",)


def test_a_value_of_several_attributes_must_be_named_by_id() -> None:
    table = read_vector_table(b"value,a\nLima,1\nAcme,2\n")
    with pytest.raises(InvalidInput, match="'Lima' is the value of 2 attributes"):
        match_attributes(CATALOGUE, table, 8)


def test_a_table_of_strangers_is_refused() -> None:
    with pytest.raises(InvalidInput, match="None of its 2 names is the value of an attribute"):
        match_attributes(CATALOGUE, read_vector_table(b"value,a\nRome,1\nOslo,2\n"), 8)


def test_coordinates_come_from_the_catalogues_columns() -> None:
    table = catalogue_coordinates(CATALOGUE, ("lat", "lon"))
    assert table.names == ("geo-1", "geo-2")
    np.testing.assert_allclose(table.numbers, [[-33.45, -70.66], [-12.05, -77.04]], rtol=1e-6)
    known = match_attributes(CATALOGUE, table, 64)
    assert known.positions.tolist() == [0, 1]
    expected = place_vectors(np.array([-33.45, -12.05]), np.array([-70.66, -77.04]))
    np.testing.assert_allclose(known.vectors, expected, atol=1e-4)


def test_cells_that_are_no_coordinates_are_all_named() -> None:
    wrong = Catalogue(
        (
            Attribute("a", "A", "geo", "geo", {"lat": "north", "lon": "1"}),
            Attribute("b", "B", "geo", "geo", {"lat": "1"}),
            Attribute("c", "C", "geo", "geo", {"lat": "1", "lon": "200"}),
        )
    )
    with pytest.raises(InvalidInput) as caught:
        catalogue_coordinates(wrong, ("lat", "lon"))
    assert [(problem.field, problem.message) for problem in caught.value.problems] == [
        ("lat", "'A' has 'north' for latitude."),
        ("lon", "'B' has '' for longitude."),
        ("lon", "'C' has '200' for longitude."),
    ]
    with pytest.raises(InvalidInput, match="No attribute has anything in the columns 'x' and 'y'"):
        catalogue_coordinates(CATALOGUE, ("x", "y"))


def test_the_vectors_file_is_read_again_and_checked() -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3)
    ids, again = read_vectors_file(vectors_file(("a", "b"), vectors))
    assert ids == ("a", "b")
    np.testing.assert_array_equal(again, vectors)
    with pytest.raises(CorruptArtefact):
        read_vectors_file(b"nothing of the kind")
