"""Characters that hide, reorder or control text, made visible.

Logs and events may hold terminal escapes, right-to-left overrides and zero-width characters;
on a screen they would move the cursor, hide words or swap their order.
"""

from __future__ import annotations

import re

# Unicode 15: C0/C1 controls (but tab and newline), soft hyphen, bidi and zero-width format
# characters, line/paragraph separators, interlinear marks, surrogates, tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """The text with every hidden character written out; tabs and newlines stay."""
    return _HIDDEN.sub(_name, text.replace("\r\n", "\n"))


def one_line(text: str, limit: int = 240) -> str:
    """The text on one line of at most ``limit`` characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def bounded(text: str, limit: int) -> str:
    """The head and the tail of a long text, ``limit`` characters in all, saying what was cut.

    Both ends are kept because a log's last lines matter as much as a document's first.
    """
    if len(text) <= limit:
        return visible(text)
    head, tail = text[: limit // 2], text[-(limit // 2) :]
    cut = len(text) - len(head) - len(tail)
    return f"{visible(head)}\n… {cut:,} characters not shown …\n{visible(tail)}"


def _name(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"⟨U+{code:04X}⟩"
