from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kubernetes.snapshots.shop import snapshot
from workbench.kubernetes.snapshots.serve import fields, labels
from workbench.kubernetes.snapshots.serve.cluster import FrozenCluster
from workbench.kubernetes.snapshots.serve.failure import StatusFailure

CLUSTER = FrozenCluster(snapshot())
LIKELY = st.text("ab1,()=!<>. \\/-inot", max_size=30)
LABELS = ({}, {"a": "1"}, {"a": "b", "in": ""})


@given(st.text() | LIKELY)
def test_any_label_selector_selects_or_is_a_bad_request(selector: str) -> None:
    try:
        requirements = labels.parse(selector)
    except StatusFailure as failure:
        code = failure.code
    else:
        code = 400
        for some in LABELS:
            assert {r.matches(some) for r in requirements} <= {True, False}
    assert code == 400


@given(st.text() | LIKELY | st.from_regex(r"metadata\.name(=|!=|==).*", fullmatch=True))
def test_any_field_selector_selects_or_is_a_bad_request(selector: str) -> None:
    code = 400
    for resource in CLUSTER.resources:
        try:
            matches = fields.matcher(fields.parse(selector), resource, CLUSTER.definition(resource))
        except StatusFailure as failure:
            code = failure.code
        else:
            assert {matches(t) for t in CLUSTER.objects(resource)} <= {True, False}
    assert code == 400


def test_a_number_is_compared_as_a_number() -> None:
    (requirement,) = labels.parse("a>9")
    assert requirement.matches({"a": "10"})
    assert not requirement.matches({"a": "9"})
    assert not requirement.matches({"a": "x"})


def test_the_error_for_a_third_equals_sign_is_the_api_servers() -> None:
    with pytest.raises(StatusFailure) as caught:
        labels.parse("app===x")
    assert caught.value.message == "unable to parse requirement: found '=', expected: identifier"
