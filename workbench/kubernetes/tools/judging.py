"""Tools that put what the cluster holds together: usage, history, ownership, time and findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.analyzers import analyze
from workbench.core.cluster import ClusterSnapshot, ObjectRef, Scope
from workbench.core.counted import counted
from workbench.core.diagnosis import Diagnosis, to_json
from workbench.core.findings import Finding
from workbench.core.objects import BY_KIND, KubeObject, Node
from workbench.core.render.diagnosis import loud, notes
from workbench.core.render.timeline import text as as_text
from workbench.core.scoping import check_namespaces
from workbench.core.selectors import parse_selector
from workbench.core.timeline import timeline
from workbench.core.timeline.record import to_json as to_tree
from workbench.errors import ClusterError, ObjectNotFound, UsageError
from workbench.kubernetes import history, owners, tables, usage
from workbench.kubernetes.answers import (
    Answer,
    bounded,
    memory_line,
    table_answer,
    text_answer,
)
from workbench.kubernetes.client import Client
from workbench.kubernetes.collect import collect
from workbench.kubernetes.columns import rfc3339
from workbench.kubernetes.columns import to_json as table_json
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.listing import get_object
from workbench.kubernetes.logs import with_logs
from workbench.kubernetes.missing import missed
from workbench.kubernetes.session import Session
from workbench.kubernetes.tools.parameters import (
    AnyNamespace,
    Kind,
    Name,
    Namespace,
    Selector,
    Since,
    seconds,
)

Namespaces = Annotated[
    list[str] | None, Field(description="Namespaces to look at; empty for all of them.")
]

OWNING = (
    "Pod",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "Service",
    "EndpointSlice",
    "PersistentVolumeClaim",
)
"""Kinds that own or are owned among those with a struct."""

CHANGING = (
    "Event",
    "Pod",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Node",
    "ConfigMap",
    "Secret",
    "Service",
    "Ingress",
    "NetworkPolicy",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "ResourceQuota",
    "LimitRange",
)
"""Kinds with times worth putting on one axis."""

KEEPERS = {"Deployment": "replicasets.apps"} | dict.fromkeys(
    ("StatefulSet", "DaemonSet"), "controllerrevisions.apps"
)
"""Where a workload's revisions are kept."""


class Judging:
    """The judging tools over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def diagnose(
        self, namespaces: Namespaces = None, selector: Selector = "", since: Since = ""
    ) -> Answer:
        """Look for everything that is wrong in the cluster or in some namespaces and rank it,
        likeliest root cause first. Start here: it reads all kinds, events, the logs of failing
        containers and of some that are well in one go, and says what it was not allowed to see."""
        scope = Scope(namespaces=tuple(namespaces or ()), selector=selector, since=seconds(since))
        parse_selector(selector)  # a bad one is refused before the cluster is read
        client, catalogue = await self._session.client(), await self._session.catalogue()
        source = await self._session.source()
        found = await collect(
            client, scope, catalogue=catalogue, wide=True, custom=True, source=source
        )
        snapshot = await with_logs(client, found, ready_too=True)
        check_namespaces(snapshot, scope)
        diagnosis = analyze(snapshot, snapshot.taken_at)
        return text_answer(
            _as_of(snapshot) + diagnosis_text(diagnosis),
            to_json(diagnosis),
            narrow="a namespace or a selector",
        )

    async def snapshot(self, namespaces: Namespaces = None) -> Answer:
        """An overview of the cluster: version, nodes, how many objects of each kind there are,
        and what could not be read."""
        snapshot = await self._collect(namespaces or [], "")
        counts = {kind: len(objects) for kind, objects in snapshot.objects.items()}
        columns, rows = tables.rows(Node.KIND, snapshot.all(Node), snapshot.taken_at)
        nodes = table_answer("nodes", columns, rows)
        shown = ", ".join(f"{kind} {n}" for kind, n in counts.items() if n)
        text = (
            f"cluster {snapshot.cluster}, Kubernetes {snapshot.server_version or 'unknown'}, "
            f"at {rfc3339(snapshot.taken_at)}\n{nodes.text}\nobjects: {shown or 'none'}"
        )
        data = {
            "cluster": snapshot.cluster,
            "server_version": snapshot.server_version,
            "taken_at": rfc3339(snapshot.taken_at),
            "counts": counts,
            "nodes": table_json(columns, rows),
        }
        return text_answer(text, data, narrow="a namespace", gaps=snapshot.gaps)

    async def timeline(
        self,
        namespace: AnyNamespace = "",
        kind: Annotated[str, Field(description="Kind of the object to follow.")] = "",
        name: Annotated[str, Field(description="Name of the object to follow.")] = "",
        since: Since = "",
    ) -> Answer:
        """What happened when, and what changed before it broke: rollouts, writes to configuration,
        warnings, restarts, node trouble and first error lines on one UTC axis, of one object with
        what it leans on, or of a whole namespace. The change that came before the first symptom
        stands first. Without ``since`` it begins a day before that symptom."""
        if bool(kind) != bool(name):
            raise UsageError("timeline needs a kind and a name together, or neither.")
        client, catalogue = await self._session.client(), await self._session.catalogue()
        where = namespace or (client.namespace if name else "")
        scope = Scope(context=client.context, namespaces=(where,) if where else ())
        await self._session.check_namespace(namespace)
        kinds = [BY_KIND[k] for k in CHANGING]
        snapshot = await collect(
            client, scope, kinds, catalogue=catalogue, custom=True, wide=bool(name)
        )
        snapshot = await with_logs(client, snapshot, timestamps=True)
        about = await self._ref(kind, name, where) if name else None
        if about is not None and snapshot.find(about) is None:
            snapshot = await self._with(snapshot, kind, about)
        oldest = client.now() - timedelta(seconds=seconds(since)) if since else None
        told = timeline(snapshot, about, oldest)
        title = f"moments of {about}" if about else "moments" + (f" in {where}" if where else "")
        data = {**to_tree(told), "title": title}
        head = f"{title}: {len(told.moments)}, to {rfc3339(told.until)}"
        return Answer(text=bounded(f"{head}\n{as_text(told)}", "an object or since"), data=data)

    async def owners(self, kind: Kind, name: Name, namespace: Namespace = "") -> Answer:
        """Show who made an object and what it made in turn, as a tree with the state of each:
        Deployment, ReplicaSet, Pod and so on."""
        client = await self._session.client()
        ref = await self._ref(kind, name, namespace)
        snapshot = await self._collect([ref.namespace] if ref.namespace else [], "", OWNING)
        if snapshot.find(ref) is None:
            snapshot = await self._with(snapshot, kind, ref)
        snapshot = await self._with_top(client, snapshot, ref)
        tree = owners.owner_tree(snapshot, ref)
        if tree is None:
            raise ObjectNotFound(f"There is no {ref} in context {client.context}.")
        return text_answer(owners.to_text(tree), owners.to_json(tree), gaps=snapshot.gaps)

    async def rollout_history(self, kind: Kind, name: Name, namespace: Namespace = "") -> Answer:
        """List the revisions of a Deployment, StatefulSet or DaemonSet and which fields of the pod
        template changed from one to the next. Shows whether a change came before the trouble."""
        resource = await self._session.resource(kind)
        if resource.kind not in KEEPERS:
            known = ", ".join(KEEPERS)
            raise UsageError(f"A {resource.kind} has no rollout history.", f"It is for {known}.")
        client = await self._session.client()
        where = namespace or client.namespace
        keeper = await self._session.resource(KEEPERS[resource.kind])
        asked = f"get {resource.kind} {name} in {where}"
        owner = (await client.get(resource.path(where, name), asked=asked)).json()
        asked = f"list {keeper.plural} in {where}"
        kept = (await client.get(keeper.path(where), asked=asked)).json().get("items") or []
        revisions = history.history(owner, kept)
        text = history.to_text(revisions) or f"No revisions of {resource.kind} {name} are kept."
        whose = {"kind": resource.kind, "namespace": where, "name": name}
        return text_answer(text, {**whose, "revisions": history.to_json(revisions)})

    async def top(
        self,
        kind: Annotated[Literal["pods", "nodes"], Field(description="pods or nodes")] = "pods",
        namespace: AnyNamespace = "",
        selector: Selector = "",
    ) -> Answer:
        """CPU (cores) and memory (bytes) in use now, beside requests and limits for pods and
        percent of allocatable for nodes. Needs metrics-server; says so when there is none."""
        client, catalogue = await self._session.client(), await self._session.catalogue()
        if kind == "nodes":
            rows = await usage.node_usage(client, catalogue)
            return table_answer("nodes", usage.NODE_COLUMNS, rows)
        rows = await usage.pod_usage(client, catalogue, namespace, selector)
        if not rows:
            await self._session.check_namespace(namespace)
        where = f" in {namespace}" if namespace else ""
        return table_answer(f"pods{where}", usage.POD_COLUMNS, rows)

    async def _collect(
        self, namespaces: Sequence[str], since: str, kinds: Iterable[str] = BY_KIND
    ) -> ClusterSnapshot:
        client, catalogue = await self._session.client(), await self._session.catalogue()
        scope = Scope(context=client.context, namespaces=tuple(namespaces), since=seconds(since))
        source = await self._session.source()
        chosen = [BY_KIND[k] for k in kinds]
        return await collect(client, scope, chosen, catalogue=catalogue, source=source)

    async def _ref(self, kind: str, name: str, namespace: str) -> ObjectRef:
        resource = await self._session.resource(kind)
        client = await self._session.client()
        where = (namespace or client.namespace) if resource.namespaced else ""
        return ObjectRef(resource.kind, where, name)

    async def _with(self, snapshot: ClusterSnapshot, kind: str, ref: ObjectRef) -> ClusterSnapshot:
        """The snapshot and an object of a kind it does not hold. Raises ObjectNotFound, with what
        was perhaps meant."""
        resource = await self._session.resource(kind)
        client = await self._session.client()
        try:
            return _and(snapshot, await get_object(client, resource, ref.namespace, ref.name))
        except ObjectNotFound as error:
            raise await missed(error, self._session, resource, ref.namespace, ref.name) from error

    async def _with_top(
        self, client: Client, snapshot: ClusterSnapshot, ref: ObjectRef
    ) -> ClusterSnapshot:
        """The snapshot and the owners above ``ref`` that are of kinds it does not hold."""
        catalogue = await self._session.catalogue()
        for _ in range(owners.DEPTH_MOST):
            obj = snapshot.find(ref)
            if obj is None:
                return snapshot
            top = snapshot.top_owner(obj)
            above = next(iter(top.metadata.owner_references), None)
            resource = catalogue.of_kind(above.api_version, above.kind) if above else None
            if above is None or resource is None:
                return snapshot
            found = await _try_get(client, resource, top.namespace, above.name)
            if found is None:
                return snapshot
            snapshot = _and(snapshot, found)
        return snapshot


async def _try_get(
    client: Client, resource: Resource, namespace: str, name: str
) -> KubeObject | None:
    try:
        return await get_object(client, resource, namespace if resource.namespaced else "", name)
    except ClusterError:
        return None  # shown in the tree as not read


def _and(snapshot: ClusterSnapshot, obj: KubeObject) -> ClusterSnapshot:
    held = snapshot.objects.get(obj.kind, ())
    return replace(snapshot, objects={**snapshot.objects, obj.kind: (*held, obj)})


def _as_of(snapshot: ClusterSnapshot) -> str:
    """A line saying how current objects are that were not read just now."""
    return "" if snapshot.as_of is None else f"{memory_line(snapshot.as_of)}\n"


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """The ranked findings, a paragraph each, a line for those below a warning, then what was not
    checked."""
    told, noted = loud(diagnosis.findings), tuple(notes(diagnosis.findings))
    found = counted(len(told), "finding") if told else "nothing found to be wrong"
    found += f" and {counted(len(noted), 'note')}" if told and noted else ""
    parts = [f"cluster {diagnosis.cluster}, at {rfc3339(diagnosis.now)}: {found}"]
    parts += [_paragraph(i, f) for i, f in enumerate(told, 1)]
    gaps = (f"{gap.what}: {gap.why}" for gap in diagnosis.gaps)
    for title, lines in (("Noted", noted), ("Not checked", gaps)):
        listed = "".join(f"\n- {line}" for line in lines)
        parts += [f"{title}:{listed}"] if listed else []
    return "\n\n".join(parts)


def _paragraph(number: int, finding: Finding) -> str:
    root = " (likely root cause)" if finding.root_cause else ""
    lines = [f"{number}. [{finding.severity.word}] {finding.subject}: {finding.title}{root}"]
    lines.append(f"   {finding.code}: {finding.message}")
    lines += [f"   seen: {p.source} {p.path} = {p.value}" for p in finding.evidence[:3]]
    if finding.explains:
        lines.append(f"   explains: {', '.join(finding.explains)}")
    lines += [f"   next: {step}" for step in finding.next_steps[:3]]
    return "\n".join(lines)


def tools(session: Session) -> Iterable[Any]:
    """The judging tools as callables."""
    it = Judging(session)
    return (
        it.diagnose,
        it.snapshot,
        it.timeline,
        it.owners,
        it.rollout_history,
        it.top,
    )
