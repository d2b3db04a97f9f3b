"""What a report says about itself at its head: where was looked, from when to when, with which
versions of what, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from workbench.agent.choice import ANALYST
from workbench.core.budget import Usage
from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.duration import human
from workbench.core.evidence import Evidence
from workbench.core.investigation import (
    Asked,
    Concluded,
    Failed,
    Investigation,
    ModelAnswered,
    Step,
    ToolCalled,
)
from workbench.core.render.card import elapsed
from workbench.investigations.chronicle import looked_until


def banner(
    investigation: Investigation, evidence: Sequence[Evidence], now: datetime
) -> dict[str, str]:
    """A line each, by name; what the record does not say is left out.

    evidence: oldest first. now: when the report is written.
    """
    asked = [step for step in investigation.steps if isinstance(step, Asked)]
    scope = asked[-1].scope if asked else investigation.scope
    said = {
        "Cluster": one_line(f"{_cluster(asked, evidence)}; {scope}".removeprefix("; "), 300),
        "Time range": _range(scope.since, evidence),
        "Asked": _when(asked, evidence),
        "Versions": " · ".join(_versions(investigation, asked, evidence)),
        "Cost": " · ".join(_cost(investigation.steps, evidence)),
        "Written": f"{_minute(now)} UTC",
    }
    return {name: words for name, words in said.items() if words}


def _cluster(asked: Sequence[Asked], evidence: Sequence[Evidence]) -> str:
    names = [*(a.cluster for a in asked), *(e.cluster for e in evidence)]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _range(seconds: int, evidence: Sequence[Evidence]) -> str:
    """On the cluster's clock, which of a frozen one stands still."""
    until = looked_until(evidence)
    if until is None:
        return ""
    if not seconds:
        return f"until {_minute(until)} UTC, with no beginning set"
    since = until - timedelta(seconds=seconds)
    return f"{_minute(since)} to {_minute(until)} UTC (the last {human(seconds)})"


def _told(evidence: Sequence[Evidence], name: str) -> str:
    """What the newest call says under a name; "" where none does."""
    data: Iterator[dict[str, Any]] = (
        e.data for e in reversed(evidence) if isinstance(e.data, dict)
    )
    return next((str(one[name]) for one in data if one.get(name)), "")


def _when(asked: Sequence[Asked], evidence: Sequence[Evidence]) -> str:
    if not asked:
        return ""
    by = f" by {one_line(asked[-1].user, 60)}" if asked[-1].user else ""
    last = f"; last call {evidence[-1].at:%Y-%m-%d %H:%M:%S} UTC" if evidence else ""
    return f"{asked[-1].at:%Y-%m-%d %H:%M:%S} UTC{by}{last}"


def _versions(
    investigation: Investigation, asked: Sequence[Asked], evidence: Sequence[Evidence]
) -> Iterator[str]:
    server = _told(evidence, "server_version")
    yield f"Kubernetes {one_line(server, 40)}" if server else "Kubernetes version not recorded"
    yield f"k8s-workbench {version('k8s-workbench')}"
    answered = (s.model for s in investigation.steps if isinstance(s, ModelAnswered))
    models = dict.fromkeys(m for m in (*(a.model for a in asked), *answered) if m)
    for model in models:
        yield "built-in analyst, no model" if model == ANALYST else f"model {one_line(model, 80)}"


def _cost(steps: Sequence[Step], evidence: Sequence[Evidence]) -> Iterator[str]:
    """What all of its questions took together, or the calls that a session made by hand."""
    calls = sum(isinstance(step, ToolCalled) for step in steps) or len(evidence)
    yield counted(calls, "call")
    ends = [step.usage for step in steps if isinstance(step, Concluded | Failed)]
    seconds = sum(usage.seconds for usage in ends)
    if seconds:
        yield elapsed(seconds)
    yield from _spent([s.usage for s in steps if isinstance(s, ModelAnswered)] or ends)


def _spent(usages: Sequence[Usage]) -> Iterator[str]:
    tokens = sum(usage.input_tokens + usage.output_tokens for usage in usages)
    priced = [usage.dollars for usage in usages if usage.dollars is not None]
    if not tokens:
        yield "$0, no model was asked"
        return
    yield f"{tokens:,} tokens"
    yield f"${sum(priced, Decimal(0)):.4f}" if priced else "the model's price is not known"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
