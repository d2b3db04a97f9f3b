"""Runbooks from a notebook: which there are, what they take, and running one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.runbook import RunbookRun
from workbench.notebook import bridge, frames
from workbench.notebook.defaults import chosen
from workbench.notebook.values import Run, Text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.core.engine import Engine

PROMOTABLE = {"name": "text", "type": "text", "value": "text", "evidence": "text", "help": "text"}
COLUMNS = {"name": "text", "title": "text", "summary": "text", "parameters": "text"}


def run(
    runbook: str,
    *,
    out: str | Path = "",
    context: str | None = None,
    snapshot: str | None = None,
    **parameters: Any,
) -> Run:
    """Run a runbook in a kernel of its own; the executed notebook is written to ``out``, or beside
    the working directory under the runbook's name, never over one that is there already.

    Raises KeyboardInterrupt when interrupted; the notebook is kept and says where that was."""
    from workbench.child import child_environment
    from workbench.files import free
    from workbench.runbooks import catalogue
    from workbench.runbooks.run import run as execute
    from workbench.settings import load_settings

    settings = load_settings()
    found = catalogue.find(runbook, settings.runbook_dirs)
    path = Path(out) if out else free(Path(f"{found.name}.out.ipynb"))

    async def work(engine: Engine) -> RunbookRun:
        env = child_environment(settings, engine.address)
        return await execute(found, parameters, path, env=env)

    where = chosen("context", context), chosen("snapshot", snapshot)
    try:
        return Run.of(bridge.shared(*where).run(work))
    except KeyboardInterrupt as error:
        kept = f"; how far it came is in {path}" if path.exists() else ""
        raise bridge.stopped(f"{found.name} was stopped{kept}.") from error


def promote(
    investigation: str,
    *,
    parameters: str | Sequence[str] | None = None,
    out: str | Path = "",
    context: str | None = None,
    snapshot: str | None = None,
) -> Run:
    """Make a runbook of a concluded investigation (``INV-3``) and run it once to prove it.

    parameters: names of the recorded values that become parameters, as ``promotable`` lists them;
    all of them without it. out: where it goes; ``runbook-INV-3.ipynb``, or the next free name,
    without it.
    Raises UsageError for one that cannot be promoted and for a name that no value has, RunbookError
    when it does not find the cause again.
    """
    from workbench.child import child_environment
    from workbench.investigations.lifting import told
    from workbench.investigations.promote import promote as promoted
    from workbench.runbooks.proof import prove
    from workbench.settings import load_settings

    async def work(engine: Engine) -> Run:
        found = await engine.load(investigation)
        made = promoted(found, await engine.evidences(investigation), _names(parameters))
        env = child_environment(load_settings(), engine.address)
        path = Path(out) if out else Path(f"runbook-{found.label}.ipynb")
        proof, written = await prove(made.notebook, made.codes, path, env)
        return Run.of(proof, str(written), told(made.literals))

    where = chosen("context", context), chosen("snapshot", snapshot)
    return bridge.shared(*where).run(work)


def promotable(investigation: str) -> pd.DataFrame:
    """The recorded values of a concluded investigation that can be parameters of a runbook."""
    from workbench.investigations.promote import promote as promoted

    async def work(engine: Engine) -> list[list[str]]:
        found = await engine.load(investigation)
        made = promoted(found, await engine.evidences(investigation))
        return [
            [one.name, one.type, str(one.value), ", ".join(one.calls), one.help]
            for one in made.literals
        ]

    held = bridge.shared(chosen("context"), chosen("snapshot"))
    return frames.frame(PROMOTABLE, held.run(work), investigation)


def _names(parameters: str | Sequence[str] | None) -> Sequence[str] | None:
    from workbench.investigations import lifting

    return lifting.chosen(parameters) if isinstance(parameters, str) else parameters


def catalogue() -> pd.DataFrame:
    """Every runbook as a DataFrame."""
    from workbench.runbooks import catalogue as kept
    from workbench.settings import load_settings

    found = kept.catalogue(load_settings().runbook_dirs).runbooks
    rows = [[b.name, b.title, b.summary, ", ".join(p.name for p in b.parameters)] for b in found]
    return frames.frame(COLUMNS, rows)


def runbook(name: str) -> Text:
    """What a runbook is for and what it takes. Raises RunbookUnknown."""
    from workbench.core.render.text import runbook as told
    from workbench.runbooks import catalogue
    from workbench.settings import load_settings

    return Text(told(catalogue.find(name, load_settings().runbook_dirs)))


def typed(parameters: Sequence[str]) -> dict[str, Any]:
    """``namespace=shop`` as a parameter. Raises ParameterError."""
    from workbench.runbooks.parameters import parse

    return dict(parse(list(parameters)))
