"""What is told only to who asks for it."""

from __future__ import annotations

from pathlib import Path

from tests.support.analysis import diagnose
from workbench.core.findings import Severity

UNTIDY = Path(__file__).parents[1] / "scenarios" / "healthy-but-strictly-seen" / "cluster.yaml"
OPINIONS = {"DEFAULT_ACCOUNT_USED", "SECURITY_CONTEXT_MISSING", "VOLUME_SMALL"}


def test_opinions_are_told_to_who_asks_for_them_and_to_nobody_else() -> None:
    assert not OPINIONS & {f.code for f in diagnose(UNTIDY).findings}
    asked = diagnose(UNTIDY, opinions=True)
    assert {f.code for f in asked.findings} >= OPINIONS
    assert all(f.severity == Severity.INFO for f in asked.findings)


def test_a_pod_with_a_context_and_an_account_of_its_own_is_no_example() -> None:
    told = diagnose(UNTIDY, opinions=True).findings
    assert not [f for f in told if "api-7f9c5b7d9-l8m2k" in f.message]
