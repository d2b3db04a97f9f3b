"""``workbench ask``: investigate a question, steps on the terminal as they happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from workbench.cli.failures import FAILED, FINDINGS, HEALTHY, USAGE
from workbench.cli.options import (
    cluster_options,
    logs_option,
    make_scope,
    opened,
    run_async,
    scope_options,
)
from workbench.cli.screen import Screen, follow
from workbench.core.cluster import Scope
from workbench.core.findings import Severity
from workbench.core.investigation import Failed, Investigation, Status
from workbench.core.question import short
from workbench.core.terms import Terms
from workbench.errors import UsageError


@click.command()
@click.argument("question", nargs=-1, required=True)
@cluster_options
@logs_option
@scope_options
@click.option("-m", "--model", default="", help="provider:model, or `analyst` which needs no key.")
@click.option("--agent", default="", help="A configured agent, or one that ships: network, lead …")
@click.option("--json", "as_json", is_flag=True, help="Print the investigation as JSON.")
def ask(
    question: tuple[str, ...],
    context: str,
    snapshot: str,
    logs: Path | None,
    namespace: tuple[str, ...],
    all_namespaces: bool,
    selector: str,
    since: str,
    model: str,
    agent: str,
    as_json: bool,
) -> int:
    """Investigate QUESTION and print the steps and the verdict.

    Exit codes: 0 nothing is wrong, 1 something is, 2 it could not be found out, 64 usage.
    """
    if not " ".join(question).strip():
        raise UsageError("There is no question.", 'Like: workbench ask "why is checkout failing?"')
    asked = short(" ".join(question))
    scope = make_scope(namespace, all_namespaces, selector, since, context)
    settings = {"context": context, "snapshot": snapshot, "snapshot_logs": logs, "model": model}
    found = run_async(_ask(asked, scope, agent, settings, quiet=as_json))
    if as_json:
        click.echo(msgspec.json.encode(found))
    return outcome(found)


async def _ask(
    question: str, scope: Scope, agent: str, settings: dict[str, Any], quiet: bool
) -> Investigation:
    async with opened(quiet, **settings) as workbench:
        steps = workbench.ask(question, scope, terms=Terms(agent=agent))
        return await follow(steps, Screen(quiet=quiet))


def outcome(found: Investigation) -> int:
    """The exit code that says how an investigation went."""
    last = found.steps[-1] if found.steps else None
    if isinstance(last, Failed) and last.mistaken:
        return USAGE
    if found.status is not Status.COMPLETE or not found.looked:
        return FAILED
    faulty = any(f.severity >= Severity.WARNING for f in found.findings)
    return FINDINGS if faulty else HEALTHY
