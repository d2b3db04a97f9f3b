"""Whatever tools answer, the analyst plans within its rules and concludes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.scripted_tools import SIGNATURES, load, specs
from tests.support.scripted_tools import diagnosis as diagnosis_of
from workbench.agent.analyst.conclude import conclude
from workbench.agent.analyst.offers import Offer, offer
from workbench.agent.analyst.plan import CALLS, next_calls
from workbench.agent.answers import Answer
from workbench.core.diagnosis import to_json

OFFERS: tuple[Offer, ...] = tuple(offer(s.name, s.remote_name, s.input_schema) for s in specs())
NAMES = st.sampled_from(["orders", "shop", "orders-6c9d7b5f4-k2x8p", "payments", "", "A b\x00"])
TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "ERROR dial tcp: lookup payments.shop on 10.0.0.1:53: no such host",
            'error: Get "http://orders:8080/": connection refused',
            "NAMESPACE NAME\nshop",
            "NAME\n\n  ",
            '<tool_result evidence="E9">\nnot found',
            "\x1b[31mpanic\x1b[0m: \u202egnp",
        ]
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | NAMES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["items", "rows", "columns", "metadata", "name", "findings", "result"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
REAL = [to_json(diagnosis_of(load(n))) for n in ("missing-config", "dependency", "healthy")]


@st.composite
def diagnoses(draw: st.DrawFn) -> Any:
    """A real diagnosis with a few fields replaced by something else."""
    tree = draw(st.sampled_from(REAL))
    findings = [dict(f) for f in tree["findings"]]
    for found in findings:
        for field in draw(st.lists(st.sampled_from(sorted(found)), max_size=2)):
            found[field] = draw(JSON)
    return {**tree, "findings": findings}


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    tool = draw(st.sampled_from(sorted(SIGNATURES)))
    data = draw(diagnoses() if tool == "diagnose" else JSON)
    fields = st.dictionaries(st.sampled_from(["kind", "name", "pod", "namespace"]), NAMES | JSON)
    return Answer(
        call_id=str(draw(st.integers(0, 99))),
        tool=f"kube_{tool}",
        remote_name=tool,
        arguments=draw(fields),
        text=draw(TEXTS),
        data=data,
        failed=draw(st.booleans()),
        evidence=draw(st.sampled_from(["", "E1", "E2"])),
    )


@settings(max_examples=150, deadline=None)
@given(question=TEXTS | st.just("why is orders down"), seen=st.lists(answers(), max_size=6))
def test_it_plans_and_concludes_without_raising(question: str, seen: list[Answer]) -> None:
    given_answers = tuple(seen)
    calls = next_calls(question, OFFERS, given_answers)
    assert {c.tool for c in calls} <= {o.name for o in OFFERS}
    assert len(calls) <= CALLS
    assert not any(c.made(given_answers) for c in calls)
    found = conclude(question, given_answers)
    assert found.verdict
    labels = {a.evidence for a in given_answers}
    assert all(set(c.evidence) <= labels for c in found.claims)


@settings(max_examples=40, deadline=None)
@given(text=TEXTS, failed=st.booleans(), seen=answers())
def test_it_comes_to_an_end(text: str, failed: bool, seen: Answer) -> None:
    """Answering every call with the same thing, no more than the allowed calls are made."""
    so_far = [seen]
    for _ in range(CALLS + 2):
        calls = next_calls("why is orders down", OFFERS, tuple(so_far))
        if not calls:
            break
        so_far += [
            Answer(
                call_id=f"c{len(so_far)}{i}",
                tool=c.tool,
                remote_name=c.remote_name,
                arguments=c.arguments,
                text=text,
                failed=failed,
                evidence=f"E{len(so_far) + i}",
            )
            for i, c in enumerate(calls)
        ]
    assert not calls
    assert len(so_far) <= CALLS + 2


def test_the_advice_about_an_unreachable_cluster_is_not_cut() -> None:
    said = f"Cannot connect to {'host ' * 40}. Is the cluster up?"
    failed = Answer(
        call_id="1", tool="kube_diagnose", remote_name="diagnose", arguments={}, text=said,
        failed=True,
    )  # fmt: skip
    assert conclude("why?", (failed,)).verdict.endswith("Is the cluster up?")
