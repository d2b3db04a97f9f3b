"""The agents that ship: a TOML file each, in ``templates/``."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib

import msgspec

from workbench import plugins
from workbench.core.agents import AgentProfile
from workbench.plugins import Refusal


@functools.cache
def templates() -> dict[str, AgentProfile]:
    """By name, with those of other packages. An agent of the same name in the database comes before
    these."""
    folder = importlib.resources.files("workbench.agent") / "templates"
    files = sorted(f.name for f in folder.iterdir() if f.name.endswith(".toml"))
    found = (_read((folder / name).read_text(encoding="utf-8"), name) for name in files)
    more = {name: p for _, some in plugins.added(plugins.AGENTS, _profiles) for name, p in some}
    return more | {profile.name: profile for profile in found}


def _profiles(target: object) -> list[tuple[str, AgentProfile]]:
    if not isinstance(target, dict) or not all(
        isinstance(p, AgentProfile) for p in target.values()
    ):
        raise Refusal("it is no mapping from names to AgentProfile.")
    return [(name, msgspec.structs.replace(p, name=name)) for name, p in target.items()]


def _read(text: str, file: str) -> AgentProfile:
    fields = tomllib.loads(text)
    return msgspec.convert({"name": file.removesuffix(".toml"), **fields}, AgentProfile)
