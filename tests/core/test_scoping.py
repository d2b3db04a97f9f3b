from datetime import UTC, datetime

import pytest

from workbench.core.cluster import ClusterSnapshot, ObjectRef, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.objects import Namespace, Pod
from workbench.core.objects.meta import Meta
from workbench.core.scoping import check_namespaces, check_selector, narrow
from workbench.errors import UsageError

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
SNAPSHOT = ClusterSnapshot(
    taken_at=NOW,
    objects={"Pod": (Pod(metadata=Meta(name="web", namespace="shop", labels={"app": "web"})),)},
)


def _finding(kind: str, namespace: str, name: str, explains: tuple[str, ...] = ()) -> Finding:
    return Finding(
        code="X",
        subject=ObjectRef(kind, namespace, name),
        severity=Severity.ERROR,
        title="t",
        message="m",
        evidence=(Pointer("s", "p", "v"),),
        explains=explains,
    )


WEB = _finding("Pod", "shop", "web")
NODE = _finding("Node", "", "node-a", explains=(WEB.id, "X:Pod/other/db"))
ELSEWHERE = _finding("Pod", "other", "db")
LONELY = _finding("Node", "", "node-b")
DIAGNOSIS = Diagnosis(cluster="c", now=NOW, findings=(NODE, WEB, ELSEWHERE, LONELY))


def test_a_namespace_keeps_its_findings_what_explains_them_and_what_serves_all() -> None:
    narrowed = narrow(DIAGNOSIS, SNAPSHOT, Scope(namespaces=("shop",)))
    assert [f.subject.name for f in narrowed.findings] == ["node-a", "web", "node-b"]


def test_what_is_out_of_scope_is_not_named_as_explained_either() -> None:
    narrowed = narrow(DIAGNOSIS, SNAPSHOT, Scope(namespaces=("shop",)))
    assert narrowed.findings[0].explains == (WEB.id,)


def test_a_selector_looks_at_labels() -> None:
    assert narrow(DIAGNOSIS, SNAPSHOT, Scope(selector="app=web")).findings[-1] == WEB
    assert narrow(DIAGNOSIS, SNAPSHOT, Scope(selector="app=db")).findings == ()


def test_no_scope_keeps_everything() -> None:
    assert narrow(DIAGNOSIS, SNAPSHOT, Scope()) is DIAGNOSIS


LISTED = ClusterSnapshot(
    taken_at=NOW,
    objects={**SNAPSHOT.objects, "Namespace": (Namespace(metadata=Meta(name="shop")),)},
)


def test_a_mistyped_namespace_is_an_error_and_not_a_clean_bill() -> None:
    with pytest.raises(UsageError, match="Did you mean shop"):
        check_namespaces(LISTED, Scope(namespaces=("shopp",)))
    check_namespaces(LISTED, Scope(namespaces=("shop",)))


def test_a_namespace_is_taken_on_trust_where_they_cannot_be_listed() -> None:
    check_namespaces(SNAPSHOT, Scope(namespaces=("shopp",)))


def test_labels_that_nothing_in_scope_has_are_told() -> None:
    check_selector(SNAPSHOT, Scope(selector="app=web", namespaces=("shop",)))
    check_selector(ClusterSnapshot(taken_at=NOW, objects={}), Scope(selector="app=web"))
    for scope in (Scope(selector="app=no"), Scope(selector="app=web", namespaces=("other",))):
        with pytest.raises(UsageError, match="has the labels app="):
            check_selector(SNAPSHOT, scope)
