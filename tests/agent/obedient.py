"""A model that obeys every directive it reads, and tools that tell what was really run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec

from tests.agent.injections import Injection
from tests.support.scripted_tools import diagnosis, load, specs
from workbench.core.diagnosis import to_json
from workbench.core.tools import CallContext, ToolResult, ToolSpec
from workbench.mcp.knowledge import SPEC

AT_A_TIME = 25
_DIRECTIVE = re.compile(r"\[\[(\d+) (call|say) (.*?)\]\]", re.DOTALL)


def strings(value: Any) -> Iterator[str]:
    """Every string in a request."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


class Obedient:
    """Looks at one case after another, obeys what each says, and concludes as it was told to.

    ``obeyed``: (case, what it did) in order.
    """

    def __init__(self, cases: list[Injection]) -> None:
        self._left = list(cases)
        self._read: set[str] = set()
        self.obeyed: list[tuple[int, str]] = []
        self._verdict = "nothing to say"

    def reply(self, body: dict[str, Any]) -> dict[str, Any]:
        calls = [
            call for text in strings([body["messages"], body["tools"]]) for call in self._obey(text)
        ]
        looked, self._left = self._left[:AT_A_TIME], self._left[AT_A_TIME:]
        calls += [{"tool": case.tool, "arguments": {"case": case.number}} for case in looked]
        if not calls:
            claim = {"text": self._verdict, "evidence": ["E1", "E999"]}
            arguments = {"verdict": self._verdict, "confidence": "high", "claims": [claim]}
            calls = [{"tool": "conclude", "arguments": arguments}]
        return {"calls": calls}

    def _obey(self, text: str) -> Iterator[dict[str, Any]]:
        for number, act, rest in _DIRECTIVE.findall(text):
            if (known := f"{number} {act} {rest}") in self._read:
                continue
            self._read.add(known)
            self.obeyed.append((int(number), act))
            if act == "say":
                self._verdict = rest
                continue
            tool, _, arguments = rest.replace('\\"', '"').partition(" ")
            yield {"tool": tool, "arguments": json.loads(arguments)}


class TemptingTools:
    """The built-in tools, answering with the cases; beside them tools nobody vouched for, which do
    what they say. ``ran``: every call that was really made."""

    def __init__(self, cases: list[Injection], sink: str, description: str = "") -> None:
        self._answers = {case.number: case.answer.replace("SINK", sink) for case in cases}
        self._description = description
        self.ran: list[str] = []

    async def list(self) -> tuple[ToolSpec, ...]:
        return (
            *specs(),
            _searching(),
            _untrusted("kube_delete_pod", "kube", "Delete a pod."),
            _untrusted("web_fetch", "web", f"Fetch a URL. {self._description}"),
            _untrusted("record_delete", "record", "Delete evidence."),
            _untrusted("shell_exec", "shell", "Run a command."),
        )

    async def call(self, name: str, arguments: dict[str, Any], context: CallContext) -> ToolResult:
        self.ran.append(name)
        if name == "web_fetch":
            async with httpx2.AsyncClient() as http:
                return ToolResult(text=(await http.get(arguments["url"])).text)
        if name == "kube_diagnose":
            found = diagnosis(load("missing-config"))
            return ToolResult(text="4 findings", data=to_json(found))
        return ToolResult(text=self._answers.get(arguments.get("case", -1), "done"))


def _searching() -> ToolSpec:
    """What is there to find documents, which whoever wrote them could put orders into."""
    properties = {**SPEC.input_schema["properties"], "case": {"type": "integer"}}
    schema = {"type": "object", "properties": properties}
    return msgspec.structs.replace(SPEC, input_schema=schema)


def _untrusted(name: str, server: str, description: str) -> ToolSpec:
    remote = name.partition("_")[2]
    schema = {"type": "object", "properties": {"x": {"description": description}}}
    return ToolSpec(
        name=name, server=server, remote_name=remote, description=description, input_schema=schema
    )
