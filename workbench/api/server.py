"""uvicorn, told to end streams before connections."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from workbench.api.app import stop
from workbench.api.protocol import Http

GRACE_SECONDS = 10
"""How long open requests may take to end after SIGTERM."""

YOUNG_MOST = 50_000
"""Objects that are made before the garbage collector looks at them; Python's own 700 have it look
through all conversations again and again, while everybody's words wait (benchmarks/streams.py: 80
chats, 95 of 100 words within 52 ms instead of 274)."""


class Server(uvicorn.Server):
    """Serves a guarded app until SIGTERM or Ctrl-C. Then nobody new comes in, so that a proxy goes
    to another replica at once, and each running investigation is stopped and says so to whoever
    follows it, before connections are closed. ``ready`` is called once requests are answered."""

    def __init__(self, served: ASGIApp, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                served,
                http=cast(Any, partial(Http, admission=app.state.admission)),
                lifespan="on",
                log_config=None,  # its lines are written as those of the rest are
                access_log=False,  # it would print the token
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.sleep(0)  # a Ctrl-C from before uvicorn heeds it ends the start here
        await super().startup(sockets)
        gc.set_threshold(YOUNG_MOST, *gc.get_threshold()[1:])
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        await stop(self._app)
        await super().shutdown(sockets)
