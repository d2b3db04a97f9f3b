"""Carries fragments to one browser tab over Panel's websocket, and what is done there back."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from workbench.core.render.html import stylesheet

HERE = Path(__file__).parent


SCRIPTS = ("clock.js", "focus.js", "view.js")
"""What the view is made of, in one module: from a blob it can import nothing."""


@cache
def script() -> str:
    """The scripts as that module."""
    return "\n".join(HERE.joinpath(name).read_text("utf-8") for name in SCRIPTS)


@cache
def style() -> str:
    """Every style sheet a page needs; it applies within the view only."""
    own = files(__package__).joinpath("view.css").read_text("utf-8")
    return "".join((stylesheet("card"), stylesheet("timeline"), own))


APART_SECONDS = 0.1
"""Between two messages to a page, so that the words of a fast model share theirs."""


class View(JSComponent):
    """Shows fragments in their regions. Fragments made in one go are sent together."""

    html = param.String(doc="The page before anything is known.")

    _esm: ClassVar[str] = script()

    def __init__(self, **params: Any) -> None:
        super().__init__(sizing_mode="stretch_both", margin=0, **params)  # type: ignore[no-untyped-call]
        self.stylesheets = [style()]
        self.hears: Callable[[object], None] = lambda _: None
        self._waiting: list[dict[str, str]] = []
        self._sent_at = 0.0
        self._document: Any = pn.state.curdoc

    def send(self, fragment: dict[str, str]) -> None:
        """Have it shown soon, after those before it."""
        self._waiting.append(fragment)
        if len(self._waiting) == 1 and self._document.session_context is not None:
            wait = int((self._sent_at + APART_SECONDS - time.monotonic()) * 1000)
            if wait > 0:
                self._document.add_timeout_callback(partial(self._flush), wait)
            else:
                self._document.add_next_tick_callback(partial(self._flush))

    def _flush(self) -> None:
        self._sent_at = time.monotonic()
        together, self._waiting = self._waiting, []
        self._send_msg({"ops": together})

    def _handle_msg(self, data: object) -> None:
        self.hears(data)
