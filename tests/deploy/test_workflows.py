"""The workflows of the forge: in form, with little right, and running what people run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))


def loaded(path: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_may_be_written_unless_a_job_says_so(path: Path) -> None:
    found = loaded(path)
    assert found["permissions"] == {"contents": "read"}
    assert True in found or "on" in found  # YAML 1.1 reads the word `on` as true
    for job in found["jobs"].values():
        assert job["timeout-minutes"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_does_something_of_a_known_version(path: Path) -> None:
    for step in steps(path):
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:  # a tag can be moved, a commit cannot
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
    for line in re.findall(r"uses: .*", path.read_text()):
        assert re.search(r" # v\d+\.\d+\.\d+$", line), line


def test_every_image_that_is_deployed_is_built() -> None:
    image = loaded(ROOT / ".github" / "workflows" / "image.yaml")
    (job,) = image["jobs"].values()
    built = {one["of"]: one["extras"] for one in job["strategy"]["matrix"]["include"]}
    values = yaml.safe_load((ROOT / "deploy" / "jupyterhub" / "values.yaml").read_text())
    base = yaml.safe_load((ROOT / "deploy" / "base" / "kustomization.yaml").read_text())
    ours = base["images"][0]["newName"]
    notebooks = values["singleuser"]["image"]["name"]
    assert set(built) == {"", notebooks.removeprefix(ours)}
    default = re.search(r"^ARG EXTRAS=(\S+)$", (ROOT / "Dockerfile").read_text(), re.M)
    assert default
    assert built == {"": default[1], "-notebook": "hub"}


def test_the_commands_are_those_of_the_makefile() -> None:
    made = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = [s["run"] for path in WORKFLOWS for s in steps(path) if "run" in s]
    used = {word for line in runs for word in re.findall(r"make (\w+)", line)}
    assert {"lint", "test", "release"} <= used <= made


def test_an_image_is_as_old_as_its_commit() -> None:
    image = ROOT / ".github" / "workflows" / "image.yaml"
    (pushing,) = (s for s in steps(image) if str(s.get("uses", "")).startswith("docker/build-push"))
    arguments = pushing["with"]["build-args"].splitlines()
    assert arguments[0] == "SOURCE_DATE_EPOCH=${{ env.SOURCE_DATE_EPOCH }}"
    assert any("SOURCE_DATE_EPOCH=$(git log" in s.get("run", "") for s in steps(image))
    assert re.search(r"^ARG SOURCE_DATE_EPOCH=\d+$", (ROOT / "Dockerfile").read_text(), re.M)


def test_what_is_pushed_is_signed_by_its_digest() -> None:
    image = ROOT / ".github" / "workflows" / "image.yaml"
    pushing = [s for s in steps(image) if str(s.get("uses", "")).startswith("docker/build-push")]
    assert pushing[0]["with"]["sbom"] is True
    signing = [s["run"] for s in steps(image) if "cosign sign" in s.get("run", "")]
    assert '"$IMAGE$OF@$DIGEST"' in signing[0]
