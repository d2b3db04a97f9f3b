"""What a model may see of names, and what it says with the names put back.

With nothing to replace it changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from workbench.agent.answers import Answer
from workbench.core.cluster import Scope
from workbench.core.naming import names_in
from workbench.core.pseudonyms import Pseudonymiser, Replaced


class Disguise:
    """The stand-ins of one investigation.

    replaced: what is replaced; nothing by default.
    """

    def __init__(self, replaced: Collection[Replaced] = ()) -> None:
        self._pseudonyms = Pseudonymiser(replaced) if replaced else None

    @property
    def active(self) -> bool:
        return self._pseudonyms is not None

    def about(self, cluster: str, scope: Scope) -> None:
        """Names that are known before any tool has answered."""
        if self._pseudonyms is not None:
            self._pseudonyms.know("cluster", [cluster])
            self._pseudonyms.know("namespace", scope.namespaces)

    def learn(self, answer: Answer) -> None:
        """The names in a tool's answer and in the arguments it was called with."""
        if self._pseudonyms is None:
            return
        for part in (answer.arguments, answer.data, answer.text):
            for kind, name in names_in(part):
                self._pseudonyms.know(kind, [name])

    def hide(self, text: str) -> str:
        """The text as a model may see it."""
        return text if self._pseudonyms is None else self._pseudonyms.replace(text)

    def hide_value(self, value: Any) -> Any:
        return value if self._pseudonyms is None else self._pseudonyms.replace_value(value)

    def reveal(self, text: str) -> str:
        """What a model said, with the names in it."""
        return text if self._pseudonyms is None else self._pseudonyms.restore(text)

    def reveal_value(self, value: Any) -> Any:
        return value if self._pseudonyms is None else self._pseudonyms.restore_value(value)
