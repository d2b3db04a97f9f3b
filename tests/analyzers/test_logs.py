"""Reasons that a container's last lines give."""

from __future__ import annotations

import pytest

from workbench.analyzers.logs import reason

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
