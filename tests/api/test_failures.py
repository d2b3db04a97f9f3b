"""The table from errors to HTTP is complete, and answers have one shape."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2

from workbench import errors
from workbench.api.failures import STATUS, problem, status_of


def test_every_error_has_a_status_of_its_own_or_of_its_parent() -> None:
    kinds = [
        k for k in vars(errors).values() if isinstance(k, type) and k.__base__ is not Exception
    ]
    assert len(kinds) > 20
    for kind in kinds:
        assert STATUS.keys() & set(kind.__mro__), kind


def test_a_forbidden_thing_and_a_missing_one_are_told_apart() -> None:
    assert status_of(errors.NotSignedIn("Who?")) == 401
    assert status_of(errors.AccessDenied("No.")) == 403
    assert status_of(errors.NotRecorded("None.")) == 404


def test_a_secret_in_an_error_is_not_sent() -> None:
    answer = problem(errors.ToolFailed("dial postgres://app:hunter2@db/app failed."))
    assert "hunter2" not in bytes(answer.body).decode()


def test_an_unavailable_store_says_when_to_come_back() -> None:
    answer = problem(errors.StoreUnavailable("The database cannot be used.", "Bring it back."))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert json.loads(bytes(answer.body)) == {
        "type": "store-unavailable",
        "title": "The database cannot be used.",
        "status": 503,
        "hint": "Bring it back.",
    }


def test_a_path_that_is_not_there_is_a_problem_too(ann: httpx2.Client) -> None:
    answer = ann.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_openapi_document_describes_every_answer(ann: httpx2.Client) -> None:
    document = ann.get("/api/openapi.json").json()
    known = document["components"]["schemas"]
    for references in _references(document):
        assert references.removeprefix("#/components/schemas/") in known
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation.get("description"), path
            assert "default" in operation["responses"], path


def _references(node: object) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(_references(value) for value in node))
    return set()


def test_every_route_is_in_the_reference(ann: httpx2.Client) -> None:
    reference = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    for path in ann.get("/api/openapi.json").json()["paths"]:
        assert f"{path}`" in reference, path


def test_the_documentation_is_one_page_that_runs_and_loads_nothing(ann: httpx2.Client) -> None:
    answer = ann.get("/api/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.text.lower().replace("description", "")
    for path in ann.get("/api/openapi.json").json()["paths"]:
        assert path in answer.text
    assert 'href="http' not in answer.text
