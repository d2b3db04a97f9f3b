from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from workbench.core.cluster import ObjectRef, Scope
from workbench.core.diagnosis import Diagnosis, from_json, to_json
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.investigation import (
    Asked,
    Claim,
    Concluded,
    Conclusion,
    Failed,
    Investigation,
    Said,
    Status,
    Step,
    check_claims,
)

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
ASKED = Asked(at=NOW, question="why?")
CONCLUDED = Concluded(at=NOW, conclusion=Conclusion(verdict="web cannot start"))


def _investigation(*steps: Step) -> Investigation:
    return Investigation(id=UUID(int=1), number=12, question="why?", scope=Scope(), steps=steps)


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ((), Status.RUNNING),
        ((ASKED, Said(at=NOW, text="…")), Status.RUNNING),
        ((ASKED, CONCLUDED), Status.COMPLETE),
        ((ASKED, Failed(at=NOW, reason="no model")), Status.FAILED),
        ((ASKED, Failed(at=NOW, reason="stopped", cancelled=True)), Status.CANCELLED),
        ((ASKED, CONCLUDED, ASKED), Status.RUNNING),
    ],
)
def test_the_status_is_folded_from_the_steps(steps: tuple[Step, ...], status: Status) -> None:
    assert _investigation(*steps).status is status


def test_a_step_survives_being_written_and_read() -> None:
    encoded = msgspec.json.encode(CONCLUDED)
    assert msgspec.json.decode(encoded, type=Step) == CONCLUDED


def test_a_claim_that_cites_nothing_that_exists_is_a_hypothesis() -> None:
    conclusion = Conclusion(
        verdict="v",
        claims=(
            Claim(text="seen", evidence=("E1",)),
            Claim(text="half", evidence=("E1", "E9")),
            Claim(text="made up", evidence=("E9",)),
            Claim(text="guessed"),
        ),
    )
    checked = check_claims(conclusion, frozenset({"E1", "E2"}))
    assert [c.hypothesis for c in checked.claims] == [False, False, True, True]
    assert checked.claims[1].evidence == ("E1",)


def test_a_claim_cannot_call_itself_proven() -> None:
    guess = Conclusion(verdict="v", claims=(Claim(text="sure", hypothesis=False),))
    assert check_claims(guess, frozenset()).claims[0].hypothesis


FINDING = Finding(
    code="POD_CRASH_LOOP",
    subject=ObjectRef("Pod", "shop", "web-1"),
    severity=Severity.ERROR,
    title="Container keeps crashing",
    message="web has restarted 9 times",
    evidence=(Pointer("Pod shop/web-1", "status.containerStatuses[0].restartCount", "9"),),
    detail="web",
    since=NOW,
    root_cause=True,
    explains=("SERVICE_NO_ENDPOINTS:Service/shop/web",),
)


def test_a_diagnosis_survives_its_json_form() -> None:
    diagnosis = Diagnosis(cluster="demo", now=NOW, findings=(FINDING,))
    assert from_json(to_json(diagnosis)) == diagnosis


def test_a_finding_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="no evidence"):
        msgspec.structs.replace(FINDING, evidence=())
