"""Python's search for garbage in rings, left off while a cluster is read and judged.

Its objects hold no rings, there are a million of them, and looking through them again and again
takes a tenth of the time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Switch the search off for a moment. When several overlap, the one that found it on switches
    it on again."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
