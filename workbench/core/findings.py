"""What an analyzer or a runbook found: a code, a subject, and what was seen."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

import msgspec

from workbench.core.cluster import ObjectRef


class Severity(IntEnum):
    """How bad it is now. ``INFO`` is opinion or hygiene and never outranks a fault."""

    INFO = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Pointer(msgspec.Struct, frozen=True):
    """Where something was seen: ``Pod shop/web-1``, ``status.phase``, ``Pending``.

    For events and logs ``path`` says which (``event FailedScheduling``, ``log web previous:12``).
    """

    source: str
    path: str
    value: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One judged fact about one object.

    code: an entry of analyzers/catalogue.py.
    detail: tells apart two findings of the same code about the same subject (a container, a port).
    related: other objects the finding is about (the missing ConfigMap, the selecting Service).
    since: when it began, where the cluster says so.
    explains, root_cause: filled in by analyzers/ranking/causes.py.
    """

    code: str
    subject: ObjectRef
    severity: Severity
    title: str
    message: str
    evidence: tuple[Pointer, ...]
    next_steps: tuple[str, ...] = ()
    detail: str = ""
    related: tuple[ObjectRef, ...] = ()
    since: datetime | None = None
    root_cause: bool = False
    explains: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"finding {self.code} about {self.subject} has no evidence")

    @property
    def id(self) -> str:
        """Stable between runs over the same cluster: ``POD_CRASH_LOOP:Pod/shop/web-1:app``."""
        where = f"{self.subject.namespace}/" if self.subject.namespace else ""
        tail = f":{self.detail}" if self.detail else ""
        return f"{self.code}:{self.subject.kind}/{where}{self.subject.name}{tail}"
