"""What Tab offers after a magic: options, kinds, contexts of the kubeconfig, namespaces seen here.
Nothing is asked of the cluster for it."""

from __future__ import annotations

import sys
from typing import Any

from workbench.notebook.magics import PARSERS

_TAKES_KIND = frozenset({"%k8s_get", "%k8s_describe", "%k8s_events", "%k8s_timeline"})
# kubectl reference, "Resource types": the short names people type most.
_SHORT = (
    "po",
    "deploy",
    "rs",
    "sts",
    "ds",
    "svc",
    "ep",
    "ing",
    "cm",
    "ns",
    "no",
    "pvc",
    "pv",
    "ev",
)


def complete(shell: Any, event: Any) -> list[str]:
    """IPython's ``complete_command`` hook: what may stand where the cursor is."""
    typed = event.symbol
    line = event.line[event.line.index("%") :] if "%" in event.line else event.line
    before = line[: len(line) - len(typed)].split()
    magic = "%" + line.split(None, 1)[0].lstrip("%")
    parser = PARSERS.get(magic)
    if parser is None:
        return []
    return [c for c in _candidates(magic, before[-1], typed) if c.startswith(typed)]


def _candidates(magic: str, previous: str, typed: str) -> list[str]:
    if previous in ("-n", "--namespace"):
        return _namespaces()
    if previous in ("-c", "--context"):
        return _contexts()
    if previous in ("-m", "--model"):
        return ["analyst", "anthropic:", "openai:"]
    if typed.startswith("-"):
        return PARSERS[magic].flags
    if magic == "%k8s" and previous.lstrip("%") == "k8s":
        return ["status", "evidence", "report", "help"]
    if magic in _TAKES_KIND and previous.lstrip("%") == magic.lstrip("%"):
        return kinds()
    return []


def kinds() -> list[str]:
    """Every kind the workbench knows, in the plural that kubectl takes, and short names."""
    from workbench.core.objects import KINDS

    return sorted({*(kind.PLURAL for kind in KINDS), *_SHORT})


def _contexts() -> list[str]:
    from workbench.bootstrap import contexts

    return contexts()


def _namespaces() -> list[str]:
    session = sys.modules.get("workbench.notebook.session")
    return sorted(session.seen_namespaces) if session else []
