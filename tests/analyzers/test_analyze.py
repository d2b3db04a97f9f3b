"""The analysis as a whole: pure, total, and quick about healthy objects."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scenarios.test_scenarios import FOLDERS
from tests.support.analysis import NO_TIME, read, snapshot_of
from workbench.analyzers import ANALYZERS, analyze
from workbench.core.cluster import Scope
from workbench.core.diagnosis import from_json, to_json
from workbench.core.selectors import parse_selector

TREES = [tree for folder in FOLDERS for tree in read(folder / "cluster.yaml")]

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**40),
    st.text(max_size=8),
    st.sampled_from(["", "Unknown", "\x00", "0/3 nodes are available: ", "{", "True", "99999Gi"]),
    st.just([]),
    st.just({}),
)


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a tree."""
    found = [path] if path else []
    items = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for key, value in items:
        found += places(value, (*path, key))
    return found


def with_odd(tree: Any, path: tuple[Any, ...], odd: Any, drop: bool) -> Any:
    """A copy of the tree with one place replaced or removed."""
    changed = copy.deepcopy(tree)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    if drop and isinstance(inner, dict):
        del inner[path[-1]]
    else:
        inner[path[-1]] = odd
    return changed


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_shape_of_object_makes_an_analyzer_raise(data: st.DataObject) -> None:
    trees = data.draw(st.lists(st.sampled_from(TREES), min_size=1, max_size=12))
    changed = []
    for tree in trees:
        for _ in range(data.draw(st.integers(0, 3))):
            paths = places(tree)
            if paths:
                path = data.draw(st.sampled_from(paths))
                tree = with_odd(tree, path, data.draw(ODD), data.draw(st.booleans()))
        changed.append(tree)
    snapshot = snapshot_of([t for t in changed if isinstance(t, dict)])
    analyze(snapshot, NO_TIME)


def test_the_json_form_keeps_every_finding() -> None:
    snapshot = snapshot_of(TREES)
    diagnosis = analyze(snapshot, snapshot.taken_at)
    assert from_json(to_json(diagnosis)) == diagnosis


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_the_order_of_objects_does_not_change_the_answer(folder: Path) -> None:
    trees = read(folder / "cluster.yaml")
    one, other = (snapshot_of(t) for t in (trees, list(reversed(trees))))
    ids = [[f.id for f in analyze(s, s.taken_at).findings] for s in (one, other)]
    assert ids[0] == ids[1]


def test_findings_outside_of_the_scope_are_left_out_unless_they_explain_one_inside() -> None:
    snapshot = snapshot_of(TREES, scope=Scope(namespaces=("img",)))
    found = analyze(snapshot, snapshot.taken_at).findings
    inside = {f.id for f in found if f.subject.namespace in ("img", "")}
    assert inside
    assert all(f.id in inside or inside & set(f.explains) for f in found)


@pytest.mark.parametrize(
    ("text", "labels", "matches"),
    [
        ("app=web", {"app": "web"}, True),
        ("app==web,tier!=db", {"app": "web", "tier": "db"}, False),
        ("app in (web, api)", {"app": "api"}, True),
        ("app notin (web)", {"app": "web"}, False),
        ("app,!legacy", {"app": "x"}, True),
        ("app,!legacy", {"app": "x", "legacy": ""}, False),
    ],
)
def test_selectors_mean_what_kubectl_means(
    text: str, labels: dict[str, str], matches: bool
) -> None:
    assert parse_selector(text).matches(labels) is matches


def test_importing_the_rules_loads_nothing_heavy() -> None:
    code = "import sys, workbench.analyzers; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(out.stdout.split())
    third = {m for m in loaded if m not in sys.stdlib_module_names and not m.startswith("_")}
    assert third <= {
        "msgspec",
        "workbench",
        "typing_extensions",
        "distutils-precedence",
        "sitecustomize",
    }


def test_every_rule_is_a_plain_function() -> None:
    assert all(callable(a) and a.__doc__ for a in ANALYZERS)
