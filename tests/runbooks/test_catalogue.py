from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench.errors import RunbookError, RunbookUnknown
from workbench.runbooks import catalogue
from workbench.runbooks.catalogue import TYPES, parameters


def write(path: Path, source: str, **about: Any) -> Path:
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": source}
    path.write_text(json.dumps({"cells": [cell], "metadata": {"workbench": about}}))
    return path


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns, and garbage is looked for, as often as can be."""
    seldom, slow = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(5, 2, 2)
    sys.setswitchinterval(1e-6)
    yield
    gc.set_threshold(*seldom)
    sys.setswitchinterval(slow)


class Circle:
    """Garbage that runs Python when it is found."""

    def __init__(self) -> None:
        self.own = self

    def __del__(self) -> None:
        for _ in range(50):
            pass


@pytest.mark.usefixtures("hurried")
def test_threads_read_parameters_at_the_same_time() -> None:
    source = "\n".join(f'p{n}: str = "{n}"  # one of many' for n in range(40))

    def read(_: int) -> int:
        Circle()
        return len(parameters(source))

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(read, range(200))) == {40}


def test_the_bundled_runbooks_are_there_and_described() -> None:
    listed = catalogue.catalogue()
    names = [r.name for r in listed.runbooks]
    assert names == sorted(names)
    assert {"crash-looping-workload", "pending-pod", "release-verification"} <= set(names)
    assert listed.gaps == ()
    for runbook in listed.runbooks:
        assert runbook.title
        assert runbook.summary
        assert all(p.help and p.type in TYPES for p in runbook.parameters)


def test_declarations_become_typed_parameters() -> None:
    namespace, count, name, ratio, deep = parameters(
        'namespace: str = "shop"  # where to look\n'
        "count = 3\n"
        "name: str  # which one\n"
        "ratio: float = 1\n"
        "deep: bool = False\n"
    )
    assert (namespace.type, namespace.default, namespace.help) == ("str", "shop", "where to look")
    assert (count.type, count.default, count.required) == ("int", 3, False)
    assert (name.type, name.required, name.help) == ("str", True, "which one")
    assert (ratio.type, deep.type) == ("float", "bool")


def test_literals_become_choices() -> None:
    worst, count = parameters("worst: Literal['low', 'high'] = 'low'\ncount: Literal[1]\n")
    assert (worst.type, worst.choices, worst.default) == ("str", ("low", "high"), "low")
    assert (count.type, count.choices, count.required) == ("int", (1,), True)


def test_what_a_runbook_says_before_its_parameters_is_what_it_is_about() -> None:
    about = catalogue.find("namespace-health").about
    assert about.startswith("As a sweep over namespaces")


@pytest.mark.parametrize(
    "source",
    ["x: list[str] = []", "x: int = 'a'", "x = [1]", "x = open('f')", "x = (", "x = None",
     "x: dict = {}", "x: bool = 1", "x: Literal[()]", "x: Literal['a', 1]",
     "x: Literal['a'] = 'b'", "x: Literal[open('f')]"],
)  # fmt: skip
def test_what_cannot_be_a_parameter_is_refused(source: str) -> None:
    with pytest.raises(RunbookError):
        parameters(source)


def test_nothing_in_a_parameters_cell_is_run() -> None:
    assert parameters("import os\nraise SystemExit\nx = 1")[0].name == "x"


def test_a_folder_adds_runbooks_and_a_name_that_comes_again_wins(tmp_path: Path) -> None:
    write(tmp_path / "pending-pod.ipynb", "x = 1", title="Ours")
    found = catalogue.find("pending-pod", [tmp_path])
    assert (found.title, found.parameters[0].name) == ("Ours", "x")


def test_a_notebook_that_cannot_be_read_is_a_gap_and_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "torn.ipynb").write_text('{"cells": [')
    (tmp_path / "list.ipynb").write_text("[]")
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe\x00")
    listed = catalogue.catalogue([tmp_path])
    assert len(listed.gaps) == 3
    assert listed.runbooks == catalogue.catalogue().runbooks
    with pytest.raises(RunbookError, match=r"torn\.ipynb"):
        catalogue.find(str(tmp_path / "torn.ipynb"))


def test_an_unknown_runbook_gets_a_suggestion() -> None:
    with pytest.raises(RunbookUnknown, match="Did you mean pending-pod"):
        catalogue.find("pendingpod")
    with pytest.raises(RunbookUnknown, match="There are: alert"):
        catalogue.find("zzz")
    with pytest.raises(RunbookUnknown, match="no notebook"):
        catalogue.find("nowhere.ipynb")
