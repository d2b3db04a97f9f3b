"""Whether a server can work: the state of its parts, as ``/readyz`` tells it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from workbench.errors import WorkbenchError

logger = logging.getLogger(__name__)

OK = "ok"
NOT_OK = "does not work; the log says why"
"""No more: whoever asks needs no credentials, and errors name addresses."""
ANSWERS_SECONDS = 2.0
"""Less than a probe waits (``timeoutSeconds`` in deploy/base/workbench.yaml)."""
AGAIN_SECONDS = 15.0
"""How old the state of what somebody else runs may be, however often one asks."""

Look = Callable[[], Awaitable[object]]
"""Raises WorkbenchError where the part does not answer."""


class Part:
    """One part by its name; a change of its state is a line in the log.

    needed: nothing can be served without it. Another part's trouble is told, and what is recorded
    can still be read.
    """

    def __init__(self, name: str, look: Look, *, needed: bool = False) -> None:
        self.name = name
        self.needed = needed
        self._look = look
        self._trouble = ""
        self._until = 0.0
        self._looking = asyncio.Lock()

    async def works(self) -> bool:
        """As of now where it is needed, and else as of AGAIN_SECONDS ago at most."""
        if self.needed:
            self._tell(await self._looked())
        else:
            async with self._looking:
                if time.monotonic() >= self._until:
                    self._tell(await self._looked())
                    self._until = time.monotonic() + AGAIN_SECONDS
        return not self._trouble

    async def _looked(self) -> str:
        """What is wrong."""
        try:
            async with asyncio.timeout(ANSWERS_SECONDS):
                await self._look()
        except TimeoutError:
            return f"no answer within {ANSWERS_SECONDS:g} s"
        except WorkbenchError as error:
            return str(error)
        return ""

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            logger.warning("%s: %s", self.name, " ".join(trouble.split()) or "works again")
        self._trouble = trouble


async def states(parts: Sequence[Part]) -> dict[str, str]:
    """``ok`` or not of each, looked at side by side."""
    found = await asyncio.gather(*(part.works() for part in parts))
    names = (part.name for part in parts)
    return {name: OK if works else NOT_OK for name, works in zip(names, found, strict=True)}
