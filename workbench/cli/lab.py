"""``workbench lab``: JupyterLab with the guided tour, on the cluster that is configured."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import click

from workbench.errors import UsageError

NEWS = "@jupyterlab/apputils-extension:announcements"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/lab"),
    help="Working folder; the tour and the runbooks are copied there once.",
)
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def lab(folder: Path, jupyter_options: tuple[str, ...]) -> None:
    """Start JupyterLab with the guided tour.

    JUPYTER_OPTIONS are handed on, such as --no-browser or --port=8889.
    """
    from workbench.remote.gateway import gateway_environment
    from workbench.runbooks.catalogue import bundled
    from workbench.settings import load_settings

    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError(
            "JupyterLab is not installed.", "Install it with: pip install 'k8s-workbench[lab]'"
        )
    folder.mkdir(parents=True, exist_ok=True)
    notebooks = bundled().parent
    for source in (notebooks / "tour.ipynb", *sorted(bundled().glob("*.ipynb"))):
        copy = folder / source.relative_to(notebooks)
        if not copy.exists():  # a person's edits are never overwritten
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    settings = load_settings()
    _without_news(settings.data_dir / "lab")
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [sys.executable, "-m", "jupyterlab", *root, f"--notebook-dir={folder}"]
    tour = "--LabApp.default_url=/lab/tree/tour.ipynb"
    environment = {**os.environ, **gateway_environment(settings)}
    os.execve(sys.executable, [*command, tour, *jupyter_options], environment)  # noqa: S606


def _without_news(folder: Path) -> None:
    """Have the JupyterLab that is started here not ask whether it may fetch news: a folder of
    ours goes before its configuration, and whoever set it otherwise keeps that."""
    config = folder / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"disabledExtensions": {NEWS: True}}))
    before = os.environ.get("JUPYTER_CONFIG_PATH", "")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(p for p in (before, str(folder)) if p)
