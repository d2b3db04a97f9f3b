"""From the bytes of a file to a document's text: Markdown, HTML, PDF, notebooks, alert rules."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import msgspec
import yaml

from workbench import plugins
from workbench.analyzers.catalogue import CATALOGUE
from workbench.core.knowledge import Piece, Type
from workbench.errors import DocumentUnreadable
from workbench.knowledge import alerts, html, notebooks, pdf
from workbench.knowledge.sections import Section, first_heading, pieces, sections
from workbench.plugins import Plugin, Refusal

LINE_MOST = 100_000
"""Characters of a line in text that people wrote; longer ones are data or minified code."""
CODES_MOST = 12

_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_CODE = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
_TOOLTIP = re.compile(r'\{\{<\s*glossary_tooltip[^>]*?text="([^"]*)"[^>]*>\}\}')
_SHORTCODE = re.compile(r"\{\{[<%].*?[%>]\}\}", re.DOTALL)  # of Hugo, as the Kubernetes docs use it


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says. ``type`` is what it looks like."""

    title: str
    pieces: tuple[Piece, ...]
    type: Type = Type.PAGE
    namespace: str = ""
    codes: tuple[str, ...] = ()


Reader = Callable[[str, bytes], Read]
"""From the name and the bytes of a file. Raises DocumentUnreadable."""


def read(name: str, data: bytes) -> Read:
    """What the file says. Raises DocumentUnreadable with one sentence when it cannot be read."""
    known = readers()
    reader = known.get(PurePosixPath(name.lower()).suffix)
    if reader is None:
        raise DocumentUnreadable(
            f"{name} is of no kind that can be taken in.", f"Known are {', '.join(known)}."
        )
    found = reader(name, data)
    if not found.pieces:
        raise DocumentUnreadable(f"{name} has no text.")
    return msgspec.structs.replace(found, codes=found.codes or _codes(found))


def text_of(name: str, data: bytes) -> str:
    """The text of a file. Raises DocumentUnreadable for what is no text that people wrote."""
    if b"\0" in data[:65536]:
        raise DocumentUnreadable(f"{name} is a binary file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(
            f"{name} is not UTF-8 text: byte {error.start:,} cannot be read.", "Convert it first."
        ) from error
    longest = max(map(len, text.splitlines()), default=0)
    if longest > LINE_MOST:
        raise DocumentUnreadable(
            f"{name} has a line of {longest:,} characters, which no person wrote.",
            f"Lines may have {LINE_MOST:,}.",
        )
    return text


def _markdown(name: str, data: bytes) -> Read:
    text = text_of(name, data)
    front = _front(name, text)
    text = _SHORTCODE.sub("", _TOOLTIP.sub(r"\1", _FRONT.sub("", text, count=1)))
    title = str(front.get("title") or first_heading(text) or PurePosixPath(name).stem)
    return Read(
        title=title,
        pieces=tuple(pieces(sections(text))),
        type=_type(front.get("type"), name),
        namespace=str(front.get("namespace") or ""),
        codes=_listed(front.get("codes")),
    )


def _html(name: str, data: bytes) -> Read:
    title, text = html.markdown(text_of(name, data))
    return Read(
        title=title or first_heading(text) or PurePosixPath(name).stem,
        pieces=tuple(pieces(sections(text))),
        type=_type(None, name),
    )


def _pdf(name: str, data: bytes) -> Read:
    title, pages = pdf.pages(name, data)
    return Read(
        title=title or PurePosixPath(name).stem, pieces=tuple(pieces(pages)), type=_type(None, name)
    )


def _notebook(name: str, data: bytes) -> Read:
    tree = _json(name, data)
    found: tuple[Section, ...] = tuple(notebooks.cells(name, tree))
    ours = notebooks.workbench_metadata(tree)
    title = str(ours.get("title") or next((s.path[0] for s in found if s.path), ""))
    return Read(
        title=title or PurePosixPath(name).stem,
        pieces=tuple(pieces(found)),
        type=Type.RUNBOOK if ours else _type(None, name),
        codes=_listed(ours.get("codes")),
    )


def _rules(name: str, data: bytes) -> Read:
    text = text_of(name, data)
    try:
        trees = list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = " ".join(str(error).split())[:200]
        raise DocumentUnreadable(f"{name} is not YAML: {words}.") from error
    found = tuple(alerts.rules(trees))
    if not found:
        raise DocumentUnreadable(
            f"{name} holds no alert rules.", "Of YAML, only Prometheus rules are taken in."
        )
    return Read(title=PurePosixPath(name).stem, pieces=tuple(pieces(found)), type=Type.ALERT)


READERS: dict[str, Reader] = {
    **dict.fromkeys((".md", ".markdown", ".mdx", ".txt", ".rst"), _markdown),
    **dict.fromkeys((".html", ".htm"), _html),
    ".pdf": _pdf,
    ".ipynb": _notebook,
    **dict.fromkeys((".yaml", ".yml"), _rules),
}
"""By the end of the name."""


@functools.cache
def readers() -> dict[str, Reader]:
    """Ours, and those of other packages for files that ours do not read."""
    more = {
        end: _careful(plugin, reader)
        for plugin, some in plugins.added(plugins.READERS, _mapping)
        for end, reader in some.items()
    }
    return more | READERS


def _mapping(target: object) -> dict[str, Reader]:
    if not isinstance(target, dict) or not all(map(callable, target.values())):
        raise Refusal("it is no mapping from ends of names to functions.")
    if wrong := [end for end in target if not re.fullmatch(r"\.[a-z0-9]+", str(end))]:
        raise Refusal(f"{wrong[0]!r} is no end of a name, like .adoc in lower case.")
    return target


def _careful(plugin: Plugin, reader: Reader) -> Reader:
    """A stranger's reader: whatever it raises, that document is unreadable and no other is."""

    def read(name: str, data: bytes) -> Read:
        try:
            made = reader(name, data)
        except DocumentUnreadable:
            raise
        except Exception as error:  # another package's code: whatever it raises is about the file
            words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise DocumentUnreadable(
                f"{name} was not understood by plugin {plugin.name}: {words}."
            ) from error
        if not isinstance(made, Read):
            raise DocumentUnreadable(f"{name}: plugin {plugin.name} gave no Read.")
        return made

    return read


def _json(name: str, data: bytes) -> Any:
    text_of(name, re.sub(rb'"[^"]{1000,}"', b'""', data))  # pictures in outputs are long lines
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DocumentUnreadable(f"{name} is not a notebook: {error}.") from error


def _front(name: str, text: str) -> dict[str, Any]:
    found = _FRONT.match(text)
    if not found:
        return {}
    try:
        front = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        words = " ".join(str(error).split())[:200]
        raise DocumentUnreadable(f"The front matter of {name} is not YAML: {words}.") from error
    return front if isinstance(front, dict) else {}


def _type(said: object, name: str) -> Type:
    if isinstance(said, str) and said in {t.value for t in Type}:
        return Type(said)
    return Type.RUNBOOK if "runbook" in name.lower() else Type.PAGE


def _listed(value: object) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list) else ()


def _codes(found: Read) -> tuple[str, ...]:
    """Finding codes that are named in it."""
    text = "\n".join([found.title, *(f"{p.heading}\n{p.text}" for p in found.pieces)])
    named = dict.fromkeys(code for code in _CODE.findall(text) if code in CATALOGUE)
    return tuple(named)[:CODES_MOST]
