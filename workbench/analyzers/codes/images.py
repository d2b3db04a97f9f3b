"""Codes about images that cannot be pulled."""

from __future__ import annotations

from workbench.analyzers.codes.entry import Entry

_DESCRIBE = "kubectl describe pod {pod} -n {namespace}"

CODES: dict[str, Entry] = {
    "IMAGE_NOT_FOUND": Entry(
        "Image or tag does not exist",
        meaning="The registry answered that there is no such image: a wrong repository, a tag "
        "with a typing error, or an image that was never pushed or has been deleted.",
        next_steps=(_DESCRIBE, "Check that {image} exists in the registry, and correct the name"),
        runbook="image-pull",
    ),
    "IMAGE_PULL_UNAUTHORIZED": Entry(
        "Registry refuses to hand out the image",
        meaning="The registry wants credentials: imagePullSecrets are missing, in another "
        "namespace, for another registry, or expired. Registries answer alike for private "
        "images and for images that do not exist: Docker Hub does so for every missing repository.",
        next_steps=(
            "Check that the name {image} is right and exists in {registry}",
            _DESCRIBE,
            "kubectl get pod {pod} -n {namespace} -o jsonpath='{.spec.imagePullSecrets}'",
            "kubectl get secrets -n {namespace} --field-selector "
            "type=kubernetes.io/dockerconfigjson",
        ),
        explained_by=("same",),
        runbook="image-pull",
    ),
    "REGISTRY_UNREACHABLE": Entry(
        "Registry cannot be reached",
        meaning="The node could not talk to the registry: its name does not resolve, nothing "
        "answers, the TLS certificate is not trusted, or it speaks another protocol.",
        next_steps=(_DESCRIBE, "From node {node}: curl -v https://{registry}/v2/"),
        explained_by=("node",),
        runbook="image-pull",
    ),
    "IMAGE_PULL_RATE_LIMITED": Entry(
        "Registry rate limit reached",
        meaning="The registry refuses further pulls for now (HTTP 429). It passes by itself; "
        "authenticated pulls, a mirror or a pull-through cache avoid it.",
        next_steps=(_DESCRIBE, "Add imagePullSecrets for {registry}, or pull through a mirror"),
        runbook="image-pull",
    ),
    "IMAGE_NAME_INVALID": Entry(
        "Image name is not valid",
        meaning="The image reference cannot be parsed: capital letters in the repository, an empty "
        "tag, spaces or an unreplaced template variable.",
        next_steps=("Correct the image of container {container}: {image}",),
        runbook="image-pull",
    ),
    "IMAGE_PLATFORM_MISMATCH": Entry(
        "Image has no build for this node's platform",
        meaning="The image exists but not for the node's operating system or CPU architecture.",
        next_steps=("kubectl get node {node} -o jsonpath='{.status.nodeInfo}'", _DESCRIBE),
        runbook="image-pull",
    ),
    "IMAGE_NOT_ON_NODE": Entry(
        "Image is not on the node and must not be pulled",
        meaning="imagePullPolicy is Never and the image is not present on the node.",
        next_steps=("Set imagePullPolicy to IfNotPresent, or load {image} onto the node",),
        runbook="image-pull",
    ),
    "IMAGE_PULL_FAILED": Entry(
        "Image cannot be pulled",
        meaning="Pulling the image fails for a reason that the runtime's message names.",
        next_steps=(_DESCRIBE,),
        explained_by=("node",),
        runbook="image-pull",
    ),
}
