"""Which representation a client wants, by the order of its Accept header.

The API server takes the first media type it can serve (quality values are not weighed).
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request

from workbench.kubernetes.snapshots.serve.failure import not_acceptable

OFFERED = "application/json"
_JSON = ("application/json", "application/*", "*/*")


class Form(msgspec.Struct, frozen=True):
    """A representation: plain (no ``kind``) or one that the object is converted to."""

    kind: str = ""
    group: str = ""
    version: str = ""

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}"

    @property
    def media_type(self) -> str:
        if not self.kind:
            return OFFERED
        return f"{OFFERED};g={self.group};v={self.version};as={self.kind}"


PLAIN = Form()
TABLES = tuple(Form("Table", "meta.k8s.io", v) for v in ("v1", "v1beta1"))
PARTIAL = tuple(
    Form(kind, "meta.k8s.io", v)
    for kind in ("PartialObjectMetadata", "PartialObjectMetadataList")
    for v in ("v1", "v1beta1")
)
DISCOVERY = tuple(
    Form("APIGroupDiscoveryList", "apidiscovery.k8s.io", v) for v in ("v2", "v2beta1")
)


def wanted(request: Request, *forms: Form) -> Form:
    """The first form in the Accept header that is plain or one of ``forms``.

    Raises StatusFailure (406) when the client takes none of them.
    """
    header = request.headers.get("accept", "") or "*/*"
    for part in header.split(","):
        name, *parameters = (p.strip() for p in part.split(";"))
        if name.lower() not in _JSON:
            continue
        asked = dict(p.split("=", 1) for p in parameters if "=" in p)
        form = Form(asked.get("as", ""), asked.get("g", ""), asked.get("v", ""))
        if not form.kind:
            return PLAIN
        if form in forms:
            return form
    raise not_acceptable(OFFERED)
