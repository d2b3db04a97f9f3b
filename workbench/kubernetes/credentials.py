"""How to reach and convince an API server: address, TLS and token, as kr8s reads them.

kr8s is used for this and nothing else: its request loop authenticates anew three times on a 403
and has no timeouts, so requests go through ``client.py``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import ClusterError, Unauthorized
from workbench.kubernetes.kubeconfig import Choice

if TYPE_CHECKING:
    from kr8s._auth import KubeAuth

PLUGIN_SECONDS = 30.0
"""How long a credential plugin (``aws eks get-token`` and the like) may take."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection needs. ``verify`` is an SSLContext, or True for the system's roots."""

    server: str
    token: str = ""
    verify: ssl.SSLContext | bool = True
    proxy: str | None = None
    tls_server_name: str = ""


async def load(choice: Choice) -> Credentials:
    """Credentials of the chosen context; runs its exec plugin where it has one.

    Raises Unauthorized when a plugin fails, ClusterError when the context is not usable.
    """
    auth = await _authenticate(choice)
    try:
        verify = await auth.ssl_context()  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ClusterError(
            f"The certificates of context {choice.context} cannot be used: {error}.",
            "Check certificate-authority, client-certificate and client-key in the kubeconfig.",
        ) from error
    finally:
        _forget_key_files(auth)
    return Credentials(
        server=auth.server.rstrip("/"),
        token=(auth.token or "").strip() or await _token_file(auth),
        verify=verify,
        proxy=auth.proxy,
        tls_server_name=auth.tls_server_name or "",
    )


async def _authenticate(choice: Choice) -> KubeAuth:
    # Not through kr8s.api(): that asks the server for its version first, without a timeout.
    KubeAuth = (await asyncio.to_thread(import_module, "kr8s._auth")).KubeAuth  # noqa: N806
    auth = KubeAuth(
        kubeconfig=choice.kubeconfig or "/nonexistent",  # then it looks for a service account
        context=choice.context if choice.kubeconfig else None,
        namespace=choice.namespace,
    )
    waiting: Awaitable[None] = auth.reauthenticate()
    try:
        await asyncio.wait_for(waiting, PLUGIN_SECONDS)
    except TimeoutError as error:
        raise Unauthorized(
            f"The credential plugin of context {choice.context} gave nothing within "
            f"{PLUGIN_SECONDS:.0f} s.",
            "Run it in a terminal: it may be waiting for a login.",
        ) from error
    except (OSError, RuntimeError) as error:
        raise Unauthorized(
            f"The credentials of context {choice.context} could not be had: {error}.",
            "Run any kubectl command with this context, or log in anew.",
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ClusterError(
            f"Context {choice.context} is not usable: {error}.",
            "Check its cluster and user entries in the kubeconfig.",
        ) from error
    return auth  # type: ignore[no-any-return]


async def _token_file(auth: KubeAuth) -> str:
    """users[].user.tokenFile, which kr8s does not read."""
    name = auth._user.get("tokenFile")
    if not name:
        return ""
    try:
        return (await asyncio.to_thread(Path(name).read_text)).strip()
    except OSError as error:
        raise Unauthorized(f"The token file {name} cannot be read: {error}.") from error


def _forget_key_files(auth: KubeAuth) -> None:
    """kr8s writes inline keys and certificates to temporary files and leaves them there."""
    inline = {
        "client-key-data": auth.client_key_file,
        "client-certificate-data": auth.client_cert_file,
        "certificate-authority-data": auth.server_ca_file,
    }
    for key, file in inline.items():
        if file and (key in auth._user or key in auth._cluster):
            with suppress(FileNotFoundError):
                Path(str(file)).unlink()
