"""``workbench doctor``: what is there, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import shutil
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli.failures import FAILED, HEALTHY
from workbench.cli.options import run_async
from workbench.cli.parts import Check, checked, cluster, model, tool_servers
from workbench.core.counted import counted
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.option("--deploy", is_flag=True, help="Check what a deployment for several people needs.")
@click.option("--url", default="", help="With --deploy: where people reach it, path included.")
def doctor(as_json: bool, deploy: bool, url: str) -> int:
    """Say what is there, what is missing and how to get it. Exit code 2 when a part is broken."""
    from workbench.cli import deployment
    from workbench.settings import load_settings

    if url and not deploy:
        raise UsageError("--url is for --deploy.", "workbench doctor --deploy --url https://…")
    settings = load_settings()
    if deploy:
        checks = [
            Check(*msgspec.structs.astuple(c)) for c in run_async(deployment.checked(settings, url))
        ]
    else:
        checks = run_async(_check_all(settings))
    if as_json:
        click.echo(msgspec.json.encode(checks))
    else:
        for check in checks:
            colour = {"ok": "green", "missing": "yellow"}.get(check.state, "red")
            click.echo(
                f"{check.part:<10}{click.style(f'{check.state:<9}', fg=colour)}{check.detail}"
            )
            if check.hint:
                click.echo(f"{'':<19}{check.hint}")
    return FAILED if any(c.state == "broken" for c in checks) else HEALTHY


async def _check_all(settings: Settings) -> list[Check]:
    checks = [_python()]
    for part, look in (ELSEWHERE if settings.gateway else CHECKS).items():
        checks.append(await checked(part, look, settings))
    return checks


def _python() -> Check:
    version = importlib.metadata.version("k8s-workbench")
    return Check("python", "ok", f"{platform.python_version()}, k8s-workbench {version}")


async def _database(settings: Settings) -> Check:
    from workbench.bootstrap import open_database
    from workbench.store.database import open_store

    async with open_database(settings) as dsn, open_store(dsn) as store:
        where = "DATABASE_URL" if settings.database_url else f"embedded, {settings.data_dir}"
        return Check("database", "ok", f"{store.description} ({where})")


async def _tools(settings: Settings) -> Check:
    from workbench.bootstrap import open_workbench

    async with open_workbench(settings, surface="doctor") as workbench:
        part = await tool_servers(workbench)
        seen = await workbench.call("snapshot", {})
        first = seen.text.strip().splitlines()[0] if seen.text.strip() else "no answer"
        return msgspec.structs.replace(part, detail=f"{part.detail}; {first}")


async def _server(settings: Settings) -> Check:
    from workbench.bootstrap import open_engine

    async with open_engine(settings, surface="doctor") as engine:
        tools = await engine.tools.list()
        return Check(
            "server", "ok", f"{settings.gateway}: {engine.cluster}, {counted(len(tools), 'tool')}"
        )


async def _kubectl(settings: Settings) -> Check:
    path = shutil.which("kubectl")
    if path:
        return Check("kubectl", "ok", path)
    return Check("kubectl", "missing", "not needed by the workbench", "For the commands it prints.")


async def _jupyter(settings: Settings) -> Check:
    if importlib.util.find_spec("jupyterlab"):
        return Check("jupyter", "ok", f"JupyterLab {importlib.metadata.version('jupyterlab')}")
    hint = "pip install 'k8s-workbench[lab]', or any Jupyter of yours."
    return Check("jupyter", "missing", "JupyterLab is not installed", hint)


async def _plugins(settings: Settings) -> Check:
    from workbench import plugins
    from workbench.agent.templates import templates
    from workbench.analyzers.added import codes
    from workbench.core.redaction.added import detectors
    from workbench.knowledge.reading import readers
    from workbench.mcp.registry import plugged
    from workbench.runbooks.alert_sources import sources

    for used in (codes, plugged, readers, templates, detectors, sources):
        used()  # each says which of its plugins it can do with
    wrong = plugins.broken()
    if wrong:
        return Check("plugins", "broken", f"{wrong[0].plugin}: {wrong[0].why}", "See its package.")
    names = [str(plugin) for group in plugins.GROUPS for plugin in plugins.found(group)]
    return Check("plugins", "ok", ", ".join(names) or "none is installed")


CHECKS: dict[str, Callable[[Settings], Awaitable[Check]]] = {
    "database": _database,
    "cluster": cluster,
    "tools": _tools,
    "model": model,
    "kubectl": _kubectl,
    "jupyter": _jupyter,
    "plugins": _plugins,
}
ELSEWHERE: dict[str, Callable[[Settings], Awaitable[Check]]] = {
    "server": _server,
    "kubectl": _kubectl,
    "jupyter": _jupyter,
}
"""What is looked at where a server does the work."""
