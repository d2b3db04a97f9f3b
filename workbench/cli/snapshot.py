"""``workbench snapshot``: frozen clusters."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def snapshot() -> None:
    """Serve a frozen cluster as a Kubernetes API."""


@snapshot.command()
@click.argument("source", default="demo")
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("frozen.kubeconfig"),
    help="Where to write the kubeconfig for it.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
def serve(source: str, kubeconfig: Path, port: int) -> None:
    """Serve SOURCE (a snapshot, a kubectl List, or `demo`) on loopback until Ctrl-C.

    Any client works on it: kubectl --kubeconfig FILE get pods -A. Nothing can be changed.
    """
    from workbench.kubernetes.snapshots.process import find_snapshot
    from workbench.kubernetes.snapshots.serve.server import serve_forever

    serve_forever(
        find_snapshot(source),
        kubeconfig,
        port=port,
        on_ready=lambda: click.echo(f"kubectl --kubeconfig {kubeconfig} get pods -A"),
    )
