"""A large text as the few lines a model needs to decide what to ask next."""

from __future__ import annotations

import re
from collections.abc import Iterable

MODEL_TEXT_BYTES = 16 * 1024
"""What a model is shown of one result, about 4,000 tokens."""
MAX_LINE = 400
TROUBLE = re.compile(
    r"\b(?:err(?:or)?s?|fatal|panic(?:ked)?|fail(?:ed|ure|ing)?|exception|traceback|warn(?:ing)?"
    r"|crit(?:ical)?|denied|forbidden|refused|time[d]?[ -]?out|deadline|oom\w*|killed|evicted"
    r"|back-?off|unhealthy|unable|cannot|invalid|not found|no such)\b",
    re.IGNORECASE,
)


def digest(text: str, evidence: str = "", limit: int = MODEL_TEXT_BYTES) -> str:
    """The text itself when it is within ``limit`` bytes; else its head, the newest lines that speak
    of trouble, its tail and how much was left out. Never more than ``limit`` bytes.

    evidence: label under which the whole text can be read, for the closing line.
    """
    if len(text) <= limit and len(text.encode()) <= limit:
        return text
    lines = text.splitlines()
    note = _note(lines, len(text.encode()), evidence)
    room = max(limit - len(note.encode()) - 200, 0)
    chosen = _choose(lines, room)
    shown = _joined(lines, chosen)
    return _cut(f"{shown}\n{note.format(shown=len(chosen))}", limit)


def _note(lines: list[str], size: int, evidence: str) -> str:
    trouble = sum(1 for line in lines if TROUBLE.search(line))
    more = f'; the rest: evidence_read(id="{evidence}")' if evidence else ""
    return (
        f"[{{shown}} of {len(lines):,} lines shown, {size:,} bytes in all,"
        f" {trouble:,} lines speak of trouble{more}]"
    )


def _choose(lines: list[str], room: int) -> list[int]:
    """Line numbers to show: a quarter of the room for the head, half for trouble, newest first, the
    rest for the tail."""
    order = range(len(lines))
    head = _fill(lines, order, room // 4, set())
    trouble_first = (i for i in reversed(order) if TROUBLE.search(lines[i]))
    trouble = _fill(lines, trouble_first, room // 2, head)
    left = room - _cost(lines, head | trouble)
    tail = _fill(lines, reversed(order), left, head | trouble)
    return sorted(head | trouble | tail)


def _fill(lines: list[str], candidates: Iterable[int], room: int, taken: set[int]) -> set[int]:
    chosen: set[int] = set()
    for index in candidates:
        if index in taken:
            continue
        room -= _line_cost(lines[index])
        if room < 0:
            break
        chosen.add(index)
    return chosen


def _cost(lines: list[str], chosen: set[int]) -> int:
    return sum(_line_cost(lines[i]) for i in chosen)


def _line_cost(line: str) -> int:
    return len(line[:MAX_LINE].encode()) + 30  # the newline, and a gap mark it may need


def _joined(lines: list[str], chosen: list[int]) -> str:
    shown: list[str] = []
    before = -1
    for index in chosen:
        if index > before + 1:
            shown.append(f"[… {index - before - 1:,} lines …]")
        line = lines[index]
        shown.append(line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…")
        before = index
    if before < len(lines) - 1:
        shown.append(f"[… {len(lines) - 1 - before:,} lines …]")
    return "\n".join(shown)


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")
