"""What goes to a tab, and how often."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

pytest.importorskip("panel")

from panel.io.state import set_curdoc

from workbench.chat.view import APART_SECONDS, View


class Waiting:
    """A page's document, as far as the view asks it to call back: soon, or in milliseconds."""

    session_context = SimpleNamespace(request=SimpleNamespace(arguments={}))

    def __init__(self) -> None:
        self.asked: list[tuple[int, Callable[[], None]]] = []

    def add_next_tick_callback(self, callback: Callable[[], None]) -> None:
        self.asked.append((0, callback))

    def add_timeout_callback(self, callback: Callable[[], None], milliseconds: int) -> None:
        self.asked.append((milliseconds, callback))


def test_fragments_that_follow_at_once_wait_for_each_other() -> None:
    document = Waiting()
    with set_curdoc(document):
        view = View(html="")
    view.send({"op": "pong"})
    ((first, flush),) = document.asked
    assert first == 0
    flush()
    for _ in range(3):
        view.send({"op": "pong"})
    (_, (later, flush)) = document.asked
    assert 0 < later <= APART_SECONDS * 1000
    flush()
    view.send({"op": "pong"})
    assert len(document.asked) == 3
