"""``workbench kernel``: a Jupyter kernel that has the magics loaded."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import click

NAME = "k8s-workbench"
SPEC = {
    "argv": [
        sys.executable,
        *("-m", "ipykernel_launcher", "-f", "{connection_file}", "--ext", "workbench"),
    ],
    "display_name": "Kubernetes workbench",
    "language": "python",
    "metadata": {"debugger": True},
}
"""Jupyter client documentation, "Kernel specs". The kernel runs in the Python that installed it."""


@click.command()
@click.option(
    "--prefix",
    type=click.Path(path_type=Path, file_okay=False),
    help="Install below this folder instead of for this user.",
)
def kernel(prefix: Path | None) -> None:
    """Install a Jupyter kernel that has the magics loaded, for notebooks that need no %load_ext."""
    click.echo(f"kernel  {install(prefix)}")


def install(prefix: Path | None) -> str:
    """Write the kernel's specification below ``prefix``, None for this user; where it is."""
    from jupyter_client.kernelspec import KernelSpecManager

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kernel.json").write_text(json.dumps(SPEC, indent=1))
        written: str = KernelSpecManager().install_kernel_spec(
            folder, NAME, user=prefix is None, prefix=str(prefix) if prefix else None
        )
    return written
