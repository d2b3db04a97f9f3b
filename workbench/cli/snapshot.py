"""``workbench snapshot``: frozen clusters."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli import Suggesting
from workbench.cli.options import make_scope, run_async
from workbench.core.cluster import Scope
from workbench.errors import SnapshotError, UsageError

if TYPE_CHECKING:
    from workbench.kubernetes.snapshots.partial import Step, Told
    from workbench.kubernetes.snapshots.raw import Manifest, RawSnapshot

GAPS_SHOWN = 20


@click.group(cls=Suggesting)
def snapshot() -> None:
    """Save a cluster as a file, look into it, serve it as a Kubernetes API."""


@snapshot.command()
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option("-c", "--context", default="", help="Kubeconfig context; default: the current one.")
@click.option("-n", "--namespace", multiple=True, help="Only this namespace; may be repeated.")
@click.option("--logs/--no-logs", default=True, help="Logs of containers that look ill.")
@click.option("--since", default="", help="Only the last 30m, 2h, 1d of those logs.")
def save(
    out: Path | None, context: str, namespace: tuple[str, ...], logs: bool, since: str
) -> None:
    """Save all a cluster shows as a file or a folder.

    OUT is a .zip, else a folder; without it, CONTEXT.zip. Values of Secrets are left out. What
    may not be read is noted in it. Ctrl-C keeps what was read in OUT.partial, and the same command
    goes on from there.
    """
    scope = make_scope(namespace, False, "", since)
    path, manifest = run_async(_save(out, context, scope, logs))
    click.echo(f"{path}  {manifest.cluster} as of {manifest.taken_at:%Y-%m-%dT%H:%M:%SZ}")
    _tell_gaps(manifest)


@snapshot.command()
@click.argument("source", default="demo")
def show(source: str) -> None:
    """Say what SOURCE holds.

    Its cluster, time, version, objects, logs and gaps.
    """
    from workbench.kubernetes.snapshots.load import load
    from workbench.kubernetes.snapshots.process import find_snapshot

    raw = load(find_snapshot(source))
    manifest = raw.manifest
    click.echo(f"cluster   {manifest.cluster}")
    click.echo(f"taken at  {manifest.taken_at:%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"version   {manifest.server_version or 'not told'}")
    click.echo(f"scope     {manifest.scope}")
    click.echo(f"logs      {len(raw.logs)}")
    click.echo(_counts(raw))
    _tell_gaps(manifest)


@snapshot.command()
@click.argument("source", default="demo")
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("frozen.kubeconfig"),
    help="Where to write the kubeconfig for it.",
)
@click.option("--logs", type=click.Path(path_type=Path), help="<namespace>/<pod>/<container>.log")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--writable", is_flag=True, help="Take writes, in memory only.")
def serve(source: str, kubeconfig: Path, logs: Path | None, port: int, writable: bool) -> None:
    """Serve a snapshot as a Kubernetes API until Ctrl-C.

    SOURCE is a snapshot, a kubectl List, or `demo`; it is served on loopback. Any client works on
    it: kubectl --kubeconfig FILE get pods -A. Nothing can be changed, or with --writable
    everything, until it ends: no controller acts on what is changed.
    """
    from workbench.kubernetes.snapshots.process import find_snapshot
    from workbench.kubernetes.snapshots.serve.kubeconfig import is_somebody_elses
    from workbench.kubernetes.snapshots.serve.server import serve_forever

    if is_somebody_elses(kubeconfig):
        raise UsageError(f"{kubeconfig} is there already.", "Name another file, or remove it.")

    def tell() -> None:
        takes = "takes writes, in memory" if writable else "read-only"
        click.echo(f"Serving {source} ({takes}) until Ctrl-C.", err=True)
        click.echo(f"kubectl --kubeconfig {kubeconfig} get pods -A")

    where = find_snapshot(source)
    serve_forever(where, kubeconfig, port=port, logs=logs, writable=writable, on_ready=tell)


async def _save(out: Path | None, context: str, scope: Scope, logs: bool) -> tuple[Path, Manifest]:
    from workbench.kubernetes.client import open_client
    from workbench.kubernetes.snapshots.capture import capture
    from workbench.kubernetes.snapshots.partial import Partial
    from workbench.remote.gateway import refuse_beside
    from workbench.settings import load_settings

    settings = load_settings(context=context or None)
    refuse_beside(settings, "A cluster")
    client = await open_client(settings.kubeconfig, settings.context)
    try:
        path = out or Path(_file_name(client.context))
        if path.is_file() or (path.is_dir() and any(path.iterdir())):
            raise UsageError(f"{path} is there already.", "Name another file, or remove it.")
        with _kept(path):
            partial = Partial(path, client.server, scope)
            with _progress() as told:
                return path, await capture(client, partial, logs=logs, told=told)
    finally:
        await client.close()


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    """Say where the part is that was read, when not all could be."""
    try:
        yield
    except OSError as error:
        raise SnapshotError(
            f"{path} cannot be written: {error.strerror or error}.", "Name another place for it."
        ) from error
    finally:
        if path.with_name(f"{path.name}.partial").exists():
            click.echo(f"{path}.partial holds what was read; the same command goes on.", err=True)


@contextmanager
def _progress() -> Iterator[Told | None]:
    """A bar on standard error for a person; nothing for a program."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, file=sys.stderr, item_show_func=lambda what: what) as bar:

        def told(step: Step) -> None:
            if step.done <= bar.pos:  # the lists are done, now the logs
                bar.pos, bar.finished = 0, False
            bar.length = step.of
            bar.update(step.done - bar.pos, step.what)

        yield told


def _file_name(context: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in context or "cluster") + ".zip"


def _counts(raw: RawSnapshot) -> str:
    """One line for each kind that has objects, the most frequent first."""
    counts = sorted(((len(o), k, v) for (v, k), o in raw.objects.items() if o), reverse=True)
    width = max((len(kind) for _, kind, _ in counts), default=0)
    lines = [f"{count:>8}  {kind:<{width}}  {version}" for count, kind, version in counts]
    return "\n".join([f"objects   {sum(count for count, _, _ in counts)}", *lines])


def _tell_gaps(manifest: Manifest) -> None:
    gaps = manifest.gaps
    if gaps:
        click.echo(f"{len(gaps)} not seen:")
    for gap in gaps[:GAPS_SHOWN]:
        click.echo(f"  {gap.what}: {gap.why}")
    if len(gaps) > GAPS_SHOWN:
        click.echo(f"  … and {len(gaps) - GAPS_SHOWN} more")
