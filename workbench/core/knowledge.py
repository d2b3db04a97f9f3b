"""What was read and can be found again: documents, and the passages that a search gives."""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

_CAMEL = re.compile(r"\b[A-Za-z]*[a-z][A-Z][A-Za-z]*\b|\b[A-Z]{2,}[a-z]+[A-Za-z]*\b")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"(?<![\w-])[a-z]+(?![\w-])")
_MARKS = re.compile("([\x02\x03])")

SHORT_NAMES = {
    "cj": "CronJob",
    "cm": "ConfigMap",
    "crd": "CustomResourceDefinition",
    "ds": "DaemonSet",
    "hpa": "HorizontalPodAutoscaler",
    "ing": "Ingress",
    "netpol": "NetworkPolicy",
    "ns": "Namespace",
    "pdb": "PodDisruptionBudget",
    "pv": "PersistentVolume",
    "pvc": "PersistentVolumeClaim",
    "rs": "ReplicaSet",
    "sa": "ServiceAccount",
    "sts": "StatefulSet",
    "svc": "Service",
}
"""How people type kinds (``kubectl api-resources``, SHORTNAMES), where it means nothing else."""


class Type(Enum):
    """What a document is. A CONVERSATION was checked by nobody; an INCIDENT was closed by a person
    who said what it was."""

    NOTE = "note"
    PAGE = "page"
    RUNBOOK = "runbook"
    ALERT = "alert"
    CONVERSATION = "conversation"
    INCIDENT = "incident"


CHECKED = tuple(t for t in Type if t is not Type.CONVERSATION)
"""What may be told as knowledge. A conversation may hold a verdict that was wrong."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document, small enough to be found and read by itself.

    anchor: where in the document it is: ``what-to-check``, ``page-3``, ``cell-7``.
    heading: the headings above it, outermost first, joined by `` > ``.
    """

    text: str
    anchor: str = ""
    heading: str = ""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, whole. ``source`` is its address and, for one owner, its identity.

    owner: whose it is; None for what everybody may read.
    namespace: the one it is about, "" for none.
    codes: finding codes it is about.
    sha256: of what it was made from, hex.
    at: when it was written.
    """

    id: UUID
    source: str
    title: str
    type: Type
    pieces: tuple[Piece, ...]
    sha256: str
    at: datetime
    owner: UUID | None = None
    namespace: str = ""
    codes: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a search is limited to; empty fields limit nothing.

    namespaces: what belongs to no namespace is always among what is found.
    mine: only what is the asker's own.
    """

    types: tuple[Type, ...] = ()
    namespaces: tuple[str, ...] = ()
    since: datetime | None = None
    mine: bool = False


ANYTHING = Filters()


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """A piece as it was found, with where it is from.

    score: higher is better; only comparable within one search.
    by_words, by_meaning: its place in each of the two orders, from 1; 0 when not in it.
    snippet: the part that fits; ``highlights`` are its spans with words that were asked for.
    """

    id: int
    document: UUID
    title: str
    source: str
    type: Type
    text: str
    anchor: str = ""
    heading: str = ""
    namespace: str = ""
    codes: tuple[str, ...] = ()
    at: datetime
    score: float = 0.0
    by_words: int = 0
    by_meaning: int = 0
    snippet: str = ""
    highlights: tuple[tuple[int, int], ...] = ()

    @property
    def address(self) -> str:
        """``docs/oom.md#what-to-check``."""
        return f"{self.source}#{self.anchor}" if self.anchor else self.source


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search gave, the best first. ``how``: by what, and what is missing for more."""

    query: str
    passages: tuple[Passage, ...]
    how: str


def spelt(text: str) -> str:
    """Names written in one word as the words they are made of: ``Crash Loop Back Off``."""
    return " ".join(_HUMP.sub(" ", word) for word in dict.fromkeys(_CAMEL.findall(text)))


def searchable(text: str) -> str:
    """The text with such names spelt out too, and kinds that go by their short names."""
    kinds = dict.fromkeys(filter(None, map(SHORT_NAMES.get, _WORD.findall(text.lower()))))
    return f"{text} {spelt(' '.join([text, *kinds]))}".rstrip()


def marked(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A text with its parts between STX and ETX as spans, and without those marks."""
    plain, spans, began = "", [], 0
    for part in _MARKS.split(text):
        if part == "\x02":
            began = len(plain)
        elif part == "\x03":
            spans.append((began, len(plain)))
        else:
            plain += part
    return plain, tuple(spans)
