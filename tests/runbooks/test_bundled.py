"""Each bundled runbook on a broken cluster and on a healthy one, in a kernel of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.support import scenario_engine
from tests.support.kernels import ROOT
from workbench.analyzers.catalogue import CATALOGUE
from workbench.core.runbook import RunbookRun, RunStatus
from workbench.runbooks import catalogue
from workbench.runbooks.run import run
from workbench.runbooks.warm import IMPORTED, Nursery

BROKEN = {
    "alert-first-response": ("rollout-that-broke-says-what-changed", "POD_CRASH_LOOP"),
    "autoscaler-not-scaling": ("autoscaler-faults", "HPA_METRICS_UNAVAILABLE"),
    "certificate-expiry": ("certificates-and-bundles-told-apart", "CERTIFICATE_EXPIRED"),
    "crash-looping-workload": ("crash-loop-missing-variable", "SETTING_MISSING"),
    "dns": ("cluster-dns-answers-nxdomain", "DNS_MISCONFIGURED"),
    "failing-job": ("jobs-and-schedules", "JOB_FAILED"),
    "image-pull": ("images-told-apart", "IMAGE_NOT_FOUND"),
    "ingress-and-routes": ("ingress-faults", "INGRESS_BACKEND_MISSING"),
    "namespace-health": ("database-down-takes-all-with-it", "POD_UNSCHEDULABLE"),
    "network-policy": ("policy-admits-wrong-namespace", "NETWORK_POLICY_BLOCKS"),
    "node-not-ready": ("node-down", "NODE_NOT_READY"),
    "out-of-memory": ("out-of-memory", "POD_OOM_KILLED"),
    "pending-pod": ("full-nodes-and-their-numbers", "POD_UNSCHEDULABLE"),
    "permissions": ("role-lacks-a-verb", "RBAC_DENIED"),
    "quota-and-admission": ("refused-pods-told-apart", "ADMISSION_DENIED"),
    "release-verification": ("rollout-stuck-on-bad-image", "ROLLOUT_STUCK"),
    "service-without-endpoints": ("service-selector-typo", "SERVICE_SELECTOR_MISMATCH"),
    "storage-pending": ("storage-faults", "PROVISIONING_FAILED"),
    "stuck-rollout": ("rollout-stuck-on-bad-image", "ROLLOUT_STUCK"),
}
HEALTHY = {
    "certificate-expiry": "healthy-certificates",
    "dns": "healthy-dns-with-rewrites",
    "failing-job": "healthy-jobs-and-claims",
    "network-policy": "healthy-policies-that-allow",
    "storage-pending": "healthy-volumes-that-are-shared-rightly",
    "stuck-rollout": "healthy-rollout-under-way",
}
USUAL = "healthy-canary"
BOOKS = [book.name for book in catalogue.catalogue().runbooks]


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Kernels from one process: thirty-eight cold ones would take minutes."""
    modules = (*IMPORTED, "tests.support.scenario_engine")
    made = Nursery(modules, {**os.environ, "PYTHONPATH": str(ROOT)})
    yield made
    made.close()


async def ran(
    name: str, cluster: str, folder: Path, nursery: Nursery, /, **parameters: Any
) -> RunbookRun:
    done = await run(
        catalogue.find(name),
        parameters,
        folder / "out.ipynb",
        env=scenario_engine.environment(folder, cluster),
        nursery=nursery,
    )
    nbformat.validate(nbformat.read(folder / "out.ipynb", as_version=4))
    return done


def logs(folder: Path) -> list[str]:
    """What was shown below a caption."""
    cells = nbformat.read(folder / "out.ipynb", as_version=4).cells
    shown = [o for c in cells if c.cell_type == "code" for o in c.outputs]
    texts = [str(o.data.get("text/plain", "")) for o in shown if "data" in o]
    return [text.partition(":\n")[2] for text in texts if ":\n" in text]


def last_words(folder: Path) -> str:
    """What the last cell came to."""
    cells = nbformat.read(folder / "out.ipynb", as_version=4).cells
    return str([c for c in cells if c.cell_type == "code"][-1].outputs[-1].data["text/plain"])


@pytest.mark.parametrize("name", BOOKS)
async def test_each_runbook_finds_what_is_broken(
    name: str, tmp_path: Path, nursery: Nursery
) -> None:
    cluster, code = BROKEN[name]
    done = await ran(name, cluster, tmp_path, nursery)
    assert (done.error, done.status) == ("", RunStatus.FINDINGS)
    assert code in {f.code for f in done.findings}
    assert done.gates
    assert not all(gate.passed for gate in done.gates)
    assert all(gate.evidence for gate in done.gates)
    assert "finding" in last_words(tmp_path)
    assert len(logs(tmp_path)) == len(set(logs(tmp_path)))  # none is shown twice


@pytest.mark.parametrize("name", BOOKS)
async def test_each_runbook_says_that_a_healthy_cluster_is_healthy(
    name: str, tmp_path: Path, nursery: Nursery
) -> None:
    done = await ran(name, HEALTHY.get(name, USUAL), tmp_path, nursery)
    assert (done.error, done.status) == ("", RunStatus.HEALTHY)
    assert done.gates
    assert all(gate.passed for gate in done.gates)
    assert last_words(tmp_path).startswith("No ")


@pytest.mark.parametrize(
    ("name", "meant"), [("crash-looping-workload", "wep"), ("node-not-ready", "n11")]
)
async def test_a_name_that_is_not_there_fails_the_run_and_names_the_nearest(
    name: str, meant: str, tmp_path: Path, nursery: Nursery
) -> None:
    done = await ran(name, USUAL, tmp_path, nursery, name=meant)
    assert done.status is RunStatus.FAILED
    assert f" {meant}. " in done.error
    assert "Did you mean" in done.error


async def test_what_was_broken_before_a_release_is_not_the_releases(
    tmp_path: Path, nursery: Nursery
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir(), after.mkdir()
    first = await ran("release-verification", "rollout-stuck-on-bad-image", before, nursery)
    assert first.status is RunStatus.FINDINGS
    second = await ran(
        "release-verification", "rollout-stuck-on-bad-image", after, nursery, before=first.output
    )
    assert (second.error, [g.passed for g in second.gates]) == ("", [True, True])
    assert second.status is RunStatus.HEALTHY
    named = {"name": "web", "before": first.output}
    third = await ran("release-verification", "rollout-stuck-on-bad-image", after, nursery, **named)
    assert [g.passed for g in third.gates] == [
        False,
        True,
    ]  # its rollout is not through all the same


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_finding_code_names_a_runbook_that_looks_into_it(code: str) -> None:
    book = catalogue.find(CATALOGUE[code].runbook)
    assert not book.codes or code in book.codes


@pytest.mark.parametrize("name", BOOKS)
def test_every_runbook_is_five_thin_cells(name: str) -> None:
    cells = nbformat.read(catalogue.find(name).path, as_version=4).cells
    assert [c.cell_type for c in cells] == ["markdown", *["code"] * 4]
    assert all(p.help for p in catalogue.find(name).parameters)
    assert "parameters" in cells[1].metadata.tags
    assert "wb.gate(" in cells[-1].source
