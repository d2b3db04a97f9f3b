"""Which objects belong together, and how closely.

Distance 0 is the object itself with its owners and all it owns; 1 what configures and serves it
(ConfigMaps, Secrets, claims, what makes those, Services, autoscalers, policies); 2 the nodes its
pods run on and the workloads it calls; 3 what configures and serves those.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.objects import (
    Custom,
    Event,
    HorizontalPodAutoscaler,
    Ingress,
    KubeObject,
    NetworkPolicy,
    Node,
    Pod,
    PodDisruptionBudget,
    PodSpec,
    Service,
)

OBJECTS_MOST = 5_000
"""Objects whose references are followed; a namespace of more is told without the rest."""

_HOST = re.compile(r"(?:\w+://)?(?:[^@\s/,]*@)?([a-z0-9][a-z0-9.-]*)(?::\d+)?(?=[/,\s?]|$)")
_TEXT_MOST = 500
_POD_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod")


def related(snapshot: ClusterSnapshot, about: ObjectRef) -> frozenset[ObjectRef]:
    """The object, its owners, all it owns, and the nodes its pods run on."""
    refs = {about}
    for obj in _family(snapshot, about):
        refs.add(ObjectRef.of(obj))
        if isinstance(obj, Pod) and obj.spec.node_name:
            refs.add(ObjectRef(Node.KIND, "", obj.spec.node_name))
    return frozenset(refs)


def distances(snapshot: ClusterSnapshot, about: ObjectRef) -> dict[ObjectRef, int]:
    """Every object that ``about`` leans on, with how far it is away."""
    family = _family(snapshot, about)
    found = {about: 0, **{ObjectRef.of(obj): 0 for obj in family}}
    pods = [obj for obj in family if isinstance(obj, Pod)]
    # A rollout that has just replaced its pods has left ReplicaSets behind; their pods are gone.
    for name in _gone_pods(snapshot, family):
        found.setdefault(name, 0)
    _serving(snapshot, family, found, 1)
    for pod in pods:
        if pod.spec.node_name:
            found.setdefault(ObjectRef(Node.KIND, "", pod.spec.node_name), 2)
    texts = ((obj.namespace, text) for obj in family for text in _texts(pod_spec(obj)))
    for service in called(snapshot, texts):
        _add(snapshot, service, found)
    return found


def references(spec: PodSpec, namespace: str) -> Iterator[ObjectRef]:
    """ConfigMaps, Secrets, claims and the service account that a pod's spec names."""
    for container in (*spec.containers, *spec.init_containers):
        for source in container.env_from:
            yield from _config(source.config_map_ref, source.secret_ref, namespace)
        for variable in container.env:
            if variable.value_from:
                one = variable.value_from
                yield from _config(one.config_map_key_ref, one.secret_key_ref, namespace)
    for volume in spec.volumes:
        if volume.config_map:
            yield ObjectRef("ConfigMap", namespace, volume.config_map.name)
        if volume.secret:
            yield ObjectRef("Secret", namespace, volume.secret.secret_name)
        if volume.persistent_volume_claim:
            claim = volume.persistent_volume_claim.claim_name
            yield ObjectRef("PersistentVolumeClaim", namespace, claim)
        for part in volume.projected.sources if volume.projected else ():
            yield from _config(part.config_map, part.secret, namespace)
    if spec.service_account_name:
        yield ObjectRef("ServiceAccount", namespace, spec.service_account_name)


def pod_spec(obj: KubeObject) -> PodSpec | None:
    """The spec of the pods an object is or makes."""
    if isinstance(obj, Pod):
        return obj.spec
    template = getattr(getattr(obj, "spec", None), "template", None)
    spec = getattr(template, "spec", None)
    return spec if isinstance(spec, PodSpec) else None


def _add(snapshot: ClusterSnapshot, service: Service, found: dict[ObjectRef, int]) -> None:
    """A service that is called: the workloads behind it at 2, what configures those at 3."""
    found.setdefault(ObjectRef.of(service), 2)
    for owner in _behind(snapshot, service):
        family = _family(snapshot, ObjectRef.of(owner))
        for obj in family:
            found.setdefault(ObjectRef.of(obj), 2)
        _serving(snapshot, family, found, 3)


def _behind(snapshot: ClusterSnapshot, service: Service) -> Iterable[KubeObject]:
    if not service.spec.selector:
        return ()
    pods = snapshot.select(Pod, service.namespace, service.spec.selector)
    return {ObjectRef.of(top): top for pod in pods if (top := snapshot.top_owner(pod))}.values()


def _family(snapshot: ClusterSnapshot, about: ObjectRef) -> list[KubeObject]:
    """The object with its owners, and everything below it; all of it at most once."""
    start = snapshot.find(about)
    if start is None:
        return []
    if about.kind == Service.KIND and isinstance(start, Service):
        below = [o for top in _behind(snapshot, start) for o in (top, *_below(snapshot, top))]
    else:
        below = [*_below(snapshot, start)]
    found = {ObjectRef.of(o): o for o in (start, *_owners(snapshot, start), *below)}
    return [*found.values()]


def _owners(snapshot: ClusterSnapshot, obj: KubeObject) -> Iterator[KubeObject]:
    for _ in range(8):  # owner chains are two or three long; a loop in bad data must end
        above = snapshot.owner(obj)
        if above is None:
            return
        yield above
        obj = above


def _below(snapshot: ClusterSnapshot, start: KubeObject) -> Iterator[KubeObject]:
    seen = {ObjectRef.of(start)}
    left = [start]
    while left and len(seen) < OBJECTS_MOST:
        for obj in snapshot.owned_by(left.pop()):
            if ObjectRef.of(obj) not in seen:
                seen.add(ObjectRef.of(obj))
                left.append(obj)
                yield obj


def _gone_pods(snapshot: ClusterSnapshot, family: Iterable[KubeObject]) -> Iterator[ObjectRef]:
    """Pods that only events still tell of, by the names that controllers give (the owner's name,
    a dash, and five characters or a number)."""
    makers = {(o.namespace, o.name) for o in family if o.kind != Pod.KIND and pod_spec(o)}
    if not makers:
        return
    told = _told_pods(snapshot)
    for maker in makers:
        yield from told.get(maker, ())


def _told_pods(snapshot: ClusterSnapshot) -> dict[tuple[str, str], set[ObjectRef]]:
    held: dict[tuple[str, str], set[ObjectRef]] | None = snapshot.memo.get("timeline.told")
    if held is None:
        held = defaultdict(set)
        for event in snapshot.all(Event):
            it = event.involved_object
            if it.kind == Pod.KIND:
                ref = ObjectRef(it.kind, it.namespace, it.name)
                held[(it.namespace, it.name.rpartition("-")[0])].add(ref)
        snapshot.memo["timeline.told"] = held
    return held


def _serving(
    snapshot: ClusterSnapshot,
    family: Iterable[KubeObject],
    found: dict[ObjectRef, int],
    distance: int,
) -> None:
    specs: dict[tuple[str, str], tuple[PodSpec, dict[str, str]]] = {}
    names: set[ObjectRef] = set()
    for obj in family:
        names.add(ObjectRef.of(obj))
        spec = pod_spec(obj)
        if spec is None or obj.kind not in _POD_KINDS:
            continue
        template = getattr(getattr(obj, "spec", None), "template", None)
        labels = obj.labels if template is None else template.metadata.labels
        specs.setdefault((obj.namespace, str(sorted(labels.items()))), (spec, labels))
    for (namespace, _), (spec, labels) in [*specs.items()][:OBJECTS_MOST]:
        for ref in references(spec, namespace):
            found.setdefault(ref, distance)
            for maker in makers(snapshot).get(ref, ()):
                found.setdefault(maker, distance)
        for ref in _selecting(snapshot, namespace, labels):
            found.setdefault(ref, distance)
    for ref in _targeting(snapshot, names):
        found.setdefault(ref, distance)


def _selecting(
    snapshot: ClusterSnapshot, namespace: str, labels: dict[str, str]
) -> Iterator[ObjectRef]:
    """Services (with the Ingresses before them), budgets and policies that pick these labels."""
    services = set()
    for service in snapshot.all(Service, namespace):
        wanted = service.spec.selector
        if wanted and all(labels.get(k) == v for k, v in wanted.items()):
            services.add(service.name)
            yield ObjectRef.of(service)
    for ingress in snapshot.all(Ingress, namespace) if services else ():
        if services & set(_backends(ingress)):
            yield ObjectRef.of(ingress)
    for policy in snapshot.all(NetworkPolicy, namespace):
        picked = policy.spec.pod_selector
        if picked is not None and picked.matches(labels):
            yield ObjectRef.of(policy)
    for budget in snapshot.all(PodDisruptionBudget, namespace):
        if budget.spec.selector is not None and budget.spec.selector.matches(labels):
            yield ObjectRef.of(budget)


def _backends(ingress: Ingress) -> Iterator[str]:
    paths = [p.backend for r in ingress.spec.rules if r.http for p in r.http.paths]
    for choice in (*paths, ingress.spec.default_backend):
        if choice and choice.service:
            yield choice.service.name


def _targeting(snapshot: ClusterSnapshot, names: set[ObjectRef]) -> Iterator[ObjectRef]:
    for scaler in snapshot.all(HorizontalPodAutoscaler):
        target = scaler.spec.scale_target_ref
        if ObjectRef(target.kind, scaler.namespace, target.name) in names:
            yield ObjectRef.of(scaler)


def called(snapshot: ClusterSnapshot, texts: Iterable[tuple[str, str]]) -> Iterable[Service]:
    """Services that texts, each of a namespace, name as a host: ``db``, ``http://db.data.svc``."""
    found: dict[ObjectRef, Service] = {}
    seen: set[tuple[str, str]] = set()
    for namespace, text in texts:
        if (namespace, text) in seen or len(text) > _TEXT_MOST:
            continue
        seen.add((namespace, text))
        for host in _HOST.findall(text):
            labels = host.split(".")
            home = labels[1] if len(labels) > 1 else namespace
            service = snapshot.get(Service, home, labels[0])
            if service:
                found[ObjectRef.of(service)] = service
    return found.values()


def _texts(spec: PodSpec | None) -> Iterator[str]:
    for container in (*spec.containers, *spec.init_containers) if spec else ():
        yield from (variable.value for variable in container.env if variable.value)
        yield from (*container.command, *container.args)


def makers(snapshot: ClusterSnapshot) -> dict[ObjectRef, tuple[ObjectRef, ...]]:
    """By Secret, the custom resources that are to make it: a Certificate, an ExternalSecret …"""
    held: dict[ObjectRef, tuple[ObjectRef, ...]] | None = snapshot.memo.get("timeline.makers")
    if held is not None:
        return held
    found: dict[ObjectRef, tuple[ObjectRef, ...]] = defaultdict(tuple)
    for one in snapshot.customs():
        name = _made(one)
        if name:
            ref = ObjectRef("Secret", one.namespace, name)
            found[ref] = (*found[ref], ObjectRef.of(one))
    made: dict[ObjectRef, tuple[ObjectRef, ...]] = dict(found)
    snapshot.memo["timeline.makers"] = made
    return made


def _made(one: Custom) -> str:
    spec: dict[str, Any] = one.spec if isinstance(one.spec, dict) else {}
    target = spec.get("target")
    name = spec.get("secretName") or (target.get("name") if isinstance(target, dict) else "")
    if not name and one.kind in ("ExternalSecret", "SealedSecret"):
        name = one.name
    return name if isinstance(name, str) else ""


def _config(config_map: Any, secret: Any, namespace: str) -> Iterator[ObjectRef]:
    if config_map and config_map.name:
        yield ObjectRef("ConfigMap", namespace, config_map.name)
    name = secret and (getattr(secret, "secret_name", "") or secret.name)
    if name:
        yield ObjectRef("Secret", namespace, name)
