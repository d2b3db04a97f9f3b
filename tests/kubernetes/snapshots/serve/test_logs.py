from __future__ import annotations

import pytest

from tests.kubernetes.snapshots.serve.asking import Api
from tests.kubernetes.snapshots.shop import LOGS, pod, snapshot
from workbench.core.cluster import LogKey
from workbench.kubernetes.snapshots.raw import Logs, RawSnapshot

WEB = "/api/v1/namespaces/shop/pods/web-1/log"
CART = "/api/v1/namespaces/shop/pods/cart-1/log"


def lines(*numbers: int) -> str:
    return "".join(f"line {n}\n" for n in numbers)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", lines(*range(10))),
        ("tailLines=2", lines(8, 9)),
        ("tailLines=0", ""),
        ("limitBytes=10", "line 0\nlin"),
        ("sinceSeconds=180", lines(7, 8, 9)),
        ("sinceTime=2026-03-01T11:58:30Z", lines(9)),
        ("sinceSeconds=180&tailLines=1", lines(9)),
        ("tailLines=1&timestamps=true", "2026-03-01T11:59:00.000000000Z line 9\n"),
        ("follow=true&tailLines=1", lines(9)),
        ("sinceSeconds=99999999999999", lines(*range(10))),
    ],
)
async def test_log_options(query: str, text: str) -> None:
    answer = await Api().get(f"{WEB}?{query}", "*/*")
    assert (answer.status_code, answer.text) == (200, text)


async def test_a_previous_log_is_another_log() -> None:
    answer = await Api().get(f"{CART}?container=cart&previous=true")
    assert answer.text == "panic: no database either\n"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        (
            CART,
            400,
            "a container name must be specified for pod cart-1, choose one of: [cart proxy] "
            "or one of the init containers: [wait]",
        ),
        (f"{CART}?container=nosuch", 400, "container nosuch is not valid for pod cart-1"),
        (
            f"{WEB}?previous=true",
            400,
            'previous terminated container "web" in pod "web-1" not found',
        ),
        (
            "/api/v1/namespaces/shop/pods/search-1/log",
            400,
            'container "web" in pod "search-1" is waiting to start: image can\'t be pulled',
        ),
        (
            "/api/v1/namespaces/shop/pods/web-2/log",
            404,
            'the snapshot does not hold the log of container "web" in pod "web-2"',
        ),
        (f"{WEB}?tailLines=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        (f"{WEB}?sinceTime=yesterday", 400, 'parsing time "yesterday": not an RFC 3339 time'),
        ("/api/v1/namespaces/shop/pods/nosuch/log", 404, 'pods "nosuch" not found'),
    ],
)
async def test_refusals_are_worded_like_the_api_servers(path: str, status: int, says: str) -> None:
    answer = await Api().get(path)
    assert (answer.status_code, answer.json()["message"]) == (status, says)


@pytest.mark.parametrize(
    "query", ["tailLines=-1", "limitBytes=0", "sinceSeconds=0", "sinceSeconds=1&sinceTime=x"]
)
async def test_options_out_of_range_are_invalid(query: str) -> None:
    answer = await Api().get(f"{WEB}?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (422, "Invalid")


async def test_times_that_the_program_wrote_are_never_cut_off() -> None:
    api = Api(snapshot(log_times=False))
    answer = await api.get(f"{WEB}?sinceSeconds=60")
    assert answer.text == "2026-03-01T11:59:00.000000000Z line 9\n"


async def test_a_log_without_times_is_given_whole_with_a_warning() -> None:
    before = snapshot(pod("plain"), log_times=False)
    log = {**LOGS, LogKey("shop", "plain", "web"): b"one\ntwo\n"}
    api = Api(RawSnapshot(before.manifest, before.objects, Logs.of(log)))
    answer = await api.get("/api/v1/namespaces/shop/pods/plain/log?sinceSeconds=1")
    assert answer.text == "one\ntwo\n"
    assert "no times" in answer.headers["warning"]
