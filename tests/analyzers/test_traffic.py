"""Access logs: how requests were answered."""

from __future__ import annotations

import pytest

from workbench.analyzers.logs.traffic import traffic

COMMON = (
    '10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "POST /v1/orders?x=1 HTTP/1.1" 503 12 "-" "app/1"'
)


@pytest.mark.parametrize(
    "line",
    [
        COMMON,
        '[GIN] 2026/03/02 - 08:00:01 | 503 |  1.2ms |  10.0.0.1 | POST     "/v1/orders"',
        "POST /v1/orders 503 12.1 ms - 14",
        '{"method":"POST","path":"/v1/orders","status":503}',
        "level=info method=POST path=/v1/orders status_code=503",
        '{"http.req.path": "/v1/orders", "http.resp.status": 503}',
    ],
)
def test_common_access_logs_tell_status_and_path(line: str) -> None:
    found = traffic([line] * 5)
    assert (found.requests, found.failed, found.status) == (5, 5, "503")
    assert found.path == "/v1/orders"
    assert found.fails


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET / HTTP/1.1" 200 503 "-" "app/1"',
        '10.0.0.1 - - [02/Mar/2026:08:00:01 +0000] "GET /r HTTP/1.1" 503 9 "-" "kube-probe/1.30"',
        "handled 503 items in 12 ms",
        '{"msg": "done", "took_ms": 503}',
    ],
)
def test_sizes_counts_and_probes_are_no_failed_requests(line: str) -> None:
    assert not traffic([line] * 50).fails


def test_one_failure_in_many_requests_is_no_trouble() -> None:
    good = COMMON.replace(" 503 ", " 200 ")
    assert not traffic([*[good] * 200, *[COMMON] * 5]).fails


def test_the_last_failed_request_is_pointed_at() -> None:
    assert traffic([COMMON, COMMON.replace("08:00:01", "08:00:09"), "calm"]).place == 2
