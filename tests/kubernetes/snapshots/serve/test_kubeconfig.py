"""The kubeconfig of a served snapshot, and files of others at its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from workbench.cli.snapshot import serve
from workbench.errors import UsageError
from workbench.kubernetes.snapshots.serve.kubeconfig import (
    is_somebody_elses,
    remove_kubeconfig,
    write_kubeconfig,
)


def test_a_file_of_somebody_else_is_neither_written_nor_removed(tmp_path: Path) -> None:
    mine = tmp_path / "config"
    mine.write_text("apiVersion: v1\nkind: Config\n")
    with pytest.raises(UsageError, match="is there already"):
        serve.main(["demo", "--kubeconfig", str(mine)], standalone_mode=False)
    remove_kubeconfig(mine, "token")
    assert mine.read_text() == "apiVersion: v1\nkind: Config\n"


def test_what_an_ended_server_left_is_written_anew_and_only_its_own_removed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    assert not is_somebody_elses(path)
    for token in ("first", "second"):
        write_kubeconfig(path, "demo", "https://127.0.0.1:1", token, b"pem")
    assert not is_somebody_elses(path)
    remove_kubeconfig(path, "first")
    assert path.exists()
    remove_kubeconfig(path, "second")
    assert not path.exists()


def test_a_user_who_is_only_called_alike_is_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text('users:\n- name: "snapshot-reader-of-ann"\n')
    assert is_somebody_elses(path)


def test_two_of_them_can_be_joined(tmp_path: Path) -> None:
    users = []
    for name in ("prod-eu", "prod-us"):
        write_kubeconfig(tmp_path / name, name, "https://127.0.0.1:1", name, b"pem")
        written = yaml.safe_load((tmp_path / name).read_text())
        assert written["contexts"][0]["context"]["user"] == written["users"][0]["name"]
        users.append(written["users"][0]["name"])
    assert len(set(users)) == 2
