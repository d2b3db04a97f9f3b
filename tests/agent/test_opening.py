import re

from workbench.agent.objections import objection
from workbench.agent.opening import instructions, scope_in_words
from workbench.agent.output import CONCLUDE, ClaimForm, ConclusionForm
from workbench.core.cluster import Scope


def test_the_prompt_names_the_output_tool_and_the_frame() -> None:
    prompt = instructions()
    assert f"`{CONCLUDE}`" in prompt
    assert "<tool_result>" in prompt
    assert "instruction" in prompt


def test_the_prompt_holds_no_placeholder_and_no_emoji() -> None:
    assert not re.search(r"[{}\U0001f300-\U0001faff]", instructions())


def test_cited_labels_must_exist() -> None:
    form = ConclusionForm(verdict="v", claims=[ClaimForm(text="t", evidence=["E1", "E9"])])
    assert "E9" in objection(form, frozenset({"E1"}))
    assert objection(form, frozenset({"E1", "E9"})) == ""


def test_a_claim_without_evidence_is_no_objection() -> None:
    assert objection(ConclusionForm(verdict="v", claims=[ClaimForm(text="t")]), frozenset()) == ""


def test_the_scope_is_put_in_words() -> None:
    scope = Scope(namespaces=("shop", "pay"), selector="app=x", since=3600)
    assert scope_in_words(scope, "prod") == (
        "(Scope: cluster prod; namespaces shop, pay; objects with labels app=x; "
        "events and logs of the last 3600 seconds.)"
    )
    assert scope_in_words(Scope(), "") == "(Scope: all namespaces.)"
