import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.objects import ClusterRole, Pod
from workbench.core.objects.decode import convert_object, decode_list, decode_object

POD = {
    "metadata": {"name": "web-1", "namespace": "shop", "creationTimestamp": "2026-03-01T10:00:00Z"},
    "spec": {"nodeName": "node-a", "containers": [{"name": "web", "image": "nginx:1.27"}]},
    "status": {"phase": "Running", "containerStatuses": [{"name": "web", "restartCount": 3}]},
}


def test_an_object_keeps_the_fields_that_are_read_and_drops_the_rest() -> None:
    pod, dropped = decode_object(json.dumps({**POD, "unheardOf": {"a": 1}}).encode(), Pod)
    assert (pod.name, pod.namespace, pod.spec.node_name) == ("web-1", "shop", "node-a")
    assert pod.status.container_statuses[0].restart_count == 3
    assert dropped == ()


def test_a_null_means_absent() -> None:
    role, dropped = decode_object(b'{"metadata":{"name":"all"},"rules":null}', ClusterRole)
    assert role.rules == ()
    assert dropped == ()


def test_a_field_of_the_wrong_type_is_dropped_and_named() -> None:
    odd = {**POD, "status": {"phase": "Running", "startTime": "yesterday"}}
    pod, dropped = decode_object(json.dumps(odd).encode(), Pod)
    assert pod.status.phase == "Running"
    assert pod.status.start_time is None
    assert len(dropped) == 1
    assert "Pod shop/web-1" in dropped[0]
    assert "startTime" in dropped[0]


def test_one_odd_object_does_not_hide_its_neighbours() -> None:
    odd = {"metadata": {"name": "odd", "labels": {"a": 1}}}
    page = {"items": [POD, odd, POD], "metadata": {"continue": "next", "resourceVersion": "7"}}
    pods, meta, dropped = decode_list(json.dumps(page).encode(), Pod)
    assert [p.name for p in pods] == ["web-1", "odd", "web-1"]
    assert meta.continue_ == "next"
    assert len(dropped) == 1


def test_what_is_not_a_list_response_is_an_error() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_list(b"<html>", Pod)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def _mutated(tree: object, draw: st.DataObject) -> object:
    if draw.draw(st.integers(0, 9)) == 0:
        return draw.draw(JSON)
    if isinstance(tree, dict):
        return {k: _mutated(v, draw) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_mutated(v, draw) for v in tree]
    return tree


@given(st.data())
def test_no_shape_of_object_makes_decoding_raise(data: st.DataObject) -> None:
    pod, _ = convert_object(_mutated(POD, data), Pod)
    assert isinstance(pod, Pod)
