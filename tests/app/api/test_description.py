"""The API described by itself: complete, true, and read without anybody else's server."""

import re
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi.schemas import OpenApiSchema

from app.api.application import PATH
from tests.app.api.conftest import Board

ASSETS = Path(__file__).parents[3] / "app" / "assets"


def test_the_description_names_every_route_and_every_problem(board: Board) -> None:
    found = board.get("/openapi.json").json()
    assert set(found["paths"]) == {
        "/versions",
        "/versions/{version}",
        "/versions/{version}/{file}",
        "/versions/{version}/submissions",
        "/submissions/{submission}",
        "/quota",
        "/results",
    }
    assert found["servers"] == [{"url": "/api/v1"}]
    for path, operations in found["paths"].items():
        for operation in operations.values():
            assert operation["security"], path
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)
    assert "HTTPValidationError" not in str(found)


def test_the_viewer_asks_nobody_else(board: Board) -> None:
    page = board.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith("docs/")
        assert board.get(f"/{address}").status_code == 200
    assert board.get("/docs/../server.py").status_code == 404
    assert board.get("/docs/icon.svg").status_code == 404
    assert (ASSETS / "swagger-ui-LICENSE.txt").read_text().lstrip().startswith("Apache License")


OPERATIONS = [
    "GET /versions",
    "GET /versions/{version}",
    "GET /versions/{version}/{file}",
    "POST /versions/{version}/submissions",
    "GET /submissions/{submission}",
    "GET /quota",
    "GET /results",
]
# Rows of a body that fits the schema are still not those of the version, and a parameter nobody knows is passed over.
UNFIT = [CHECKS.get_one("positive_data_acceptance"), CHECKS.get_one("negative_data_rejection")]


@pytest.fixture
def schema(board: Board) -> OpenApiSchema:
    return schemathesis.openapi.from_asgi(f"{PATH}/openapi.json", board.client.app)


def test_every_operation_is_tried(schema: OpenApiSchema) -> None:
    assert sorted(found.ok().label for found in schema.get_all_operations()) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_api_keeps_to_its_description(
    board: Board, schema: OpenApiSchema, label: str, mode: GenerationMode
) -> None:
    """Requests made up from the description, right and wrong: no 5xx, and every answer as described."""
    method, path = label.split()
    headers = {"Authorization": f"Bearer {board.token('made up')}"}
    statuses = set()

    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy(generation_mode=mode), is_known=st.booleans())
    def check(case: Case, is_known: bool) -> None:
        if is_known and "version" in case.path_parameters:
            case.path_parameters["version"] = board.version
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        case.validate_response(answer, headers=headers, excluded_checks=UNFIT)
        assert answer.status_code < 500

    check()
    assert statuses
