from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kubernetes.snapshots.shop import NOW, obj, pod, snapshot
from workbench.core.cluster import Gap, LogKey
from workbench.core.objects import Pod
from workbench.errors import SnapshotError
from workbench.kubernetes.snapshots import files
from workbench.kubernetes.snapshots.load import load
from workbench.kubernetes.snapshots.raw import RawSnapshot
from workbench.kubernetes.snapshots.save import write
from workbench.kubernetes.snapshots.typed import LOG_TAIL_BYTES, typed

MANIFEST = json.dumps({"taken_at": "2026-03-01T12:00:00Z"})


def list_file(path: Path, items: Any) -> Path:
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return path


def names(raw: RawSnapshot) -> list[str]:
    return sorted(tree["metadata"].get("name", "") for tree in raw.all())


@pytest.mark.parametrize("name", ["kept", "kept.zip"])
def test_what_was_written_is_what_is_loaded(tmp_path: Path, name: str) -> None:
    before = snapshot()
    write(before, tmp_path / name)
    after = load(tmp_path / name)
    assert after.manifest == before.manifest
    assert {k: sorted(map(str, v)) for k, v in after.objects.items()} == {
        k: sorted(map(str, v)) for k, v in before.objects.items()
    }
    assert {k: after.logs.tail(k, 10**6) for k in after.logs} == {
        k: before.logs.tail(k, 10**6) for k in before.logs
    }


def test_an_empty_kind_is_still_empty_after_saving(tmp_path: Path) -> None:
    raw = snapshot()
    write(RawSnapshot(raw.manifest, {("v1", "Endpoints"): ()}), tmp_path / "kept")
    assert load(tmp_path / "kept").objects == {("v1", "Endpoints"): ()}


def test_writing_the_same_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    write(snapshot(), tmp_path / "a.zip")
    write(snapshot(), tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_folder_that_holds_something_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(SnapshotError, match="already holds"):
        write(snapshot(), tmp_path)


def test_two_versions_of_one_group_are_both_saved(tmp_path: Path) -> None:
    old, new = (obj(f"acme.example/{v}", "Widget", v, "shop") for v in ("v1", "v2"))
    raw = snapshot()
    write(
        RawSnapshot(
            raw.manifest,
            {("acme.example/v1", "Widget"): (old,), ("acme.example/v2", "Widget"): (new,)},
        ),
        tmp_path / "kept",
    )
    assert names(load(tmp_path / "kept")) == ["v1", "v2"]


def test_a_tarball_wrapped_in_one_folder_is_a_snapshot(tmp_path: Path) -> None:
    write(snapshot(), tmp_path / "kept")
    with tarfile.open(tmp_path / "kept.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "kept", "kept-2026")
    raw = load(tmp_path / "kept.tar.gz")
    assert raw.manifest.cluster == "shop-test"
    assert "panic" in raw.logs.tail(LogKey("shop", "cart-1", "cart"), 1000)


def test_secret_values_are_replaced_by_their_length_on_loading(tmp_path: Path) -> None:
    copy = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "kept": "yes"}
    secret = obj(
        "v1",
        "Secret",
        "s",
        "shop",
        metadata={"annotations": copy},
        data={"password": "aHVudGVyMg==", "odd": "not base64!", "none": None},
        stringData={"token": "hunter2"},
    )
    raw = load(list_file(tmp_path / "l.json", [secret]))
    text = json.dumps(list(raw.objects["v1", "Secret"]))
    assert "hunter2" not in text
    assert "aHVudGVyMg" not in text
    (kept,) = raw.objects["v1", "Secret"]
    assert kept["data"] == {
        "password": "KioqKioqKg==",
        "odd": "KioqKioqKioqKio=",
        "none": "",
        "token": "KioqKioqKg==",
    }
    assert kept["metadata"]["annotations"] == {"kept": "yes"}


def test_secret_values_are_not_written_either(tmp_path: Path) -> None:
    secret = obj("v1", "Secret", "s", "shop", data={"password": "aHVudGVyMg=="})
    raw = RawSnapshot(snapshot().manifest, {("v1", "Secret"): (secret,)})
    write(raw, tmp_path / "kept")
    assert "aHVudGVyMg" not in (tmp_path / "kept/objects/shop/secrets.json").read_text()


def test_a_secret_in_a_typed_list_without_kinds_is_found(tmp_path: Path) -> None:
    path = tmp_path / "l.json"
    item = {"metadata": {"name": "s"}, "data": {"a": "aHVudGVyMg=="}}
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "SecretList", "items": [item]}))
    assert "aHVudGVyMg" not in json.dumps(list(load(path).objects["v1", "Secret"]))


def test_a_bare_list_dates_from_its_newest_object(tmp_path: Path) -> None:
    raw = load(list_file(tmp_path / "prod.json", [pod("a")]))
    assert raw.manifest.taken_at.isoformat() == "2026-03-01T11:55:00+00:00"
    assert raw.manifest.cluster == "prod"


def test_items_may_be_null_and_lists_may_be_nested(tmp_path: Path) -> None:
    nested = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [pod("a"), {"kind": "List", "items": None}],
    }
    assert names(load(list_file(tmp_path / "l.json", [nested, pod("b")]))) == ["a", "b"]
    assert names(load(list_file(tmp_path / "n.json", None))) == []


def test_of_two_equal_objects_the_last_is_used_and_noted(tmp_path: Path) -> None:
    raw = load(list_file(tmp_path / "l.json", [pod("a", version=1), pod("a", version=2)]))
    assert [t["metadata"]["resourceVersion"] for t in raw.all()] == ["2"]
    assert [g.what for g in raw.manifest.gaps] == ["Pod shop/a"]


def test_objects_that_lack_everything_are_kept_apart(tmp_path: Path) -> None:
    items = [{"kind": "Pod"}, {"kind": "Pod", "metadata": None}, {"kind": "Pod", "metadata": {}}]
    raw = load(list_file(tmp_path / "l.json", items))
    assert len(list(raw.all())) == 3
    assert len(typed(raw).all(Pod)) == 3


@pytest.mark.parametrize(
    "item",
    [
        3,
        None,
        "text",
        [],
        {},
        {"kind": 3},
        {"kind": "Gizmo"},
        {"kind": "Pod", "metadata": []},
        {"kind": "Pod", "metadata": {"name": 7}},
        {"kind": "Pod", "metadata": {"namespace": {}}},
    ],
)
def test_an_unreadable_object_is_a_gap(tmp_path: Path, item: Any) -> None:
    raw = load(list_file(tmp_path / "l.json", [pod("a"), item]))
    assert names(raw) == ["a"]
    assert "item 1 of" in raw.manifest.gaps[0].what


def test_an_object_that_is_not_utf8_is_a_gap(tmp_path: Path) -> None:
    path = list_file(tmp_path / "l.json", [pod("a"), pod("BAD")])
    path.write_bytes(path.read_bytes().replace(b"BAD", b"\xff\xfe"))
    raw = load(path)
    assert names(raw) == ["a"]
    assert len(raw.manifest.gaps) == 1


def test_a_very_deep_object_is_a_gap(tmp_path: Path) -> None:
    deep: Any = {}
    for _ in range(350):
        deep = {"a": deep}
    raw = load(list_file(tmp_path / "l.json", [pod("a"), pod("b") | {"spec": deep}]))
    assert names(raw) == ["a"]
    assert "levels deep" in raw.manifest.gaps[0].why


def test_a_list_as_powershell_redirects_it_is_read(tmp_path: Path) -> None:
    path = list_file(tmp_path / "l.json", [pod("a")])
    path.write_text(path.read_text(), encoding="utf-16")
    assert names(load(path)) == ["a"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"NAME READY\nweb 1/1", "not readable JSON"),
        (b'{"kind": "List", "items": [{"kind": "Pod"', "cut off"),
        (b"[1, 2]", "neither a Kubernetes object nor a List"),
        (b'{"hello": 1}', "neither a Kubernetes object nor a List"),
        (b'{"items": {"a": 1}}', "neither a Kubernetes object nor a List"),
        (b'{"a":' * 100_000, "deep"),
        (b"\xff\xfe\x00", "not text"),
        (b"PK\x03\x04 nonsense", "not a .zip archive"),
        (b"\x1f\x8b nonsense", "not a whole .tar.gz archive"),
    ],
)
def test_a_file_that_is_no_snapshot_gets_one_clear_line(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "l.json"
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=says) as caught:
        load(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_a_folder_without_manifest_say_so(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="There is no"):
        load(tmp_path / "nothing")
    with pytest.raises(SnapshotError, match=r"no manifest\.json"):
        load(tmp_path)


@pytest.mark.parametrize("manifest", ["{", "{}", '{"taken_at": 3}', "[]", '{"taken_at": "x"}'])
def test_a_broken_manifest_says_so(tmp_path: Path, manifest: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(SnapshotError, match="manifest"):
        load(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(MANIFEST.replace("{", '{"format": 99, '))
    with pytest.raises(SnapshotError, match="format 99"):
        load(tmp_path)


def test_one_broken_file_of_objects_is_a_gap(tmp_path: Path) -> None:
    write(snapshot(), tmp_path / "kept")
    (tmp_path / "kept/objects/shop/pods.json").write_text("{")
    raw = load(tmp_path / "kept")
    assert any("objects/shop/pods.json" in g.what for g in raw.manifest.gaps)
    assert raw.objects["apps/v1", "Deployment"]


def test_yaml_objects_are_read_with_times_as_text(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(MANIFEST)
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects/all.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a, creationTimestamp: 2026-03-01T11:00:00Z}\n"
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n"
    )
    raw = load(tmp_path)
    assert names(raw) == ["a", "b"]
    assert next(raw.all())["metadata"]["creationTimestamp"] == "2026-03-01T11:00:00Z"


@pytest.mark.parametrize(
    "text", ["a: [", "a: &x [1]\nb: *x", "!!python/object/apply:os.getcwd []", "\x00"]
)
def test_hostile_yaml_gets_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "l.yaml"
    path.write_text(text)
    with pytest.raises(SnapshotError, match="not readable YAML"):
        load(path)


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", "C:/evil"])
def test_an_archive_that_leads_outside_is_not_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", MANIFEST)
        archive.writestr(name, "x")
    with pytest.raises(SnapshotError, match="leads outside"):
        load(path)


def test_a_tarball_with_a_link_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "s.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        link = tarfile.TarInfo("logs/a/b/c.log")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        tar.addfile(link)
    with pytest.raises(SnapshotError, match="leads outside"):
        load(path)


def test_a_folder_with_a_link_to_the_outside_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "outside.txt"
    secret.write_text("private")
    folder = tmp_path / "kept"
    write(snapshot(), folder)
    os.symlink(secret, folder / "logs/shop/web-1/other.log")
    with pytest.raises(SnapshotError, match="leads outside"):
        load(folder)


def test_a_decompression_bomb_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", MANIFEST)
        with archive.open("logs/a/b/c.log", "w") as file:
            for _ in range(files.SQUEEZED_FROM_BYTES // 2**20 + 1):
                file.write(b"\0" * 2**20)
    with pytest.raises(SnapshotError, match="times its packed size"):
        load(path)


def test_a_cut_off_tarball_gets_one_clear_line(tmp_path: Path) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = 100_000
        tar.addfile(member, io.BytesIO(os.urandom(100_000)))
    path = tmp_path / "s.tar.gz"
    path.write_bytes(gzip.compress(data.getvalue())[:5000])
    with pytest.raises(SnapshotError, match=r"not a whole \.tar\.gz"):
        load(path)


@pytest.mark.parametrize("name", ["../../evil", "/evil", "a/b", "", ".hidden", "a\nb", "x" * 300])
def test_a_hostile_name_names_no_file(tmp_path: Path, name: str) -> None:
    evil = pod("web", name) if name else pod("web") | {"kind": "../../Evil"}
    path = list_file(tmp_path / "l.json", [evil])
    with pytest.raises(SnapshotError, match="not a name that Kubernetes allows"):
        write(load(path), tmp_path / "deep" / "kept")
    assert not list(tmp_path.rglob("*vil*"))
    assert not (tmp_path / "deep" / "kept").exists()


def test_a_written_archive_is_for_its_owner_alone(tmp_path: Path) -> None:
    write(snapshot(), tmp_path / "kept.zip")
    assert (tmp_path / "kept.zip").stat().st_mode & 0o077 == 0


def test_a_folder_of_very_many_files_is_not_read(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.json").write_text("{}")
    with pytest.raises(SnapshotError, match="more than 3 files"):
        files.FolderFiles(tmp_path, most=3)


@given(st.binary(max_size=300))
def test_any_bytes_load_or_raise_a_snapshot_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "l.json")
        path.write_bytes(data)
        try:
            load(path)
        except SnapshotError as error:
            message = error.message
        else:
            message = ""
    assert "\n" not in message


def test_logs_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    path = list_file(tmp_path / "l.json", [pod("a")])
    log = tmp_path / "logs/shop/a/web.previous.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"caf\xc3\xa9 \xff\n")
    raw = load(path, tmp_path / "logs")
    assert list(raw.logs) == [LogKey("shop", "a", "web", previous=True)]
    assert typed(raw).log("shop", "a", "web", previous=True) == "café \ufffd\n"
    with pytest.raises(SnapshotError, match="no folder of logs"):
        load(path, tmp_path / "nowhere")
    log.parent.rename(tmp_path / "logs/shop/b")
    with pytest.raises(SnapshotError, match=r"No log in .*logs is of a pod of .*l\.json"):
        load(path, tmp_path / "logs")


def test_only_the_end_of_a_long_log_is_typed(tmp_path: Path) -> None:
    path = list_file(tmp_path / "l.json", [pod("a")])
    log = tmp_path / "logs/shop/a/web.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"0123456789\n" * 100_000)
    held = typed(load(path, tmp_path / "logs")).log("shop", "a", "web")
    assert LOG_TAIL_BYTES - 11 <= len(held) <= LOG_TAIL_BYTES
    assert held.startswith("0123456789\n")


def test_gaps_of_the_manifest_are_kept() -> None:
    assert typed(snapshot()).gaps == (Gap("nodes/metrics", "forbidden"),)
    assert typed(snapshot()).taken_at == NOW
