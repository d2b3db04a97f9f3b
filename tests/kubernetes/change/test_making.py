"""Changes tried and made on a served cluster that takes writes."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.change import Preview, Risk
from workbench.errors import ObjectNotFound, UsageError
from workbench.kubernetes.change.asked import KINDS_OF_CHANGE
from workbench.kubernetes.change.making import Made, make, preview
from workbench.kubernetes.session import Session
from workbench.kubernetes.status import Rejected

WEB = {"kind": "deploy", "name": "web", "namespace": "shop"}
IMAGE = {**WEB, "container": "web", "image": "web:3"}
NEW = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh, namespace: shop}\ndata: {a: b}\n"
CHANGES: dict[str, dict[str, Any]] = {
    "scale": {**WEB, "replicas": 3},
    "rollout_restart": WEB,
    "rollout_undo": WEB,
    "cordon": {"name": "node-1"},
    "uncordon": {"name": "node-1"},
    "delete_pod": {"name": "alone", "namespace": "shop"},
    "apply": {"manifest": NEW},
    "set_image": IMAGE,
    "set_resources": {**WEB, "container": "web", "limits": {"memory": "256Mi", "cpu": "1"}},
}


async def read(session: Session, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await (await session.client()).get(path)).json()
    return found


async def everything(session: Session) -> list[Any]:
    paths = ("/api/v1/pods", "/api/v1/nodes", "/api/v1/configmaps", "/apis/apps/v1/deployments")
    return [(await read(session, path))["items"] for path in paths]


async def carried_out(session: Session, tried: Preview) -> Made:
    asked = {
        k: v for k, v in tried.arguments.items() if k not in ("resource_version", "diff_sha256")
    }
    return await make(session, tried.tool, asked, tried.resource_version, tried.diff_sha256)


async def prepared(session: Session, tool: str) -> Preview:
    if tool == "uncordon":
        await carried_out(session, await preview(session, "cordon", CHANGES["cordon"]))
    return await preview(session, tool, CHANGES[tool])


def desired(trees: list[Any]) -> list[Any]:
    """What people want of the objects: without versions and who owns which field."""
    kept: list[Any] = []
    for tree in (t for group in trees for t in group):
        meta = {k: v for k, v in tree["metadata"].items() if k in ("name", "labels", "annotations")}
        kept.append([meta, tree.get("spec") or {}, tree.get("data")])
    return kept


def test_every_change_is_tried_here() -> None:
    assert CHANGES.keys() == KINDS_OF_CHANGE.keys()


@pytest.mark.parametrize("tool", CHANGES)
async def test_trying_changes_nothing(session: Session, tool: str) -> None:
    if tool == "uncordon":
        await carried_out(session, await preview(session, "cordon", CHANGES["cordon"]))
    before = await everything(session)
    tried = await preview(session, tool, CHANGES[tool])
    assert await everything(session) == before
    assert tried.allowed
    assert tried.diff
    assert tried.command.startswith("kubectl ")
    assert tried.arguments["diff_sha256"] == tried.diff_sha256
    assert tried.undo.command or tried.undo.note


@pytest.mark.parametrize("tool", CHANGES)
async def test_what_was_tried_is_what_is_made(session: Session, tool: str) -> None:
    tried = await prepared(session, tool)
    made = await carried_out(session, tried)
    assert made.diff == tried.diff
    with pytest.raises((Rejected, UsageError, ObjectNotFound)):
        await carried_out(session, tried)


@pytest.mark.parametrize(
    "tool", [t for t in CHANGES if t not in ("rollout_restart", "delete_pod", "apply")]
)
async def test_undoing_leaves_it_as_it_was(session: Session, tool: str) -> None:
    tried = await prepared(session, tool)
    before = desired(await everything(session))
    await carried_out(session, tried)
    assert desired(await everything(session)) != before
    if tool == "rollout_undo":  # the controller would note the new revision
        return
    await carried_out(session, await preview(session, tried.undo.tool, tried.undo.arguments))
    assert desired(await everything(session)) == before


@pytest.mark.parametrize("tool", [t for t in CHANGES if t != "apply"])
async def test_an_object_that_changed_meanwhile_is_left_alone(session: Session, tool: str) -> None:
    tried = await prepared(session, tool)
    client = await session.client()
    path = {"Node": "/api/v1/nodes/node-1", "Pod": "/api/v1/namespaces/shop/pods/alone"}.get(
        tried.target.kind, "/apis/apps/v1/namespaces/shop/deployments/web"
    )
    await client.write(
        "PATCH", path, {"metadata": {"labels": {"touched": "yes"}}}, asked="touch it",
        content_type="application/merge-patch+json", dry_run=False,
    )  # fmt: skip
    before = await everything(session)
    with pytest.raises(Rejected, match="no longer as it was"):
        await carried_out(session, tried)
    assert await everything(session) == before


async def test_another_change_than_was_shown_is_not_made(session: Session) -> None:
    tried = await preview(session, "scale", CHANGES["scale"])
    with pytest.raises(Rejected, match="something else than was shown"):
        await make(
            session, "scale", {**WEB, "replicas": 0}, tried.resource_version, tried.diff_sha256
        )


async def test_the_arguments_are_made_exact(session: Session) -> None:
    tried = await preview(
        session, "rollout_undo", {"kind": "deployments.apps", "name": "web", "namespace": "shop"}
    )
    assert (tried.arguments["kind"], tried.arguments["to_revision"]) == ("Deployment", 1)
    assert "+        - image: web:1" in tried.diff or "web:1" in tried.diff
    restart = await preview(session, "rollout_restart", WEB)
    assert restart.arguments["restarted_at"]


async def test_what_it_reaches_is_told(session: Session) -> None:
    blast = (await preview(session, "scale", CHANGES["scale"])).blast
    assert (blast.pods, blast.named, blast.replicas) == (2, ("web-2-a", "web-2-b"), (2, 3))
    assert blast.budgets == ("PodDisruptionBudget web allows 0 disruptions now",)
    assert blast.autoscalers == ("HorizontalPodAutoscaler web keeps it between 2 and 5",)
    node = (await preview(session, "cordon", {"name": "node-1"})).blast
    assert node.pods == 3
    owned = await preview(session, "delete_pod", {"name": "web-2-a", "namespace": "shop"})
    assert owned.blast.owners == ("ReplicaSet web-2 owns it and may put it back",)
    assert owned.risk is Risk.HIGH  # the budget has no room


@pytest.mark.parametrize(
    ("tool", "arguments", "risk"),
    [
        ("scale", {**WEB, "replicas": 0}, Risk.HIGH),
        ("scale", {**WEB, "replicas": 3}, Risk.LOW),
        ("delete_pod", {"name": "alone", "namespace": "shop"}, Risk.HIGH),
        ("cordon", {"name": "node-1"}, Risk.LOW),
    ],
)
async def test_risks_are_told_apart(
    session: Session, tool: str, arguments: dict[str, Any], risk: Risk
) -> None:
    assert (await preview(session, tool, arguments)).risk is risk


async def test_secrets_are_in_no_diff(session: Session) -> None:
    tried = await preview(session, "rollout_undo", WEB)
    assert "hunter2" not in tried.diff


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login, namespace: shop}\n"
ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: x}\n"


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("scale", {**WEB, "replicas": 2}, "would change nothing"),
        ("scale", {**WEB, "replicas": -1}, "no number of replicas"),
        ("scale", {**WEB, "replicas": "3"}, "asked wrongly"),
        ("scale", {**WEB}, "asked wrongly"),
        ("scale", {**WEB, "replicas": 3, "force": True}, "asked wrongly"),
        ("scale", {"kind": "nonsense", "name": "web", "replicas": 3}, "no kind"),
        ("explode", {}, "no change called"),
        ("uncordon", {"name": "node-1"}, "schedulable already"),
        ("set_image", {**IMAGE, "container": "x"}, "has no container 'x'"),
        ("set_image", {**IMAGE, "image": "a b"}, "no image"),
        ("set_resources", {**WEB, "container": "web"}, "needs limits or requests"),
        ("rollout_undo", {**WEB, "to_revision": 9}, "no earlier revision 9"),
        ("rollout_restart", {"kind": "cm", "name": "x", "namespace": "shop"}, "x"),
        ("apply", {"manifest": SECRET}, "not changed through the workbench"),
        ("apply", {"manifest": ROLE}, "not changed through the workbench"),
        ("apply", {"manifest": "a: ["}, "not YAML"),
        ("apply", {"manifest": f"{NEW}---\n{NEW}"}, "holds 2 objects"),
        ("apply", {"manifest": "a: b"}, "lacks apiVersion"),
        ("apply", {"manifest": NEW.replace("a: b", "password: hunter2-very-secret-99")}, "secret"),
    ],
)
async def test_a_change_that_cannot_be_asked_for_is_one_clear_line(
    session: Session, tool: str, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises((UsageError, ObjectNotFound)) as caught:
        await preview(session, tool, arguments)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_what_the_authorizer_denies_is_not_tried(frozen: Session) -> None:
    tried = await preview(frozen, "scale", CHANGES["scale"])
    assert not tried.allowed
    assert "frozen" in tried.allowed_why
    assert tried.diff == ""
