"""Which findings are about what was asked for."""

from __future__ import annotations

import pytest

from tests.support import samples
from workbench.core.cluster import ObjectRef
from workbench.notebook.analysis import about


@pytest.mark.parametrize(
    ("kind", "name", "pod"),
    [
        ("Deployment", "web", "web-7d4b9c6f5-x2x9z"),
        ("StatefulSet", "db", "db-0"),
        ("DaemonSet", "agent", "agent-x2x9z"),
        ("Job", "export", "export-x2x9z"),
        ("CronJob", "clean", "clean-29915100-vjvmg"),
    ],
)
def test_a_finding_about_a_workload_is_about_each_of_its_pods(
    kind: str, name: str, pod: str
) -> None:
    found = samples.finding(subject=ObjectRef(kind, "shop", name))
    assert about([found], [pod]) == about([found], [f"pod/{pod}"]) == (found,)


@pytest.mark.parametrize("word", ["web-api-7d4b9c6f5-x2x9z", "web-0", "webby", "svc/web", "we"])
def test_a_finding_about_a_workload_is_about_no_other_one(word: str) -> None:
    found = samples.finding(subject=ObjectRef("Deployment", "shop", "web"))
    assert about([found], [word]) == ()
