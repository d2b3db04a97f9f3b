"""What makes two incidents alike."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from tests.support import samples
from workbench.core.cluster import ObjectRef
from workbench.core.findings import Finding, Pointer, Severity
from workbench.core.incident import Incident, Outcome, features, signature, similar
from workbench.core.investigation import Claim, Conclusion

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def incident(number: int, *found: str, cause: str = "", closed: bool = True) -> Incident:
    return Incident(
        id=UUID(int=number),
        number=number,
        title=f"number {number}",
        opened_by="ann",
        opened_at=NOW,
        closed_at=NOW if closed else None,
        closed_by="ann" if closed else "",
        outcome=Outcome.FIXED if closed else None,
        cause=cause,
        features=found,
    )


def test_a_log_line_is_the_same_whatever_its_numbers() -> None:
    one = signature(
        "2026-01-01T10:00:00Z dial tcp 10.0.3.7:5432: connection refused id=9f8e7d6c5b4a"
    )
    other = signature(
        "2026-05-09T23:11:59Z dial tcp 10.9.9.9:5432: connection refused id=1a2b3c4d5e6f"
    )
    assert one == other
    assert signature("connection refused") != signature("connection reset")


def test_features_are_codes_objects_and_log_lines_of_faults() -> None:
    crash = Finding(
        code="POD_CRASH_LOOP",
        subject=ObjectRef("Pod", "shop", "web-7d4b9c6f5-x2x9z"),
        severity=Severity.ERROR,
        title="t",
        message="m",
        evidence=(Pointer("Pod shop/web", "log web previous:12", "port 5432 refused"),),
    )
    untidy = samples.finding("CONFIG_MAP_UNUSED", severity=Severity.INFO)
    assert features([crash, untidy]) == (
        "code:POD_CRASH_LOOP", "object:shop/web", "log:port # refused",
    )  # fmt: skip


def test_the_more_is_shared_the_nearer_and_why_is_said() -> None:
    near = incident(1, "code:POD_CRASH_LOOP", "object:shop/web", "log:port # refused")
    far = incident(2, "code:POD_CRASH_LOOP", "object:other/api")
    none = incident(3, "code:NODE_NOT_READY")
    found = similar("", ("code:POD_CRASH_LOOP", "object:shop/web"), [far, none, near])
    assert [s.incident.number for s in found] == [1, 2]
    assert found[0].why == ("both have: POD_CRASH_LOOP", "the same object: shop/web")


def test_words_alone_count_when_there_are_enough_of_them() -> None:
    one = incident(1, cause="expired database certificate after rotation by vault")
    assert similar("the vault rotation left an expired certificate", (), [one])
    assert not similar("a certificate", (), [one])


def test_an_incident_that_nobody_closed_teaches_nothing() -> None:
    assert not similar("", ("object:shop/web",), [incident(1, "object:shop/web", closed=False)])


def fault(code: str, name: str, namespace: str = "shop", explains: tuple[str, ...] = (), *,
          root: bool = True) -> Finding:  # fmt: skip
    subject = ObjectRef("Deployment", namespace, name)
    return samples.finding(code, subject=subject, explains=explains, root_cause=root)


def test_only_what_the_conclusion_rests_on_is_a_feature_and_what_follows_from_it() -> None:
    down = fault("WORKLOAD_DEGRADED", "checkout", root=False)
    cause = fault("CONFIG_KEY_MISSING", "settings", explains=(down.id,))
    other = fault("SERVICE_NO_ENDPOINTS", "search")
    same_name = fault("IMAGE_NOT_FOUND", "settings", "staging")
    concluded = Conclusion(
        verdict="Deployment shop/settings lacks a key. Separately: shop/search has no pods.",
        claims=(Claim(text="Deployment shop/search has no pods."),),
    )
    assert features([cause, down, other, same_name], concluded) == (
        "root:CONFIG_KEY_MISSING", "code:CONFIG_KEY_MISSING", "object:shop/settings",
        "code:WORKLOAD_DEGRADED", "object:shop/checkout",
    )  # fmt: skip


def test_a_verdict_that_names_nothing_leaves_the_claims() -> None:
    other, cause = fault("A", "search"), fault("B", "web")
    concluded = Conclusion(verdict="It is broken.", claims=(Claim(text="shop/web-1 is, web too."),))
    assert features([other, cause], concluded) == ("root:B", "code:B", "object:shop/web")


def test_the_reasons_are_few_and_without_fingerprints() -> None:
    found = [*(f"code:C{n}" for n in range(9)), "log:port # refused", "log:eof"]
    (one,) = similar("", found, [incident(1, *found)])
    assert one.why == ("both have: C0, C1, C2 …", "the same log line")
