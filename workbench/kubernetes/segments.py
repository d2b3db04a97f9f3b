"""Names as parts of an API path: a name that is none must not lead to another object."""

from __future__ import annotations

from urllib.parse import quote

from workbench.errors import UsageError

PLAIN = ":@!$&'()*+,;=~"
"""Characters that stand for themselves in a part of a path (RFC 3986, section 3.3: pchar)."""


def segment(name: str) -> str:
    """A namespace or a name as one part of a path, quoted.

    Raises UsageError for what no object may be called: ``.``, ``..``, and names with ``/`` or
    ``%`` (Kubernetes documentation, Object Names and IDs: Path Segment Names).
    """
    if name in (".", "..") or "/" in name or "%" in name:
        raise UsageError(f"{name!r} is no name of an object.", "Names have no / and no %.")
    return quote(name, safe=PLAIN)
