"""An investigation on a terminal: one line per step as it happens, then the answer."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sized
from contextlib import aclosing
from datetime import UTC, datetime
from shutil import get_terminal_size

import click

from workbench.core.investigation import Investigation, Step
from workbench.core.render import text
from workbench.core.render.card import Card, Line, Mark, State, card
from workbench.errors import ModelError

COLOURS = {Mark.DONE: "green", Mark.FAILED: "red", Mark.RUNNING: "yellow", Mark.NOTE: "blue"}


SEVERITIES = {"CRITICAL": "red", "ERROR": "red", "WARNING": "yellow", "INFO": "blue"}
_SEVERITY = re.compile(rf"^({'|'.join(SEVERITIES)})(?=: )", re.MULTILINE)


class Screen:
    """Prints each step once, when it is finished. Quiet prints nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._shown = 0

    def update(self, investigation: Investigation) -> None:
        """Print the steps that came since the last call."""
        if self._quiet:
            return
        shown = card(investigation, datetime.now(UTC))
        if self._shown == 0:
            click.echo(f"{shown.label}  {shown.question}  ({', '.join(shown.facts[:1])})")
            self._shown = 1
        for line in self._finished(shown):
            click.echo(_coloured(line))
            self._shown += 1
        if shown.state is not State.RUNNING:
            click.echo("\n" + text.answer(shown, width()))

    def _finished(self, shown: Card) -> list[Line]:
        fresh = []
        for line in shown.lines[self._shown - 1 :]:
            if line.mark is Mark.RUNNING:  # keeps the order: what follows waits for it
                break
            fresh.append(line)
        return fresh


def width() -> int:
    """Characters in a line: the terminal's, but no more than is good to read."""
    return max(40, min(text.WIDTH, get_terminal_size((text.WIDTH, 24)).columns))


def in_colours(findings: str) -> str:
    """Findings as text, where the word that opens each has the colour of how bad it is."""
    return _SEVERITY.sub(lambda m: click.style(m[0], fg=SEVERITIES[m[0]], bold=True), findings)


def _coloured(line: Line) -> str:
    words = text.step(line, width() - 2)
    return f"  {click.style(words[:1], fg=COLOURS[line.mark])}{words[1:]}"


async def follow(
    steps: AsyncGenerator[tuple[Investigation, Step]], screen: Screen
) -> Investigation:
    """Show the steps as they come and return the investigation they end in."""
    newest = None
    async with aclosing(steps):
        async for newest, _ in steps:
            screen.update(newest)
    if newest is None:
        raise ModelError("The investigation gave no steps.", "Try again, or with -m analyst.")
    return newest


def tell_empty(found: Sized, words: str) -> None:
    """Say why a list is empty, where it is: on standard error, because a program counts lines."""
    if not found:
        click.echo(words, err=True)
