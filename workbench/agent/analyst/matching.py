"""Which names a word may mean: the same, a piece of them, or one with a typing error."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from workbench.agent.analyst.names import pieces, stem

SURE = 0.9
"""The word is a whole piece of the name, or several that stand together in it."""
PREFIX = 0.75
"""A piece of the name begins with the word."""
CLOSE = 0.8
"""difflib ratio below which two words are different words: cart/card is 0.75."""
_LETTERS = 4
"""A shorter word begins, and resembles, too much."""
_TYPED = 3
"""Letters by which a word and its misspelling may differ in length."""


class Names:
    """Names that many words are looked up in: each word costs what it matches, not what there is.

    spelled: every word is right, as in a pasted log, so that none is taken for another.
    """

    def __init__(self, names: Iterable[str], *, spelled: bool = False) -> None:
        self._parts = {name: pieces(name) for name in dict.fromkeys(names)}
        self._same: dict[str, list[str]] = defaultdict(list)
        self._holding: dict[str, list[str]] = defaultdict(list)
        self._alike: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for name, parts in self._parts.items():
            short = stem(name.lower())
            for whole in {name.lower(), short}:
                self._same[whole].append(name)
            for part in set(parts):
                self._holding[part].append(name)
            for candidate in () if spelled else {short, *parts}:
                self._alike[_digits(candidate)].append((candidate, name))
        self._sorted = sorted(self._holding)

    def like(self, word: str) -> dict[str, float]:
        """How well the word fits each name that it fits at all: 1 the same, else SURE, PREFIX or
        less for one that is only spelled like it."""
        found = self._misspelled(word) if len(word) >= _LETTERS else {}
        if len(word) >= _LETTERS:
            found |= dict.fromkeys(self._beginning(word), PREFIX)
        found |= dict.fromkeys(self._within(word), SURE)
        return found | dict.fromkeys(self._same.get(word, ()), 1.0)

    def _within(self, word: str) -> Iterator[str]:
        """The pieces stand in the name, one after the other; ``orders`` finds ``order``."""
        singular = [word[:-1]] if word.endswith("s") else []
        for wanted in map(pieces, (word, *singular)):
            width = len(wanted)
            for name in min((self._holding.get(p, []) for p in wanted), key=len, default=[]):
                parts = self._parts[name]
                if any(parts[i : i + width] == wanted for i in range(len(parts))):
                    yield name

    def _beginning(self, word: str) -> Iterator[str]:
        for part in self._sorted[bisect_left(self._sorted, word) :]:
            if not part.startswith(word):
                return
            yield from self._holding[part]

    def _misspelled(self, word: str) -> dict[str, float]:
        """Names of the same digits: worker-1 is no typing error for worker-2."""
        found: dict[str, float] = {}
        matcher = SequenceMatcher(None, word, "", autojunk=False)
        for candidate, name in self._alike.get(_digits(word), ()):
            if abs(len(candidate) - len(word)) > _TYPED:
                continue
            matcher.set_seq2(candidate)
            if matcher.quick_ratio() >= CLOSE and (ratio := matcher.ratio()) >= CLOSE:
                found[name] = max(found.get(name, 0.0), ratio * CLOSE)
        return found


def _digits(name: str) -> str:
    return re.sub(r"\D", "", name)
