"""On which terms a question is answered, beside where it looks."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import msgspec

TABLE_TOOL = "notebook_table"
"""The tool that reads a table a person gave along with a question."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table given along with a question, under the name the notebook calls it by.

    text: as it is read, a line a row under a line of column names.
    source: the evidence label it came from, when it came from a recorded call.
    """

    name: str
    text: str
    source: str = ""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for; an empty field leaves things as they are set.

    model: ``provider:name``, or ``analyst`` for none.
    agent: the name of a configured agent, or of one that ships.
    dollars, tool_calls: what it may spend.
    tools: ``-logs`` leaves a tool or a server out, ``+prom`` insists that it is there, and names
        without a sign stand for these only.
    tables: given along, each recorded as evidence before the model is asked.
    """

    model: str = ""
    agent: str = ""
    dollars: Decimal | None = None
    tool_calls: int | None = None
    tools: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()

    def key(self, *about: str) -> str:
        """What makes two askings the same, hex: these terms, and whatever else is named."""
        spent = (str(self.dollars or ""), str(self.tool_calls or ""))
        parts = (*about, self.model, self.agent, *spent, sorted(self.tools), self.tables)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


AS_SET = Terms()
