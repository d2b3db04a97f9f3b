from __future__ import annotations

from tests.kubernetes.objects import replica_set, shop, template
from workbench.kubernetes.history import Change, diff, history, to_text

DEPLOYMENT = next(t for t in shop() if t["kind"] == "Deployment")


def test_revisions_are_oldest_first_with_what_changed() -> None:
    kept = [replica_set("web-2b", 2, "acme/web:2", 1), replica_set("web-1a", 1, "acme/web:1", 1)]
    first, second = history(DEPLOYMENT, kept)
    assert (first.number, first.changes) == (1, ())
    assert second.changes == (
        Change(path="spec.containers[app].image", old="acme/web:1", new="acme/web:2"),
    )
    assert second.source == "ReplicaSet/web-2b"


def test_replica_sets_of_others_are_left_out() -> None:
    other = replica_set("api-1", 1, "acme/api:1", 1)
    other["metadata"]["ownerReferences"][0]["uid"] = "somebody"
    assert history(DEPLOYMENT, [other]) == ()


def test_a_changed_secret_shows_that_it_changed_and_not_what_it_was() -> None:
    old, new = replica_set("web-1a", 1, "i", 1), replica_set("web-2b", 2, "i", 1)
    new["spec"]["template"] = template("i", "web-2b", password="swordfish")
    shown = to_text(history(DEPLOYMENT, [old, new]))
    assert "env[DB_PASSWORD].value" in shown
    assert "hunter2" not in shown
    assert "swordfish" not in shown


def test_an_added_secret_variable_is_shown_by_name_only() -> None:
    old, new = replica_set("web-1a", 1, "i", 1), replica_set("web-2b", 2, "i", 1)
    env = new["spec"]["template"]["spec"]["containers"][0]["env"]
    env.append({"name": "API_TOKEN", "value": "swordfish"})
    shown = to_text(history(DEPLOYMENT, [old, new]))
    assert "+ spec.containers[app].env[API_TOKEN]" in shown
    assert "swordfish" not in shown


def test_controller_revisions_are_numbered_by_their_own_field() -> None:
    owner = {"kind": "StatefulSet", "metadata": {"name": "db", "uid": "uid-db"}}
    reference = {"ownerReferences": [{"uid": "uid-db"}]}
    kept = [
        {
            "metadata": {"name": f"db-{n}", **reference},
            "revision": n,
            "data": {"spec": {"template": {"$patch": "replace", **template(f"db:{n}")}}},
        }
        for n in (10, 9)
    ]
    found = history(owner, kept)
    assert [r.number for r in found] == [9, 10]
    assert found[1].source == "ControllerRevision/db-10"
    assert [c.path for c in found[1].changes] == ["spec.containers[app].image"]


def test_named_list_items_are_matched_by_name_and_not_by_place() -> None:
    old = {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}
    new = {"containers": [{"name": "b", "image": "2"}, {"name": "a", "image": "1"}]}
    assert [c.path for c in diff(old, new)] == ["containers[b].image"]
