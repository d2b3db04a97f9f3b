"""The real kubectl writes to a served snapshot."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kubernetes.snapshots.serve.write.conftest import Kubectl

MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - {name: api, image: "acme/api:1"}
      - {name: proxy, image: "acme/proxy:1"}
"""


async def done(kubectl: Kubectl, *arguments: str, stdin: str = "") -> str:
    said = await kubectl(*arguments, stdin=stdin)
    assert said.code == 0, said.err
    return said.out


async def tree(kubectl: Kubectl, *what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await done(kubectl, "get", *what, "-o", "json"))
    return found


async def test_scale_and_its_generation(kubectl: Kubectl) -> None:
    before = await tree(kubectl, "deploy", "web")
    assert await done(kubectl, "scale", "deploy/web", "--replicas=5") == (
        "deployment.apps/web scaled\n"
    )
    after = await tree(kubectl, "deploy", "web")
    assert after["spec"]["replicas"] == 5
    assert int(after["metadata"]["resourceVersion"]) > int(before["metadata"]["resourceVersion"])


@pytest.mark.parametrize("kind", ["strategic", "merge"])
async def test_patch(kubectl: Kubectl, kind: str) -> None:
    patch = '{"metadata":{"labels":{"tier":"front"}}}'
    assert "patched" in await done(kubectl, "patch", "deploy", "web", f"--type={kind}", "-p", patch)
    assert "no change" in await done(
        kubectl, "patch", "deploy", "web", f"--type={kind}", "-p", patch
    )


async def test_json_patch_and_one_that_does_not_fit(kubectl: Kubectl) -> None:
    good = '[{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]'
    assert "patched" in await done(kubectl, "patch", "deploy", "web", "--type=json", "-p", good)
    bad = '[{"op":"test","path":"/metadata/labels/a","value":"x"}]'
    said = await kubectl("patch", "deploy", "web", "--type=json", "-p", bad)
    assert said.code != 0
    assert "rejected our request" in said.err


async def test_client_side_apply_creates_then_merges_by_name(kubectl: Kubectl) -> None:
    assert "created" in await done(kubectl, "apply", "-f", "-", stdin=MANIFEST)
    assert "unchanged" in await done(kubectl, "apply", "-f", "-", stdin=MANIFEST)
    newer = MANIFEST.replace("acme/proxy:1", "acme/proxy:2").replace("replicas: 2", "replicas: 3")
    assert "configured" in await done(kubectl, "apply", "-f", "-", stdin=newer)
    spec = (await tree(kubectl, "deploy", "api"))["spec"]
    images = [c["image"] for c in spec["template"]["spec"]["containers"]]
    assert (spec["replicas"], images) == (3, ["acme/api:1", "acme/proxy:2"])


async def test_server_side_apply_and_its_conflict(kubectl: Kubectl) -> None:
    apply = ("apply", "--server-side", "-f", "-")
    assert "serverside-applied" in await done(kubectl, *apply, stdin=MANIFEST)
    other = MANIFEST.replace("replicas: 2", "replicas: 7")
    said = await kubectl(*apply, "--field-manager=other", stdin=other)
    assert said.code != 0
    assert 'conflict with "kubectl"' in said.err
    assert ".spec.replicas" in said.err
    forced = ("--field-manager=other", "--force-conflicts")
    assert "serverside-applied" in await done(kubectl, *apply, *forced, stdin=other)
    less = MANIFEST.replace('      - {name: proxy, image: "acme/proxy:1"}\n', "")
    assert "serverside-applied" in await done(kubectl, *apply, "--force-conflicts", stdin=less)
    spec = (await tree(kubectl, "deploy", "api"))["spec"]
    assert spec["replicas"] == 2
    assert len(spec["template"]["spec"]["containers"]) == 2  # the other manager keeps the proxy


async def test_a_dry_run_changes_nothing(kubectl: Kubectl) -> None:
    before = await tree(kubectl, "deploy", "web")
    assert "server dry run" in await done(
        kubectl, "scale", "deploy/web", "--replicas=9", "--dry-run=server"
    )
    assert "server dry run" in await done(
        kubectl, "delete", "deploy", "web", "--dry-run=server", "--wait=false"
    )
    assert "server dry run" in await done(
        kubectl, "apply", "--dry-run=server", "-f", "-", stdin=MANIFEST
    )
    assert await tree(kubectl, "deploy", "web") == before
    assert (await kubectl("get", "deploy", "api")).code != 0


async def test_diff_shows_what_apply_would_do(kubectl: Kubectl) -> None:
    await done(kubectl, "apply", "-f", "-", stdin=MANIFEST)
    said = await kubectl("diff", "-f", "-", stdin=MANIFEST.replace("replicas: 2", "replicas: 4"))
    assert said.code == 1, said.err
    assert "+  replicas: 4" in said.out


async def test_cordon_and_uncordon(kubectl: Kubectl) -> None:
    assert "cordoned" in await done(kubectl, "cordon", "node-1")
    assert "SchedulingDisabled" in await done(kubectl, "get", "node", "node-1")
    assert "uncordoned" in await done(kubectl, "uncordon", "node-1")
    assert "SchedulingDisabled" not in await done(kubectl, "get", "node", "node-1")


async def test_set_image_and_resources(kubectl: Kubectl) -> None:
    await done(kubectl, "apply", "-f", "-", stdin=MANIFEST)
    assert "image updated" in await done(kubectl, "set", "image", "deploy/api", "api=acme/api:9")
    assert "resource requirements updated" in await done(
        kubectl, "set", "resources", "deploy/api", "-c", "proxy", "--limits=memory=64Mi"
    )
    first, second = (await tree(kubectl, "deploy", "api"))["spec"]["template"]["spec"]["containers"]
    assert first["image"] == "acme/api:9"
    assert second["resources"] == {"limits": {"memory": "64Mi"}}


async def test_rollout_restart_and_undo(kubectl: Kubectl) -> None:
    assert "restarted" in await done(kubectl, "rollout", "restart", "deploy/web")
    spec = (await tree(kubectl, "deploy", "web"))["spec"]
    annotations = spec["template"]["metadata"]["annotations"]
    assert "kubectl.kubernetes.io/restartedAt" in annotations
    said = await kubectl("rollout", "undo", "deploy/web")
    assert said.code == 0 or "no rollout history" in said.err


async def test_label_and_annotate(kubectl: Kubectl) -> None:
    assert "labeled" in await done(kubectl, "label", "deploy/web", "tier=front")
    assert "annotated" in await done(kubectl, "annotate", "deploy/web", "note=seen")
    assert "unlabeled" in await done(kubectl, "label", "deploy/web", "tier-")
    meta = (await tree(kubectl, "deploy", "web"))["metadata"]
    assert "tier" not in meta.get("labels", {})
    assert meta["annotations"]["note"] == "seen"


async def test_delete_and_wait_for_it(kubectl: Kubectl) -> None:
    assert "deleted" in await done(kubectl, "delete", "deploy", "web", "--timeout=20s")
    said = await kubectl("delete", "deploy", "web")
    assert "NotFound" in said.err


async def test_a_pod_on_a_node_waits_for_its_kubelet_and_goes_at_once_by_force(
    kubectl: Kubectl,
) -> None:
    await done(kubectl, "delete", "pod", "cart-1", "--wait=false")
    assert "Terminating" in await done(kubectl, "get", "pod", "cart-1")
    await done(kubectl, "delete", "pod", "cart-1", "--force", "--timeout=20s")
    assert (await kubectl("get", "pod", "cart-1")).code != 0


async def test_create_replace_and_edit_conflicts(kubectl: Kubectl) -> None:
    fresh = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh"},"data":{"a":"1"}}'
    assert "created" in await done(kubectl, "create", "-f", "-", stdin=fresh)
    stale = await tree(kubectl, "cm", "fresh")
    await done(kubectl, "label", "cm", "fresh", "x=y")
    said = await kubectl("replace", "-f", "-", stdin=json.dumps(stale))
    assert said.code != 0
    assert "the object has been modified" in said.err
    said = await kubectl("create", "-f", "-", stdin=fresh)
    assert "already exists" in said.err


async def test_the_authorizer_says_what_may_be_written(kubectl: Kubectl) -> None:
    assert (await done(kubectl, "auth", "can-i", "patch", "deploy")).strip() == "yes"
    said = await kubectl("auth", "can-i", "create", "pods", "--subresource=exec")
    assert said.out.strip() == "no - nothing runs in a snapshot"
    assert (await kubectl("exec", "web-1", "--", "true")).code != 0


async def test_api_resources_name_the_verbs(kubectl: Kubectl) -> None:
    text = await done(kubectl, "api-resources", "-o", "wide", "--api-group=apps")
    row = next(line for line in text.splitlines() if line.startswith("deployments"))
    assert "create" in row
    assert "patch" in row
