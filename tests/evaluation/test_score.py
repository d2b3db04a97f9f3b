"""An answer is right when it names the cause, and shows what its evidence holds."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from workbench.core.budget import Usage
from workbench.core.cluster import Scope
from workbench.core.investigation import (
    Asked,
    Claim,
    Concluded,
    Conclusion,
    Failed,
    Investigation,
    Step,
)
from workbench.evaluation.cases import Case
from workbench.evaluation.score import named, scored, shown

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ILL = Case(name="ill", folder=Path(), cause="Pod/shop/web-7d4b9c6f5-x2x9z", says=("exit code 3",))
WELL = Case(name="well", folder=Path(), healthy=True)


def investigation(*steps: Step) -> Investigation:
    asked = Asked(at=NOW, question="why?")
    return Investigation(
        id=UUID(int=1), number=7, question="why?", scope=Scope(), steps=(asked, *steps)
    )


@pytest.mark.parametrize(
    ("verdict", "right"),
    [
        ("Pod shop/web-7d4b9c6f5-x2x9z exits with 3.", True),
        ("Deployment shop/web cannot start.", True),
        ("The webhook rejects it.", False),
        ("shop/web-frontend is slow.", False),
        ("The database is down.", False),
        ("", False),
    ],
)
def test_the_cause_is_named_by_its_name_or_its_workloads(verdict: str, right: bool) -> None:
    assert named(ILL, Conclusion(verdict=verdict)) is right


@pytest.mark.parametrize(
    ("verdict", "right"),
    [
        ("The cluster is healthy: no fault was found.", True),
        ("Nothing is wrong.", True),
        ("Everything looks fine; no problems.", True),
        ("Deployment shop/web is unhealthy.", False),
        ("The pod is not healthy.", False),
        ("Pod shop/web-1 crashes.", False),
    ],
)
def test_a_healthy_cluster_must_be_called_so(verdict: str, right: bool) -> None:
    assert named(WELL, Conclusion(verdict=verdict)) is right


def test_a_claim_is_shown_by_evidence_that_holds_a_name_of_it() -> None:
    claim = Claim(text="Pod shop/web-1 restarts.", evidence=("E2",))
    assert shown(claim, {"E2": "web-1 Running 7 restarts"})
    assert not shown(claim, {"E2": "nothing to see", "E1": "web-1"})
    assert not shown(claim, {})
    assert shown(Claim(text="It restarts.", evidence=("E2",)), {})


def test_what_it_took_and_what_it_cites_is_told() -> None:
    claims = (
        Claim(text="web-7d4b9c6f5-x2x9z ends with exit code 3", evidence=("E1",)),
        Claim(text="db-0 is slow", evidence=("E1",)),
        Claim(text="perhaps", hypothesis=True),
    )
    usage = Usage(input_tokens=9, output_tokens=1, requests=2, tool_calls=3, dollars=Decimal("0.1"))
    found = investigation(
        Concluded(at=NOW, conclusion=Conclusion(verdict="web", claims=claims), usage=usage)
    )
    one = scored(ILL, "m", 1, found, {"E1": "web-7d4b9c6f5-x2x9z terminated"})
    assert (one.right, one.said, one.claims, one.investigation) == (True, 1.0, 3, "INV-7")
    assert (one.cited, one.shown) == (0.6667, 0.5)
    assert (one.calls, one.requests, one.input_tokens, one.dollars) == (3, 2, 9, Decimal("0.1"))


def test_an_investigation_that_failed_is_wrong_and_says_why() -> None:
    one = scored(ILL, "m", 1, investigation(Failed(at=NOW, reason="no key")), {})
    assert (one.right, one.why, one.verdict) == (False, "no key", "")
