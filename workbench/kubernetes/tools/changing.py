"""Tools that change the cluster. The server has them only when it is started with ``--changes``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from workbench.core.render.change import preview_text
from workbench.kubernetes.answers import Answer, text_answer
from workbench.kubernetes.change.making import make, preview
from workbench.kubernetes.session import Session
from workbench.kubernetes.tools.parameters import Kind, Name, Namespace

Change = Literal[
    "scale", "rollout_restart", "rollout_undo", "cordon", "uncordon", "delete_pod", "apply",
    "set_image", "set_resources",
]  # fmt: skip
Version = Annotated[
    str, Field(description="resource_version that preview_change gave; empty for a new object.")
]
Sha256 = Annotated[str, Field(description="diff_sha256 that preview_change gave.", min_length=64)]
Container = Annotated[str, Field(description="Container of the pod template.", min_length=1)]
Quantities = Annotated[
    dict[str, str], Field(description='Like {"memory": "512Mi"}; "" takes an entry away.')
]


class Changing:
    """The changing tools over one session. Each makes what preview_change showed, or nothing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def preview_change(
        self,
        tool: Annotated[Change, Field(description="The change to try.")],
        arguments: Annotated[
            dict[str, Any],
            Field(description="Its arguments, without resource_version and diff_sha256."),
        ],
    ) -> Answer:
        """Try a change on the API server without making it (a server-side dry run): the diff, what
        it reaches, whether it is allowed, and how to undo it. Trying is how a change is proposed:
        a person then approves it or not. Nothing is changed."""
        tried = await preview(self._session, tool, arguments)
        return text_answer(preview_text(tried), {"preview": msgspec.to_builtins(tried)})

    async def scale(
        self,
        kind: Kind,
        name: Name,
        replicas: Annotated[int, Field(description="How many to ask for.", ge=0)],
        resource_version: Version,
        diff_sha256: Sha256,
        namespace: Namespace = "",
    ) -> Answer:
        """Set how many replicas a workload asks for."""
        asked = {"kind": kind, "name": name, "replicas": replicas, "namespace": namespace}
        return await self._make("scale", asked, resource_version, diff_sha256)

    async def rollout_restart(
        self,
        kind: Kind,
        name: Name,
        restarted_at: Annotated[str, Field(description="As preview_change gave it.")],
        resource_version: Version,
        diff_sha256: Sha256,
        namespace: Namespace = "",
    ) -> Answer:
        """Replace the pods of a workload one after the other."""
        asked = {"kind": kind, "name": name, "namespace": namespace, "restarted_at": restarted_at}
        return await self._make("rollout_restart", asked, resource_version, diff_sha256)

    async def rollout_undo(
        self,
        kind: Kind,
        name: Name,
        to_revision: Annotated[int, Field(description="Revision to go back to.", ge=1)],
        resource_version: Version,
        diff_sha256: Sha256,
        namespace: Namespace = "",
    ) -> Answer:
        """Go back to an earlier revision of a workload."""
        asked = {"kind": kind, "name": name, "namespace": namespace, "to_revision": to_revision}
        return await self._make("rollout_undo", asked, resource_version, diff_sha256)

    async def cordon(self, name: Name, resource_version: Version, diff_sha256: Sha256) -> Answer:
        """Keep new pods off a node."""
        return await self._make("cordon", {"name": name}, resource_version, diff_sha256)

    async def uncordon(self, name: Name, resource_version: Version, diff_sha256: Sha256) -> Answer:
        """Let new pods onto a node again."""
        return await self._make("uncordon", {"name": name}, resource_version, diff_sha256)

    async def delete_pod(
        self,
        name: Name,
        resource_version: Version,
        diff_sha256: Sha256,
        namespace: Namespace = "",
    ) -> Answer:
        """Delete one pod, gracefully; its controller makes another."""
        asked = {"name": name, "namespace": namespace}
        return await self._make("delete_pod", asked, resource_version, diff_sha256)

    async def apply(
        self,
        manifest: Annotated[str, Field(description="One object as YAML.", min_length=1)],
        resource_version: Version,
        diff_sha256: Sha256,
        namespace: Namespace = "",
        force: Annotated[bool, Field(description="Take fields over that others manage.")] = False,
    ) -> Answer:
        """Apply one manifest on the server's side. Secrets and rights are not taken."""
        asked = {"manifest": manifest, "namespace": namespace, "force": force}
        return await self._make("apply", asked, resource_version, diff_sha256)

    async def set_image(
        self,
        kind: Kind,
        name: Name,
        container: Container,
        image: Annotated[str, Field(description="Image to run.", min_length=1)],
        resource_version: Version,
        diff_sha256: Sha256,
        namespace: Namespace = "",
    ) -> Answer:
        """Set the image of one container of a workload."""
        asked = {"kind": kind, "name": name, "container": container, "image": image}
        asked["namespace"] = namespace
        return await self._make("set_image", asked, resource_version, diff_sha256)

    async def set_resources(
        self,
        kind: Kind,
        name: Name,
        container: Container,
        resource_version: Version,
        diff_sha256: Sha256,
        limits: Quantities = {},  # noqa: B006 (never changed)
        requests: Quantities = {},  # noqa: B006
        namespace: Namespace = "",
    ) -> Answer:
        """Set limits and requests of one container of a workload."""
        asked: dict[str, Any] = {"kind": kind, "name": name, "container": container}
        asked |= {"limits": limits, "requests": requests, "namespace": namespace}
        return await self._make("set_resources", asked, resource_version, diff_sha256)

    async def _make(self, tool: str, asked: dict[str, Any], version: str, sha256: str) -> Answer:
        made = await make(self._session, tool, asked, version, sha256)
        ref, version = made.situation.ref, made.resource_version
        head = f"{ref} was changed: {made.situation.plan.command}"
        if not made.sure and not version:
            head = f"Whether {ref} was changed is not known: the API server went away; look at it"
        elif not made.sure:
            head = f"{ref} changed, but the answer was lost and it is not as was tried; look at it"
        data = {"target": msgspec.to_builtins(ref), "resource_version": version, "diff": made.diff}
        return text_answer(f"{head}\n{made.diff}", {**data, "sure": made.sure})


def tools(session: Session) -> Iterable[Any]:
    """The tools that change things as callables; ``previewing`` holds the one that only tries."""
    it = Changing(session)
    return (
        it.scale,
        it.rollout_restart,
        it.rollout_undo,
        it.cordon,
        it.uncordon,
        it.delete_pod,
        it.apply,
        it.set_image,
        it.set_resources,
    )


def previewing(session: Session) -> Iterable[Any]:
    """The tool that tries a change, which changes nothing."""
    return (Changing(session).preview_change,)
