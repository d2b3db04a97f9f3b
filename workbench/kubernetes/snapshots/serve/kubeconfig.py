"""The kubeconfig file that leads a client to a served snapshot."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from workbench.files import write_private
from workbench.kubernetes.snapshots.serve.access import USER


def write_kubeconfig(path: Path, name: str, server: str, token: str, certificate: bytes) -> None:
    """Write the file at once and whole, readable by its owner only.

    name: of the context and the cluster. certificate: PEM of what the server shows.
    """
    authority = base64.b64encode(certificate).decode()
    write_private(path, _content(name, server, token, authority))


def remove_kubeconfig(path: Path, token: str) -> None:
    """Remove the file, if it is still there and still the one with that token."""
    if path.exists() and token.encode() in path.read_bytes():
        path.unlink(missing_ok=True)


def is_somebody_elses(path: Path) -> bool:
    """Whether there is a file that no served snapshot left there."""
    ours = re.compile(rf'^- name: "{USER}["@]'.encode(), re.MULTILINE)
    return path.exists() and not ours.search(path.read_bytes())


def _content(name: str, server: str, token: str, authority: str) -> str:
    """The file as YAML. JSON strings are YAML strings, whatever a cluster is called. The user has a
    name of its own, so that two files can be joined (``KUBECONFIG=one:two``)."""
    cluster = json.dumps(name or "snapshot")
    user = json.dumps(f"{USER}@{name}" if name else USER)
    return f"""\
apiVersion: v1
kind: Config
current-context: {cluster}
contexts:
- name: {cluster}
  context:
    cluster: {cluster}
    user: {user}
clusters:
- name: {cluster}
  cluster:
    server: {json.dumps(server)}
    certificate-authority-data: {authority}
users:
- name: {user}
  user:
    token: {json.dumps(token)}
"""
