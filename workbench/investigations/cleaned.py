"""What leaves the house is redacted once more, as it was when it was recorded: detectors may know
more by now, and a file goes where the record does not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from workbench.core.evidence import Evidence
from workbench.core.investigation import Investigation
from workbench.core.redaction import redact_text, redact_value


class Cleaned(msgspec.Struct, frozen=True):
    """An investigation and its calls as they may be sent. late: labels of calls that held what is
    only taken out now; their ``sha256`` stays that of what is on record."""

    investigation: Investigation
    evidence: tuple[Evidence, ...]
    late: tuple[str, ...]


def cleaned(investigation: Investigation, evidence: Sequence[Evidence]) -> Cleaned:
    """Question, steps, arguments, results and errors without secrets."""
    rows = tuple(_call(one) for one in evidence)
    late = tuple(old.label for old, new in zip(evidence, rows, strict=True) if old != new)
    tree = msgspec.to_builtins(investigation)
    fields = {name: redact_value(tree[name]) for name in ("question", "steps")}
    told = msgspec.convert({**tree, **fields}, Investigation)
    return Cleaned(told, rows, late)


def _call(one: Evidence) -> Evidence:
    return msgspec.structs.replace(
        one,
        arguments=redact_value(one.arguments),
        text=redact_text(one.text),
        data=redact_value(one.data),
        error=redact_text(one.error),
    )
