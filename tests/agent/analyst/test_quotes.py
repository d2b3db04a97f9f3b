import pytest

from tests.support.scripted_tools import ref
from workbench.agent.analyst.quotes import hosts, service_of, spoken, telling, told, warnings_of


def test_the_line_that_tells_of_trouble_is_quoted_as_it_stands() -> None:
    found = telling("INFO starting\n  FATAL: DATABASE_URL is not set\nINFO bye")
    assert found is not None
    assert found.parts == ("FATAL: DATABASE_URL is not set",)


def test_calm_text_gives_no_quote() -> None:
    assert telling("INFO 0 errors\nlevel=info msg=ok\nReady: True") is None


def test_a_value_the_finding_points_to_counts_most() -> None:
    text = "error: something failed\nexit reason OOMKilled"
    found = telling(text, ("OOMKilled",))
    assert found is not None
    assert found.parts == ("exit reason OOMKilled",)


def test_the_line_a_finding_rests_on_outweighs_closing_words() -> None:
    text = "cannot write segment: quota of volume reached\nERROR fatal: shutdown failed, stopped"
    line = "cannot write segment: quota of volume reached"
    found = telling(text, (line,), (), (line,), newest=True)
    assert found is not None
    assert found.parts == (line,)


def test_a_name_alone_tells_of_no_trouble() -> None:
    assert telling("StorageClass: fast", (), ("fast",)) is None


def test_in_logs_the_newest_of_equals_is_quoted() -> None:
    text = "error one\nerror two"
    first, last = telling(text), telling(text, newest=True)
    assert first is not None
    assert last is not None
    assert (first.parts, last.parts) == (("error one",), ("error two",))


def test_quotes_hold_nothing_that_cannot_be_shown() -> None:
    found = telling("\x1b[31merror: \u202edeksam\x1b[0m failed")
    assert found is not None
    assert all(part.isprintable() for part in found.parts)


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


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('2026-11-17T09:38:38.72Z {"level":"fatal","msg":"X is not set"}', ("X is not set",)),
        (
            '{"msg":"not ready","url":"http://pay:80","error":"connection refused"}',
            ("not ready", "http://pay:80", "connection refused"),
        ),
        ('time="2026-11-17" level=error msg="boom" err="no such host"', ("boom", "no such host")),
        ("2026/11/17 09:38:38 [error] upstream failed", ("[error] upstream failed",)),
        ("2026-03-04T03:10:01Z 2026-03-04 03:10:01,120 ERROR it failed", ("ERROR it failed",)),
        ("E0302 08:00:00.150000       1 reflector.go:150] failed to list", ("failed to list",)),
    ],
)
def test_a_log_line_is_quoted_without_its_time_and_wrapping(
    line: str, said: tuple[str, ...]
) -> None:
    assert told(line) == said
    assert all(part in line for part in said)


def test_of_a_description_only_what_tells_how_it_stands_is_read() -> None:
    text = """
    Liveness:   http-get http://:http/healthz delay=10s timeout=2s period=20s #success=1 #failure=3
    State:      Waiting
      Reason:   CrashLoopBackOff
Conditions:
  Type         Status  Reason                      Message
  Available    False   MinimumReplicasUnavailable  Deployment does not have minimum availability.
Events:
  Type     Reason   Age  From     Message
  Warning  BackOff  9s   kubelet  Back-off restarting failed container
  Normal   Pulled   9s   kubelet  Container image failed-to-load:1 already present
"""
    assert warnings_of(text).splitlines() == [
        "CrashLoopBackOff",
        "Deployment does not have minimum availability.",
        "Back-off restarting failed container",
    ]


def test_of_a_structured_klog_line_the_error_is_told() -> None:
    line = 'E0302 08:00:00.000000 1 run.go:7] "Unhandled Error" err="no such file: a.conf" n=1'
    assert told(line) == ("no such file: a.conf",)


def test_a_source_file_with_its_line_is_no_host() -> None:
    assert hosts("E0302 cannot watch at reflector.go:243: dial tcp db:5432 refused") == ("db",)


def test_a_verdict_holds_the_beginning_of_a_long_line_to_the_end_of_a_word() -> None:
    found = telling("error: " + "word " * 60)
    assert found is not None
    assert len(found.brief) < 160
    assert found.brief.strip("“”") in found.parts[0]
    assert found.brief.endswith("word”")
