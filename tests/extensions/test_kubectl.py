"""``kubectl ask`` by the real kubectl."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.kernels import ROOT

PLUGIN = ROOT / "extensions" / "kubectl"
SAYS = '#!/bin/sh\nprintf \'%s\\n\' "$KUBECONFIG" "$@"\nexit ${CODE:-0}\n'
"""In the place of ``workbench``: what it was asked, a word a line."""

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl here")


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    contexts = {"prod": {"cluster": "c", "user": "u", "namespace": "shop"}}
    contexts["plain"] = {"cluster": "c", "user": "u"}
    path = tmp_path / "kubeconfig"
    tree = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": name, "context": given} for name, given in contexts.items()],
    }
    path.write_text(yaml.safe_dump(tree))
    return path


def ask(
    kubeconfig: Path, *words: str, workbench: str = SAYS, **env: str
) -> subprocess.CompletedProcess[str]:
    folder = kubeconfig.parent / "bin"
    folder.mkdir(exist_ok=True)
    if workbench:
        (folder / "workbench").write_text(workbench)
        (folder / "workbench").chmod(0o755)
    kubectl = Path(str(shutil.which("kubectl"))).parent
    path = f"{folder}:{PLUGIN}:{kubectl}:/usr/bin:/bin"
    whole = {"PATH": path, "KUBECONFIG": str(kubeconfig), "HOME": os.environ["HOME"], **env}
    return subprocess.run(
        ["kubectl", "ask", *words], env=whole, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (["why is it down?"], ["-n", "shop", "why is it down?"]),
        (["why", "-n", "web"], ["why", "-n", "web"]),
        (["why", "--namespace=web"], ["why", "-n", "web"]),
        (["why", "-A"], ["why", "-A"]),
        (["why", "--context", "plain"], ["why", "--context", "plain"]),
        (["why", "--context=prod"], ["-n", "shop", "why", "--context", "prod"]),
        (["why", "-m", "analyst"], ["-n", "shop", "why", "-m", "analyst"]),
        (["why", "-A", "--since=1h"], ["why", "-A", "--since=1h"]),
    ],
)  # fmt: skip
def test_kubectls_own_flags_say_where(kubeconfig: Path, typed: list[str], asked: list[str]) -> None:
    said = ask(kubeconfig, *typed)
    assert said.stdout.splitlines() == [str(kubeconfig), "ask", *asked]


def test_another_kubeconfig_and_the_exit_code_are_handed_on(
    kubeconfig: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text(kubeconfig.read_text().replace("namespace: shop", "namespace: elsewhere"))
    said = ask(kubeconfig, "why", f"--kubeconfig={other}", CODE="1")
    assert said.stdout.splitlines() == [str(other), "ask", "-n", "elsewhere", "why"]
    assert said.returncode == 1


def test_a_missing_value_or_workbench_is_one_line(kubeconfig: Path) -> None:
    assert "--context needs a value" in ask(kubeconfig, "why", "--context").stderr
    (kubeconfig.parent / "bin" / "workbench").unlink()
    said = ask(kubeconfig, "why", workbench="")
    assert said.stderr.startswith("kubectl ask: workbench is not on the PATH")
    assert said.returncode == 2


def test_kubectl_lists_it(kubeconfig: Path) -> None:
    ask(kubeconfig, "why")
    path = f"{PLUGIN}:{os.environ['PATH']}"
    said = subprocess.run(
        ["kubectl", "plugin", "list"], env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert str(PLUGIN / "kubectl-ask") in said.stdout


def test_the_real_workbench_answers(kubeconfig: Path, tmp_path: Path) -> None:
    real = f'#!/bin/sh\nexec "{sys.executable}" -m workbench "$@"\n'
    env = {"WORKBENCH_DATA_DIR": str(tmp_path / "data"), "WORKBENCH_SNAPSHOT": "nowhere"}
    said = ask(kubeconfig, "why", workbench=real, **env)
    assert "nowhere" in said.stderr  # it got as far as the cluster
    assert "Traceback" not in said.stderr
    assert said.returncode == 2
