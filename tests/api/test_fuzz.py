"""Generated requests from the OpenAPI document: no answer is 500 or above, or not documented."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import serving, signed
from tests.api.test_matrix import NEEDS

FEW = 3
EXAMPLES = int(os.environ.get("WORKBENCH_FUZZ_EXAMPLES", FEW))
"""Requests per operation: always the same few; `make fuzz` takes many, and others each time."""
NUMBERS = itertools.count()
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="session")
def fuzzed(server_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own, which administrators may bend as they like."""
    with serving(server_database, tmp_path_factory.mktemp("fuzzed")) as (address, _):
        yield address


@pytest.fixture(scope="session")
def described(fuzzed: str) -> schemathesis.schemas.BaseSchema:
    document = httpx2.get(f"{fuzzed}/api/openapi.json", headers=somebody(), timeout=60).json()
    return schemathesis.openapi.from_dict(document)


def somebody() -> dict[str, str]:
    """Always somebody else, so that nobody asks too often; an administrator may do everything."""
    return {"Authorization": f"Bearer {signed(f'fuzz-{next(NUMBERS)}', 'admins')}"}


@pytest.mark.parametrize("operation", NEEDS)
def test_whatever_is_sent_the_answer_is_as_documented(
    described: schemathesis.schemas.BaseSchema, fuzzed: str, operation: str
) -> None:
    method, path = operation.split()

    @settings(
        max_examples=EXAMPLES,
        derandomize=EXAMPLES == FEW,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described[path][method].as_strategy())
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=fuzzed, headers=somebody(), checks=CHECKS, timeout=60)

    send()
