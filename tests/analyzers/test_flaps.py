"""What a log says comes and goes, and what only looks like it."""

from __future__ import annotations

import pytest

from workbench.analyzers.logs.reading import read

TURNS = [
    ("WARN Disconnected from broker kafka-0:9092", "INFO Connected to broker kafka-0:9092"),
    ("Connection to redis-cart:6379 lost", "Connection to redis-cart:6379 restored"),
    (
        '{"level":"warn","msg":"upstream api-v2 is unhealthy"}',
        '{"msg":"upstream api-v2 is healthy"}',
    ),
    ("[WARNING] Server shop/web-1 is DOWN", "[WARNING] Server shop/web-1 is UP"),
    ("lost connection, will try again", "connection re-established"),
    ("node 3 went offline", "node 3 is back online"),
]


def log(down: str, up: str, times: int) -> list[str]:
    quiet = [f"2026-05-04T10:{n:02d}:30Z INFO GET /items/{n} 200" for n in range(60)]
    turns = [
        f"2026-05-04T10:{2 + n:02d}:{second:02d}Z {line}"
        for n in range(times)
        for second, line in ((5, down), (25, up))
    ]
    return sorted([*quiet[: times + 4], *turns])


@pytest.mark.parametrize(("down", "up"), TURNS)
def test_what_is_down_and_up_again_is_counted_since_its_first_time(down: str, up: str) -> None:
    [flap] = read(log(down, up, 7)).flaps
    assert flap.count == 7
    assert flap.first.startswith("2026-05-04T10:02:05Z")


@pytest.mark.parametrize(("down", "up"), TURNS)
def test_a_few_restarts_are_no_flapping(down: str, up: str) -> None:
    assert not read(log(down, up, 3)).flaps


@pytest.mark.parametrize(
    ("down", "up"),
    [
        ("client 10.0.0.7 disconnected", "client 10.0.0.9 connected"),
        ("user ada is now offline", "user ada is now online"),
        ("websocket disconnected", "websocket connected"),
        ("GET /healthy 200", "GET /ready 200"),
        ("Node 1 disconnected.", "request handled"),
    ],
)
def test_clients_come_and_go_as_they_please(down: str, up: str) -> None:
    assert not read(log(down, up, 20)).flaps


def test_ten_backends_that_were_each_down_once_do_not_flap() -> None:
    lines = [f"WARN server web-{n % 10} is {state}" for n in range(10) for state in ("DOWN", "UP")]
    assert not read(lines).flaps


def test_a_trend_tells_since_when() -> None:
    lines = [
        f"2026-05-04T10:{n:02d}:00Z INFO GET /x latency_ms={40 if n < 20 else 900}"
        for n in range(40)
    ]
    [trend] = read(lines).trends
    assert str(trend) == "latency grows from 40 to 900 ms"
    assert trend.line.startswith("2026-05-04T10:20:00Z")


@pytest.mark.parametrize(
    "line",
    [
        "rss={}MiB",
        '{{"rss_mb": {}}}',
        "memory usage: {}Mi of 2Gi",
        "heap_bytes={}000000",
        "heap used {} MB",
    ],
)
def test_memory_is_read_however_it_is_written(line: str) -> None:
    [trend] = read(line.format(100 + 20 * n) for n in range(40)).trends
    assert trend.quantity == "memory"
