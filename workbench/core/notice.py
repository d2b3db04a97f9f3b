"""What is told when an alert's look has ended: one message, in the words of each kind of target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from workbench.core.alert import Alert
from workbench.core.characters import one_line
from workbench.core.counted import counted
from workbench.core.findings import Finding
from workbench.core.redaction import redact_text
from workbench.core.sweep import Item, ItemStatus
from workbench.errors import SettingsError

TITLE, SENTENCE, TEXT = 200, 320, 3_000
"""Characters. Slack: a section's text holds 3000; titles of issues: GitHub 256, GitLab 255."""
FEW, MOST = 2, 20
"""Findings in the verdict; alerts and findings in a message."""
REFERENCES = ("env:", "file:")


class Kind(Enum):
    WEBHOOK = "webhook"
    SLACK = "slack"
    GITHUB = "github"
    GITLAB = "gitlab"


HOSTED = {Kind.GITHUB: "https://api.github.com", Kind.GITLAB: "https://gitlab.com"}


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somewhere to tell it.

    name: tells it from the others; its kind where it is not given.
    url: of a webhook, or where GitHub's API or GitLab is, if not the hosted one.
    token: a bearer token; of GitLab, an access token.
    project: ``owner/name`` on GitHub, a path or number on GitLab. labels: of the issue.

    ``url`` and ``token`` are references (``env:NAME``, ``file:PATH``). An address that is no secret
    may be written as it is; Slack's is one.
    """

    kind: Kind
    name: str = ""
    url: str = ""
    token: str = ""
    project: str = ""
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        issue = self.kind in HOSTED
        if not (self.url or issue):
            raise ValueError(f"a {self.kind.value} needs a url")
        if issue and not (self.token and self.project):
            raise ValueError(f"{self.kind.value} needs a project and a token")
        if self.token and not self.token.startswith(REFERENCES):
            raise ValueError("token is no reference; write env:NAME or file:PATH")
        if self.url and not self.url.startswith(REFERENCES) and not self._open(self.url):
            raise ValueError("url holds a secret or is no address; write env:NAME or file:PATH")

    def _open(self, url: str) -> bool:
        """Whether it is an address that anybody may read in the settings."""
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        return bool(named) and not parts.query and self.kind is not Kind.SLACK

    @property
    def title(self) -> str:
        return self.name or self.kind.value


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What fired, what the look came to, and where to read on; nothing secret in it, and bounded.

    run: ``SW-3/1``. status: an item's. link: "" where nobody said how people reach the workbench.
    """

    title: str
    verdict: str
    runbook: str
    run: str
    status: str
    alerts: tuple[str, ...]
    findings: tuple[str, ...] = ()
    link: str = ""
    version: int = 1


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A POST of JSON. headers: those that carry the token are in it."""

    url: str
    headers: dict[str, str]
    body: Any


def parse_targets(tree: Any) -> tuple[Target, ...]:
    """The ``[[notify]]`` tables of a settings file. Raises SettingsError with one line."""
    try:
        targets = msgspec.convert(tree, tuple[Target, ...])
    except msgspec.ValidationError as error:
        said = str(error).replace("$[", "notify[")
        raise SettingsError(
            f"A target of notify is not usable: {said}.",
            "Like [[notify]] with kind = 'slack' and url = 'env:SLACK_URL'.",
        ) from error
    names = [target.title for target in targets]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise SettingsError(f"Two targets of notify are called {twice}.", "Give each a name.")
    return targets


def notice(alerts: Sequence[Alert], runbook: str, run: str, item: Item, public_url: str) -> Notice:
    """What to tell about a look that has ended."""
    names = dict.fromkeys(alert.name or "alert" for alert in alerts)
    places = dict.fromkeys(filter(None, (a.labels.get("namespace", "") for a in alerts)))
    where = f" in {', '.join(places)}" if places else ""
    title = ", ".join(names) + where
    return Notice(
        title=_clean(title, TITLE - 20) + (f" ({len(alerts)} alerts)" if len(alerts) > 1 else ""),
        verdict=verdict(item),
        runbook=runbook,
        run=run,
        status=item.status.value,
        alerts=tuple(_told(alert) for alert in alerts[:MOST]),
        findings=tuple(_sentence(finding) for finding in ranked(item.findings)[:MOST]),
        link=f"{public_url.rstrip('/')}/api/alerts?run={run}" if public_url else "",
    )


def verdict(item: Item) -> str:
    """What a look came to, in a sentence or two; "" while it goes on."""
    gaps = f" It could not see everything ({counted(len(item.gaps), 'gap')})." if item.gaps else ""
    match item.status:
        case ItemStatus.HEALTHY:
            return f"Nothing found that explains it.{gaps}"
        case ItemStatus.FINDINGS:
            return f"{_found(item)}{gaps}"
        case ItemStatus.FAILED:
            return f"The look failed: {_clean(item.error or 'no reason given', SENTENCE)}"
        case ItemStatus.LOST:
            return "The look was lost with its worker, as often as it was tried."
        case ItemStatus.CANCELLED:
            return "The look was cancelled."
    return ""


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Causes first, then what is worse."""
    return sorted(findings, key=lambda f: (not f.root_cause, -f.severity))


def _found(item: Item) -> str:
    told = [_sentence(finding) for finding in ranked(item.findings)[:FEW]]
    more = len(item.findings) - len(told)
    if not told:
        failed = ", ".join(gate.name for gate in item.gates if not gate.passed)
        return f"Not passed: {_clean(failed, SENTENCE)}."
    return " ".join(told) + (f" And {more} more." if more else "")


def _sentence(finding: Finding) -> str:
    said = _clean(f"{finding.subject}: {finding.message}", SENTENCE)
    return said if said.endswith((".", "…", "!", "?")) else f"{said}."


def _told(alert: Alert) -> str:
    about = ", ".join(f"{k}={v}" for k, v in alert.labels.items() if k != "alertname")
    summary = alert.annotations.get("summary") or alert.annotations.get("description") or ""
    said = f"{alert.name or 'alert'} ({about})" + (f": {summary}" if summary else "")
    return _clean(said, SENTENCE)


def _clean(text: str, limit: int) -> str:
    return one_line(redact_text(text), limit)


def request(target: Target, notice: Notice, url: str, token: str) -> Request:
    """The call that tells it. url, token: what the target's references stand for."""
    base = (url or HOSTED.get(target.kind, "")).rstrip("/")
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    match target.kind:
        case Kind.WEBHOOK:
            return Request(url=url, headers=bearer, body=msgspec.to_builtins(notice))
        case Kind.SLACK:
            return Request(url=url, headers=bearer, body={"text": slack(notice)})
        case Kind.GITHUB:
            issue = {"title": notice.title, "body": markdown(notice), "labels": target.labels}
            headers = {**bearer, "Accept": "application/vnd.github+json"}
            path = quote(target.project, safe="/")
            return Request(url=f"{base}/repos/{path}/issues", headers=headers, body=issue)
        case Kind.GITLAB:
            named = quote(target.project, safe="")
            story: Mapping[str, str] = {
                "title": notice.title,
                "description": markdown(notice),
                "labels": ",".join(target.labels),
            }
            return Request(
                url=f"{base}/api/v4/projects/{named}/issues",
                headers={"PRIVATE-TOKEN": token},
                body=story,
            )


def slack(notice: Notice) -> str:
    """Slack's mrkdwn: ``&``, ``<`` and ``>`` are escaped, so that nobody is mentioned."""
    link = f"<{_escaped(notice.link)}|{notice.run}>" if notice.link else notice.run
    head = f"*{_escaped(notice.title)}*\n{_escaped(notice.verdict)}"
    return f"{_cut(head, TEXT - len(link) - 100)}\n{_escaped(notice.runbook[:80])} {link}"


def markdown(notice: Notice) -> str:
    """An issue's text. What others wrote is in code spans: no mention, image or quick action."""
    read = f"[{notice.run}]({notice.link})" if notice.link else notice.run
    lines = [f"- {_span(alert)}" for alert in notice.alerts]
    found = [f"- {_span(finding)}" for finding in notice.findings]
    parts = [
        _span(notice.verdict),
        "Fired:\n\n" + "\n".join(lines),
        *(["Found:\n\n" + "\n".join(found)] if found else []),
        f"Runbook {_span(notice.runbook)}, run {read}.",
    ]
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _span(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"
