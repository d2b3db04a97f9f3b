from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.kubernetes.snapshots.serve.columns.custom import find

TREE: dict[str, Any] = {
    "spec": {"size": 3, "parts": [{"name": "a"}, {"name": "b"}]},
    "metadata": {"labels": {"acme.example/tier": "front"}},
    "status": {"conditions": [{"type": "Ready", "status": "True", "last.seen": 1}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".spec.size", 3),
        ("$.spec.size", 3),
        (".spec.parts[1].name", "b"),
        (".spec.parts[-1].name", "b"),
        (".spec.parts[*].name", "a"),
        (".spec.parts[9].name", None),
        ('.status.conditions[?(@.type=="Ready")].status', "True"),
        (".status.conditions[?(@.type == 'Other')].status", None),
        (".metadata.labels['acme.example/tier']", "front"),
        (r".metadata.labels.acme\.example/tier", None),
        (r'.status.conditions[?(@.type=="Ready")].last\.seen', 1),
        (".nowhere.at.all", None),
        (".spec..size", None),
    ],
)
def test_simple_paths_are_followed_and_others_are_absent(path: str, value: Any) -> None:
    assert find(TREE, path) == value


@given(st.text(".[]?()@='\"\\ab*1-", max_size=40))
def test_any_path_ends(path: str) -> None:
    find(TREE, path)
