"""The composition root, with every part real."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from workbench.bootstrap import believed_after, open_workbench
from workbench.child import child_environment
from workbench.clusters import live_cluster
from workbench.core.cluster import ClusterAddress, Scope
from workbench.core.investigation import Status
from workbench.errors import ContextUnknown, SettingsError, SnapshotError
from workbench.kubernetes.snapshots.process import frozen_cluster
from workbench.settings import load_settings

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: prod
contexts: [{name: prod, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _kubeconfig(tmp_path: Path) -> str:
    path = tmp_path / "kubeconfig"
    path.write_text(KUBECONFIG)
    return str(path)


def test_without_any_cluster_there_is_no_live_one() -> None:
    assert live_cluster(load_settings()) is None


def test_a_kubeconfig_names_the_live_cluster(tmp_path: Path) -> None:
    found = live_cluster(load_settings(kubeconfig=_kubeconfig(tmp_path)))
    assert found is not None
    assert found.name == "prod"
    assert not found.frozen


def test_an_unknown_context_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    settings = load_settings(kubeconfig=_kubeconfig(tmp_path), context="stage")
    with pytest.raises(ContextUnknown, match="prod"):
        live_cluster(settings)


def test_a_child_sees_the_frozen_cluster_that_is_already_served() -> None:
    frozen = ClusterAddress(name="demo", kubeconfig="served.yaml", frozen=True)
    env = child_environment(load_settings(snapshot="demo"), frozen)
    assert env["KUBECONFIG"] == str(Path("served.yaml").absolute())
    assert "WORKBENCH_SNAPSHOT" not in env
    assert child_environment(load_settings(snapshot="demo"))["WORKBENCH_SNAPSHOT"] == "demo"


def test_a_child_in_another_folder_reads_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rule = 'effect = "refuse"\ntool = "logs"\n'
    (tmp_path / "workbench.toml").write_text(f'snapshot = "demo"\n[[policy.rules]]\n{rule}')
    frozen = ClusterAddress(name="demo", kubeconfig="served.yaml", frozen=True)
    env = child_environment(load_settings(), frozen)
    (tmp_path / "runs").mkdir()
    monkeypatch.chdir(tmp_path / "runs")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    child = load_settings()
    assert child.policy["rules"][0]["tool"] == "logs"
    assert child.snapshot == ""  # it is served already
    assert "WORKBENCH_CONFIG" not in child_environment(
        load_settings(gateway="http://localhost:1", gateway_token="t")
    )


def test_a_child_in_another_folder_is_told_paths_from_the_root(tmp_path: Path) -> None:
    settings = load_settings(
        snapshot="c.json",
        kubeconfig=os.pathsep.join(["a", "/b"]),
        data_dir=Path("data"),
        mcp_servers=Path("servers.json"),
        runbook_dirs=(Path("books"),),
        snapshot_logs=Path("logs"),
    )
    env = child_environment(settings)
    assert env["WORKBENCH_SNAPSHOT"] == str(tmp_path / "c.json")
    assert env["KUBECONFIG"] == os.pathsep.join([str(tmp_path / "a"), "/b"])
    assert env["WORKBENCH_DATA_DIR"] == str(tmp_path / "data")
    assert env["WORKBENCH_MCP_SERVERS"] == str(tmp_path / "servers.json")
    assert env["WORKBENCH_RUNBOOK_DIRS"] == str(tmp_path / "books")
    assert env["WORKBENCH_SNAPSHOT_LOGS"] == str(tmp_path / "logs")


def test_a_signed_approval_is_handed_on_as_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c7").write_text("eyJ.from.file\n")
    settings = load_settings(approvals=(str(tmp_path / "c7"), "eyJ.of.words"))
    assert child_environment(settings)["WORKBENCH_APPROVALS"] == "eyJ.from.file,eyJ.of.words"
    with pytest.raises(SettingsError, match="nowhere cannot be read"):
        child_environment(load_settings(approvals=("nowhere",)))


def test_a_database_that_others_share_is_not_believed_while_it_is_young() -> None:
    assert believed_after(load_settings(database_url="postgresql://db/workbench")) > 0
    assert believed_after(load_settings()) == 0


async def test_what_cannot_be_served_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"kind": "List", "items": [')
    with pytest.raises(SnapshotError, match=r"broken\.json"):
        async with frozen_cluster("broken.json", tmp_path / "run"):
            pass
    with pytest.raises(SnapshotError, match=r"no snapshot nowhere\.zip"):
        async with frozen_cluster("nowhere.zip", tmp_path / "run"):
            pass


async def test_a_whole_investigation_leaves_no_process_behind(tmp_path: Path) -> None:
    settings = load_settings(snapshot="demo", model="analyst", data_dir=tmp_path / "data")
    before = set(psutil.Process().children(recursive=True))
    async with open_workbench(settings, surface="test") as workbench:
        assert workbench.address.frozen
        found = [so_far async for so_far, _ in workbench.ask("is anything broken?", Scope())][-1]
        kubeconfig = Path(workbench.address.kubeconfig)
        assert kubeconfig.stat().st_mode & 0o077 == 0
    assert found.status is Status.COMPLETE
    assert found.findings
    assert not kubeconfig.exists()
    left = list(set(psutil.Process().children(recursive=True)) - before)
    _, alive = await asyncio.to_thread(psutil.wait_procs, left, timeout=20)
    assert alive == []
