from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from workbench.errors import ContextUnknown, UsageError
from workbench.kubernetes.kubeconfig import choose


def write(path: Path, *names: str, current: str = "", namespace: str = "") -> str:
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    tree = {"contexts": [{"name": n, "context": context} for n in names]}
    path.write_text(yaml.safe_dump(tree | ({"current-context": current} if current else {})))
    return str(path)


def test_the_current_context_is_used_with_its_namespace(tmp_path: Path) -> None:
    config = write(tmp_path / "a", "dev", "prod", current="prod", namespace="shop")
    chosen = choose(config)
    assert (chosen.context, chosen.namespace) == ("prod", "shop")


def test_a_named_context_wins_over_the_current_one(tmp_path: Path) -> None:
    config = write(tmp_path / "a", "dev", "prod", current="prod")
    assert choose(config, "dev").context == "dev"


def test_contexts_of_several_files_are_one_list_and_missing_files_are_ignored(
    tmp_path: Path,
) -> None:
    first, second = write(tmp_path / "a", "dev", current="dev"), write(tmp_path / "b", "prod")
    joined = os.pathsep.join([first, str(tmp_path / "gone"), second])
    assert choose(joined, "prod").kubeconfig == os.pathsep.join([first, second])


def test_the_only_context_needs_no_naming(tmp_path: Path) -> None:
    assert choose(write(tmp_path / "a", "dev")).context == "dev"


def test_no_current_context_among_several_names_them(tmp_path: Path) -> None:
    with pytest.raises(ContextUnknown, match="no current context") as caught:
        choose(write(tmp_path / "a", "dev", "prod"))
    assert "dev, prod" in caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContextUnknown, match="gone does not exist"):
        choose(str(tmp_path / "gone"))


@pytest.mark.parametrize("content", ["{", "- a list", "\x00"])
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, content: str) -> None:
    broken = tmp_path / "broken"
    broken.write_text(content)
    with pytest.raises(UsageError, match="broken"):
        choose(str(broken))
