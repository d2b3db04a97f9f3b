"""The agents that ship: a TOML file each, in ``templates/``."""

from __future__ import annotations

import functools
import importlib.resources
import tomllib

import msgspec

from workbench.core.agents import AgentProfile


@functools.cache
def templates() -> dict[str, AgentProfile]:
    """By name. An agent of the same name in the database comes before these."""
    folder = importlib.resources.files("workbench.agent") / "templates"
    files = sorted(f.name for f in folder.iterdir() if f.name.endswith(".toml"))
    found = (_read((folder / name).read_text(encoding="utf-8"), name) for name in files)
    return {profile.name: profile for profile in found}


def _read(text: str, file: str) -> AgentProfile:
    fields = tomllib.loads(text)
    return msgspec.convert({"name": file.removesuffix(".toml"), **fields}, AgentProfile)
