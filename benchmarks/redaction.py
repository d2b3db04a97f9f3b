"""What redaction costs and finds: MB/s beside floors, then recall and false positives.

Floors: one ``str.translate`` and one scan by a plain ``re`` pattern over the same text, in one
thread, by CPU time. Run from the root of the repository: ``python -m benchmarks.redaction``.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from tests.core.redaction.generated import SEED, Source
from tests.core.redaction.heldout import wild
from tests.core.redaction.quiet import quiet
from workbench.core.redaction import redact_text, redact_value

SIZE = 4_000_000  # characters of each text
DENSE = ("token", "secret ", "key=", "password", "credential", "passwd")


def log_text() -> str:
    s = Source(SEED)
    lines, length = [], 0
    while length < SIZE:
        line = (
            f'I0211 10:00:{s.number(60):02}.{s.number(10**6):06} 1 a.go:{s.number(900)}] "Synced"'
            f' pod="shop/{s.pod()}" uid="{s.uid()}" node="{s.address()}" took={s.number(900)}ms'
        )  # fmt: skip
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines)


def dense_text() -> str:
    """Lines that all hold a word secrets keep company with, no two the same for long."""
    return "\n".join(line for line in quiet(60) if any(word in line.lower() for word in DENSE))


def quiet_text() -> str:
    return "\n".join(quiet(60))


def json_logs() -> str:
    s = Source(SEED)
    records = (
        {"level": s.pick("info", "warn"), "ts": s.moment(), "caller": f"cache/store.go:{s.number(900)}",
         "msg": s.pick("token cache hit", "listed secrets", "request done", "reconciled"),
         "pod": f"shop/{s.pod()}", "trace_id": s.hex(32), "took_ms": s.number(900),
         "request": {"path": f"/api/v1/items/{s.number(10**6)}", "client": s.address()}}
        for _ in range(SIZE // 260)
    )  # fmt: skip
    return "\n".join(json.dumps(record) for record in records)


def leaky_text() -> str:
    return "\n".join(leak.text for leak in wild())


def pods() -> dict[str, Any]:
    s = Source(SEED)
    return {"kind": "PodList", "items": [_pod(s) for _ in range(1500)]}


def _pod(s: Source) -> dict[str, Any]:
    name = s.pod()
    mount = {"name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io"}
    container = {
        "name": "web", "image": f"registry.example/web@sha256:{s.hex(64)}", "volumeMounts": [mount],
        "env": [{"name": "LOG_LEVEL", "value": "info"},
                {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"key": "pw"}}}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
    }  # fmt: skip
    status = {"phase": "Running", "podIP": s.address(), "startTime": s.moment()}
    metadata = {"name": name, "namespace": "shop", "uid": s.uid(), "labels": {"app": "web"}}
    spec = {"containers": [container]}
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def rate(size: int, run: Callable[[], object]) -> float:
    """MB/s of CPU time, the best of three."""
    seconds = []
    for _ in range(3):
        started = time.process_time()
        run()
        seconds.append(time.process_time() - started)
    return size / 1e6 / min(seconds)


def main() -> None:
    listed = pods()
    texts = {"plain logs": log_text(), "JSON logs": json_logs(), "mixed logs": quiet_text(),
             "keyword-dense": dense_text(), "all leaks": leaky_text(), "JSON list": json.dumps(listed)}  # fmt: skip
    plain, table = re.compile("password|secret|token"), {0: None}
    print(f"{'MB/s':14} {'redact_text':>12} {'re scan':>12} {'translate':>12}")
    for name, text in texts.items():
        size = len(text)
        rates = (
            rate(size, lambda text=text: redact_text(text)),
            rate(size, lambda text=text: plain.findall(text)),
            rate(size, lambda text=text: text.translate(table)),
        )
        print(f"{name:14} " + " ".join(f"{r:12.1f}" for r in rates))
    size = len(texts["JSON list"])
    print(f"{'JSON value':14} {rate(size, lambda: redact_value(listed)):12.1f}")
    leaks, lines = wild(), quiet()
    found = sum(leak.secret not in redact_text(leak.text) for leak in leaks)
    altered = sum(redact_text(line) != line for line in lines)
    print(
        f"recall {found / len(leaks):.4f} of {len(leaks)} secrets in"
        f" {len({leak.shape for leak in leaks})} shapes,"
        f" altered {altered / len(lines):.4f} of {len(lines)} quiet lines"
    )


if __name__ == "__main__":
    main()
