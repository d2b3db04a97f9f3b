"""The kernel that has the magics loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jupyter_client.kernelspec import KernelSpecManager

from tests.support import kernels
from tests.support.kernels import ROOT
from workbench.cli.kernel import NAME, SPEC, kernel


def test_the_file_for_installing_by_hand_says_the_same() -> None:
    given = json.loads((ROOT / "extensions" / "ipython" / "kernel.json").read_text())
    assert {**given, "argv": given["argv"][1:]} == {**SPEC, "argv": list(SPEC["argv"])[1:]}


def test_the_installed_kernel_knows_the_magics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = CliRunner().invoke(kernel, ["--prefix", str(tmp_path / "env")])
    assert done.exit_code == 0, done.output
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "env" / "share" / "jupyter"))
    assert NAME in KernelSpecManager().find_kernel_specs()
    env = {**kernels.environment(tmp_path), "PYTHONPATH": str(ROOT)}
    with kernels.kernel(env, tmp_path, NAME) as (_, client):
        client.execute("get_ipython().find_magic('k8s_ask') is not None")
        said = ""
        while not said:
            message = client.get_iopub_msg(timeout=60)
            said = message["content"].get("data", {}).get("text/plain", "")
    assert said == "True"
