"""Characters that hide, reorder or control text, made visible.

Logs and events may hold terminal escapes, right-to-left overrides and zero-width characters;
on a screen they would move the cursor, hide words or swap their order.
"""

from __future__ import annotations

import re

# Unicode 15: every character of the general categories Cc (but tab and newline), Cf, Co, Cs, Zl and
# Zp, and those that show nothing though they are letters or marks: fillers, supplementary variation
# selectors.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000e0100-\U000e01ef\U000f0000-\U0010ffff]"
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
