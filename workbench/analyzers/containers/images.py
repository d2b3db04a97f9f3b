"""Images that cannot be pulled, told apart by what the registry or the runtime answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from workbench.analyzers.history import events
from workbench.analyzers.presence import missing
from workbench.analyzers.report import finding, said, seen
from workbench.analyzers.wording import error_text
from workbench.analyzers.workload import Part, began, parts, troubled
from workbench.core.cluster import ClusterSnapshot, ObjectRef
from workbench.core.findings import Finding, Pointer
from workbench.core.objects import Event, Node, Pod, Secret, ServiceAccount

WAITING = {
    "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
    "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed",
}  # fmt: skip
"""state.waiting.reason values about images (kubelet, images/types.go)."""

# Wordings of containerd, CRI-O, the Docker engine and the registry HTTP API. Order matters: some
# registries say "denied" for what does not exist, and rate limits come as "toomanyrequests".
_RULES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (code, says, re.compile(pattern, re.IGNORECASE))
    for code, says, pattern in (
        ("IMAGE_NAME_INVALID", "the image name is not valid", r"InvalidImageName|invalid reference format|couldn't parse image|could not parse image"),
        ("IMAGE_NOT_ON_NODE", "it is not on the node and may not be pulled (imagePullPolicy Never)", r"ErrImageNeverPull|pull policy of Never|is not present with pull policy"),
        ("IMAGE_PULL_RATE_LIMITED", "the registry's rate limit is reached", r"toomanyrequests|too many requests|429|rate limit|pull limit"),
        ("IMAGE_PLATFORM_MISMATCH", "it has no build for the node's platform", r"no match for platform|no matching manifest|no image found in (?:manifest list|image index)|does not match the specified platform|unsupported platform"),
        ("REGISTRY_UNREACHABLE", "the registry's name does not resolve", r"no such host|server misbehaving|Temporary failure in name resolution|name resolution"),
        ("REGISTRY_UNREACHABLE", "the registry refuses the connection", r"connection refused"),
        ("REGISTRY_UNREACHABLE", "the registry speaks plain HTTP where TLS is expected", r"server gave HTTP response to HTTPS client|first record does not look like a TLS"),
        ("REGISTRY_UNREACHABLE", "the registry's TLS certificate is not trusted", r"x509: |certificate signed by unknown|tls: |certificate has expired"),
        ("REGISTRY_UNREACHABLE", "the registry does not answer in time", r"i/o timeout|context deadline exceeded|Client\.Timeout|timeout|timed out|request canceled|TLS handshake timeout"),
        ("REGISTRY_UNREACHABLE", "the registry cannot be reached", r"no route to host|network is unreachable|connection reset|EOF$|proxyconnect|RegistryUnavailable"),
        ("REGISTRY_UNREACHABLE", "the registry answers with a server error", r"50[0234] (?:Internal|Bad|Service|Gateway)|unexpected status(?: code)?.*\b50[0234]\b"),
        ("IMAGE_PULL_UNAUTHORIZED", "it does not exist or is private (the registry answers both alike)", r"repository does not exist or may require|insufficient_scope"),
        ("IMAGE_PULL_UNAUTHORIZED", "the registry refuses access: wrong or missing credentials, or a private image", r"pull access denied|unauthorized|authentication required|no basic auth|401|403 Forbidden|insufficient_scope|authorization failed|denied: |access denied|access forbidden|failed to fetch (?:anonymous|oauth) token"),
        ("IMAGE_NOT_FOUND", "the registry has no such image or tag", r"not found|manifest unknown|manifest for .* not|name unknown|NotFound|repository does not exist|no such image|404"),
    )
)  # fmt: skip


def pulls(snapshot: ClusterSnapshot, now: datetime) -> Iterable[Finding]:
    """Containers that wait for an image which cannot be pulled."""
    for pod in troubled(snapshot, now):
        for part in parts(pod):
            if part.waiting in WAITING:
                yield _pull(snapshot, pod, part)


def classify(text: str) -> tuple[str, str]:
    """The finding code for a pull error, and what went wrong in words."""
    for code, says, pattern in _RULES:
        if pattern.search(text):
            return code, says
    return "IMAGE_PULL_FAILED", "the runtime reports an error"


def registry(image: str) -> str:
    """The registry host of an image reference; docker.io where it names none."""
    head, slash, _ = image.partition("/")
    return head if slash and ("." in head or ":" in head or head == "localhost") else "docker.io"


def _pull(snapshot: ClusterSnapshot, pod: Pod, part: Part) -> Finding:
    image = part.spec.image or part.status.image
    told = _errors(snapshot, pod, part, image)
    waiting = part.status.state.waiting
    held = waiting.message if waiting else ""
    text = _telling(image, [held, *(event.message for event in reversed(told))])
    code, says = classify(f"{text} {'' if text else part.waiting}".replace(image, "<image>"))
    if code == "IMAGE_PULL_FAILED" and part.waiting in ("InvalidImageName", "ErrImageNeverPull"):
        code, says = classify(part.waiting)
    why = says
    if code == "IMAGE_PULL_FAILED" and text:
        why = error_text(text, 250)
    elif code == "IMAGE_PULL_UNAUTHORIZED":
        why = _refused(snapshot, pod, says)
    what = f"Image {image or '(unknown)'} of {part.what} of {pod.name}"
    return finding(
        code,
        pod,
        f"{what} cannot be pulled: {why}{_platform(snapshot, pod, code)}",
        [
            seen(pod, f"{part.path}.state.waiting.reason", part.waiting),
            seen(pod, f"spec.containers[{part.name}].image", image),
            *_quoted(pod, part, held, told),
        ],
        detail=part.name,
        since=min((e.first_seen for e in told if e.first_seen), default=None) or began(pod),
        container=part.name,
        image=image,
        registry=registry(image),
        node=pod.spec.node_name,
    )


def _errors(snapshot: ClusterSnapshot, pod: Pod, part: Part, image: str) -> list[Event]:
    """Events of failed pulls of this container, oldest first."""
    found = events(snapshot, pod, "Failed", "FailedPull", "InspectFailed", "ErrImageNeverPull")
    mine = [e for e in found if f"{{{part.name}}}" in e.involved_object.field_path]
    mine = mine or [e for e in found if image and image in e.message] or list(found)
    return [e for e in mine if "image" in e.message.lower() or "pull" in e.message.lower()]


def _telling(image: str, texts: list[str]) -> str:
    """The text that says the most: "Back-off pulling image" and "Error: ErrImagePull" do not."""
    for text in texts:
        if text and classify(text.replace(image, "<image>"))[0] != "IMAGE_PULL_FAILED":
            return text
    return next((t for t in texts if t and not t.startswith(("Back-off", "Error: "))), "")


def _quoted(pod: Pod, part: Part, held: str, told: list[Event]) -> Iterable[Pointer]:
    if held:
        yield seen(pod, f"{part.path}.state.waiting.message", held)
    failed = [e for e in told if not e.message.startswith("Error: ")] or told
    yield from (said(event) for event in failed[-1:])


def _refused(snapshot: ClusterSnapshot, pod: Pod, says: str) -> str:
    """Why the registry does not let it, with what the pod shows it; what is missing first."""
    names = [s.name for s in pod.spec.image_pull_secrets]
    account = snapshot.get(
        ServiceAccount, pod.namespace, pod.spec.service_account_name or "default"
    )
    names += [s.name for s in account.image_pull_secrets] if account else []
    if not names:
        return f"{says}; the pod has no imagePullSecrets"
    lost = [n for n in names if missing(snapshot, Secret, pod.namespace, n)]
    if lost:
        return f"its imagePullSecret {lost[0]} does not exist in {pod.namespace}; {says}"
    return f"{says}; it uses imagePullSecret {', '.join(names)}"


def _platform(snapshot: ClusterSnapshot, pod: Pod, code: str) -> str:
    node = snapshot.get(Node, "", pod.spec.node_name)
    if code != "IMAGE_PLATFORM_MISMATCH" or node is None:
        return ""
    info = node.status.node_info
    return f"; node {node.name} is {info.operating_system}/{info.architecture}"


def pull_secrets(snapshot: ClusterSnapshot, pod: Pod) -> tuple[ObjectRef, ...]:
    """The pod's imagePullSecrets that do not exist."""
    return tuple(
        ObjectRef("Secret", pod.namespace, secret.name)
        for secret in pod.spec.image_pull_secrets
        if missing(snapshot, Secret, pod.namespace, secret.name)
    )
