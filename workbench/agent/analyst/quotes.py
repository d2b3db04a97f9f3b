"""The line of a tool's text that says most, verbatim."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from workbench.core.cluster import ObjectRef

_WIDTH = 240  # characters of a quotation
_BRIEF = 110  # characters of a piece in a verdict
_SHOWN = 4  # what a line counts more that the finding points to
_MARK = 60  # characters of a mark that are compared
_LINES = 4000  # newest lines of a text that are read
_TROUBLE = re.compile(
    r"\b(?:fatal|panic|exception|oomkilled|refused|denied|forbidden|no such host|not ?found|"
    r"unauthorized|missing|back-?off|killed|evicted|exit code|timed? ?out|timeout|unhealthy|"
    r"insufficient|pending|no ?such \w+|nosuch\w+|does not exist|refuses|aborted|fail(?:ed|ure|s)?|"
    r"cannot|can't|unable|error|errimagepull|imagepullbackoff|"
    r"crashloopbackoff|unschedulable|invalid|required|not set|no route|unreachable|stopped|"
    r"pressure)\b",
    re.IGNORECASE,
)
_CALM = re.compile(
    r"\b(?:info|debug|trace)\b|level=(?:info|debug)|\b0 errors?\b|\berrors?[=:] ?0(?:\.0+)?\b",
    re.IGNORECASE,
)
_TROUBLE_AT_ALL = re.compile(
    rf"{_TROUBLE.pattern}|error|exception|fail|warn|down|lost|not |no |wrong|bad|abort|kill|exit",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"(?:lookup |//|@|\bhost[= \"']+|\bhost:? ?name \"|ENOTFOUND |EAI_AGAIN |resolve host:? |"
    r"\bdial tcp )\"?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r"\b(?:to|from|service|upstream|backend|host)\b[ :=\"']+([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)",
    re.IGNORECASE,
)
_NO_HOST = re.compile(r"[\d.]+|.*\.(?:go|py|js|ts|rb|rs|java|cpp|cc|kt|scala|php|cs)")
"""Addresses, and source files with the number of a line behind."""
_WITH_PORT = re.compile(r"\b([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*):\d{2,5}\b", re.IGNORECASE)

_IN_URL = re.compile(r"://(?:[^@\s/]*@)?([a-z][a-z0-9.-]*[a-z0-9])", re.IGNORECASE)


class Quote(msgspec.Struct, frozen=True):
    """Pieces of one line, each as it stands in the text, and how telling it is (1 and up)."""

    parts: tuple[str, ...]
    score: int

    @property
    def calm(self) -> bool:
        """Nothing in it tells of trouble; it is only what a finding points to."""
        said = " ".join(self.parts)
        return bool(_CALM.search(said)) or not _TROUBLE_AT_ALL.search(said)

    @property
    def text(self) -> str:
        """The pieces in quotation marks: ``“not ready”, “connection refused”``."""
        return ", ".join(f"“{part}”" for part in self.parts)

    @property
    def brief(self) -> str:
        """The first two pieces, as far as a sentence can hold them; the whole stands in a claim."""
        return ", ".join(f"“{_cut(part)}”" for part in self.parts[:2])


_LOGGER = re.compile(
    r"^(?:\[?(?:ERROR|WARN(?:ING)?|FATAL|CRITICAL|SEVERE|error|warn|fatal)\]?:? +)?(?:\d+ --- +)?"
    r"(?:\[[^\]\n]{1,60}\] *)*(?:[\w.$]+ +: |- |: )?"
)
"""Level, process, thread and logger before the words: Logback, Python's logging, nginx."""
_WRAPPED = re.compile(
    r"[^,\n]*?: (?=[^\n]{15}[^\n]*"
    r"(?:error|exception|fail|refused|denied|cannot|unable|not |timeout))",
    re.IGNORECASE,
)
"""Errors wrap each other, and the innermost says what was wrong; a comma begins a field."""
_SAID = 15  # letters that must be left without those


def _cut(part: str) -> str:
    """The beginning of what the piece says, to the end of a word."""
    said = _LOGGER.sub("", part)
    part = said if len(said) >= _SAID else part
    while len(part) > _BRIEF and (inner := _WRAPPED.match(part)):
        part = part[inner.end() :]
    if len(part) <= _BRIEF:
        return part
    return part[: _BRIEF + 1].rsplit(maxsplit=1)[0].rstrip(",;:([{")


def segments(text: str) -> list[str]:
    """The text's lines, newest last, cut at characters that cannot be shown."""
    lines = text.splitlines()[-_LINES:]
    found: list[str] = []
    for line in lines:
        line = line.strip()
        if line.isprintable():
            found.append(line)
        else:
            found += _printable_runs(line)
    return [s for s in found if s]


def _printable_runs(line: str) -> list[str]:
    shown = "".join(c if c.isprintable() else "\n" for c in line)
    return [part.strip() for part in shown.split("\n")]


@lru_cache(maxsize=64)  # a plan and its conclusion ask the same of the same answers
def telling(
    text: str,
    marks: tuple[str, ...] = (),
    names: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
    *,
    newest: bool = False,
) -> Quote | None:
    """The most telling segment, or None when none tells of trouble.

    marks: words that count most, such as values a finding points to.
    names: words that make trouble more telling, and tell of none by themselves.
    lines: log lines that a finding rests on; one of them outweighs whatever only sounds worse.
    newest: among equals take the last (logs) instead of the first.
    """
    wanted = tuple(m.lower()[:_MARK] for m in marks if len(m) >= 4)
    named = tuple(n.lower() for n in names)
    shown = tuple(line.strip()[:_WIDTH].lower() for line in lines if line.strip())
    best: Quote | None = None
    for segment in segments(text):
        score = _score(segment, wanted, named)
        score += _SHOWN if segment[:_WIDTH].lower() in shown else 0
        if score > 0 and (best is None or score > best.score or (newest and score == best.score)):
            best = Quote(told(segment), score)
    return best


def _score(segment: str, marks: tuple[str, ...], names: tuple[str, ...]) -> int:
    seen = segment[:_WIDTH].lower()
    trouble = len({m.lower() for m in _TROUBLE.findall(seen)})
    pointed = sum(1 for m in marks if m in seen)
    score = min(trouble, 3) + 2 * min(pointed, 2) - (2 if _CALM.search(seen) else 0)
    return score + (1 if score > 0 and any(n in seen for n in names) else 0)


_STAMP = re.compile(
    r"^[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"(?:Z|\s?[+-]\d\d:?\d\d|\s?UTC)?[\])]?[\s:,|-]*"
)
_KLOG = re.compile(r"^[IWEF]\d{4} \d\d:\d\d:\d\d(?:\.\d+)?\s+(?:\d+ )?\S+:\d+\] ")
_FIELD = re.compile(r'"?(\w+)"?\s*[:=]\s*"((?:[^"\\]|\\.)*)"')
_KLOG_FIELDS = re.compile(r'"(?:[^"\\]|\\.)*" \w+="')
"""``"Unhandled Error" err="…"``: klog's structured lines, of which the error says more."""
_MESSAGE = frozenset({"msg", "message", "event"})
_DETAIL = frozenset(
    {"error", "err", "reason", "exception", "exc", "cause", "url", "host", "addr", "address"}
)
_WRAPPING = frozenset({"record", "error"})  # messages that only announce the one inside
_PARTS = 3


def _within(piece: str) -> str:
    """As much of the piece as is quoted, to the end of a word."""
    if len(piece) <= _WIDTH:
        return piece.rstrip()
    return piece[: _WIDTH + 1].rsplit(maxsplit=1)[0]


def told(segment: str) -> tuple[str, ...]:
    """What a log line says, without its time and wrapping; every piece stands in it verbatim.

    Of structured lines (JSON, logfmt) it is the message and what it says about the error.
    """
    plain = segment
    for _ in range(2):  # the kubelet's time, then the program's own
        plain = _KLOG.sub("", _STAMP.sub("", plain)).strip()
    announced = _KLOG_FIELDS.match(plain)
    fields = [(k.lower(), v) for k, v in _FIELD.findall(plain) if v.strip()]
    messages = [v for k, v in fields if k in _MESSAGE and v not in _WRAPPING]
    details = [v for k, v in fields if k in _DETAIL and v not in messages]
    if announced and details:
        return tuple(_within(d) for d in details[:1])
    if not messages or not _structured(plain):
        return (_within(plain or segment),)
    pieces = dict.fromkeys((messages[0], *details))
    return tuple(map(_within, pieces))[:_PARTS]


def _structured(line: str) -> bool:
    return line.startswith("{") or bool(re.match(r"\w+=\S", line))


_REASON = re.compile(r"\s*(?:Reason|Message):\s+(\S.*)$")
_ROW_GAP = re.compile(r"\s{2,}")


def warnings_of(description: str) -> str:
    """The lines of a description that tell how an object stands: warning events' messages, why a
    container waits or ended, and conditions that are not met."""
    kept: list[str] = []
    for line in description.splitlines():
        cells = _ROW_GAP.split(line.strip())
        if cells[0] == "Warning" and len(cells) > 2:
            kept.append(cells[-1])
        elif reason := _REASON.match(line):
            kept.append(reason[1])
        elif len(cells) > 2 and (
            (cells[1] in {"False", "Unknown"} and not cells[0].endswith("Pressure"))
            or (cells[1] == "True" and cells[0].endswith("Pressure"))
        ):
            kept.append(cells[-1])
    return "\n".join(kept)


def hosts(text: str) -> tuple[str, ...]:
    """Hosts that lines telling of trouble name as addresses: ``payments.shop.svc``."""
    return _named(text, _HOST, _WITH_PORT)


def addresses(text: str) -> tuple[str, ...]:
    """Hosts that a text names with a port or in a URL, whatever it says of them."""
    found = (m.lower() for m in (*_WITH_PORT.findall(text), *_IN_URL.findall(text)))
    return tuple(dict.fromkeys(found))


def spoken(text: str) -> tuple[str, ...]:
    """Words in such lines that may be hosts (``connection to payments failed``) or nothing."""
    return _named(text, _SPOKEN)


def _named(text: str, *patterns: re.Pattern[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for segment in segments(text):
        if _TROUBLE.search(segment) and not _CALM.search(segment):
            for pattern in patterns:
                found.update((m.lower().strip("."), None) for m in pattern.findall(segment))
    return tuple(h for h in found if not _NO_HOST.fullmatch(h))


def service_of(host: str, namespace: str) -> ObjectRef | None:
    """The Service a host name means inside the cluster, seen from ``namespace``; else None.

    ``payments``, ``payments.shop``, ``payments.shop.svc…`` (Kubernetes, DNS for Services).
    """
    parts = host.split(".")
    if not re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", parts[0]) or parts[0] == "localhost":
        return None
    if len(parts) == 1:
        return ObjectRef("Service", namespace, parts[0])
    if len(parts) == 2 or parts[2] == "svc":
        return ObjectRef("Service", parts[1], parts[0])
    return None
