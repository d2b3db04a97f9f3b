"""An investigation as a runbook: what is kept, what becomes a parameter, what becomes a gate."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import msgspec
import nbformat
import pytest

from tests.support import samples, scenario_engine
from workbench.core.cluster import ObjectRef
from workbench.core.evidence import Evidence, Outcome
from workbench.core.investigation import Claim, Concluded, Conclusion, FindingsRaised
from workbench.core.runbook import RunStatus
from workbench.errors import RunbookError, UsageError
from workbench.investigations.lifting import chosen, listed, told
from workbench.investigations.promote import promote
from workbench.runbooks.catalogue import parameters
from workbench.runbooks.proof import prove
from workbench.runbooks.references import names_secret

KUBE = tuple(msgspec.structs.replace(e, tool=f"kube_{e.tool}") for e in samples.EVIDENCE)
CITED = {label for claim in samples.CONCLUSION.claims for label in claim.evidence}


def sources(
    parameters: tuple[str, ...] | None = None, *, evidence: tuple[Evidence, ...] = KUBE
) -> list[str]:
    made = promote(samples.investigation(), evidence, parameters)
    nbformat.validate(nbformat.from_dict(made.notebook))
    return [cell["source"] for cell in made.notebook["cells"]]


def test_the_calls_that_are_cited_are_kept_and_their_literals_lifted() -> None:
    _, declared, look, *_ = sources()
    values = {p.name: (p.type, p.default) for p in parameters(declared)}
    assert values["namespace"] == ("str", "shop")
    assert values["pod"] == ("str", "web-7d4b9-x2x4k")
    assert all(p.help for p in parameters(declared))
    assert 'wb.tool("logs", namespace=namespace, pod=pod, previous=True)' in look
    assert "shop" not in look
    assert "diagnose" not in look
    assert ("# E2" in look) is ("E2" in CITED)


def test_only_the_values_that_were_picked_become_parameters() -> None:
    _, declared, look, judge, _ = sources(("namespace",))
    assert [p.name for p in parameters(declared)] == ["namespace"]
    assert 'wb.tool("logs", namespace=namespace, pod="web-7d4b9-x2x4k", previous=True)' in look
    _, declared, look, judge, _ = sources(())
    assert parameters(declared) == ()
    assert 'wb.tool("logs", namespace="shop", pod="web-7d4b9-x2x4k", previous=True)' in look
    assert 'wb.analyze(namespace="shop"' in judge


def test_a_name_that_no_value_has_asks_which_was_meant() -> None:
    with pytest.raises(UsageError, match=r"called 'namespaces'.*mean namespace\? There are: names"):
        sources(("pod", "namespaces"))


def test_objects_are_called_by_their_kind() -> None:
    rows = tuple(
        msgspec.structs.replace(KUBE[2], arguments={"kind": kind, "name": f"the-{kind}"})
        for kind in ("Secret", "Deployment")
    )
    _, declared, look, *_ = sources(evidence=rows)
    assert {p.name: p.default for p in parameters(declared)} == {
        "deployment": "the-Deployment", "namespace": "shop", "secret_name": "the-Secret",
    }  # fmt: skip
    assert 'kind="Secret", name=secret_name' in look
    assert not any(names_secret(p.name) for p in parameters(declared))


def test_the_name_of_an_argument_is_never_code() -> None:
    names = ("from", "max-lines", "a=1)\nraise SystemExit #")
    row = msgspec.structs.replace(KUBE[2], arguments=dict.fromkeys(names, "6h"))
    _, declared, look, *_ = sources(evidence=(row,))
    assert all(isinstance(one, ast.AnnAssign) for one in ast.parse(declared).body)
    (line,) = (one for one in look.splitlines() if one.startswith("display("))
    call = next(n for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Call) and n.keywords)
    assert [ast.literal_eval(k.value.keys[0]) for k in call.keywords] == list(names)  # type: ignore


def test_what_can_be_picked_is_listed_and_what_was_is_said() -> None:
    made = promote(samples.investigation(), KUBE, ("namespace",))
    assert listed(made.literals).splitlines() == [
        'namespace  str  "shop"             E2, E3',
        'pod        str  "web-7d4b9-x2x4k"  E3',
    ]
    assert told(made.literals) == 'Parameters: namespace; as they were: pod="web-7d4b9-x2x4k"'
    every = told(promote(samples.investigation(), KUBE).literals)
    assert every.startswith("Parameters: namespace, pod (--parameters chooses")
    assert [chosen(text) for text in ("", "none", "a, b")] == [None, (), ("a", "b")]


def test_what_caused_it_becomes_a_gate() -> None:
    *_, judge, conclude = sources()
    assert 'wb.analyze(namespace=namespace, codes=["CONFIG_KEY_MISSING"])' in judge
    assert 'not (found.code == "CONFIG_KEY_MISSING").any()' in conclude


def test_one_name_with_two_values_is_two_parameters() -> None:
    logs = KUBE[2]
    other = msgspec.structs.replace(logs, arguments={"namespace": "bank", "pod": "api-1"})
    _, declared, look, *_ = sources(evidence=(logs, other))
    names = {p.name: p.default for p in parameters(declared)}
    assert (names["namespace"], names["namespace_2"]) == ("shop", "bank")
    assert "namespace=namespace_2, pod=pod_2" in look


@pytest.mark.parametrize("value", ['a"b', "x\ny", "{{ evil }}", "'''", "\\", "\u202e", "1); evil("])
def test_a_recorded_value_stays_a_value(value: str) -> None:
    row = msgspec.structs.replace(KUBE[2], arguments={"pod": value, "filter": [value]})
    for source in sources(evidence=(row,))[1:]:
        ast.parse(source.replace("%load_ext workbench", ""))
    _, declared, look, *_ = sources(evidence=(row,))
    assert {p.name: p.default for p in parameters(declared)}["pod"] == value
    calls = [n for n in ast.walk(ast.parse(look.replace("%load_ext workbench", "")))
             if isinstance(n, ast.Call)]  # fmt: skip
    assert len(calls) == 2  # display(wb.tool(…))


def test_calls_that_failed_or_that_others_answered_are_left_out() -> None:
    failed = msgspec.structs.replace(KUBE[2], outcome=Outcome.FAILED)
    foreign = msgspec.structs.replace(KUBE[2], tool="prom_query")
    assert "wb.tool" not in sources(evidence=(failed, foreign))[2]


def test_what_has_no_conclusion_or_no_finding_cannot_be_promoted() -> None:
    with pytest.raises(UsageError, match="no conclusion"):
        promote(samples.investigation(samples.WORK), KUBE)
    without = tuple(s for s in samples.COMPLETE if not isinstance(s, FindingsRaised))
    with pytest.raises(UsageError, match="No finding"):
        promote(samples.investigation(without), KUBE)


def indexer() -> dict[str, Any]:
    """A runbook from an investigation of the scenario out-of-memory."""
    cause = samples.finding(
        "POD_OOM_KILLED", subject=ObjectRef("Pod", "search", "indexer"), root_cause=True
    )
    said = Conclusion(
        verdict="indexer is killed", claims=(Claim(text="indexer", evidence=("E2",)),)
    )
    steps = (
        samples.asked("why does indexer restart?"),
        FindingsRaised(at=samples.at(1), findings=(cause,), evidence="E1"),
        Concluded(at=samples.at(2), conclusion=said),
    )
    pods = msgspec.structs.replace(KUBE[1], arguments={"kind": "pods", "namespace": "search"})
    made = promote(samples.investigation(steps), (pods,))
    assert made.codes == ("POD_OOM_KILLED",)
    return made.notebook


async def test_a_runbook_that_finds_the_cause_again_is_proven(tmp_path: Path) -> None:
    env = scenario_engine.environment(tmp_path, "out-of-memory")
    done, path = await prove(indexer(), ("POD_OOM_KILLED",), tmp_path / "r.ipynb", env)
    assert (done.error, done.status) == ("", RunStatus.FINDINGS)
    assert [(g.passed, g.evidence) for g in done.gates] == [(False, ("E2",))]
    assert path == tmp_path / "r.ipynb"


async def test_one_that_does_not_is_refused_and_kept_for_a_look(tmp_path: Path) -> None:
    env = scenario_engine.environment(tmp_path, "healthy-canary")
    with pytest.raises(RunbookError, match="did not find POD_OOM_KILLED"):
        await prove(indexer(), ("POD_OOM_KILLED",), tmp_path / "r.ipynb", env)
    assert (tmp_path / "r.proof.ipynb").exists()
