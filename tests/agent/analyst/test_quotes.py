import pytest

from tests.support.scripted_tools import ref
from workbench.agent.analyst.quotes import hosts, service_of, spoken, telling


def test_the_line_that_tells_of_trouble_is_quoted_as_it_stands() -> None:
    found = telling("INFO starting\n  FATAL: DATABASE_URL is not set\nINFO bye")
    assert found is not None
    assert found.text == "FATAL: DATABASE_URL is not set"


def test_calm_text_gives_no_quote() -> None:
    assert telling("INFO 0 errors\nlevel=info msg=ok\nReady: True") is None


def test_a_value_the_finding_points_to_counts_most() -> None:
    text = "error: something failed\nexit reason OOMKilled"
    found = telling(text, ("OOMKilled",))
    assert found is not None
    assert found.text == "exit reason OOMKilled"


def test_a_name_alone_tells_of_no_trouble() -> None:
    assert telling("StorageClass: fast", (), ("fast",)) is None


def test_in_logs_the_newest_of_equals_is_quoted() -> None:
    text = "error one\nerror two"
    first, last = telling(text), telling(text, newest=True)
    assert first is not None
    assert last is not None
    assert (first.text, last.text) == ("error one", "error two")


def test_quotes_hold_nothing_that_cannot_be_shown() -> None:
    found = telling("\x1b[31merror: \u202edeksam\x1b[0m failed")
    assert found is not None
    assert found.text.isprintable()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("dial tcp: lookup payments on 10.96.0.10:53: no such host", ["payments"]),
        ('Post "http://pay.shop.svc:8080/x": connection refused', ["pay.shop.svc"]),
        ("Error: getaddrinfo ENOTFOUND redis-cart", ["redis-cart"]),
        ("could not connect: redis.cache:6379 timeout", ["redis.cache"]),
        ("psycopg.Error failed: user@ledger-db refused", ["ledger-db"]),
        ("INFO connected to http://fine:80", []),
        ("dial tcp 10.1.2.3:5432: connection refused", []),
    ],
)
def test_hosts_are_read_from_lines_of_trouble(line: str, found: list[str]) -> None:
    assert list(hosts(line)) == found


def test_a_host_may_also_just_be_spoken_of() -> None:
    assert "payments" in spoken("error: connection to payments failed")


@pytest.mark.parametrize(
    ("host", "service"),
    [
        ("payments", "Service shop/payments"),
        ("payments.pay", "Service pay/payments"),
        ("payments.pay.svc.cluster.local", "Service pay/payments"),
        ("api.example.com", None),
        ("localhost", None),
        ("10.1.2.3", None),
    ],
)
def test_a_host_means_a_service_of_the_cluster(host: str, service: str | None) -> None:
    assert service_of(host, "shop") == (ref(service) if service else None)
