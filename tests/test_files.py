from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workbench.errors import UsageError
from workbench.files import SEAL, free, places, refuse_taken, sealed, write_private


def test_a_file_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out" / "INV-1.html"
    path.parent.mkdir()
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "out" / "file"
    path.parent.mkdir()
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "\ud800")
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_names_the_file_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file")
    for place in ("/proc/nowhere.html", str(tmp_path / "folder" / "a.html")):
        with pytest.raises(OSError, match=r"No such|File exists|Not a") as raised:
            write_private(Path(place), "new")
        assert str(raised.value.filename) in (place, str(Path(place).parent))


def test_a_report_is_not_written_below_what_looks_like_a_file(tmp_path: Path) -> None:
    assert places(tmp_path / "a.md", "INV-1", ["md"]) == (tmp_path / "a.md",)
    assert places(tmp_path / "v1.2", "INV-1", ["md"]) == (tmp_path / "v1.2" / "INV-1.md",)
    with pytest.raises(UsageError, match="as --to says"):
        places(tmp_path / "a.pdf", "INV-1", ["html", "md"])
    assert places(tmp_path / "a.pdf", "INV-1", ["pdf"]) == (tmp_path / "a.pdf",)


def test_a_path_that_is_taken_gives_way_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "pending-pod.out.ipynb"
    assert free(path) == path
    path.touch()
    assert free(path).name == "pending-pod-2.out.ipynb"
    free(path).touch()
    assert free(path).name == "pending-pod-3.out.ipynb"


@pytest.mark.parametrize(
    "content", ["<p>Grüße</p>", f'{{"metadata": {{"seal": "{SEAL}"}}}}\n'], ids=["html", "json"]
)
def test_a_report_is_written_over_until_somebody_edits_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report"
    write_private(path, sealed(content))
    assert SEAL not in path.read_text()
    refuse_taken(path, tmp_path / "nothing")
    path.write_text(path.read_text().replace("p", "q", 1).replace("m", "n", 1))
    with pytest.raises(UsageError, match="report is there already"):
        refuse_taken(path)
    refuse_taken(path, force=True)


@pytest.mark.parametrize("content", [b"mine", b"\xff\xfe", b""])
def test_a_file_of_somebody_elses_is_not_written_over(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is there already"):
        refuse_taken(tmp_path / "nothing", path)


OURS = '[{"check_name": "gate", "engine_name": "k8s-workbench"}]'


@pytest.mark.parametrize(
    "text", ['<testsuites name="workbench" />', '[{"runbook": "dns"}]', OURS, "[]\n"]
)
def test_the_results_of_an_earlier_run_are_written_over(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "results").write_text(text)
    refuse_taken(path)
    for others in ("my own words", '[{"check_name": "E501"}]'):
        path.write_text(others)
        with pytest.raises(UsageError, match="is there already"):
            refuse_taken(path)
