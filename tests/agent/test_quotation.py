import pytest

from workbench.agent.answers import Answer
from workbench.agent.quotation import checked, quotes, unsupported
from workbench.core.investigation import Claim, Conclusion

LOG = Answer(
    call_id="a",
    tool="kube_logs",
    remote_name="logs",
    arguments={"pod": "web-1", "namespace": "shop"},
    text='FATAL: password\nauthentication failed for user "orders"',
    data={"container": "migrate"},
    evidence="E1",
)
READ = Answer(
    call_id="b",
    tool="evidence_read",
    remote_name="read",
    arguments={"id": "E1"},
    text="connection to 10.0.0.7:5432 refused",
    evidence="E2",
)


def claim(text: str, *evidence: str) -> Claim:
    return Claim(text=text, evidence=evidence or ("E1",))


@pytest.mark.parametrize(
    "text",
    [
        'It says "password authentication failed".',
        "It says “FATAL: … failed for user”.",
        "Pod `shop/web-1` cannot sign in.",
        "The container `migrate` fails.",
        "It answers `connection to 10.0.0.7:5432 refused`.",
        "No quotation at all.",
        'Its state is "no".',
    ],
)
def test_what_stands_in_the_evidence_passes(text: str) -> None:
    assert unsupported(claim(text), [LOG, READ]) == ""


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ('It says "password expired".', "password expired"),
        ("It says “FATAL: … disk is full”.", "disk is full"),
        ("It answers `dial tcp: i/o timeout`.", "dial tcp: i/o timeout"),
    ],
)
def test_what_does_not_is_named(text: str, missing: str) -> None:
    assert unsupported(claim(text), [LOG, READ]) == missing


def test_words_of_another_result_do_not_count() -> None:
    refused = 'It says "connection to 10.0.0.7:5432 refused".'
    assert unsupported(claim(refused, "E2"), [LOG, READ]) == ""
    assert unsupported(claim('It says "authentication failed".', "E2"), [LOG, READ])


def test_a_claim_without_evidence_passes_as_the_hypothesis_it_is() -> None:
    assert unsupported(Claim(text='Maybe "anything at all".'), [LOG]) == ""


def test_a_false_quotation_makes_a_hypothesis() -> None:
    found = Conclusion(verdict="v", claims=(claim('It says "disk is full".'), claim("It fails.")))
    one, two = checked(found, frozenset({"E1"}), [LOG]).claims
    assert (one.hypothesis, one.evidence) == (True, ())
    assert (two.hypothesis, two.evidence) == (False, ("E1",))


def test_short_quotations_are_left_out() -> None:
    assert list(quotes('"web" and `kubectl logs web-1`')) == ["kubectl logs web-1"]
