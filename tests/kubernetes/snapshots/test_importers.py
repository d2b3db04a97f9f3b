"""Clusters in other people's formats, from small trees made after their documentation."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubernetes.snapshots.shop import NOW, TREES, obj, pod
from workbench.core.cluster import LogKey
from workbench.core.objects import Deployment, Event, Namespace, Node, Pod
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.typed import typed

WEB = LogKey("shop", "web-1", "web")
BEFORE = LogKey("shop", "web-1", "web", previous=True)

Content = Mapping[str, str | bytes]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [t for t in TREES if t["kind"] == kind and t["apiVersion"] in ("v1", "apps/v1")]


def bare(tree: dict[str, Any]) -> dict[str, Any]:
    """As Go marshals an item of a typed list: without saying what it is."""
    return {k: v for k, v in tree.items() if k not in ("kind", "apiVersion")}


def listed(kind: str, api_version: str = "v1") -> str:
    """What kubectl and oc print of a typed list."""
    items = [bare(t) for t in of_kind(kind)]
    content = {"kind": f"{kind}List", "apiVersion": api_version, "metadata": {}, "items": items}
    return json.dumps(content, indent=4) + "\n"


def as_yaml(text: str) -> str:
    return yaml.safe_dump(json.loads(text))


def folder(path: Path, content: Content) -> Path:
    for name, text in content.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def tarball(path: Path, content: Content) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in content.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def logs(raw: RawSnapshot) -> dict[LogKey, str]:
    return {key: raw.logs.tail(key, 10**6) for key in raw.logs}


def section(container: str, pod_name: str, text: str) -> str:
    return (
        f"==== START logs for container {container} of pod shop/{pod_name} ====\n{text}"
        f"==== END logs for container {container} of pod shop/{pod_name} ====\n"
    )


LOG_TEXT = section("cart", "cart-1", "one\n}\n{\ntwo\n") + section("proxy", "cart-1", "")

DUMP: Content = {
    "nodes.json": listed("Node"),
    "shop/pods.json": listed("Pod"),
    "shop/events.json": listed("Event"),
    "shop/deployments.json": listed("Deployment", "apps/v1"),
    "shop/daemonsets.json": listed("DaemonSet", "apps/v1"),
    "shop/cart-1/logs.txt": LOG_TEXT,
    "shop/web-1/logs.txt": section("web", "web-1", "hello\n"),
}

STREAM = "".join(str(DUMP[n]) for n in DUMP if n.endswith(".json")) + LOG_TEXT

IMAGE = "must-gather.local.42/quay-io-openshift-sha256-abc/"
POD_LOGS = f"{IMAGE}namespaces/shop/pods/web-1/web/web/logs/"
MUST_GATHER: Content = {
    "must-gather.local.42/timestamp": "2026-03-01 12:00:00\n",
    f"{IMAGE}version": "openshift/must-gather\n4.16.0\n",
    f"{IMAGE}cluster-scoped-resources/core/nodes/node-1.yaml": yaml.safe_dump(of_kind("Node")[0]),
    f"{IMAGE}cluster-scoped-resources/core/namespaces/shop.yaml": yaml.safe_dump(
        of_kind("Namespace")[0]
    ),
    f"{IMAGE}cluster-scoped-resources/apiextensions.k8s.io/customresourcedefinitions.yaml": "",
    f"{IMAGE}namespaces/shop/shop.yaml": yaml.safe_dump(of_kind("Namespace")[0]),
    f"{IMAGE}namespaces/shop/core/pods.yaml": as_yaml(listed("Pod")),
    f"{IMAGE}namespaces/shop/core/events.yaml": as_yaml(listed("Event")),
    f"{IMAGE}namespaces/shop/core/configmaps.yaml": as_yaml(listed("ConfigMap")),
    f"{IMAGE}namespaces/shop/apps/deployments.yaml": as_yaml(listed("Deployment", "apps/v1")),
    f"{IMAGE}namespaces/shop/pods/web-1/web-1.yaml": yaml.safe_dump(pod("web-1")),
    f"{POD_LOGS}current.log": "2026-03-01T11:59:00.123456789Z hello\n",
    f"{POD_LOGS}previous.log": "",
    f"{POD_LOGS}previous.insecure.log": "2026-03-01T11:50:00.123456789Z goodbye\n",
    f"{IMAGE}event-filter.html": "<html>",
}  # fmt: skip

BUNDLE_ROOT = "support-bundle-2026-03-01T12_00_00/"
BUNDLE: Content = {
    f"{BUNDLE_ROOT}version.yaml": "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\n",
    f"{BUNDLE_ROOT}analysis.json": "[]",
    f"{BUNDLE_ROOT}cluster-info/cluster_version.json": json.dumps(
        {"info": {"major": "1", "minor": "32", "gitVersion": "v1.32.1"}, "string": "v1.32.1"}
    ),
    f"{BUNDLE_ROOT}cluster-resources/nodes.json": json.dumps([bare(t) for t in of_kind("Node")]),
    f"{BUNDLE_ROOT}cluster-resources/namespaces.json": listed("Namespace"),
    f"{BUNDLE_ROOT}cluster-resources/pods/shop.json": listed("Pod"),
    f"{BUNDLE_ROOT}cluster-resources/events/shop.json": json.dumps(
        [bare(t) for t in of_kind("Event")]
    ),
    f"{BUNDLE_ROOT}cluster-resources/deployments/shop.json": json.dumps(
        [bare(t) for t in of_kind("Deployment")]
    ),
    f"{BUNDLE_ROOT}cluster-resources/pvcs/shop.json": json.dumps(
        [bare(t) for t in of_kind("PersistentVolumeClaim")]
    ),
    f"{BUNDLE_ROOT}cluster-resources/statefulsets/shop.json": "null",
    f"{BUNDLE_ROOT}cluster-resources/ingress-errors.json": json.dumps(
        {"shop": "ingresses.networking.k8s.io is forbidden"}
    ),
    f"{BUNDLE_ROOT}cluster-resources/storage-errors.json": json.dumps(["forbidden"]),
    f"{BUNDLE_ROOT}cluster-resources/auth-cani-list/shop.json": json.dumps({"resourceRules": []}),
    f"{BUNDLE_ROOT}cluster-resources/resources.json": json.dumps([{"groupVersion": "v1"}]),
    f"{BUNDLE_ROOT}cluster-resources/pods/logs/shop/web-1/web.log": "hello\n",
    f"{BUNDLE_ROOT}app-logs/cart-1/cart-previous.log": "goodbye\n",
}

PLAIN: Content = {
    "all.yaml": "---\n".join(yaml.safe_dump(t) for t in TREES if t["kind"] != "Event"),
    "deeper/events.json": listed("Event"),
    "logs/shop/web-1/web.log": "hello\n",
    "web-1.previous.log": "nobody can tell whose\n",
    "cart-1.log": "panic\n",
    "README.md": "# notes",
    ".git/config.json": "{}",
}

FORMATS: dict[str, Content] = {
    "dump": DUMP, "gathered": MUST_GATHER, "bundle": BUNDLE, "plain": PLAIN,
}  # fmt: skip


@pytest.mark.parametrize("kept", [folder, tarball])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_cluster(
    tmp_path: Path, name: str, kept: Callable[[Path, Content], Path]
) -> None:
    cluster = typed(load(kept(tmp_path / name, FORMATS[name])))
    assert cluster.get(Pod, "shop", "web-1") is not None
    assert cluster.get(Node, "", "node-1") is not None
    assert cluster.get(Deployment, "shop", "web") is not None
    assert [e.reason for e in cluster.all(Event)] == ["BackOff"]
    assert cluster.cluster == name
    assert cluster.taken_at <= NOW
    assert cluster.log("shop", "web-1", "web").endswith("hello\n")
    assert not [g for g in cluster.gaps if "more than once" in g.why]


def test_a_dump_holds_the_logs_of_all_containers(tmp_path: Path) -> None:
    raw = load(folder(tmp_path / "dump", DUMP))
    assert logs(raw) == {LogKey("shop", "cart-1", "cart"): "one\n}\n{\ntwo\n", WEB: "hello\n"}
    assert raw.objects["apps/v1", "DaemonSet"] == ()


def test_a_printed_dump_is_the_same_dump(tmp_path: Path) -> None:
    path = folder(tmp_path, {"dump.txt": STREAM}) / "dump.txt"
    raw = load(path)
    before = load(folder(tmp_path / "dump", DUMP))
    assert sorted(map(str, raw.all())) == sorted(map(str, before.all()))
    assert logs(raw) == {LogKey("shop", "cart-1", "cart"): "one\n}\n{\ntwo\n"}
    assert raw.manifest.gaps == ()


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9, 0.999])
def test_a_cut_off_dump_gives_what_is_there(tmp_path: Path, at: float) -> None:
    path = folder(tmp_path, {"dump.txt": STREAM[: int(len(STREAM) * at)]}) / "dump.txt"
    assert load(path).objects["v1", "Node"]


def test_a_must_gather_prefers_lists_and_secure_logs(tmp_path: Path) -> None:
    raw = load(folder(tmp_path / "m", MUST_GATHER))
    assert logs(raw)[BEFORE].endswith("goodbye\n")
    assert raw.manifest.log_times
    assert raw.objects["v1", "ConfigMap"]
    assert len([n for n in typed(raw).all(Namespace) if n.name == "shop"]) == 1
    assert all("customresourcedefinitions" in g.what for g in raw.manifest.gaps)


@pytest.mark.parametrize(
    "root", ["must-gather/2026-03-01_12-00-00/inspect.local.7/", "inspect.local.7/", ""]
)
def test_what_oc_adm_inspect_wrote_is_read_wherever_it_lies(tmp_path: Path, root: str) -> None:
    route = obj("networking.k8s.io/v1", "Ingress", "www", "shop")
    content = {
        f"{root}namespaces/shop/networking.k8s.io/ingresses/www.yaml": yaml.safe_dump(route),
        f"{root}namespaces/shop/networking.k8s.io/ingresses.yaml": yaml.safe_dump(
            {"apiVersion": "networking.k8s.io/v1", "kind": "IngressList", "items": [route]}
        ),
        f"{root}namespaces/shop/pods/web-1/web-1.yaml": yaml.safe_dump(pod("web-1")),
        f"{root}namespaces/shop/pods/web-1/web/web/logs/current.log": "2026-03-01T11:59:00Z a\n",
        f"{root}timestamp": "2026-03-01 12:00:00\n",
    }
    raw = load(folder(tmp_path / "i", content))
    assert len(raw.objects["networking.k8s.io/v1", "Ingress"]) == 1
    assert len(raw.objects["v1", "Pod"]) == 1
    assert list(logs(raw)) == [WEB]


GATHERED = (
    "2026-03-01 14:05:00.411443 +0200 CEST m=+0.158902158\n"
    "2026-03-01 14:09:30.1 +0200 CEST m=+270.2\n"
)


@pytest.mark.parametrize(
    ("timestamp", "taken"),
    [
        (GATHERED, "2026-03-01T12:05:00+00:00"),  # everything in it happened before
        (GATHERED.replace("14:05:00", "13:30:00"), NOW.isoformat()),  # and this while it was read
        (GATHERED.replace("-01 14", "-01 12"), "2026-03-01T10:09:30+00:00"),  # a clock is wrong
        ("2026-03-01 12:30:00\n", "2026-03-01T12:30:00+00:00"),
        ("not a time\n" + GATHERED, "2026-03-01T12:05:00+00:00"),
        ("2026-02-31 99:00:00 +0200 CEST\n", NOW.isoformat()),
        (GATHERED * 1000, NOW.isoformat()),
    ],
)
@pytest.mark.parametrize("image", [IMAGE, ""])  # oc adm must-gather, oc adm inspect
def test_what_was_gathered_is_as_of_then(
    tmp_path: Path, timestamp: str, taken: str, image: str
) -> None:
    event = {**obj("v1", "Event", "e", "shop"), "lastTimestamp": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}
    content = {
        f"{image}namespaces/shop/core/events.yaml": yaml.safe_dump(
            {"apiVersion": "v1", "kind": "EventList", "items": [event]}
        ),
        f"{image.partition('/')[0] or 'inspect.local.7'}/timestamp": timestamp,
        f"{image}namespaces/shop/timestamp": "1970-01-01 00:00:00 +0000 UTC\n" * 1000,
    }
    assert load(folder(tmp_path / "t", content)).manifest.taken_at.isoformat() == taken


def test_a_support_bundle_tells_its_version_and_its_refusals(tmp_path: Path) -> None:
    raw = load(tarball(tmp_path / "b.tgz", BUNDLE))
    assert raw.manifest.server_version == "v1.32.1"
    assert {g.what: g.why for g in raw.manifest.gaps} == {
        "ingress in shop": "ingresses.networking.k8s.io is forbidden",
        "storage": "forbidden",
    }
    assert raw.objects["apps/v1", "StatefulSet"] == ()
    assert raw.objects["v1", "PersistentVolumeClaim"]
    before = LogKey("shop", "cart-1", "cart", previous=True)
    assert logs(raw) == {WEB: "hello\n", before: "goodbye\n"}


def test_a_log_whose_pod_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    raw = load(folder(tmp_path / "p", PLAIN))  # there is a web-1 in two namespaces
    assert logs(raw) == {WEB: "hello\n", LogKey("shop", "cart-1", "cart"): "panic\n"}
    assert raw.objects["acme.example/v1", "Widget"]


def test_the_value_of_an_imported_secret_is_masked(tmp_path: Path) -> None:
    hidden = obj("v1", "Secret", "s", "shop", data={"a": "aHVudGVyMg=="})
    bundle = {"cluster-resources/secrets/shop.json": json.dumps([bare(hidden)])}
    for name, content in (("b", BUNDLE | bundle), ("p", {"s.json": json.dumps(hidden)})):
        root = {f"{BUNDLE_ROOT}{k}" if name == "b" and k in bundle else k: v
                for k, v in content.items()}  # fmt: skip
        raw = load(folder(tmp_path / name, root))
        assert "aHVudGVyMg" not in str(list(raw.objects["v1", "Secret"]))


BESIDE = {
    "dump": "shop/extra.json",
    "gathered": f"{IMAGE}namespaces/shop/core/extra.json",
    "bundle": f"{BUNDLE_ROOT}cluster-resources/pods/extra.json",
    "plain": "extra.json",
}
HOSTILE = {
    "not text": b"\xff\xfe\x00",
    "deep": b'{"a":' * 50_000,
    "cut off": b'{"kind": "List", "items": [{"kind": "Pod"',
    "empty": b"",
    "no objects": b"[1, null, {}]",
    "odd metadata": b'{"kind": "Pod", "apiVersion": "v1", "metadata": 7}',
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_broken_file_is_a_gap_and_hides_nothing(
    tmp_path: Path, name: str, content: bytes
) -> None:
    folder(tmp_path / name, {BESIDE[name]: content})
    folder(tmp_path / name, FORMATS[name])
    cluster = typed(load(tmp_path / name))
    assert cluster.get(Pod, "shop", "web-1") is not None
    assert cluster.get(Node, "", "node-1") is not None


@pytest.mark.parametrize("text", ["[" * 100_000, "a: &x [1]\nb: *x", "- " * 50_000, "a: {" * 5_000])
def test_yaml_bombs_are_gaps(tmp_path: Path, text: str) -> None:
    folder(tmp_path / "m", {**MUST_GATHER, f"{IMAGE}namespaces/shop/core/bomb.yaml": text})
    raw = load(tmp_path / "m")
    assert any("bomb" in gap.what for gap in raw.manifest.gaps)
    assert raw.objects["v1", "Pod"]


def test_an_archive_that_leads_outside_is_not_imported(tmp_path: Path) -> None:
    path = tarball(tmp_path / "b.tgz", {**BUNDLE, "../../evil.json": "{}"})
    with pytest.raises(SnapshotError, match="leads outside"):
        load(path)


def test_a_folder_without_objects_is_no_snapshot(tmp_path: Path) -> None:
    folder(tmp_path, {"package.json": '{"name": "x"}', "values.yaml": "a: 1\n", "a.log": "x"})
    with pytest.raises(SnapshotError, match="no Kubernetes objects"):
        load(tmp_path)
