"""Whatever is wrong: one line that says what, the right exit code, no traceback."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run, refused
from tests.support.api_server import ApiServer, free_port, write_kubeconfig

DEMO = str(ROOT / "workbench" / "kubernetes" / "snapshots" / "demo")
USAGE = {
    ("nonsense",): "No such command",
    ("ask", "--nonsense", "why"): "--nonsense",
    ("ask", ""): "no question",
    ("incident", "close", "INC-1", "--cause", "x"): "Choose from: fixed, mitigated",
    ("ask", "--since", "soon", "why"): "'soon' is not a duration",
    ("ask", "-n", "shop", "-A", "why"): "-n and -A",
    ("ask", "-c", "nowhere", "why"): "'nowhere'",
    ("ask", "-m", "nope:x", "--snapshot", "demo", "why"): "provider called 'nope'",
    ("analyze",): "No cluster is configured. Set KUBECONFIG, or give --snapshot FILE",
    ("analyze", "-l", "app=no", "--snapshot", "demo"): "labels app=no",
    ("analyze", "-l", "a in (", "--snapshot", "demo"): "a in (",
    ("analyze", "--snapshot", DEMO, "--now", "today"): "today",
    ("analyze", "--snapshot", "x", "-c", "y"): "exclude each other",
    ("ask", "--snapshot", "demo", "-c", "prod", "why"): "exclude each other",
    ("timeline", "-c", "prod", "--snapshot", "demo"): "exclude each other",
    ("ask", "--logs", "logs", "why"): "--logs goes with --snapshot",
    ("run",): "No runbook",
    ("run", "pending-pod", "-c", "nowhere"): "'nowhere'",
    ("run", "pending-pod", "--snapshot", "demo", "--out", "out.html"): "--out out.ipynb",
    ("run", "nonsense"): "crash-looping-workload",
    ("run", "pending-pod", "-p", "nonsense=1"): "'nonsense'",
    ("run", "pending-pod", "-p", "nonsense"): "nonsense",
    ("run", "pending-pod", "-f", "no.yaml"): "no.yaml cannot be read as parameters: No such file",
    ("run", "pending-pod", "--approval", "no"): "The signed approval no cannot be read: No such",
    ("snapshot", "serve", "--port", "many"): "many",
    ("audit", "verfy"): "Did you mean verify?",
}


def test_a_question_of_a_megabyte_is_refused_before_anything_starts(here: Run) -> None:
    refused(here("ask", "--snapshot", "demo", "why " * 2**18), 64, "16,384 can be asked")


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_what_makes_no_sense_is_exit_64(workbench: Run, arguments: tuple[str, ...]) -> None:
    refused(workbench(*arguments), 64, USAGE[arguments])


def test_a_namespace_that_is_not_there_cannot_be_asked_about(here: Run) -> None:
    done = here("ask", "-n", "shp", "why", KUBECONFIG="")
    assert done.returncode == 64, done.stdout
    assert "Did you mean shop?" in done.stdout
    assert "resume" not in done.stdout
    assert done.stderr.startswith("No cluster is configured: this is the bundled demo cluster, ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOOL_CALLS", "many"), ("MAX_SECONDS", "0"), ("ROLES", "{sre: operator}"),
        ("NOTIFY", "[{"),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_usable_is_named(workbench: Run, name: str, value: str) -> None:
    done = workbench("ask", "why", **{f"WORKBENCH_{name}": value})
    refused(done, 64, name.lower())


def test_a_broken_configuration_file_is_named(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("model = [")
    refused(workbench("ask", "why"), 64, "workbench.toml")
    (tmp_path / "workbench.toml").write_text('modle = "analyst"')
    refused(workbench("ask", "why"), 64, "modle")


CLUSTERS: dict[str, str | bytes] = {
    "not JSON": "{not json",
    "no object": "[]",
    "another List": json.dumps({"kind": "List", "items": 3}),
    "binary": bytes(range(256)),
    "empty": "",
}


@pytest.mark.parametrize("name", CLUSTERS)
@pytest.mark.parametrize("command", [["analyze"], ["ask", "why"]], ids=["analyze", "ask"])
def test_a_file_that_is_no_cluster_is_named(
    workbench: Run, tmp_path: Path, name: str, command: list[str]
) -> None:
    content = CLUSTERS[name]
    path = tmp_path / "cluster.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(workbench(*command, "--snapshot", "cluster.json"), 2, "cluster.json")


@pytest.mark.parametrize("command", [("analyze",), ("ask", "why"), ("timeline",)], ids=" ".join)
def test_logs_of_other_pods_are_told(here: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    log = tmp_path / "logs" / "shop" / "nobody" / "web.log"
    log.parent.mkdir(parents=True)
    log.write_text("of another cluster")
    done = here(*command, "--snapshot", DEMO, "--logs", "logs")
    refused(done, 2, "No log in ", "logs is of a pod of ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "export", "--out", "mine"),
        ("audit", "roots", "--out", "mine"),
        ("eval", "--html", "mine"),
        ("timeline", "--svg", "mine"),
        ("run", "pending-pod", "--junit", "mine"),
        ("run", "pending-pod", "--out", "mine.ipynb"),
        ("export", "--out", "mine.html"),
    ],
    ids=" ".join,
)
def test_a_file_that_is_there_is_not_lost_without_a_word(
    here: Run, asked: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = tmp_path / arguments[-1]
    path.write_text("my own words")
    subject = (asked,) if arguments[0] == "export" else ()
    refused(here(*arguments, *subject), 64, f"{path.name} is there already", "--force")
    assert path.read_text() == "my own words"


def test_a_code_quality_report_of_another_tool_is_not_lost(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "gl-code-quality-report.json"
    path.write_text('[{"check_name": "E501"}]')
    done = here("run", "pending-pod", "--annotations", "gitlab", "--snapshot", DEMO)
    refused(done, 64, f"{path.name} is there already", "--force")
    assert path.read_text() == '[{"check_name": "E501"}]'


def test_a_missing_snapshot_is_named(workbench: Run) -> None:
    refused(workbench("analyze", "--snapshot", "nope.json"), 2, "nope.json")
    refused(workbench("snapshot", "serve", "nope.json"), 2, "nope.json")


def test_a_run_of_a_snapshot_that_is_none_leaves_no_notebook(here: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{not json")
    for name in ("nope.json", "bad.json"):
        refused(here("run", "pending-pod", "--snapshot", name, "--out", "o.ipynb"), 2, name)
    assert not (tmp_path / "o.ipynb").exists()


def test_a_notebook_that_is_none_is_named(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.ipynb").write_text("x")
    refused(workbench("run", "bad.ipynb"), 2, "bad.ipynb")


def test_an_investigation_that_is_not_there_is_named(workbench: Run) -> None:
    refused(workbench("export", "INV-9999"), 2, "INV-9999")


def test_a_cluster_that_is_down_is_not_called_healthy(workbench: Run, tmp_path: Path) -> None:
    kubeconfig = write_kubeconfig(tmp_path / "kc", f"http://127.0.0.1:{free_port()}")
    refused(workbench("analyze", KUBECONFIG=kubeconfig), 2, "(context test)", "Is the cluster up")
    done = workbench("ask", "why is web down?", KUBECONFIG=kubeconfig)
    assert done.returncode == 2
    assert "The cluster could not be looked at" in done.stdout
    done = workbench("ask", "--json", "why is web down?", KUBECONFIG=kubeconfig)
    assert done.returncode == 2
    assert json.loads(done.stdout)["steps"][-1]["conclusion"]["confidence"] == "low"


def test_an_expired_token_is_told_apart(
    workbench: Run, tmp_path: Path, api_server: ApiServer
) -> None:
    kubeconfig = api_server.kubeconfig(tmp_path / "kc", token="expired")
    refused(workbench("analyze", KUBECONFIG=kubeconfig), 2, "the token is expired")
    done = workbench("ask", "why is web down?", KUBECONFIG=kubeconfig)
    assert done.returncode == 2
    assert "the token is expired" in done.stdout


def test_what_is_forbidden_is_shown_as_not_checked(
    workbench: Run, tmp_path: Path, api_server: ApiServer
) -> None:
    api_server.forbidden = {"pods", "shop/pods"}
    kubeconfig = api_server.kubeconfig(tmp_path / "kc")
    for command in (["analyze", "-n", "shop"], ["ask", "-n", "shop", "what is broken?"]):
        done = workbench(*command, KUBECONFIG=kubeconfig)
        assert done.returncode in (0, 1), done.stderr
        assert "Not checked" in done.stdout
        assert "pods: forbidden" in done.stdout


def test_a_port_in_use_is_named(workbench: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = workbench("snapshot", "serve", "--port", port)
    refused(done, 2, port, "in use")
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "--snapshot", "demo", "why"),
        ("export", "INV-1", "--out", "/proc/nowhere"),
        ("run", "pending-pod", "--snapshot", "demo", "--out", "/proc/nowhere.ipynb"),
        ("snapshot", "serve", "--kubeconfig", "/proc/nowhere"),
    ],
    ids=lambda a: a[0],
)
def test_a_place_that_cannot_be_written_is_named(
    workbench: Run, arguments: tuple[str, ...]
) -> None:
    # Nobody, not even root, makes files in /proc.
    data = {"WORKBENCH_DATA_DIR": "/proc/nowhere"} if arguments[0] == "ask" else {}
    if arguments[0] == "export":
        workbench("ask", "--snapshot", "demo", "why")
    refused(workbench(*arguments, **data), 2, "/proc")


@pytest.mark.parametrize(
    ("dsn", "says"),
    [
        ("postgresql://u:hidden@127.0.0.1:{port}/x", "The database cannot be used"),
        ("http://127.0.0.1:{port}/x", "The database cannot be used"),
        ("nonsense", "The database cannot be used"),
    ],
)
@pytest.mark.parametrize(
    "command", [["ask", "why", "--snapshot", "demo"], ["db", "migrate"], ["export", "INV-1"]]
)
def test_a_database_that_is_down_stops_everything_at_once(
    workbench: Run, dsn: str, says: str, command: list[str]
) -> None:
    done = workbench(*command, DATABASE_URL=dsn.format(port=free_port()))
    refused(done, 2, says, "DATABASE_URL")
    assert "hidden" not in done.stdout + done.stderr


def test_something_else_behind_the_database_address_is_told(
    workbench: Run, api_server: ApiServer
) -> None:
    dsn = api_server.url.replace("http://", "postgresql://u:hidden@") + "/x"
    done = workbench("ask", "why", "--snapshot", "demo", DATABASE_URL=dsn)
    refused(done, 2, "The database cannot be used")


@pytest.mark.parametrize("which", ["MODEL", "FALLBACK_MODELS"])
def test_a_model_without_a_key_says_which_to_set_before_anything_is_looked_at(
    here: Run, which: str
) -> None:
    chosen = {"WORKBENCH_MODEL": "analyst", f"WORKBENCH_{which}": "anthropic"}
    done = here("ask", "--snapshot", "demo", "why is checkout failing?", **chosen)
    refused(done, 2, "There is no key for anthropic", "ANTHROPIC_API_KEY")
    assert not done.stdout


def test_a_model_that_refuses_connections_is_named(workbench: Run) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    asked = ("ask", "--snapshot", "demo", "-m", "openai:local", "why is checkout failing?")
    done = workbench(*asked, OPENAI_BASE_URL=url)
    assert done.returncode == 2
    assert "The model local cannot be reached" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_mistyped_command_gets_a_suggestion(workbench: Run) -> None:
    refused(workbench("anlyze"), 64, "Did you mean analyze?")


def test_a_tool_that_nobody_knows_is_not_explained_as_if_it_were_there(here: Run) -> None:
    done = here("policy", "explain", "kube_lgs")
    assert done.returncode == 3
    assert "has no tool 'kube_lgs'. Did you mean kube_logs" in done.stdout
    assert "of a server of yours" in here("policy", "explain", "prom_query").stdout


def test_a_list_that_is_empty_says_so_and_prints_no_line(here: Run) -> None:
    done = here("token", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "workbench token create" in done.stderr


def test_a_group_without_a_command_prints_its_help(here: Run) -> None:
    done = here("incident")
    assert (done.returncode, done.stderr[:16]) == (64, "Usage: workbench")
