"""The client of a run's kernel: it knows that a kernel is ready as soon as that is so."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

_ASK_AGAIN_SECONDS = 1.0
"""How long an answer is waited for before the kernel is asked again."""

_IDLE_SECONDS = 0.2
"""How long the end of an answer may take: what a kernel published before its subscriber was there
is lost."""


class RunbookKernelClient(AsyncKernelClient):
    """The ordinary client listens for 0.2 s to a kernel that is ready, for messages that nobody
    asked for. This one asks until both the answer and the idle status that ends it have come;
    nothing about an answer comes after that ("Messaging in Jupyter", kernel status).
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Raises RuntimeError when the kernel ends, or when ``timeout`` seconds are over."""
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        while True:
            try:
                asked = self.kernel_info()
                reply = await _about(asked, self.get_shell_msg, _ASK_AGAIN_SECONDS)
                await _idle(asked, self.get_iopub_msg)
            except queue.Empty:
                if not await self.is_alive():
                    raise RuntimeError("Kernel died before replying to kernel_info") from None
                if time.monotonic() > until:
                    raise RuntimeError(f"Kernel didn't respond in {timeout} seconds") from None
            else:
                self._handle_kernel_info_reply(reply)
                return


async def _about(asked: str, listen: Callable[..., Any], seconds: float) -> Any:
    """The next message about that question. Raises queue.Empty."""
    until = time.monotonic() + seconds
    while True:
        told = await listen(timeout=max(0.0, until - time.monotonic()))
        if told["parent_header"].get("msg_id") == asked:
            return told


async def _idle(asked: str, listen: Callable[..., Any]) -> None:
    """Until the kernel says that it is done with that question. Raises queue.Empty."""
    while (await _about(asked, listen, _IDLE_SECONDS))["content"].get("execution_state") != "idle":
        pass
