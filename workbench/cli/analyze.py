"""``workbench analyze``: judge a snapshot file or a live cluster, with no model and no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.analyzers import analyze as judge
from workbench.cli.failures import FINDINGS, HEALTHY
from workbench.cli.options import logs_option
from workbench.core.cluster import Scope
from workbench.core.diagnosis import Diagnosis, to_json
from workbench.core.scoping import check_namespaces, check_selector
from workbench.core.selectors import parse_selector
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.core.cluster import ClusterSnapshot


@click.command()
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    help="A snapshot, dump or kubectl List; or `demo`.",
)
@logs_option
@click.option("-c", "--context", default="", help="Kubeconfig context of a live cluster.")
@click.option("-n", "--namespace", multiple=True, help="Only this namespace; may be repeated.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Every namespace (the default).")
@click.option("-l", "--selector", default="", help="Only objects with these labels, and theirs.")
@click.option("--now", default="", help="RFC3339 time to judge ages by; default: snapshot time.")
@click.option(
    "--opinions",
    is_flag=True,
    help="Also what nearly every cluster has: default accounts, no security context.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def analyze(
    snapshot: Path | None,
    logs: Path | None,
    context: str,
    namespace: tuple[str, ...],
    all_namespaces: bool,
    selector: str,
    now: str,
    opinions: bool,
    as_json: bool,
) -> int:
    """Judge a cluster or a snapshot without a model or a database.

    Findings are ranked with the likeliest root cause first. Exit codes: 0 healthy, 1 findings,
    2 could not look, 64 usage.
    """
    if snapshot and context:
        raise UsageError("--snapshot and --context exclude each other.", "Give one of them.")
    if namespace and all_namespaces:
        raise UsageError("-n and -A exclude each other.", "Give one of them.")
    if not (snapshot or context):
        snapshot, logs = _set(logs)
    if logs and not snapshot:
        raise UsageError("--logs goes with --snapshot.", "A live cluster is asked for its logs.")
    scope = Scope(context=context, namespaces=namespace, selector=selector)
    parse_selector(selector)
    seen = _from_file(snapshot, logs, scope) if snapshot else _from_cluster(scope)
    check_namespaces(seen, scope)
    check_selector(seen, scope)
    diagnosis = judge(seen, _time(now) if now else seen.taken_at, opinions=opinions)
    if as_json:
        click.echo(msgspec.json.encode(to_json(diagnosis)))
    else:
        click.echo(_text(diagnosis, scope))
    return HEALTHY if diagnosis.healthy else FINDINGS


def _set(logs: Path | None) -> tuple[Path | None, Path | None]:
    """The snapshot that is set, where none is named, and its logs."""
    from workbench.settings import load_settings

    settings = load_settings()
    if not settings.snapshot:
        return None, logs
    return Path(settings.snapshot).expanduser(), logs or settings.snapshot_logs


def _time(text: str) -> datetime:
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(f"--now {text!r} is not an RFC3339 time.", "Like 2026-03-01T10:00:00Z.")
    return at


def _from_file(path: Path, logs: Path | None, scope: Scope) -> ClusterSnapshot:
    from workbench.kubernetes.snapshots.load import load
    from workbench.kubernetes.snapshots.typed import typed

    if path == Path("demo") and not path.exists():
        from workbench.kubernetes.snapshots.process import find_snapshot

        path = find_snapshot("demo")
    return replace(typed(load(path, logs)), scope=scope)


def _from_cluster(scope: Scope) -> ClusterSnapshot:
    import asyncio

    from workbench.clusters import live_cluster
    from workbench.settings import load_settings

    settings = load_settings(context=scope.context or None)
    if live_cluster(settings) is None:
        raise UsageError(
            "No cluster is configured.",
            "Set KUBECONFIG, or give --snapshot FILE; --snapshot demo is bundled.",
        )
    return asyncio.run(_collect(scope, settings.kubeconfig, settings.context))


async def _collect(scope: Scope, kubeconfig: str, context: str) -> ClusterSnapshot:
    from workbench.kubernetes.client import open_client
    from workbench.kubernetes.collect import collect
    from workbench.kubernetes.logs import with_logs

    client = await open_client(kubeconfig, context)
    try:
        found = await collect(client, scope, wide=True, custom=True)
        return await with_logs(client, found, ready_too=True)
    finally:
        await client.close()


def _text(diagnosis: Diagnosis, scope: Scope) -> str:
    from workbench.cli.screen import in_colours, width
    from workbench.core.render import text

    if scope.namespaces:
        where = f"{', '.join(scope.namespaces)} of {diagnosis.cluster}"
        diagnosis = msgspec.structs.replace(diagnosis, cluster=where)
    return in_colours(text.diagnosis(diagnosis, width=width()))
