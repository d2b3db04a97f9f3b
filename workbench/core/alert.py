"""Alerts as they come over a webhook, and which runbook takes the first look at each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import msgspec

from workbench.core.duration import parse_duration
from workbench.errors import SettingsError, UsageError

MOST_ALERTS = 1_000
"""Of one webhook call. Alertmanager's own ``max_alerts`` is 0, as many as there are."""
OLDEST_YEAR, NO_YEAR = 1970, 9999
WINDOW = "4h"
"""Alertmanager's own ``repeat_interval``: what fires on is looked into again when it is told again
of."""


class AlertStatus(Enum):
    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One alert, in the words of Alertmanager's webhook (version 4) or any program's like it.

    fingerprint: of its labels; the same alert has the same one each time it is told.
    """

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    status: AlertStatus = AlertStatus.FIRING
    starts_at: datetime | None = None
    fingerprint: str = ""

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")

    @property
    def key(self) -> str:
        """The same for every telling of it."""
        if re.fullmatch(r"[!-~]{1,64}", self.fingerprint):
            return self.fingerprint
        said = "\n".join(f"{name}={value}" for name, value in sorted(self.labels.items()))
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def since(self) -> datetime | None:
        """When it began to fire, in UTC; None where that is not told, or is no such time."""
        at = self.starts_at
        if at is None or not OLDEST_YEAR <= at.year < NO_YEAR:  # Go's zero time is in year 1
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


class _Told(msgspec.Struct, frozen=True):
    alerts: Annotated[list[Alert], msgspec.Meta(max_length=MOST_ALERTS)]


class AlertRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alerts whose labels all match get that runbook.

    match: by label, a regular expression that the whole value has to match, as in Prometheus.
    parameters: by name, words in which ``$label`` stands for the label's value; ``$a|$b`` for the
        first of them that there is. One that stays empty is left to the runbook.
    """

    runbook: str
    match: dict[str, str] = {}
    parameters: dict[str, str] = {}

    def __post_init__(self) -> None:
        for label, pattern in self.match.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"match.{label}: {pattern!r} is no pattern: {error}") from error

    def matches(self, alert: Alert) -> bool:
        return all(re.fullmatch(p, alert.labels.get(name, "")) for name, p in self.match.items())


class Look(msgspec.Struct, frozen=True):
    """A runbook with parameters, and the alerts it is for."""

    runbook: str
    parameters: dict[str, str]
    alerts: tuple[Alert, ...]


_PLACE = {"namespace": "$namespace"}
_WORKLOAD = "$deployment|$statefulset|$daemonset|$job_name|$cronjob|$pod|$service|$ingress"


def _rule(names: str, runbook: str, name: str = _WORKLOAD) -> AlertRule:
    parameters = {"name": name} if runbook == "node-not-ready" else {**_PLACE, "name": name}
    return AlertRule(runbook=runbook, match={"alertname": names}, parameters=parameters)


# The alerts of kube-prometheus (kubernetes-mixin) and cert-manager's mixin by name.
USUAL: tuple[AlertRule, ...] = (
    _rule("KubePodCrashLooping", "crash-looping-workload"),
    _rule("KubeContainerOOMKilled|.*OOM.*", "out-of-memory"),
    _rule("KubeDeployment.*|KubeStatefulSet.*|KubeDaemonSet.*", "stuck-rollout"),
    _rule("KubeJob.*", "failing-job", "$job_name|$cronjob|$pod"),
    _rule("KubeHpa.*", "autoscaler-not-scaling", "$horizontalpodautoscaler"),
    _rule("KubeNode.*|Kubelet(Down|Too.*|Pleg.*)|NodeFilesystem.*", "node-not-ready", "$node"),
    _rule("KubePersistentVolume.*", "storage-pending", "$persistentvolumeclaim"),
    _rule("Kube.*Quota.*|KubeCPUOvercommit|KubeMemoryOvercommit", "quota-and-admission", ""),
    _rule("CertManager.*|.*Certificate.*", "certificate-expiry", "$name"),
    _rule("CoreDNS.*", "dns", ""),
    AlertRule(
        runbook="alert-first-response",
        parameters={"alert": "$alertname", **_PLACE, "name": _WORKLOAD},
    ),
)


class AlertTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``[alerts]`` table of a settings file.

    rules: in order, before the usual ones. window: how long an alert that fires on, and was looked
        into, is only counted (``4h``).
    """

    rules: tuple[AlertRule, ...] = ()
    window: str = WINDOW

    @property
    def every_rule(self) -> tuple[AlertRule, ...]:
        """The person's, then the usual ones: the last of them takes every alert."""
        return (*self.rules, *USUAL)

    @property
    def window_seconds(self) -> int:
        return parse_duration(self.window)


def parse_terms(tree: Any) -> AlertTerms:
    """The ``[alerts]`` table. Raises SettingsError with one line that names what is wrong."""
    hint = "Like [[alerts.rules]] with a runbook, match and parameters; window = '4h'."
    try:
        terms = msgspec.convert(tree, AlertTerms)
        parse_duration(terms.window)
    except msgspec.ValidationError as error:
        raise SettingsError(f"The alerts are not usable: {_place(str(error))}.", hint) from error
    except UsageError as error:
        said = error.message.rstrip(".")
        raise SettingsError(f"The alerts are not usable: window: {said}.", hint) from error
    return terms


def _place(words: str) -> str:
    """``… - at `$.rules[0].match` `` as ``rule 1, match: …``."""
    said, _, path = words.partition(" - at `$")
    found = re.fullmatch(r"\.rules\[(\d+|\.\.\.)\]\.?(.*)`", path)
    if not found:
        return f"{path.strip('.`')}: {said}" if path else said
    field = f", {found[2]}" if found[2] else ""
    return f"rule {int(found[1]) + 1}{field}: {said}" if found[1].isdigit() else words


def parse(body: bytes) -> tuple[Alert, ...]:
    """The alerts of a webhook call: Alertmanager's, or ``{"alerts": [{"labels": {…}}]}``.

    Raises UsageError for anything else.
    """
    try:
        return tuple(msgspec.json.decode(body, type=_Told).alerts)
    except msgspec.ValidationError as error:
        raise UsageError(f"These are no alerts: {error}.", HINT) from error
    except msgspec.DecodeError as error:
        raise UsageError(f"This is no JSON: {error}.", HINT) from error
    except RecursionError as error:
        raise UsageError("This is nested too deeply.", HINT) from error


HINT = 'Like Alertmanager: {"alerts": [{"labels": {"alertname": "…", "namespace": "…"}}]}.'


def looks(alerts: Iterable[Alert], rules: Sequence[AlertRule]) -> tuple[Look, ...]:
    """What to run for alerts that fire: those that need the same look share it.

    Alerts no rule matches need none.
    """
    shared: dict[tuple[str, tuple[tuple[str, str], ...]], list[Alert]] = {}
    for alert in alerts:
        rule = next((r for r in rules if r.matches(alert)), None)
        if rule is None or alert.status is AlertStatus.RESOLVED:
            continue
        filled = {name: fill(words, alert.labels) for name, words in rule.parameters.items()}
        given = tuple((name, value) for name, value in filled.items() if value)
        shared.setdefault((rule.runbook, given), []).append(alert)
    return tuple(
        Look(runbook, dict(given), tuple(found)) for (runbook, given), found in shared.items()
    )


def fill(words: str, labels: Mapping[str, str]) -> str:
    """``$namespace/$pod`` with labels in it; of ``$deployment|$pod`` the first that is there."""
    for choice in words.split("|"):
        names = re.findall(r"\$(\w+)", choice)
        if all(labels.get(name) for name in names):
            return re.sub(r"\$(\w+)", lambda m: labels[m[1]], choice)
    return ""
