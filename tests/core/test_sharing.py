import json
from typing import Any

import pytest

from workbench.core.objects import Deployment, Pod, ReplicaSet
from workbench.core.objects.decode import decode_list, decode_object
from workbench.core.objects.sharing import Sharing
from workbench.core.objects.texts import TEXTS_MOST

Tree = dict[str, Any]


def page(*objects: Tree) -> bytes:
    return json.dumps({"items": objects}, separators=(",", ":")).encode()


def spec(token: str = "", image: str = "web:1") -> Tree:
    mounts = [{"name": token, "mountPath": "/var/run/secrets"}] if token else []
    volumes: list[Tree] = [{"name": "files", "configMap": {"name": "settings"}}]
    if token:
        sources = [{"configMap": {"name": "kube-root-ca.crt"}}]
        volumes.append({"name": token, "projected": {"sources": sources}})
    env = [{"name": "LEVEL", "value": "info"}]
    container = {"name": "web", "image": image, "env": env, "volumeMounts": mounts}
    return {"containers": [container], "volumes": volumes}


def owned(kind: str, uid: str) -> list[Tree]:
    return [{"kind": kind, "name": "web", "uid": uid, "controller": True}]


def pod(name: str, token: str = "", **labels: str) -> Tree:
    meta = {"name": name, "labels": {"app": "web", **labels}}
    return {"metadata": {**meta, "ownerReferences": owned("ReplicaSet", "r1")}, "spec": spec(token)}


def replica_set(uid: str, image: str) -> Tree:
    meta = {"name": f"web-{uid}", "uid": uid, "ownerReferences": owned("Deployment", "d1")}
    return {"metadata": meta, "spec": {"template": {"spec": spec(image=image)}}}


def read(*objects: Tree, sharing: Sharing | None = None) -> tuple[Pod, ...]:
    found, _, notes = decode_list(page(*objects), Pod, sharing or Sharing())
    assert notes == ()
    return found


def test_replicas_hold_the_same_containers_labels_and_owners() -> None:
    one, other = read(pod("a", "kube-api-access-x7k2p"), pod("b", "kube-api-access-9qwrt"))
    assert one.spec.containers is other.spec.containers
    assert one.labels is other.labels
    assert one.metadata.owner_references is other.metadata.owner_references


def test_each_replica_keeps_the_name_of_its_token_volume() -> None:
    names = ("kube-api-access-x7k2p", "kube-api-access-9qwrt", "kube-api-access-00000")
    pods = read(*(pod(name[-1], name) for name in names))
    assert tuple(p.spec.volumes[1].name for p in pods) == names
    assert {p.spec.volumes[0].name for p in pods} == {"files"}
    assert len({id(p.spec.volumes[1].projected) for p in pods}) == 1


def test_a_volume_that_only_resembles_a_token_keeps_its_name() -> None:
    names = ("kube-api-access-abcdefgh", "kube-api-access-zzzzzfgh", "kube-api-access-")
    pods = read(*(pod(str(i), name) for i, name in enumerate(names)))
    assert tuple(p.spec.volumes[1].name for p in pods) == names


@pytest.mark.parametrize("token", ["", "kube-api-access-x7k2p"])
def test_what_is_read_in_a_list_equals_what_is_read_alone(token: str) -> None:
    tree = pod("a", token, tier="front")
    alone, _ = decode_object(json.dumps(tree).encode(), Pod)
    for found in read(pod("b", token), tree)[1:]:
        assert found == alone
        assert alone == found
        assert [found] == [alone]  # and not unequal either, which is a method of its own


def test_what_differs_stays_apart() -> None:
    changed = pod("b")
    changed["spec"] = spec(image="web:2")
    one, other = read(pod("a"), changed)
    assert [c.image for p in (one, other) for c in p.spec.containers] == ["web:1", "web:2"]
    assert read(pod("a", x="1"))[0].labels == {"app": "web", "x": "1"}


def test_revisions_hold_once_what_a_new_image_leaves_as_it_was() -> None:
    sharing = Sharing()
    trees = [replica_set("r1", "web:1"), replica_set("r2", "web:2")]
    (old, new), _, _ = decode_list(page(*trees), ReplicaSet, sharing)
    ours, theirs = old.spec.template.spec, new.spec.template.spec
    assert (ours.containers[0].image, theirs.containers[0].image) == ("web:1", "web:2")
    assert ours.containers[0].env is theirs.containers[0].env
    deployment = {"metadata": {"name": "web", "uid": "d1"}, "spec": {"template": {"spec": spec()}}}
    (made,), _, _ = decode_list(page(deployment), Deployment, sharing)
    assert made.spec.template.spec.containers is ours.containers
    (first,) = read(pod("a", "kube-api-access-x7k2p"), sharing=sharing)
    assert first.spec.containers[0].volume_mounts != ours.containers[0].volume_mounts  # its token
    assert first.spec.containers[0].env is ours.containers[0].env


def test_an_odd_part_is_dropped_and_named_as_without_sharing() -> None:
    odd = pod("odd")
    odd["metadata"]["labels"] = {"app": 1}
    odd["spec"]["containers"] = [{"name": "web", "image": 7}]
    for data in (page(pod("a"), odd), page(odd, pod("a"))):
        plain, _, notes = decode_list(data, Pod)
        shared, _, same = decode_list(data, Pod, Sharing())
        assert shared == plain
        assert same == notes
        assert len(notes) == 2


def test_no_more_texts_are_remembered_than_is_said() -> None:
    pods = read(*(pod(str(i), number=str(i)) for i in range(TEXTS_MOST + 10)))
    assert {p.labels["number"] for p in pods} == {str(i) for i in range(TEXTS_MOST + 10)}
    sharing = Sharing()
    read(*(pod(str(i), number=str(i)) for i in range(TEXTS_MOST + 10)), sharing=sharing)
    assert len(sharing.texts._labels) == TEXTS_MOST
