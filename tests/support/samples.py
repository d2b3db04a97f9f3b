"""Values that tests draw, export and replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from workbench.core.budget import Usage
from workbench.core.cluster import Gap, ObjectRef, Scope
from workbench.core.diagnosis import Diagnosis
from workbench.core.evidence import Evidence, Outcome
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.investigation import (
    Asked,
    Claim,
    Concluded,
    Conclusion,
    Confidence,
    Failed,
    FindingsRaised,
    Investigation,
    Said,
    Step,
    ToolAnswered,
    ToolCalled,
)
from workbench.core.timeline import Lane, Moment, Timeline

START = datetime(2026, 3, 1, 3, 4, 5, tzinfo=UTC)
ID = UUID("01957000-0000-7000-8000-000000000012")
HOSTILE = (
    "<script>alert(1)</script><img src=http://evil.test/x.png onerror=alert(2)> "
    "![x](http://evil.test/y.png) [click](javascript:alert(3)) `code` **bold** $x^2$ "
    "| cell | \x1b[31mred\x1b[0m \u202egnp.exe\u200b </pre></style> ``` \n# heading"
)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def finding(code: str = "POD_CRASH_LOOP", **changes: Any) -> Finding:
    given: dict[str, Any] = {
        "code": code,
        "subject": ObjectRef("Pod", "shop", "web-7d4b9-x2x4k"),
        "severity": Severity.CRITICAL,
        "title": "Container keeps crashing",
        "message": "Container app exited with code 1 and was restarted 14 times in 40 minutes.",
        "evidence": (
            Pointer("Pod shop/web-7d4b9-x2x4k", "status.containerStatuses[0].restartCount", "14"),
        ),
        "next_steps": ("kubectl logs -n shop web-7d4b9-x2x4k --previous",),
        "detail": "app",
        "since": at(-2400),
    }
    return Finding(**{**given, **changes})


CAUSE = finding(
    "CONFIG_KEY_MISSING",
    subject=ObjectRef("ConfigMap", "shop", "web-config"),
    severity=Severity.ERROR,
    title="ConfigMap lacks a key that a pod needs",
    message="Key DATABASE_HOST was removed from ConfigMap web-config 41 minutes ago.",
    root_cause=True,
    next_steps=("kubectl rollout undo -n shop deployment/web",),
    detail="DATABASE_HOST",
)
GAP = Gap("secrets in shop", "forbidden: cannot list secrets")


def diagnosis(*findings: Finding, gaps: tuple[Gap, ...] = (GAP,)) -> Diagnosis:
    return Diagnosis(cluster="demo", now=START, findings=findings or (CAUSE, finding()), gaps=gaps)


def evidence(label: str, tool: str, text: str, **changes: Any) -> Evidence:
    given: dict[str, Any] = {
        "id": UUID(int=int(label[1:])),
        "label": label,
        "investigation": ID,
        "tool": tool,
        "arguments": {"kind": "pods", "namespace": "shop"},
        "outcome": Outcome.DONE,
        "cluster": "demo",
        "at": START,
        "duration_ms": 41.0,
        "text": text,
        "sha256": sha256(text.encode()).hexdigest(),
    }
    return Evidence(**{**given, **changes})


PODS = {
    "columns": [
        {"name": "namespace", "type": "text"},
        {"name": "name", "type": "text"},
        {"name": "status", "type": "text"},
        {"name": "restarts", "type": "int"},
        {"name": "cpu", "type": "float"},
        {"name": "ready", "type": "bool"},
        {"name": "created", "type": "time"},
    ],
    "rows": [
        ["shop", "web-7d4b9-x2x4k", "CrashLoopBackOff", 14, 0.25, False, "2026-03-01T02:00:00Z"],
        ["shop", "db-0", "Running", None, None, True, "2026-02-01T02:00:00.123Z"],
    ],
}

OWNERS = {
    "ref": {"kind": "Deployment", "namespace": "shop", "name": "web"},
    "state": "1/2 ready",
    "asked": True,
    "owns": [
        {"ref": {"kind": "ReplicaSet", "namespace": "shop", "name": "web-old"},
         "state": "0/0 ready"},
        {"ref": {"kind": "Pod", "namespace": "shop", "name": "web-1"}, "state": "Error 0/1 ready"},
        {"ref": {"kind": "Pod", "namespace": "shop", "name": "job-1"},
         "state": "Completed 0/1 ready"},
    ],
}  # fmt: skip
TOP = {
    "columns": [
        {"name": "namespace", "type": "text"},
        {"name": "name", "type": "text"},
        {"name": "cpu", "type": "float"},
        {"name": "memory", "type": "float"},
        {"name": "memory_limit", "type": "float"},
    ],
    "rows": [["shop", "db-0", 0.1, 1e8, None], ["shop", "web-1", 0.25, 2.5e8, 2.56e8]],
}

EVIDENCE = (
    evidence("E1", "diagnose", "2 findings\nCONFIG_KEY_MISSING ConfigMap shop/web-config"),
    evidence("E2", "list_resources", "NAMESPACE  NAME  STATUS\nshop  web  Crash", data=PODS),
    evidence(
        "E3",
        "logs",
        "starting up\nFATAL: DATABASE_HOST is not set\nat main.go:42\n" + HOSTILE,
        arguments={"namespace": "shop", "pod": "web-7d4b9-x2x4k", "previous": True},
    ),
)

CONCLUSION = Conclusion(
    verdict="web crashes at start because the key DATABASE_HOST was removed from ConfigMap "
    "shop/web-config; roll back the last change to it.",
    confidence=Confidence.HIGH,
    claims=(
        Claim(text="The key DATABASE_HOST left ConfigMap web-config 41 minutes ago.",
              evidence=("E1",)),
        Claim(text="The container exits with FATAL: DATABASE_HOST is not set.",
              evidence=("E3", "E2")),
        Claim(text="The change came from the 02:20 deployment.", hypothesis=True),
    ),
    ruled_out=("The image can be pulled.", "The node has memory to spare."),
    not_checked=(GAP,),
    next_steps=(
        "kubectl rollout undo -n shop deployment/web",
        "Ask whoever removed the key whether it was meant.",
    ),
)  # fmt: skip


def asked(question: str = "why is web down?") -> Asked:
    return Asked(
        at=START,
        question=question,
        scope=Scope(namespaces=("shop",)),
        model="analyst",
        cluster="demo",
        user="sam",
    )


def called(number: int, tool: str, **arguments: Any) -> ToolCalled:
    return ToolCalled(at=at(number), call_id=f"c{number}", tool=tool, arguments=arguments)


def answered(number: int, tool: str, summary: str, **changes: Any) -> ToolAnswered:
    return ToolAnswered(
        at=at(number + 0.5),
        call_id=f"c{number}",
        tool=tool,
        evidence=f"E{number}",
        summary=summary,
        **{"duration_ms": 41.0, **changes},
    )


WORK: tuple[Step, ...] = (
    asked(),
    called(1, "diagnose", namespace="shop"),
    answered(1, "diagnose", "2 findings", duration_ms=1240.0),
    FindingsRaised(at=at(2), findings=(CAUSE, finding()), gaps=(GAP,), evidence="E1"),
    Said(at=at(2.1), text="Two findings; the ConfigMap change comes first."),
    called(2, "list_resources", kind="pods", namespace="shop"),
    answered(2, "list_resources", "2 rows"),
    called(3, "logs", pod="web-7d4b9-x2x4k", namespace="shop", previous=True),
    answered(3, "logs", "4 lines", failed=False),
)
COMPLETE: tuple[Step, ...] = (
    *WORK,
    Concluded(at=at(4), conclusion=CONCLUSION, usage=Usage(tool_calls=3, seconds=3.2)),
)


def investigation(steps: tuple[Step, ...] = COMPLETE, **changes: Any) -> Investigation:
    given: dict[str, Any] = {
        "id": ID,
        "number": 12,
        "question": "why is web down?",
        "scope": Scope(namespaces=("shop",)),
        "steps": steps,
    }
    return Investigation(**{**given, **changes})


def failed(cancelled: bool = False, reason: str = "The model did not answer.") -> Failed:
    return Failed(at=at(5), reason=reason, hint="Try the analyst.", cancelled=cancelled)


def hostile() -> Investigation:
    """An investigation in which every text that could come from a cluster is hostile."""
    bad = finding(
        subject=ObjectRef("Pod", HOSTILE, HOSTILE),
        title=HOSTILE,
        message=HOSTILE,
        next_steps=(HOSTILE, "kubectl logs " + HOSTILE),
    )
    conclusion = Conclusion(
        verdict=HOSTILE,
        claims=(Claim(text=HOSTILE, evidence=("E1",)), Claim(text=HOSTILE)),
        ruled_out=(HOSTILE,),
        not_checked=(Gap(HOSTILE, HOSTILE),),
        next_steps=(HOSTILE, "kubectl " + HOSTILE),
    )
    steps: tuple[Step, ...] = (
        asked(HOSTILE),
        called(1, HOSTILE, **{"kind": HOSTILE}),
        answered(1, HOSTILE, HOSTILE),
        FindingsRaised(at=at(2), findings=(bad,), gaps=(Gap(HOSTILE, HOSTILE),), evidence="E1"),
        Said(at=at(3), text=HOSTILE),
        Concluded(at=at(4), conclusion=conclusion),
    )
    return investigation(steps, question=HOSTILE)


def incident() -> Timeline:
    """A rollout, and what came of it."""
    web = ObjectRef("Deployment", "shop", "web")
    rollout = Moment(
        at=at(-180), lane=Lane.CHANGE, subject=web, what="rolled out revision 2", change=True
    )
    broken = Moment(
        at=at(-60), lane=Lane.WARNING, subject=web, what="Available=False", warning=True
    )
    return Timeline(
        moments=(rollout, broken),
        until=START,
        about=web,
        change=rollout,
        first_symptom=broken,
        gaps=(GAP,),
    )
