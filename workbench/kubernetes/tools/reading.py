"""Tools that show what the cluster holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
import yaml
from pydantic import Field

from workbench.core.cluster import LogKey
from workbench.core.objects import Event
from workbench.errors import ClusterError, ObjectNotFound, UsageError
from workbench.kubernetes import tables
from workbench.kubernetes.answers import Answer, table_answer, text_answer
from workbench.kubernetes.client import Client
from workbench.kubernetes.columns import Column, to_json
from workbench.kubernetes.describe import NEIGHBOURS, describe
from workbench.kubernetes.discovery import Resource
from workbench.kubernetes.listing import list_objects, title
from workbench.kubernetes.logs import BYTES_MOST, Tail, read_log
from workbench.kubernetes.masking import masked
from workbench.kubernetes.missing import absent, meant, missed
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


class Reading:
    """The reading tools over one session. Each returns an Answer or raises a WorkbenchError."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list_resources(
        self,
        kind: Kind,
        namespace: AnyNamespace = "",
        selector: Selector = "",
        field_selector: Annotated[
            str, Field(description="Field selector: spec.nodeName=worker-1, status.phase=Pending.")
        ] = "",
    ) -> Answer:
        """List the objects of a kind as a table, with the columns of `kubectl get -o wide`.

        Works for every kind the cluster serves, custom ones too. Use events for Events and
        get_resource or describe for a single object.
        """
        resource = await self._session.resource(kind)
        client = await self._session.client()
        if selector or field_selector:
            listed = await list_objects(
                client, resource, namespace, selector=selector, field_selector=field_selector
            )
        else:
            source = await self._session.source()
            listed = await source.list(resource, _in(resource, namespace))
        if not listed.objects:
            await self._session.check_namespace(_in(resource, namespace))
            if named := _named(field_selector, selector):
                raise await absent(self._session, resource, _in(resource, namespace), named)
        columns, rows = tables.rows(resource.kind, listed.objects, client.now())
        return table_answer(
            title(resource, _in(resource, namespace)), columns, rows, as_of=listed.as_of
        )

    async def get_resource(
        self,
        kind: Kind,
        name: Name,
        namespace: Namespace = "",
        managed_fields: Annotated[bool, Field(description="Show metadata.managedFields.")] = False,
    ) -> Answer:
        """Get one object whole, as YAML. Values of Secrets and secret-looking environment
        variables are hidden."""
        resource = await self._session.resource(kind)
        tree = masked(await self._tree(resource, name, namespace), managed_fields)
        return text_answer(_yaml(tree), {"object": tree}, narrow="describe instead")

    async def describe(self, kind: Kind, name: Name, namespace: Namespace = "") -> Answer:
        """Describe one object as `kubectl describe` does: what was asked, how it stands, its
        conditions and its events. The best first look at a single object."""
        resource = await self._session.resource(kind)
        client = await self._session.client()
        tree = await self._tree(resource, name, namespace)
        where = str((tree.get("metadata") or {}).get("namespace") or "")
        events = await self._events_about(client, resource.kind, name, where)
        related = await self._neighbours(client, resource.kind, where, name)
        text = describe(tree, events, client.now(), related)
        columns, rows = tables.rows(Event.KIND, events, client.now())
        return text_answer(text, {"text": text, "events": to_json(columns, rows)})

    async def events(
        self,
        namespace: AnyNamespace = "",
        kind: Annotated[str, Field(description="Only events about this kind.")] = "",
        name: Annotated[str, Field(description="Only events about the object of this name.")] = "",
        type: Annotated[
            Literal["", "Normal", "Warning"], Field(description="Only events of this type.")
        ] = "",
        since: Since = "",
    ) -> Answer:
        """List events, newest last. Events are kept for about an hour by most clusters, so an
        empty answer does not mean that nothing happened."""
        client = await self._session.client()
        about = (await self._session.resource(kind)).kind if kind else ""
        found = await self._events(client, namespace, about, name, type)
        if not found:
            await self._session.check_namespace(namespace)
            if kind and name:
                await self._check_there(kind, name, namespace)
        if since:
            oldest = client.now() - timedelta(seconds=seconds(since))
            found = [e for e in found if e.last_seen is None or e.last_seen >= oldest]
        columns, rows = tables.rows(Event.KIND, found, client.now())
        where = f" in {namespace}" if namespace else ""
        return table_answer(f"events{where}", columns, rows, newest=True)

    async def logs(
        self,
        pod: Annotated[str, Field(description="Name of the pod, or pod/NAME.", min_length=1)],
        namespace: Namespace = "",
        container: Annotated[
            str, Field(description="Container; may be empty when the pod has only one.")
        ] = "",
        previous: Annotated[
            bool, Field(description="The run before the last restart: why it crashed is in there.")
        ] = False,
        tail_lines: Annotated[int, Field(description="Last lines to read.", ge=1, le=10_000)] = 200,
        since: Since = "",
        limit_bytes: Annotated[
            int, Field(description="Bytes to keep, from the end.", ge=1, le=BYTES_MOST)
        ] = BYTES_MOST,
    ) -> Answer:
        """Read the end of a container's log. For a crash-looping container set previous=true."""
        client = await self._session.client()
        where = namespace or client.namespace
        name = await self._pod(pod, where)
        key = LogKey(where, name, container, previous)
        tail = Tail(lines=tail_lines, since_seconds=seconds(since), limit_bytes=limit_bytes)
        try:
            log = await read_log(client, key, tail)
        except ObjectNotFound as error:
            pods = await self._session.resource("pods")
            raise await missed(error, self._session, pods, where, name) from error
        shown = log if log.strip() else "[the log is empty]"
        return text_answer(shown, {**msgspec.to_builtins(key), "log": log})

    async def api_resources(
        self, group: Annotated[str, Field(description="Only this API group.")] = ""
    ) -> Answer:
        """List the kinds this cluster serves: names, short names, group and version."""
        catalogue = await self._session.catalogue()
        rows = [
            {
                "name": r.plural,
                "short_names": ",".join(r.short_names) or None,
                "api_version": r.api_version,
                "namespaced": r.namespaced,
                "kind": r.kind,
                "verbs": ",".join(r.verbs),
            }
            for r in catalogue.resources
            if not group or r.group == group
        ]
        return table_answer("kinds", KIND_COLUMNS, rows, narrow="a group", gaps=catalogue.gaps)

    async def can_i(
        self,
        verb: Annotated[str, Field(description="get, list, watch, create, patch, delete …")],
        resource: Annotated[str, Field(description="Resource, or resource/subresource: pods/log.")],
        namespace: AnyNamespace = "",
        name: Annotated[str, Field(description="Only for the object of this name.")] = "",
    ) -> Answer:
        """Ask the API server whether these credentials may do something (a
        SelfSubjectAccessReview). Changes nothing."""
        client = await self._session.client()
        word, _, subresource = resource.partition("/")
        attributes = {"verb": verb, "resource": word, "subresource": subresource}
        attributes |= {"namespace": namespace, "name": name}
        try:
            known = await self._session.resource(word)
            attributes |= {"group": known.group, "resource": known.plural}
        except UsageError:
            pass  # the review may be asked about kinds that are not served
        status = await _review(client, {k: v for k, v in attributes.items() if v})
        allowed = bool(status.get("allowed"))
        reason = status.get("reason") or status.get("evaluationError") or ""
        text = f"{'yes' if allowed else 'no'}{f' - {reason}' if reason else ''}"
        return text_answer(text, {"allowed": allowed, "reason": reason, "asked": attributes})

    async def _pod(self, word: str, namespace: str) -> str:
        """``pod/web-1`` and ``web-1`` as a name. Raises UsageError for another kind."""
        kind, slash, name = word.partition("/")
        if not slash:
            return word
        if (await self._session.resource(kind)).kind == "Pod":
            return name
        near = await meant(self._session, await self._session.resource("pods"), namespace, name)
        raise UsageError(f"Logs are of pods, and {word} is none.", near or "Name one of its pods.")

    async def _check_there(self, kind: str, name: str, namespace: str) -> None:
        """Raises ObjectNotFound, with what was perhaps meant, for an object that is not there;
        passes where it cannot be listed."""
        resource, client = await self._session.resource(kind), await self._session.client()
        where, field = _in(resource, namespace), f"metadata.name={name}"
        try:
            listed = await list_objects(client, resource, where, field_selector=field)
        except ClusterError:
            return
        if not listed.objects:
            raise await absent(self._session, resource, where, name)

    async def _tree(self, resource: Resource, name: str, namespace: str) -> dict[str, Any]:
        client = await self._session.client()
        where = (namespace or client.namespace) if resource.namespaced else ""
        within = f" in {where}" if where else ""
        asked = f"get {resource.kind} {name}{within}"
        try:
            answer = await client.get(resource.path(where, name), asked=asked)
        except ObjectNotFound as error:
            raise await missed(error, self._session, resource, where, name) from error
        tree = answer.json()
        if not isinstance(tree, dict):
            raise ClusterError(f"Asked to {asked}, {client.server} gave no object.")
        return tree

    async def _events(
        self, client: Client, namespace: str, kind: str, name: str, type_: str = ""
    ) -> list[Event]:
        wanted = {"involvedObject.kind": kind, "involvedObject.name": name, "type": type_}
        fields = ",".join(f"{k}={v}" for k, v in wanted.items() if v)
        events = (await self._session.catalogue()).serving(Event)
        if events is None:
            return []
        listed = await list_objects(client, events, namespace, field_selector=fields)
        found = [e for e in listed.objects if isinstance(e, Event)]
        return sorted(found, key=lambda e: e.last_seen.timestamp() if e.last_seen else 0.0)

    async def _events_about(
        self, client: Client, kind: str, name: str, namespace: str
    ) -> list[Event]:
        try:
            return await self._events(client, namespace, kind, name)
        except ClusterError:
            return []  # a description without its events is still worth reading

    async def _neighbours(
        self, client: Client, kind: str, namespace: str, name: str
    ) -> dict[str, list[dict[str, Any]]]:
        catalogue = await self._session.catalogue()
        found: dict[str, list[dict[str, Any]]] = {}
        for wanted in NEIGHBOURS.get(kind, ()):
            resource = catalogue.of_kind("", wanted)
            if resource is None:
                continue
            on_node = {"fieldSelector": f"spec.nodeName={name}"} if kind == "Node" else None
            try:
                answer = await client.get(
                    resource.path(namespace), on_node, asked=f"list {title(resource, namespace)}"
                )
                found[wanted] = answer.json().get("items") or []
            except ClusterError:
                continue  # left out of the description, as its docstring says
        return found


KIND_COLUMNS = (
    Column("name"),
    Column("short_names"),
    Column("api_version"),
    Column("namespaced", "bool"),
    Column("kind"),
    Column("verbs"),
)


async def _review(client: Client, attributes: dict[str, str]) -> dict[str, Any]:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await client.post(path, body, asked="review what these credentials may do")
    status = answer.json().get("status")
    return status if isinstance(status, dict) else {}


def _in(resource: Resource, namespace: str) -> str:
    return namespace if resource.namespaced else ""


def _named(field_selector: str, selector: str) -> str:
    """The name of the one object that was asked for; "" where more was asked for than a name."""
    field, _, name = field_selector.replace("==", "=").partition("=")
    return name if field == "metadata.name" and "," not in name and not selector else ""


def _yaml(tree: dict[str, Any]) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(tree, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120))


def tools(session: Session) -> Iterable[Any]:
    """The reading tools as callables."""
    it = Reading(session)
    return (
        it.list_resources,
        it.get_resource,
        it.describe,
        it.events,
        it.logs,
        it.api_resources,
        it.can_i,
    )
