"""The bundled demo cluster is what its generator makes, and holds together as a real one does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from workbench.core.cluster import ClusterSnapshot, LogKey, ObjectRef, Scope
from workbench.core.objects import (
    BY_KIND,
    ConfigMap,
    CronJob,
    Custom,
    Deployment,
    Endpoints,
    EndpointSlice,
    Event,
    HorizontalPodAutoscaler,
    Ingress,
    KubeObject,
    Namespace,
    Node,
    PersistentVolumeClaim,
    Pod,
    ReplicaSet,
    Secret,
    Service,
    ServiceAccount,
    StatefulSet,
    StorageClass,
    condition,
)
from workbench.core.objects.decode import decode_list
from workbench.core.quantity import parse_quantity

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "workbench" / "kubernetes" / "snapshots" / "demo"
GENERATOR = ROOT / "notebooks" / "data" / "make_shop.py"
ANSWERS = json.loads((ROOT / "notebooks" / "data" / "faults.json").read_text())
MANIFEST = json.loads((DEMO / "manifest.json").read_text())
TAKEN_AT = datetime.fromisoformat(MANIFEST["taken_at"])

# The last words about a pod that a rollout has taken away; the pod is gone, the event stays.
ABOUT_THE_GONE = "Stopping container "


def decoded() -> Iterator[tuple[str, tuple[KubeObject, ...], tuple[str, ...]]]:
    for path in sorted((DEMO / "objects").glob("*/*.json")):
        kind = json.loads(path.read_text())["items"][0]["kind"]
        objects, _, notes = decode_list(path.read_bytes(), BY_KIND.get(kind, Custom))
        yield kind, objects, notes


def log_files() -> Iterator[tuple[LogKey, Path]]:
    for path in sorted((DEMO / "logs").glob("*/*/*.log")):
        previous = path.name.endswith(".previous.log")
        container = path.name.removesuffix(".previous.log" if previous else ".log")
        namespace, pod = path.parts[-3:-1]
        yield LogKey(namespace, pod, container, previous), path


@pytest.fixture(scope="module")
def shop() -> ClusterSnapshot:
    objects: dict[str, tuple[KubeObject, ...]] = defaultdict(tuple)
    for kind, found, _ in decoded():
        objects[kind] += found
    logs = {key: path.read_text() for key, path in log_files()}
    return ClusterSnapshot(TAKEN_AT, objects, logs)


def files(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


def restart_count(pod: Pod) -> int:
    return sum(status.restart_count for status in pod.status.container_statuses)


def is_ready(pod: Pod) -> bool:
    ready = condition(pod.status.conditions, "Ready")
    return bool(ready and ready.status == "True")


def pods_behind(shop: ClusterSnapshot, deployment: Deployment) -> list[Pod]:
    replica_sets = shop.owned_by(deployment)
    return [p for rs in replica_sets for p in shop.owned_by(rs) if isinstance(p, Pod)]


# The files


def test_the_committed_snapshot_is_what_the_generator_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(GENERATOR), str(tmp_path)], check=True)
    made, committed = files(tmp_path), files(DEMO)
    assert sorted(made) == sorted(committed)
    assert [name for name in made if made[name] != committed[name]] == []


def test_the_snapshot_is_small() -> None:
    assert sum(map(len, files(DEMO).values())) <= 1_500_000


def test_the_manifest_says_what_was_taken_when_and_what_was_left_out() -> None:
    assert MANIFEST["format"] == 1
    assert MANIFEST["cluster"] == "demo-shop"
    assert Scope(**MANIFEST["scope"]).covers("shop")
    assert all(set(gap) == {"what", "why"} for gap in MANIFEST["gaps"])


def test_lists_are_named_for_their_kind_and_namespace() -> None:
    for path in sorted((DEMO / "objects").glob("*/*.json")):
        listed = json.loads(path.read_text())
        assert (listed["kind"], listed["apiVersion"]) == ("List", "v1")
        for item in listed["items"]:
            group = item["apiVersion"].rpartition("/")[0]
            plural, _, rest = path.name.removesuffix(".json").partition(".")
            kind = BY_KIND.get(item["kind"])
            assert rest == group
            assert plural == (kind.PLURAL if kind and kind.PLURAL else plural)
            assert item["metadata"].get("namespace", "_cluster") == path.parent.name


def test_every_object_decodes_and_no_field_is_dropped() -> None:
    assert [note for _, _, notes in decoded() for note in notes] == []


def test_no_secret_has_a_value(shop: ClusterSnapshot) -> None:
    values = [str(v) for secret in shop.all(Secret) for v in secret.data.values()]
    assert values
    assert all(v.startswith("REDACTED (") and v.endswith(" bytes)") for v in values)


def test_the_snapshot_does_not_hold_the_answers() -> None:
    text = b"".join(files(DEMO).values()).decode()
    told = [f["id"] for f in ANSWERS["faults"]] + [f["title"] for f in ANSWERS["faults"]]
    assert [answer for answer in told if answer in text] == []


# How much there is


def test_it_is_a_shop_of_a_realistic_size(shop: ClusterSnapshot) -> None:
    assert {"shop", "payments", "platform"} <= {ns.name for ns in shop.all(Namespace)}
    workloads = shop.all(Deployment) + shop.all(StatefulSet) + shop.all(CronJob)
    assert len([w for w in workloads if w.namespace != "kube-system"]) >= 14
    assert len(shop.all(Node)) == 4
    assert len(shop.all(Event)) >= 150


def test_it_has_faults_of_different_kinds_and_trouble_that_is_over() -> None:
    assert len({fault["id"] for fault in ANSWERS["faults"]}) >= 6
    assert len({fault["root_cause"]["kind"] for fault in ANSWERS["faults"]}) >= 5
    assert len(ANSWERS["decoys"]) >= 2


# References


def test_every_uid_and_pod_address_is_used_once(shop: ClusterSnapshot) -> None:
    uids = Counter(o.metadata.uid for kind in shop.objects.values() for o in kind)
    assert [uid for uid, times in uids.items() if times > 1 or not uid] == []
    addresses = Counter(
        p.status.pod_ip for p in shop.all(Pod) if p.status.pod_ip and not p.spec.host_network
    )
    assert [address for address, times in addresses.items() if times > 1] == []


def test_every_owner_exists(shop: ClusterSnapshot) -> None:
    uids = {o.metadata.uid for kind in shop.objects.values() for o in kind}
    orphans = [
        str(ObjectRef.of(o))
        for kind in shop.objects.values()
        for o in kind
        for owner in o.metadata.owner_references
        if owner.uid not in uids
    ]
    assert orphans == []


def test_every_event_is_about_an_object_that_exists(shop: ClusterSnapshot) -> None:
    uids = {o.metadata.uid for kind in shop.objects.values() for o in kind}
    strays = [
        event.name
        for event in shop.all(Event)
        if event.involved_object.uid not in uids and not event.message.startswith(ABOUT_THE_GONE)
    ]
    assert strays == []


def test_pods_run_on_nodes_that_exist_with_addresses_of_theirs(shop: ClusterSnapshot) -> None:
    for pod in shop.all(Pod):
        if pod.spec.node_name:
            node = shop.get(Node, "", pod.spec.node_name)
            assert node is not None
            inside = ip_address(pod.status.pod_ip) in ip_network(node.spec.pod_cidr)
            assert inside != pod.spec.host_network


def test_every_pod_carries_the_labels_its_owner_selects_by(shop: ClusterSnapshot) -> None:
    for replica_set in shop.all(ReplicaSet):
        assert replica_set.spec.selector is not None
        owned = shop.owned_by(replica_set)
        assert len(owned) == replica_set.spec.replicas == replica_set.status.replicas
        assert all(replica_set.spec.selector.matches(pod.labels) for pod in owned)
        assert all(pod.name.startswith(f"{replica_set.name}-") for pod in owned)


def test_a_deployment_counts_the_pods_behind_it(shop: ClusterSnapshot) -> None:
    for deployment in shop.all(Deployment):
        pods, status = pods_behind(shop, deployment), deployment.status
        ready = sum(map(is_ready, pods))
        assert status.observed_generation == deployment.metadata.generation
        assert (status.replicas, status.ready_replicas) == (len(pods), ready)
        assert status.unavailable_replicas == len(pods) - ready


def test_endpoints_are_the_pods_the_service_selects(shop: ClusterSnapshot) -> None:
    for service in shop.all(Service):
        if not service.spec.selector:
            continue
        pods = {
            pod.status.pod_ip: is_ready(pod)
            for pod in shop.select(Pod, service.namespace, service.spec.selector)
            if pod.status.pod_ip
        }
        slices = shop.select(
            EndpointSlice, service.namespace, {"kubernetes.io/service-name": service.name}
        )
        sliced = {e.addresses[0]: e.conditions.ready for s in slices for e in s.endpoints}
        endpoints = shop.get(Endpoints, service.namespace, service.name)
        assert endpoints is not None
        ready = {a.ip for subset in endpoints.subsets for a in subset.addresses}
        unready = {a.ip for subset in endpoints.subsets for a in subset.not_ready_addresses}
        assert sliced == pods == dict.fromkeys(ready, True) | dict.fromkeys(unready, False)


def test_only_the_broken_services_have_nobody_ready(shop: ClusterSnapshot) -> None:
    empty = [
        service.name
        for service in shop.all(Service)
        if service.spec.selector
        and not any(map(is_ready, shop.select(Pod, service.namespace, service.spec.selector)))
    ]
    assert sorted(empty) == ["checkout", "feature-flags", "metrics-store", "payments-api"]


def missing_references(shop: ClusterSnapshot) -> Iterator[str]:
    """What pods refer to by name and the snapshot does not hold."""
    for pod in shop.all(Pod):
        if pod.spec.service_account_name and not shop.get(
            ServiceAccount, pod.namespace, pod.spec.service_account_name
        ):
            yield f"ServiceAccount {pod.spec.service_account_name}"
        for volume in pod.spec.volumes:
            claim, config = volume.persistent_volume_claim, volume.config_map
            if claim and not shop.get(PersistentVolumeClaim, pod.namespace, claim.claim_name):
                yield f"PersistentVolumeClaim {claim.claim_name}"
            if config and not shop.get(ConfigMap, pod.namespace, config.name):
                yield f"ConfigMap {config.name}"
        for variable in (v for c in pod.spec.containers for v in c.env if v.value_from):
            assert variable.value_from is not None
            from_config = variable.value_from.config_map_key_ref
            from_secret = variable.value_from.secret_key_ref
            if from_config:
                kept = shop.get(ConfigMap, pod.namespace, from_config.name)
                if kept is None or from_config.key not in kept.data:
                    yield f"ConfigMap {from_config.name} {from_config.key}"
            if from_secret:
                held = shop.get(Secret, pod.namespace, from_secret.name)
                if held is None or from_secret.key not in held.data:
                    yield f"Secret {from_secret.name} {from_secret.key}"


def test_pods_refer_to_nothing_missing_but_the_renamed_key(shop: ClusterSnapshot) -> None:
    assert set(missing_references(shop)) == {"Secret payments-db password"}


def test_other_references_resolve_but_the_broken_ones(shop: ClusterSnapshot) -> None:
    targets = [
        (
            a.spec.scale_target_ref.name,
            shop.get(Deployment, a.namespace, a.spec.scale_target_ref.name),
        )
        for a in shop.all(HorizontalPodAutoscaler)
    ]
    assert [name for name, found in targets if not found] == ["storefront"]
    classes = {c.spec.storage_class_name for c in shop.all(PersistentVolumeClaim)}
    assert {c for c in classes if not shop.get(StorageClass, "", str(c))} == {"fast-ssd"}
    for ingress in shop.all(Ingress):
        for path in (p for rule in ingress.spec.rules if rule.http for p in rule.http.paths):
            assert path.backend.service is not None
            assert shop.get(Service, ingress.namespace, path.backend.service.name)
        assert all(shop.get(Secret, ingress.namespace, t.secret_name) for t in ingress.spec.tls)


# Times


def times_in(tree: Any) -> Iterator[datetime]:
    if isinstance(tree, dict):
        for inner in tree.values():
            yield from times_in(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from times_in(inner)
    elif isinstance(tree, str) and tree[:2] == "20" and tree.endswith("Z"):
        yield datetime.fromisoformat(tree)


def test_nothing_happened_after_the_snapshot_was_taken() -> None:
    for path in (DEMO / "objects").glob("*/*.json"):
        assert max(times_in(json.loads(path.read_text())), default=TAKEN_AT) <= TAKEN_AT


def test_a_pod_changes_only_after_it_was_made_and_its_restarts_follow_each_other(
    shop: ClusterSnapshot,
) -> None:
    for pod in shop.all(Pod):
        created = pod.metadata.creation_timestamp
        assert created is not None
        assert all(
            c.last_transition_time is None or c.last_transition_time >= created
            for c in pod.status.conditions
        )
        for status in pod.status.container_statuses:
            ended, running = status.last_state.terminated, status.state.running
            assert bool(ended) == bool(restart_count(pod))
            if ended and ended.finished_at and running and running.started_at:
                assert created <= ended.finished_at <= running.started_at


def test_newer_objects_have_higher_resource_versions() -> None:
    versions = []
    for path in sorted((DEMO / "objects").glob("*/events.json")):
        for event in json.loads(path.read_text())["items"]:
            last = max(times_in(event))
            versions.append((int(event["metadata"]["resourceVersion"]), last))
    ordered = [at for _, at in sorted(versions)]
    assert ordered == sorted(ordered)


def test_every_log_is_of_a_container_that_exists_and_ran(shop: ClusterSnapshot) -> None:
    for key, path in log_files():
        pod = shop.get(Pod, key.namespace, key.pod)
        assert pod is not None, path
        status = next(s for s in pod.status.container_statuses if s.name == key.container)
        assert status.state.running or status.state.terminated or status.restart_count
        if key.previous:
            assert status.restart_count


def test_log_lines_carry_their_time_in_order_and_within_the_life_of_the_pod(
    shop: ClusterSnapshot,
) -> None:
    for key, path in log_files():
        pod = shop.get(Pod, key.namespace, key.pod)
        assert pod is not None
        times = [
            datetime.fromisoformat(line.split(" ")[0]) for line in path.read_text().splitlines()
        ]
        assert times, path
        assert times == sorted(times)
        assert pod.metadata.creation_timestamp is not None
        assert pod.metadata.creation_timestamp <= times[0] <= times[-1] <= TAKEN_AT


def test_every_running_application_container_has_a_log(shop: ClusterSnapshot) -> None:
    for pod in shop.all(Pod):
        if pod.namespace != "kube-system" and pod.status.phase in ("Running", "Succeeded"):
            for container in pod.spec.containers:
                assert shop.log(pod.namespace, pod.name, container.name), pod.name


# Nodes


def memory_left(shop: ClusterSnapshot, node: Node) -> float:
    """Allocatable memory less what the pods on the node ask for, in bytes."""
    asked = sum(
        parse_quantity(container.resources.requests.get("memory")) or 0
        for pod in shop.all(Pod)
        if pod.spec.node_name == node.name and pod.status.phase in ("Pending", "Running")
        for container in pod.spec.containers
    )
    return (parse_quantity(node.status.allocatable["memory"]) or 0) - asked


def test_no_node_is_overcommitted_and_none_can_take_the_indexer(shop: ClusterSnapshot) -> None:
    (indexer,) = (p for p in shop.all(Pod) if p.name.startswith("catalog-indexer-"))
    wanted = parse_quantity(indexer.spec.containers[0].resources.requests["memory"])
    assert wanted is not None
    for node in shop.all(Node):
        assert 0 < memory_left(shop, node) < wanted


def test_what_was_drained_has_not_been_on_the_node_since_before(shop: ClusterSnapshot) -> None:
    (back,) = (e for e in shop.all(Event) if e.reason == "NodeSchedulable")
    for pod in shop.all(Pod):
        owner = shop.owner(pod)
        if pod.spec.node_name == "worker-2" and owner and owner.kind != "DaemonSet":
            scheduled = condition(pod.status.conditions, "PodScheduled")
            assert scheduled
            assert scheduled.last_transition_time
            assert back.last_seen
            assert scheduled.last_transition_time >= back.last_seen


# The answers


@pytest.mark.parametrize("fault", ANSWERS["faults"], ids=lambda fault: fault["id"])
def test_a_fault_can_be_found_where_the_answers_say(
    fault: dict[str, Any], shop: ClusterSnapshot
) -> None:
    cause = {k: v for k, v in fault["root_cause"].items() if k != "detail"}
    for named in [cause, *fault["chain"]]:
        assert shop.find(ObjectRef(**named)), named
    for clue in fault["evidence"]:
        found = sorted(DEMO.glob(clue["in"]))
        assert any(clue["says"] in path.read_text() for path in found), clue


@pytest.mark.parametrize("decoy", ANSWERS["decoys"], ids=lambda decoy: decoy["id"])
def test_a_decoy_is_about_objects_that_exist(decoy: dict[str, Any], shop: ClusterSnapshot) -> None:
    assert all(shop.find(ObjectRef(**named)) for named in decoy["objects"])


def test_checkout_fails_after_payments_went_away_and_payments_after_its_secret_changed(
    shop: ClusterSnapshot,
) -> None:
    secret = shop.get(Secret, "payments", "payments-db")
    payments = shop.get(Deployment, "payments", "payments-api")
    checkout = shop.get(Deployment, "shop", "checkout")
    assert secret
    assert payments
    assert checkout
    changed = secret.metadata.managed_fields[-1].time
    released = max(rs.metadata.creation_timestamp for rs in shop.owned_by(payments))  # type: ignore[type-var]
    unready = [condition(p.status.conditions, "Ready") for p in pods_behind(shop, checkout)]
    assert changed
    assert released
    assert timedelta(0) < released - changed < timedelta(minutes=5)
    for found in unready:
        assert found
        assert found.status == "False"
        assert found.last_transition_time
        assert timedelta(0) < found.last_transition_time - released < timedelta(minutes=2)


def test_the_previous_payments_release_reads_the_same_key() -> None:
    file = DEMO / "objects" / "payments" / "replicasets.apps.json"
    releases = [
        tree
        for tree in json.loads(file.read_text())["items"]
        if tree["metadata"]["name"].startswith("payments-api")
    ]
    assert len(releases) > 1
    for tree in releases:
        env = tree["spec"]["template"]["spec"]["containers"][0]["env"]
        keys = {v.get("valueFrom", {}).get("secretKeyRef", {}).get("key") for v in env}
        assert "password" in keys


def test_what_is_not_broken_is_ready(shop: ClusterSnapshot) -> None:
    broken = {"checkout", "payments-api", "search", "catalog-indexer", "metrics-store"}
    unready = {
        pod.labels["app.kubernetes.io/name"]
        for pod in shop.all(Pod)
        if pod.status.phase in ("Pending", "Running") and not is_ready(pod)
    }
    assert unready == broken
