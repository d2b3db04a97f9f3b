"""Secrets that take more than one line to tell: manifests, dumps, ``kubectl describe``, key files."""

from __future__ import annotations

import re
from collections.abc import Callable

from workbench.core.redaction.engine import holds
from workbench.core.redaction.marks import Mark
from workbench.core.redaction.names import held_by, is_placeholder, variable_holds_a_secret

_MANIFEST = r"(?i:kind: secret)"
_DUMP = r"(?i:kind\\*[\"']\s*:\s*\\*[\"']secret|secret\{|kind:secret)"
_VARIABLE = r"\n[ \t]*value:"
_DESCRIPTION = r"\n-{4,}\r?\n"
_FLAG = (
    r"(?i:(?:^|[\n\"])[ \t]*(?:- )?[\"']?--?[\w.-]*(?:pass|password|passwd|requirepass|secret|token|key)"
    r"[\"']?\r?\n)"
)
_CERTIFICATE = r"(?i:certificate key:)"
_KEY_FILE = r"-----BEGIN [A-Z ]{0,20}PRIV|Private-Lines: "

could_hold = holds(
    "|".join((_MANIFEST, _DUMP, _VARIABLE, _DESCRIPTION, _FLAG, _CERTIFICATE, _KEY_FILE))
)


class Blocks:
    """Takes secrets out of text by what stands on several lines. Lines stay lines."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark
        self._steps: tuple[tuple[Callable[[str], bool], Callable[[str], str]], ...] = (
            (holds(_MANIFEST), self._manifests),
            (holds(_DUMP), self._dumps),
            (holds(_VARIABLE), lambda text: _ENV_YAML.sub(self._variable, text)),
            (holds(_DESCRIPTION), lambda text: _DESCRIBED.sub(self._described, text)),
            (holds(_FLAG), lambda text: _ARGUMENT.sub(self._argument, text)),
            (holds(_CERTIFICATE), lambda text: _CERTIFICATE_KEY.sub(self._last, text)),
        )

    def redact(self, text: str) -> str:
        for could, step in self._steps:
            if could(text):
                text = step(text)
        return text

    def _manifests(self, text: str) -> str:
        """YAML manifests with every value in the data of a Secret gone."""
        documents = _YAML_DOCUMENT.split(text)
        return "".join(
            self._manifest(document) if _SECRET_KIND.search(document) else document
            for document in documents
        )

    def _manifest(self, document: str) -> str:
        document = _FLOW_DATA.sub(self._flow, document)
        return _DATA_BLOCK.sub(lambda block: _DATA_ENTRY.sub(self._entry, block[0]), document)

    def _entry(self, entry: re.Match[str]) -> str:
        value = entry[0][len(entry["key"]) :]
        if value.lstrip().startswith("«redacted:"):
            return entry[0]
        lines = "\n" * value.count("\n")
        return f"{entry['key']} {self._mark('secret-data', value.strip())}{lines}"

    def _flow(self, data: re.Match[str]) -> str:
        return data["head"] + _FLOW_VALUE.sub(self._last, data["body"])

    def _dumps(self, text: str) -> str:
        """Secrets as JSON (cut short, or inside YAML or a log line) and as Go prints them."""
        if _JSON_SECRET.search(text):
            text = _JSON_DATA.sub(lambda data: _JSON_VALUE.sub(self._last, data[0]), text)
        if "Secret{" in text or "kind:Secret" in text:
            text = _GO_DATA.sub(lambda data: data[1] + _GO_VALUE.sub(self._last, data[2]), text)
        return text

    def _last(self, match: re.Match[str]) -> str:
        """The first group stays, the rest goes."""
        value = match[0][len(match[1]) :]
        return match[0] if value.startswith("«") else match[1] + self._mark("secret-data", value)

    def _variable(self, match: re.Match[str]) -> str:
        value = match["value"]
        if not variable_holds_a_secret(match["key"]) or is_placeholder(value):
            return match[0]
        return match["glue"] + self._mark("env", value.rstrip())

    def _described(self, match: re.Match[str]) -> str:
        if not held_by(match["key"]) or match["value"].startswith("«"):
            return match[0]
        return match["glue"] + self._mark("value", match["value"])

    def _argument(self, match: re.Match[str]) -> str:
        if not held_by(match["key"]) or is_placeholder(match["value"]):
            return match[0]
        return match["glue"] + self._mark("value", match["value"])


_ENV_YAML = re.compile(
    r"""(?m)(?P<glue>\bname:\s*["']?(?P<key>[\w.-]+)["']?\s*\n\s*value:\s*["']?)(?P<value>[^\s"'\n][^\n"']*)"""
)
_YAML_DOCUMENT = re.compile(r"(?m)^(---.*\n)")
_SECRET_KIND = re.compile(r"(?im)^[ \t-]*kind: Secret(?:List)?[ \t]*\r?$")
_DATA_BLOCK = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:data|stringData|binaryData):[ \t]*\n"
    r"(?:(?P=indent)[ \t]+\S.*\n?|[ \t]*\n)+"
)
_DATA_ENTRY = re.compile(
    r"(?m)^(?P<key>(?P<indent>[ \t]+)[\w./-]+:)[ \t]+\S.*(?:\n(?P=indent)[ \t]+.*)*"
)
_FLOW_DATA = re.compile(
    r"(?m)^(?P<head>[ \t]*(?:data|stringData|binaryData):[ \t]*)(?P<body>\{.*\})"
)
_FLOW_VALUE = re.compile(r"""([{,]\s*["']?[\w./-]+["']?:\s*)[^\s,}«][^,}]*""")
_JSON_SECRET = re.compile(r"""kind\\*["']\s*:\s*\\*["']secret""", re.IGNORECASE)
_JSON_DATA = re.compile(
    r"""\\*["'](?:data|stringData|binaryData)\\*["']\s*:\s*\{[^{}]*""", re.IGNORECASE
)
_JSON_VALUE = re.compile(r"""(:\s*\\*["'])[^"'\\«]+""")
_GO_DATA = re.compile(r"((?:\b[Dd]ata:map\[(?:string\]\[\]byte\{)?))([^\]}]*)")
_GO_VALUE = re.compile(r"((?<!«)\b[\w./-]+:\s?)[^\s,«][^,]*?(?=,|$| [\w./-]+:)")
_DESCRIBED = re.compile(r"(?m)(?P<glue>^(?P<key>[\w.-]+):?\n-{4,}\r?\n)(?P<value>\S.*)$")
_ARGUMENT = re.compile(
    r"(?im)(?P<glue>^(?P<indent>[ \t]*(?:- )?)[\"']?--?(?P<key>[\w.-]*(?:pass|password|passwd|requirepass|secret|token|key))[\"']?\r?\n"
    r"(?P=indent)[\"']?)(?P<value>[^\s\"'-][^\s\"']{2,})"
)
_CERTIFICATE_KEY = re.compile(r"(?i)(certificate key:\s*)[0-9a-f]{64}\b")
