"""``workbench hub-user``: somebody's notebook server, as a JupyterHub starts it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping

import click

from workbench.errors import SettingsError, UsageError

NEEDED = (
    "JUPYTERHUB_API_TOKEN",
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_CLIENT_ID",
    "JUPYTERHUB_SERVICE_PREFIX",
    "JUPYTERHUB_SERVICE_URL",
    "JUPYTERHUB_USER",
)
"""What a Hub tells the servers that it starts (JupyterHub documentation, Spawners, "Environment
variables")."""
KEPT_OUT = ("DATABASE_URL", "KUBECONFIG", "ANTHROPIC_API_KEY", "OPENAI_API_KEY")
"""Whatever a spawner hands on of these, people's code does not get it."""


@click.command("hub-user", context_settings={"ignore_unknown_options": True})
@click.argument("jupyter_options", nargs=-1, type=click.UNPROCESSED)
def hub_user(jupyter_options: tuple[str, ...]) -> None:
    """Serve somebody's notebooks, as a spawner of JupyterHub starts it.

    JupyterLab with the workbench's kernel first and behind the gateway that WORKBENCH_GATEWAY
    names, without any other credentials than the person's token. JUPYTER_OPTIONS are handed on.
    """
    from workbench.cli.kernel import NAME, install
    from workbench.settings import load_settings

    settings = load_settings()
    check(os.environ, settings.gateway)
    if importlib.util.find_spec("jupyterhub") is None or not importlib.util.find_spec("jupyterlab"):
        raise UsageError(
            "JupyterHub's notebook server is not installed.",
            "Install it with: pip install 'k8s-workbench[hub]'",
        )
    prefix = settings.data_dir / "hub-user"
    install(prefix)
    environment = {
        **given(os.environ),
        "WORKBENCH_GATEWAY": settings.gateway,
        "JUPYTER_PATH": os.pathsep.join(
            filter(None, (str(prefix / "share" / "jupyter"), os.environ.get("JUPYTER_PATH")))
        ),
    }
    command = [sys.executable, "-m", "jupyterhub.singleuser"]
    own = [f"--MultiKernelManager.default_kernel_name={NAME}"]
    os.execve(sys.executable, [*command, *own, *jupyter_options], environment)  # noqa: S606


def check(variables: Mapping[str, str], gateway: str) -> None:
    """Raises SettingsError that names what the Hub has not told."""
    missing = [name for name in NEEDED if not variables.get(name)]
    if missing:
        raise SettingsError(
            f"This is no notebook server of a JupyterHub: {', '.join(missing)} is not set.",
            "A spawner starts it (c.Spawner.cmd); without a Hub there is `workbench lab`.",
        )
    if not gateway:
        raise SettingsError(
            "There is no gateway for people's notebooks: WORKBENCH_GATEWAY is not set.",
            "Set it in c.Spawner.environment, or in singleuser.extraEnv.",
        )


def given(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that a notebook server gets. JupyterLab is what it opens unless the Hub says else."""
    kept = {name: value for name, value in variables.items() if name not in KEPT_OUT}
    return {"JUPYTERHUB_DEFAULT_URL": "/lab", **kept}
