"""The analysis as a whole: pure, total, and quick about healthy objects."""

from __future__ import annotations

import copy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scenarios.test_scenarios import FOLDERS
from tests.support.analysis import NO_TIME, read, snapshot_of
from workbench.analyzers import ANALYZERS, analyze
from workbench.core.cluster import Gap, Scope
from workbench.core.diagnosis import from_json, to_json
from workbench.core.objects import BY_KIND, KINDS, KubeObject
from workbench.core.selectors import parse_selector

TREES = [tree for folder in FOLDERS for tree in read(folder / "cluster.yaml")]

LOGS = [
    line
    for folder in FOLDERS
    if (folder / "logs.yaml").exists()
    for text in yaml.safe_load((folder / "logs.yaml").read_text()).values()
    for line in text.splitlines()
]
GAPS = st.sampled_from(["", *(f"{kind.PLURAL} in shop" for kind in KINDS)])

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**40),
    st.text(max_size=8),
    st.sampled_from(
        [
            "",
            "Unknown",
            "\x00",
            "0/3 nodes are available: ",
            "{",
            "True",
            "99999Gi",
            "-1",
            "*",
            "Sideways",
            "10.0.0.0/99",
            "2026-13-45",
            "0001-01-01T00:00:00Z",
            "LS0tLS1C",
        ]
    ),
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
    snapshot = snapshot_of(
        [t for t in changed if isinstance(t, dict)],
        logs=data.draw(st.dictionaries(st.sampled_from(containers(trees)), log_text())),
        gaps=tuple(Gap(what, "forbidden") for what in data.draw(st.sets(GAPS, max_size=2)) if what),
        empty=tuple(data.draw(st.sets(st.sampled_from(sorted(BY_KIND)), max_size=3))),
    )
    for now in (NO_TIME, snapshot.taken_at):
        analyze(snapshot, now)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.KIND)
def test_no_kind_needs_more_than_a_name(kind: type[KubeObject]) -> None:
    bare = {"kind": kind.KIND, "metadata": {"name": "x", "namespace": "shop"}}
    hollow = {**bare, "spec": {}, "status": {}, "metadata": {"name": "y"}}
    snapshot = snapshot_of([bare, hollow, *TREES[:40]])
    analyze(snapshot, NO_TIME)


def containers(trees: list[dict[str, Any]]) -> list[str]:
    """Log names of the pods among the trees, and one of a pod that is not there."""
    found = ["shop/gone/app"]
    for tree in trees:
        if tree.get("kind") == "Pod":
            meta = tree["metadata"]
            for container in tree.get("spec", {}).get("containers", ()):
                name = f"{meta.get('namespace', '')}/{meta['name']}/{container.get('name', '')}"
                found += [name, f"{name}/previous"]
    return found


def log_text() -> st.SearchStrategy[str]:
    """Lines that the logs of the scenarios hold, and lines of any characters."""
    lines = st.one_of(st.sampled_from(LOGS), st.text(max_size=60))
    return st.lists(lines, max_size=6).map("\n".join)


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
