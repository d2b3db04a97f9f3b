"""``workbench policy``: what may be done here, and which rule says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli import Suggesting
from workbench.cli.failures import ABORTED, HEALTHY
from workbench.errors import ToolUnknown

if TYPE_CHECKING:
    from workbench.core.policy import Deed, Policy
    from workbench.core.tools import ToolSpec


@click.group(cls=Suggesting)
def policy() -> None:
    """Show the policy, and explain what it decides about a tool."""


@policy.command()
def show() -> None:
    """The rules in order, and what holds where none matches."""
    from workbench.bootstrap import policy as of
    from workbench.remote.gateway import refuse_beside
    from workbench.settings import load_settings

    settings = load_settings()
    refuse_beside(settings, "A policy")
    chosen = of(settings)
    click.echo(f"role     {chosen.role}")
    for rule in chosen.rules:
        click.echo(str(rule))
    click.echo("default  tools that only read are allowed")
    click.echo(f"default  changes to the cluster are {'asked about' if chosen.changes else 'off'}")
    click.echo("default  every other tool that may change something is refused")


@policy.command()
@click.argument("tool")
@click.option("-n", "--namespace", default="", help="As if called for this namespace.")
@click.option("--kind", default="", help="As if called for this kind.")
@click.option("-c", "--context", default="", help="As if on this kubeconfig context.")
@click.option("--role", default="", help="As if by somebody in this role.")
def explain(tool: str, namespace: str, kind: str, context: str, role: str) -> int:
    """What policy decides about TOOL, and every rule it looked at. Exit code 3 when it refuses.

    A tool that the built-in server does not have counts as one that changes things.
    """
    from workbench.bootstrap import policy as of
    from workbench.core.policy import Decision, deed
    from workbench.remote.gateway import refuse_beside
    from workbench.settings import load_settings

    settings = load_settings(context=context or None, role=role or None)
    refuse_beside(settings, "A policy")
    chosen = of(settings, settings.context)
    spec, guess = _spec(tool)
    named = {"namespace": namespace, "kind": kind}
    done = deed(spec, {k: v for k, v in named.items() if v}, chosen.role, chosen.context)
    verdict = chosen.decide(done)
    click.echo(f"{verdict.decision.value}  {verdict.rule}")
    _looked_at(chosen, spec, done)
    if guess:
        click.echo(f"besides: {guess}")
    elif spec.server == "kube" and not spec.read_only and not settings.allow_changes:
        click.echo("besides: the tool server is started without its change tools (allow_changes)")
    return ABORTED if verdict.decision is Decision.REFUSE else HEALTHY


def _looked_at(chosen: Policy, spec: ToolSpec, done: Deed) -> None:
    known = "reads only" if spec.read_only else "may change things"
    click.echo(f"tool     {spec.name} ({known})")
    for rule in chosen.rules:
        mismatch = rule.mismatch(done)
        told = f"does not match: {mismatch}" if mismatch else "matches"
        click.echo(f"{rule}: {told}")
        if not mismatch:
            return


def _spec(tool: str) -> tuple[ToolSpec, str]:
    """The tool; for one that is not built in, what it would be, and that nobody here knows it."""
    from workbench.bootstrap import built_in_tools
    from workbench.core.tools import ToolSpec, find_tool

    try:
        return find_tool(built_in_tools(changes=True), tool), ""
    except ToolUnknown as error:
        server, _, remote = tool.partition("_")
        hint = error.hint if "mean" in error.hint else "So it is one of a server of yours."
        other = ToolSpec(
            name=tool, server=server, remote_name=remote or tool, description="", input_schema={}
        )
        return other, f"the built-in server has no tool {tool!r}. {hint}"
