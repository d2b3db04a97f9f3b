"""Which contexts a kubeconfig holds, read without a network and without heavy imports."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml

from workbench.errors import ContextUnknown, UsageError

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its credentials (Kubernetes documentation, Accessing the API from a Pod)."""

DEFAULT = "~/.kube/config"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which credentials are meant.

    kubeconfig: file names joined as in KUBECONFIG; "" for the pod's own service account.
    context: the chosen context's name; "in-cluster" for a service account.
    namespace: the context's namespace.
    """

    kubeconfig: str
    context: str
    namespace: str = "default"


def any_here() -> bool:
    """Whether there is a default kubeconfig or a pod's own service account to use."""
    return Path(DEFAULT).expanduser().exists() or (SERVICE_ACCOUNT / "token").exists()


def choose(kubeconfig: str = "", context: str = "") -> Choice:
    """The context to use: the named one, else the current one, else the pod's service account.

    Raises ContextUnknown naming the contexts there are, and UsageError for a file that cannot be
    read as a kubeconfig.
    """
    paths, files = _files(kubeconfig)
    if not files:
        return _in_cluster(paths, context, explicit=bool(kubeconfig))
    contexts = _contexts(files)
    name = context or next((f["current-context"] for f in files if f.get("current-context")), "")
    if not name and len(contexts) == 1:
        name = next(iter(contexts))
    if name not in contexts:
        asked = f"no context {name!r}" if name else "no current context"
        near = get_close_matches(name, contexts, n=1)
        known = ", ".join(sorted(contexts)) or "none"
        hint = f"Did you mean {near[0]}?" if near else f"Contexts there are: {known}."
        raise ContextUnknown(f"{paths} has {asked}.", hint)
    namespace = contexts[name].get("namespace") or "default"
    return Choice(kubeconfig=_existing(paths), context=name, namespace=namespace)


def context_names(kubeconfig: str = "") -> list[str]:
    """Every context there is, sorted. Raises UsageError as ``choose`` does."""
    return sorted(_contexts(_files(kubeconfig)[1]))


def _files(kubeconfig: str) -> tuple[str, list[dict[str, Any]]]:
    """The paths that are meant, and what is in those that exist."""
    paths = kubeconfig or os.environ.get("KUBECONFIG", "") or DEFAULT
    trees = [_read(path) for path in paths.split(os.pathsep) if path]
    return paths, [tree for tree in trees if tree is not None]


def _read(path: str) -> dict[str, Any] | None:
    """The file as a tree, or None when it does not exist."""
    try:
        tree = yaml.safe_load(Path(path).expanduser().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            f"{path} cannot be read as a kubeconfig: {_first_line(error)}.",
            "Point KUBECONFIG at another file.",
        ) from error
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise UsageError(f"{path} is not a kubeconfig.", "Point KUBECONFIG at another file.")
    return tree


def _contexts(files: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Context name to its body; the first file that names one wins, as kubectl does it."""
    found: dict[str, dict[str, Any]] = {}
    for tree in files:
        for entry in tree.get("contexts") or []:
            if isinstance(entry, dict):
                found.setdefault(str(entry.get("name")), entry.get("context") or {})
    return found


def _existing(paths: str) -> str:
    """Only files that are there: a missing entry of KUBECONFIG is ignored, as kubectl does it."""
    return os.pathsep.join(
        str(Path(p).expanduser()) for p in paths.split(os.pathsep) if Path(p).expanduser().exists()
    )


def _in_cluster(paths: str, context: str, explicit: bool) -> Choice:
    if context:
        raise ContextUnknown(
            f"There is no context {context!r}: {paths} does not exist.",
            "Point KUBECONFIG at a kubeconfig.",
        )
    if explicit or not (SERVICE_ACCOUNT / "token").exists():
        raise ContextUnknown(
            f"There is no cluster to use: {paths} does not exist.",
            "Point KUBECONFIG at a kubeconfig.",
        )
    namespace = SERVICE_ACCOUNT / "namespace"
    return Choice(
        kubeconfig="",
        context="in-cluster",
        namespace=namespace.read_text().strip() if namespace.exists() else "default",
    )


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
