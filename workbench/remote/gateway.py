"""What the settings say about a gateway: which, with what token, and what is shut beside it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from workbench.errors import SettingsError
from workbench.setting_types import plain
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.remote.workbench import RemoteWorkbench

HUB_TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - the name of a variable
"""How JupyterHub tells a notebook server its token (JupyterHub documentation, single-user
servers)."""
LEAVE = "leave out --url, WORKBENCH_URL and WORKBENCH_GATEWAY"


@asynccontextmanager
async def open_gateway(
    settings: Settings, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> AsyncIterator[RemoteWorkbench]:
    """The workbench behind it. Raises SettingsError, GatewayUnavailable, NotSignedIn."""
    from workbench.remote.workbench import open_remote

    if settings.snapshot or settings.context:
        raise SettingsError(
            f"{settings.gateway} looks at one cluster; no other can be chosen here.",
            f"Leave the context and the snapshot out, or {LEAVE}.",
        )
    url, token, model = settings.gateway, gateway_token(settings), settings.model
    async with open_remote(url, token, model=model, clock=clock, new_id=new_id) as remote:
        yield remote


def gateway_token(settings: Settings) -> str:
    """The person's token. Raises SettingsError where there is none."""
    own = plain(settings.gateway_token)
    token = own or os.environ.get(HUB_TOKEN, "")
    if not token or not token.isascii() or not token.isprintable():
        raise SettingsError(
            f"There is no token for {settings.gateway}.",
            "Give --token, or set WORKBENCH_GATEWAY_TOKEN.",
        )
    return token


def gateway_environment(settings: Settings) -> dict[str, str]:
    """Variables that put a child process behind the same gateway. Raises SettingsError where there
    is no token for it."""
    if not settings.gateway:
        return {}
    return {
        "WORKBENCH_GATEWAY": settings.gateway,
        "WORKBENCH_GATEWAY_TOKEN": gateway_token(settings),
    }


def refuse_beside(settings: Settings, what: str) -> None:
    """Raises SettingsError where a gateway does the work: ``what`` is not opened beside it."""
    if settings.gateway:
        raise SettingsError(
            f"{what} is not opened here: {settings.gateway} does the work.",
            f"Do it there, or {LEAVE}.",
        )
