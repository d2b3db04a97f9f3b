"""Reasons that a container's last lines give."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analyzers.logs.reading import read, reason

GO_DNS = "FATAL could not connect: dial tcp: lookup cart-db on 10.96.0.10:53: no such host"


@pytest.mark.parametrize(
    ("log", "kind", "host", "port"),
    [
        (f"{GO_DNS}\npanic: database unavailable", "unknown-host", "cart-db", ""),
        ("dial tcp 10.96.3.4:5432: connect: connection refused", "refused", "10.96.3.4", "5432"),
        ("Error: connect ECONNREFUSED 10.0.0.3:6379", "refused", "10.0.0.3", "6379"),
        (
            'connection to server at "orders-db" (10.9.1.1), port 5432 failed: Connection refused',
            "refused",
            "orders-db",
            "5432",
        ),
        ("Error 111 connecting to redis:6379. Connection refused.", "refused", "redis", "6379"),
        ("java.net.UnknownHostException: kafka", "unknown-host", "kafka", ""),
        ("nc: bad address 'db'", "unknown-host", "db", ""),
        ("db:5432 no response", "timeout", "db", "5432"),
        ("dial tcp payments:80: i/o timeout", "timeout", "payments", "80"),
        ('nginx: [emerg] host not found in upstream "api:80"', "unknown-host", "api", ""),
    ],
)
def test_an_unreachable_peer_is_named(log: str, kind: str, host: str, port: str) -> None:
    found = reason(log)
    assert found is not None
    assert (found.kind, found.host, found.port) == (kind, host, port)


@pytest.mark.parametrize(
    ("log", "kind", "says"),
    [
        ("required environment variable DATABASE_URL is not set", "missing-env", "DATABASE_URL"),
        ("KeyError: 'API_KEY'", "missing-env", "API_KEY"),
        ("open /etc/app/config.yaml: no such file or directory", "missing-file", "/etc/app/config"),
        ("mkdir: cannot create directory '/data/x': Permission denied", "permission", "/data/x"),
        ('ERROR: relation "orders" does not exist', "migration", "orders"),
        ("Error: unknown flag: --fast", "unknown-flag", "fast"),
        ("java.lang.OutOfMemoryError: Java heap space", "out-of-memory", "memory"),
        ("exec /app: exec format error", "exec-format", "platform"),
        ("listen tcp :8080: bind: address already in use", "port-in-use", "in use"),
        ('FATAL: password authentication failed for user "shop"', "auth", "shop"),
        ("x509: certificate signed by unknown authority", "tls", "trusted"),
        ("write /data/wal: no space left on device", "no-space", "space"),
        ("ModuleNotFoundError: No module named 'flask'", "missing-module", "flask"),
    ],
)
def test_a_reason_is_said_in_words(log: str, kind: str, says: str) -> None:
    found = reason(log)
    assert found is not None
    assert found.kind == kind
    assert says in found.says


def test_the_last_reason_counts_and_its_line_is_numbered() -> None:
    found = reason("dial tcp a:80: connect: connection refused\nok\nKeyError: 'TOKEN'\n")
    assert found is not None
    assert (found.kind, found.number) == ("missing-env", 3)


def test_a_harmless_line_is_not_an_error() -> None:
    found = reason("INFO ready, errors=0")
    assert found is not None
    assert found.kind == "last-line"


def test_an_empty_log_gives_no_reason() -> None:
    assert reason("") is None
    assert reason("\n \n") is None


@pytest.mark.parametrize(
    ("log", "variable"),
    [
        ("config: required setting PAYMENTS_DB_PASSWORD is not set", "PAYMENTS_DB_PASSWORD"),
        ("Error: Missing required environment variable: STRIPE_KEY", "STRIPE_KEY"),
        ("API_TOKEN must be set", "API_TOKEN"),
        ("panic: env var REDIS_URL not found", "REDIS_URL"),
        ("/app/run.sh: line 3: DB_HOST: parameter not set", "DB_HOST"),
    ],
)
def test_the_setting_that_is_missing_is_named(log: str, variable: str) -> None:
    found = reason(log)
    assert found is not None
    assert (found.kind, found.variable) == ("missing-env", variable)


@pytest.mark.parametrize(
    "line",
    [
        '2026-05-04T10:27:58.1Z {"level":"fatal","msg":"open /etc/app.yaml: no such file"}',
        '{"severity":"ERROR","message":"start","error":"open /etc/app.yaml: no such file or x"}',
        'time="2026-05-04T10:27:58Z" level=error msg="start" err="open /etc/app.yaml: no file"',
        "E0504 10:27:58.000001       1 main.go:31] open /etc/app.yaml: no such file or directory",
        "2026-05-04 10:27:58,100 ERROR [main] c.e.App - open /etc/app.yaml: no such file",
        "\x1b[31mERROR\x1b[0m open /etc/app.yaml: no such file or directory",
    ],
)
def test_the_message_is_found_in_every_common_format(line: str) -> None:
    found = reason(line)
    assert found is not None
    assert "/etc/app.yaml" in found.says
    assert "10:27:58" not in found.says


def test_a_peer_may_stand_in_another_field_than_the_reason() -> None:
    line = (
        '{"level":"warn","url":"http://pay.shop.svc:8080/x","error":"connect: connection refused"}'
    )
    found = reason(line)
    assert found is not None
    assert (found.kind, found.host, found.port) == ("refused", "pay.shop.svc", "8080")


@pytest.mark.parametrize(
    ("log", "language", "at"),
    [
        (
            'Traceback (most recent call last):\n  File "/a.py", line 3, in <module>\n    f()\n'
            "ValueError: bad\n",
            "Python",
            "/a.py",
        ),
        (
            "java.lang.IllegalStateException: x\n\tat com.shop.A.b(A.java:4)\n",
            "Java",
            "A.java:4",
        ),
        (
            "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/m.go:9 +0x1\n",
            "Go",
            "m.go:9",
        ),
        ("TypeError: x is undefined\n    at run (/app/i.js:3:4)\n", "Node", "i.js:3:4"),
        (
            "Unhandled exception. System.Exception: no\n   at Shop.P.Main() in /P.cs:line 2\n",
            ".NET",
            "P.cs",
        ),
        ("/app/x.rb:7:in `run': undefined method (NoMethodError)\n", "Ruby", "x.rb:7"),
    ],
)
def test_the_head_of_a_stack_trace_is_read(log: str, language: str, at: str) -> None:
    trace = read(log.splitlines()).trace
    assert trace is not None
    assert trace.language == language
    assert at in trace.at


def test_a_long_log_is_read_as_a_stream_with_counts_and_times() -> None:
    def lines() -> Iterator[str]:
        for n in range(50_000):
            bad = n % 1000 == 999
            says = "ERROR dial tcp 10.0.0.1:5432: connect: connection refused" if bad else "INFO ok"
            yield f"2026-05-04T10:{n // 1000:02d}:00Z {says}\n"

    digest = read(lines())
    assert digest.lines == 50_000
    assert digest.errors == 50
    [signature] = digest.signatures
    assert (signature.count, signature.reason.host) == (50, "10.0.0.1")
    assert signature.first_time == "2026-05-04T10:00:00Z"
    assert signature.last_time == "2026-05-04T10:49:00Z"


def test_memory_does_not_grow_with_the_log() -> None:
    tracemalloc.start()
    read(f"{n} ERROR shape {hash(n)} {chr(97 + n % 26) * (n % 90)} failed" for n in range(60_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000


def test_a_line_that_never_ends_is_cut() -> None:
    digest = read(["x" * 5_000_000, "ERROR disk: no space left on device"])
    assert digest.reason is not None
    assert digest.reason.kind == "no-space"


@given(st.lists(st.one_of(st.text(), st.binary().map(lambda b: b.decode("latin-1")))))
def test_no_text_makes_the_reader_raise(lines: list[str]) -> None:
    digest = read(lines)
    assert digest.lines == len(lines)


def test_growing_memory_is_a_trend() -> None:
    [trend] = read(f"cache rss {100 + 10 * n} MiB" for n in range(40)).trends
    assert str(trend).startswith("memory grows from")


def test_the_ports_it_listens_on_are_told() -> None:
    log = ["Tomcat started on port(s): 8080 (http)", "listening on :9090", "Serving at 0.0.0.0:81"]
    assert set(read(log).listening) == {8080, 9090}


def test_closing_words_give_way_to_the_line_that_says_why() -> None:
    found = reason("ERROR query datastore: Unauthorized by peer\nnode failed to start")
    assert found is not None
    assert "datastore" in found.says
