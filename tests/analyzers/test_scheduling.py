"""The scheduler's message, taken apart."""

from __future__ import annotations

import pytest

from workbench.analyzers.scheduling.unschedulable import parse


@pytest.mark.parametrize(
    ("message", "nodes", "reasons"),
    [
        (
            "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint "
            "{dedicated: gpu}. preemption: 0/3 nodes are available: 3 Preemption is not helpful.",
            3,
            [(1, "Insufficient cpu"), (2, "node(s) had untolerated taint {dedicated: gpu}")],
        ),
        (
            "0/1 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, "
            "that the pod didn't tolerate.",
            1,
            [(1, "node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't "
                 "tolerate")],
        ),
        (
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
            3,
            [(3, "pod has unbound immediate PersistentVolumeClaims")],
        ),
        (
            "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
            3,
            [(3, "pod has unbound immediate PersistentVolumeClaims")],
        ),
        (
            '0/3 nodes are available: persistentvolumeclaim "data" not found.',
            3,
            [(3, 'persistentvolumeclaim "data" not found')],
        ),
        ("running PreBind plugin failed", 0, []),
    ],
)  # fmt: skip
def test_each_reason_keeps_its_number_of_nodes(
    message: str, nodes: int, reasons: list[tuple[int, str]]
) -> None:
    total, found = parse(message)
    assert (total, [(r.nodes, r.why) for r in found]) == (nodes, reasons)
