"""A progress bar on standard error, where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress(total: int, doing: str) -> Iterator[Callable[[int], None]]:
    """Yields what to call with how much more is done; a bar only on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label=doing, file=sys.stderr) as bar:
        yield bar.update
