"""Kinds of trouble that questions ask about without naming an object: 503, OOM, DNS, pending."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from workbench.core.findings import Finding

# A word of a question, and what the code, title or message of a finding about it says; where there
# are several patterns, the first that fits any finding counts.
_TOPICS: tuple[tuple[str, ...], ...] = (
    (
        r"50[023]s?|5xxs?",
        r"INGRESS_BACKEND|ROUTE_BACKEND",
        r"endpoint|PEER_|READINESS|CRASH|SELECTOR",
    ),
    (
        r"unavailab\w*|unreachab\w*|reach\w*|endpoints?",
        r"endpoint|backend|UNAVAILABLE|PEER_|READINESS|CRASH|POLICY_BLOCKS|SELECTOR",
    ),
    (r"404s?", r"INGRESS_|ROUTE_"),
    (
        r"504s?|time-?outs?|slow\w*|latency|lag\w*",
        r"PEER_|POLICY_BLOCKS|OOM|PROBE_FAILING|AT_MAXIMUM|time|RESTARTING",
    ),
    (r"oom\w*|137|memory|ram", r"OOM|memory|137"),
    (r"dns|resolv\w+|nxdomain|hosts?", r"resolve|no such host|DNS"),
    (r"imagepullbackoff|errimagepull|images?|pull\w*|registry|tags?", r"IMAGE_"),
    (r"crash\w*|restart\w*|139|segfault\w*", r"CRASH|RESTARTING|OOM|LIVENESS|STARTUP|exit"),
    (
        r"pending|stuck|schedul\w+|unschedulable",
        r"SCHEDUL|PENDING|STUCK|CLAIM|IMAGE_|QUOTA|Pending",
    ),
    (r"pvcs?|pvs?|volumes?|storage\w*|disks?|mount\w*", r"STORAGE|CLAIM|VOLUME|PROVISION|MOUNT"),
    (r"quotas?|limits?", r"QUOTA|LIMIT"),
    (r"certificates?|certs?|tls|https|x509", r"TLS|certificate|x509"),
    (r"nodes?|kubelets?|drain\w*|cordon\w*", r"NODE"),
    (r"probes?|liveness|readiness", r"PROBE"),
    (r"hpa|autoscal\w+|scal(?:e|es|ing)", r"HPA|SCALED"),
    (r"jobs?|cronjobs?|schedules?|backups?", r"JOB"),
    (
        r"rbac|forbidden|403s?|permissions?|serviceaccounts?",
        r"RBAC|forbidden|SERVICE_ACCOUNT|ROLE_",
    ),
    (r"network\w*|polic(?:y|ies)|connect\w*", r"NETWORK|POLICY|PEER_|SANDBOX|refuse"),
    (r"ingress\w*|gateways?|routes?", r"INGRESS|GATEWAY|ROUTE_"),
    (r"rollouts?|deploys?|deployed|upgrades?|releases?", r"ROLLOUT|IMAGE_"),
    (r"configmaps?|secrets?|config\w*|env|variables?", r"CONFIG|SECRET|KEY_|variable"),
    (r"evict\w*|preempt\w*", r"EVICT|PREEMPT"),
    (r"webhooks?|admission", r"WEBHOOK|ADMISSION"),
)
_COMPILED = tuple(tuple(re.compile(p) for p in patterns) for patterns in _TOPICS)


def topic_words(question: str) -> tuple[str, ...]:
    """The words that say what kind of trouble is meant: ``image``, ``503``, ``pvc``."""
    words = dict.fromkeys(re.findall(r"[a-z0-9-]+", question.lower()))
    return tuple(w for w in words if is_topic(w))


def is_topic(word: str) -> bool:
    return any(patterns[0].fullmatch(word) for patterns in _COMPILED)


def about_topics(words: tuple[str, ...], findings: tuple[Finding, ...]) -> set[str]:
    """Ids of the findings that are about one of the topics."""
    found: set[str] = set()
    for asked, *patterns in _COMPILED:
        if any(asked.fullmatch(w) for w in words):
            tiers = ({f.id for f in findings if p.search(_text(f))} for p in patterns)
            found |= next((tier for tier in tiers if tier), set())
    return found


def _text(finding: Finding) -> str:
    return f"{finding.code} {finding.title} {finding.message}"


_CHANGES = re.compile(
    r"\bwhat\b[^.?]{0,40}\bchang|\bwhat(?:'s| is| was) new\b"
    r"|\b(?:any|which|list|show)\b[^.?]{0,20}\b(?:changes?|deploys|rollouts?|releases?)\b"
    r"|\b(?:did|has|have|was|were)\b[^.?]{0,40}\bchang(?:e|ed)\b[^.]{0,40}\?"
    r"|^\W*(?:chang(?:e|es|ed)|(?:recent |last |latest )(?:changes?|deploy\w*|rollouts?))\b",
    re.I,
)
"""A question about changes. ``Broken after a config change`` is one about what broke, and ``the
network team changed something today`` or ``the last deploy was on Monday`` asks nothing."""

_WHAT_BROKE = re.compile(
    r"\b(?:since|after|following|due to|because of|with|by)\b[^.?]{0,25}\b(?:chang|deploy)", re.I
)
_WHAT_HAPPENED = re.compile(
    r"\bwhat\b[^.?]{0,12}\b(?:happen(?:ed|ing|s)?|went on|went wrong|going on|occurred)\b", re.I
)

_MOMENT = re.compile(
    r"\b(?:at|around|about|near|since|by|after|before|from)\s+~?"
    r"(?P<hour>[01]?\d|2[0-3])(?::(?P<minute>[0-5]\d)(?::\d\d)?)?\s*(?P<half>am|pm)?\b"
    r"(?!\s*(?:%|percent|pods?|nodes?|replicas?|min|minutes?|hours?|days?|h\b|m\b|times))",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    r"\b(?:last|past|previous)\s+(\d+)?\s*(m|h|d|min(?:ute)?s?|hours?|days?)\b", re.IGNORECASE
)
_TIMED = re.compile(r"\b\d{1,2}:\d\d\b|\b\d{1,2} ?[ap]m\b|\b(?:today|yesterday|night)\b", re.I)
_DEFAULT = "1h"
_MARGIN = 30  # minutes before a time that is asked about


def asks_for_changes(question: str) -> bool:
    """``what changed in the last hour?``, and not ``broken since the last change``."""
    said = _CHANGES.search(question)
    return bool(said) and ("what" in question.lower() or not _WHAT_BROKE.search(question))


def asks_for_history(question: str) -> bool:
    """``what changed?``, or what happened at some time: a question that a timeline answers."""
    timed = _TIMED.search(question) or _LENGTH.search(question)
    return asks_for_changes(question) or bool(timed and _WHAT_HAPPENED.search(question))


_ASKS_HEALTH = re.compile(
    r"\b(?:healthy|all right|alright|ok(?:ay)?|in order|anything (?:is )?(?:wrong|broken|off)"
    r"|something (?:is )?wrong with|any (?:problem|issue|error|fault)s?|how (?:is|are)|status)\b",
    re.IGNORECASE,
)


def asks_for_health(question: str) -> bool:
    """``is the cluster healthy?``: a question that knows of no trouble."""
    return bool(_ASKS_HEALTH.search(question))


_ASKS_NO_FAULT = re.compile(
    r"^\W*(?:hi|hello|hey|thanks|thank you|help)\b[^?]{0,20}$|\bhow many\b|^\W*(?:list|show me)\b",
    re.IGNORECASE,
)


def asks_for_no_fault(question: str) -> bool:
    """``how many pods are running``, ``hello``: nothing that the state of a cluster answers."""
    return bool(_ASKS_NO_FAULT.search(question)) and not asks_for_changes(question)


def complains(question: str) -> bool:
    """Somebody saw trouble, and does not only ask for any or for what was changed."""
    return not asks_for_health(question) and not asks_for_changes(question)


def moment_asked(question: str, now: datetime) -> datetime | None:
    """The last such time of day that a question names: ``around 10:00``, ``at 3 pm``."""
    said = _MOMENT.search(question)
    if said is None or not (said["minute"] or said["half"]):
        return None
    half = (said["half"] or "").lower()
    hour = int(said["hour"]) % 12 + 12 * (half == "pm") if half else int(said["hour"])
    found = now.replace(hour=hour, minute=int(said["minute"] or 0), second=0, microsecond=0)
    return found if found <= now else found - timedelta(days=1)


def length_of_time(question: str, now: datetime | None = None) -> str:
    """How far back a question looks, as kubectl writes it: ``2h``; an hour when it does not say.
    ``now`` is what a time of day that it names is counted back from."""
    asked = moment_asked(question, now) if now else None
    if asked and now:
        return f"{int((now - asked).total_seconds()) // 60 + _MARGIN}m"
    said = _LENGTH.search(question)
    if said is None:
        return "24h" if re.search(r"\btoday|yesterday\b", question, re.I) else _DEFAULT
    return f"{int(said[1] or 1)}{said[2][0].lower()}"
