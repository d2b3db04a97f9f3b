"""What was asked and found before in the same conversation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from workbench.core.characters import visible
from workbench.core.investigation import Conclusion

MOST = 5
"""Questions back that are recalled whole."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """An investigation of the same conversation. ``label`` is ``INV-3``."""

    label: str
    question: str
    conclusion: Conclusion


def cited(label: str, evidence: str) -> str:
    """``INV-3/E7``: how evidence of another investigation is named."""
    return evidence if "/" in evidence else f"{label}/{evidence}"


def labels(earlier: Iterable[Earlier]) -> frozenset[str]:
    """What may be cited of them."""
    return frozenset(
        cited(one.label, label)
        for one in earlier
        for claim in one.conclusion.claims
        for label in claim.evidence
    )


def recalled(earlier: Sequence[Earlier]) -> str:
    """In words for the model, as data; "" when there was nothing before."""
    if not earlier:
        return ""
    told = "\n\n".join(_one(one) for one in earlier[-MOST:])
    return (
        "<earlier>\nAsked and concluded before in this conversation, oldest first. The cluster may "
        "have changed since. Cite this evidence by its whole label, as in INV-3/E7.\n\n"
        f"{visible(told).replace('<', '&lt;')}\n</earlier>"
    )


def _one(one: Earlier) -> str:
    found = one.conclusion
    claims = [
        f"- {c.text} [{', '.join(cited(one.label, e) for e in c.evidence) or 'hypothesis'}]"
        for c in found.claims
    ]
    lines = (
        f"{one.label}: {one.question}",
        f"Verdict ({found.confidence.value} confidence): {found.verdict}",
        *claims,
        *(f"- ruled out: {words}" for words in found.ruled_out),
        *(f"- not checked: {gap.what} ({gap.why})" for gap in found.not_checked),
    )
    return "\n".join(lines)
