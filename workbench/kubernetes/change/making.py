"""A change tried, and a change made exactly as the trial showed it."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.core.change import BlastRadius, Preview, Risk
from workbench.core.redaction import redact_value
from workbench.errors import ClusterError, ClusterUnreachable, ObjectNotFound, UsageError
from workbench.kubernetes.change import plan as plans
from workbench.kubernetes.change.asked import Apply, RolloutUndo, Scale, read
from workbench.kubernetes.change.blast import blast_radius
from workbench.kubernetes.change.difference import digest, unified
from workbench.kubernetes.change.lookup import Situation, look
from workbench.kubernetes.change.plan import Plan, Tree
from workbench.kubernetes.client import Client
from workbench.kubernetes.session import Session
from workbench.kubernetes.status import Rejected


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What the API server says the change would come to. Sides are None where there is no object
    before or after."""

    before: Tree | None
    after: Tree | None

    @property
    def sha256(self) -> str:
        return digest(self.before, self.after)


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was made. ``sure`` is False when the answer was lost and the object does not
    tell whether it was; ``resource_version`` is "" then where it cannot be read."""

    situation: Situation
    diff: str
    resource_version: str
    sure: bool = True


async def preview(session: Session, tool: str, arguments: dict[str, Any]) -> Preview:
    """Try the change on the server without making it.

    Raises UsageError for one that cannot be asked for or would change nothing, and ClusterErrors.
    """
    _check_for_secrets(arguments)
    client = await session.client()
    situation = await look(session, tool, read(tool, arguments))
    if isinstance(situation.asked, Apply):
        _check_for_secrets(situation.plan.body)
    allowed, allowed_why = await _may(client, situation)
    trial = await attempt(client, situation) if allowed else None
    plan = _exact(situation, trial)
    diff = unified(trial.before, trial.after, str(situation.ref)) if trial else ""
    if trial and not diff:
        raise UsageError(f"{plan.command} would change nothing.", "It is so already.")
    blast = await blast_radius(client, situation.tree or plan.body, plan.notes)
    if isinstance(situation.asked, Scale) and situation.view:
        now = int((situation.view.get("spec") or {}).get("replicas") or 0)
        blast = msgspec.structs.replace(blast, replicas=(now, situation.asked.replicas))
    sha256 = trial.sha256 if trial else ""
    bound = {"resource_version": situation.version, "diff_sha256": sha256}
    return Preview(
        tool=tool,
        arguments={**msgspec.to_builtins(_asked(situation)), **bound},
        target=situation.ref,
        uid=str(((situation.tree or {}).get("metadata") or {}).get("uid") or ""),
        resource_version=situation.version,
        diff=diff,
        diff_sha256=sha256,
        blast=blast,
        allowed=allowed,
        allowed_why=allowed_why,
        undo=plan.undo,
        risk=_risk(plan, blast),
        command=plan.command,
    )


async def make(
    session: Session, tool: str, arguments: dict[str, Any], version: str, sha256: str
) -> Made:
    """Make the change, if the object is still as it was and it still comes to the same.

    Raises Rejected when either is no longer so; nothing was changed then.
    """
    client = await session.client()
    situation = await look(session, tool, read(tool, arguments))
    if situation.version != version:
        raise Rejected(
            f"{situation.ref} was not changed: it is no longer as it was when this was tried "
            f"(resourceVersion {situation.version or 'none'}, not {version or 'none'}).",
            "Try it again with preview_change.",
        )
    trial = await attempt(client, situation)
    if trial.sha256 != sha256:
        raise Rejected(
            f"{situation.ref} was not changed: it would come to something else than was shown.",
            "Try it again with preview_change.",
        )
    diff = unified(trial.before, trial.after, str(situation.ref))
    try:
        after = await _send(client, situation, dry_run=False)
    except ClusterUnreachable as lost:
        return await _resolved(client, situation, trial, diff, lost)
    return Made(situation=situation, diff=diff, resource_version=_version(after))


def _check_for_secrets(given: Any) -> None:
    """What is asked for is kept and shown to whoever decides, so it must hold no secret."""
    if redact_value(given) != given:
        raise UsageError("The change holds what looks like a secret.", "Make it with kubectl.")


async def attempt(client: Client, situation: Situation) -> Trial:
    """The change as a server-side dry run."""
    after = await _send(client, situation, dry_run=True)
    if situation.plan.method == "DELETE":
        return Trial(before=_identity(situation.tree), after=None)
    return Trial(before=situation.view, after=after)


async def _send(client: Client, situation: Situation, *, dry_run: bool) -> Tree:
    plan = situation.plan
    answer = await client.write(
        plan.method,
        situation.path,
        _bound(plan, situation),
        asked=f"{situation.tool.replace('_', ' ')} {situation.ref}",
        content_type=plan.content_type,
        params=plan.params,
        dry_run=dry_run,
    )
    tree = answer.json()
    if not isinstance(tree, dict):
        raise ClusterError(f"Asked to change {situation.ref}, {client.server} gave no object.")
    return tree


def _bound(plan: Plan, situation: Situation) -> Any:
    """The body with the precondition that the object is as it was."""
    version, body = situation.version, plan.body
    if not version:
        return body
    if plan.method == "DELETE":
        uid = (situation.tree or {}).get("metadata", {}).get("uid")
        return {**body, "preconditions": {"uid": uid, "resourceVersion": version}}
    if isinstance(body, list):
        lock = {"op": "replace", "path": "/metadata/resourceVersion", "value": version}
        return [lock, *body]
    return {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": version}}


async def _may(client: Client, situation: Situation) -> tuple[bool, str]:
    """What the API server's authorizer says, and why not."""
    attributes = {
        "verb": situation.plan.verb,
        "group": situation.resource.group,
        "resource": situation.resource.plural,
        "subresource": situation.plan.subresource,
        "namespace": situation.namespace,
        "name": situation.name,
    }
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {k: v for k, v in attributes.items() if v}},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = await client.post(path, body, asked="review what these credentials may do")
    status = answer.json().get("status") or {}
    return bool(status.get("allowed")), str(status.get("reason") or "")


async def _resolved(
    client: Client, situation: Situation, trial: Trial, diff: str, lost: ClusterUnreachable
) -> Made:
    """The answer was lost: whether it was done is read off the object, and it is not sent again."""
    try:
        answer = await client.get(situation.path, asked=f"get {situation.ref}")
        now: Tree | None = answer.json()
    except ObjectNotFound:
        now = None
    except ClusterError:
        return Made(situation=situation, diff=diff, resource_version="", sure=False)
    version = _version(now or {})
    if digest(trial.before, now) == trial.sha256 or (now is None and trial.after is None):
        return Made(situation=situation, diff=diff, resource_version=version)
    if version == situation.version:
        raise Rejected(f"{situation.ref} was not changed: {lost.message}", lost.hint) from lost
    return Made(situation=situation, diff=diff, resource_version=version, sure=False)


def _exact(situation: Situation, trial: Trial | None) -> Plan:
    """The plan with the reverse of what the trial showed, where that takes a trial to know."""
    asked = situation.asked
    if isinstance(asked, Apply) and trial and situation.tree:
        return plans.apply(asked, situation.plan.body, situation.tree, trial.after)
    return situation.plan


def _asked(situation: Situation) -> Any:
    """What was asked, with the revision that "the one before" came to."""
    asked, undo = situation.asked, situation.plan.command
    if isinstance(asked, RolloutUndo) and not asked.to_revision:
        return msgspec.structs.replace(asked, to_revision=int(undo.rpartition("=")[2]))
    return asked


def _risk(plan: Plan, blast: BlastRadius) -> Risk:
    no_room = any(" allows 0 disruptions" in b for b in blast.budgets)
    return Risk.HIGH if no_room and plan.risk is Risk.MEDIUM else plan.risk


def _identity(tree: Tree | None) -> Tree:
    """What of a pod tells a person which one it is."""
    tree = tree or {}
    meta, spec = tree.get("metadata") or {}, tree.get("spec") or {}
    return {
        "kind": tree.get("kind"),
        "metadata": {k: meta[k] for k in ("name", "namespace", "ownerReferences") if k in meta},
        "spec": {
            "nodeName": spec.get("nodeName"),
            "containers": [
                {k: c.get(k) for k in ("name", "image")} for c in spec.get("containers") or []
            ],
        },
    }


def _version(tree: Tree) -> str:
    return str((tree.get("metadata") or {}).get("resourceVersion") or "")
