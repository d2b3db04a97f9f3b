"""The documents say what the code says."""

from __future__ import annotations

import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from workbench import errors
from workbench.analyzers.catalogue import CATALOGUE
from workbench.cli import root
from workbench.notebook.forms import PARSERS
from workbench.runbooks.catalogue import catalogue
from workbench.settings import Settings

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
ELSEWHERE = re.compile(
    r"/(?:home|root|Users|work)/\w|https?://[^/\s]*pypi[^/\s]*/simple|--index-url"
)
"""Paths of one machine and addresses of one network."""


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Groups and commands, those of a group after it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


TREE = dict(commands(root))
ALL = {name: one for name, one in TREE.items() if not isinstance(one, click.Group)}
GROUPS = {"": root} | {name: one for name, one in TREE.items() if isinstance(one, click.Group)}


def test_the_error_tree_in_the_docstring_is_complete() -> None:
    drawn = set(re.findall(r"[─ ]([A-Z]\w+)", errors.__doc__ or "")) | {"WorkbenchError"}
    defined = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    assert defined <= drawn


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    field = Settings.model_fields[name]
    variable = str(field.validation_alias or f"WORKBENCH_{name.upper()}")
    page = (ROOT / "docs" / "settings.md").read_text()
    assert f"`{variable}`" in page
    assert f"`{name}`" in page
    assert str(field.description) in page


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_its_options_are_documented(name: str) -> None:
    row = next(line for line in COMMANDS.splitlines() if re.match(rf"\| .*`{name}`.* \|", line))
    for parameter in ALL[name].params:
        if isinstance(parameter, click.Option):
            flags = sorted(parameter.opts, key=len)
            assert f"`{'/'.join(flags)}`" in row, flags


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
def test_no_line_of_help_is_cut_short_in_a_terminal_of_80_columns(group: click.Group) -> None:
    context = click.Context(group, info_name=group.name, terminal_width=80)
    listed = group.get_help(context).split("\nCommands:\n")[1].splitlines()
    assert len(listed) == len(group.list_commands(context))  # each on a line of its own
    assert [line for line in listed if line.endswith("...") or len(line) > 80] == []


@pytest.mark.parametrize("name", PARSERS)
def test_every_magic_and_its_options_are_documented(name: str) -> None:
    section = COMMANDS[COMMANDS.index("## Magics") :]
    row = next(line for line in section.splitlines() if line.startswith(f"| `{name} "))
    below = section[section.index("All but `%k8s`") :]
    for flag in PARSERS[name].flags:
        assert flag in ("-h", "--help") or re.search(rf"[`/]{flag}[`/ ]", row + below), flag


@pytest.mark.parametrize("name", [book.name for book in catalogue(()).runbooks])
def test_every_runbook_is_documented(name: str) -> None:
    assert f"| `{name}` |" in COMMANDS


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_finding_code_is_documented(code: str) -> None:
    assert f"\n### {code}\n" in (ROOT / "docs" / "findings.md").read_text()


def test_the_tree_in_the_architecture_page_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    drawn = page.split("## The tree")[1].split("```")[1].splitlines()
    inside = [""]
    for line in filter(None, drawn):
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        inside = [*inside[: depth + 1], name]
        assert (ROOT / "".join(inside)).exists(), line
    tops = {p.name for p in (ROOT / "workbench").iterdir() if p.is_dir() and p.name[0] != "_"}
    assert tops <= set(re.findall(r"^  (\w+)/", "\n".join(drawn), re.MULTILINE))


def test_the_commands_of_the_readme_exist() -> None:
    page = (ROOT / "README.md").read_text()
    made = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`?make (\w+)`?", page)) - set(made) <= {"are"}
    for line in re.findall(r"^workbench (.+)$", page, re.MULTILINE):
        assert any(f"{line} ".startswith(f"{name} ") for name in ALL), line
        for flag in re.findall(r"(?<= )(-[\w-]+)", line.partition("#")[0].split('"')[-1]):
            command = next(c for name, c in ALL.items() if f"{line} ".startswith(f"{name} "))
            assert any(flag in p.opts for p in command.params), line


def test_nothing_names_one_machine_or_network() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if not any(listed):
        pytest.skip("not a git checkout")
    files = (
        ROOT / name
        for name in listed
        if name and name != f"tests/{Path(__file__).parent.name}/{Path(__file__).name}"
    )
    found = [
        str(path)
        for path in files
        if path.is_file() and ELSEWHERE.search(path.read_bytes().decode(errors="replace"))
    ]
    assert found == []


def test_constraints_are_names_and_versions() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.!+-]+( ; .*)?", line), line
