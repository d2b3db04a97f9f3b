"""``workbench doctor``: what is there, what is missing, and how to get it."""

from __future__ import annotations

import asyncio
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
from workbench.errors import ClusterError, ClusterUnreachable, UsageError, WorkbenchError

if TYPE_CHECKING:
    from workbench.settings import Settings


class Check(msgspec.Struct, frozen=True):
    """One part: ``state`` is ok, missing (works without) or broken; ``hint`` says what to do."""

    part: str
    state: str
    detail: str
    hint: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.option("--deploy", is_flag=True, help="Check what a deployment for several people needs.")
@click.option("--url", default="", help="With --deploy: where people reach it, path included.")
def doctor(as_json: bool, deploy: bool, url: str) -> int:
    """Say what is there, what is missing and how to get it. Exit code 2 when a part is broken."""
    from workbench.cli.deployment import checked
    from workbench.settings import load_settings

    if url and not deploy:
        raise UsageError("--url is for --deploy.", "workbench doctor --deploy --url https://…")
    settings = load_settings()
    if deploy:
        checks = [Check(*msgspec.structs.astuple(c)) for c in run_async(checked(settings, url))]
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
        checks.append(await _one(part, look, settings))
    return checks


async def _one(
    part: str, look: Callable[[Settings], Awaitable[Check]], settings: Settings
) -> Check:
    try:
        return await asyncio.wait_for(look(settings), timeout=90)
    except WorkbenchError as error:
        return Check(part, "broken", error.message, error.hint)
    except TimeoutError:
        return Check(part, "broken", "no answer within 90 s", "Try again; see its log.")


def _python() -> Check:
    version = importlib.metadata.version("k8s-workbench")
    return Check("python", "ok", f"{platform.python_version()}, k8s-workbench {version}")


async def _database(settings: Settings) -> Check:
    from workbench.bootstrap import open_database
    from workbench.store.database import open_store

    async with open_database(settings) as dsn, open_store(dsn) as store:
        where = "DATABASE_URL" if settings.database_url else f"embedded, {settings.data_dir}"
        return Check("database", "ok", f"{store.description} ({where})")


async def _cluster(settings: Settings) -> Check:
    from workbench.clusters import live_cluster
    from workbench.kubernetes.client import open_client

    live = None if settings.snapshot else live_cluster(settings)
    if live is None:
        name = settings.snapshot or "demo"
        hint = "Set KUBECONFIG or give --context to look at a live one."
        return Check("cluster", "ok", f"frozen snapshot `{name}`", hint if name == "demo" else "")
    where = f"{live.name} ({live.kubeconfig or 'in-cluster credentials'})"
    try:
        client = await open_client(live.kubeconfig, live.context)
        try:
            await client.get("/version")
        finally:
            await client.close()
    except ClusterUnreachable as error:
        return Check("cluster", "broken", f"{where} does not answer", error.hint)
    except ClusterError as error:
        return Check("cluster", "ok", f"{where} answers; of /version: {error.message}", error.hint)
    return Check("cluster", "ok", where)


async def _tools(settings: Settings) -> Check:
    from workbench.bootstrap import open_workbench

    async with open_workbench(settings, surface="doctor") as workbench:
        tools = await workbench.tools.list()
        seen = await workbench.call("snapshot", {})
        first = seen.text.strip().splitlines()[0] if seen.text.strip() else "no answer"
        return Check("tools", "ok", f"{len(tools)} tools; {first}")


async def _server(settings: Settings) -> Check:
    from workbench.bootstrap import open_engine

    async with open_engine(settings, surface="doctor") as engine:
        tools = await engine.tools.list()
        return Check("server", "ok", f"{settings.gateway}: {engine.cluster}, {len(tools)} tools")


async def _model(settings: Settings) -> Check:
    from workbench.bootstrap import model_choice

    name = model_choice(settings).label
    if name == "analyst":
        hint = "Set ANTHROPIC_API_KEY, OPENAI_API_KEY or OPENAI_BASE_URL to use a model."
        return Check("model", "ok", "built-in analyst, needs no key", hint)
    return Check("model", "ok", name)


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
    "cluster": _cluster,
    "tools": _tools,
    "model": _model,
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
