"""Stable stand-ins for names, so that a text can leave the house and its answer be read at home.

Namespaces, pods, workloads, hosts, addresses and e-mail addresses get readable stand-ins that hold
inside one investigation (``pod-7``, ``ns-3``, ``10.255.0.17``). Names are told, not guessed: only
what was told is replaced, so the vocabulary of Kubernetes stays. Addresses are found by their
looks. Secrets are no names; they are redacted before and never come back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal

Kind = Literal["namespace", "pod", "workload", "node", "host", "cluster"]
Replaced = Literal["names", "namespaces", "hosts", "ips"]
"""What a person may want replaced: names of objects (and people's addresses), namespaces, names of
nodes, hosts and clusters, IP addresses."""

EVERYTHING: tuple[Replaced, ...] = ("names", "namespaces", "hosts", "ips")
STEMS: dict[Kind, str] = {
    "namespace": "ns", "pod": "pod", "workload": "app", "node": "node", "host": "host",
    "cluster": "cluster",
}  # fmt: skip
_REPLACED_WITH: dict[Kind, Replaced] = {
    "namespace": "namespaces", "pod": "names", "workload": "names", "node": "hosts",
    "host": "hosts", "cluster": "hosts",
}  # fmt: skip
VOCABULARY = frozenset(
    re.findall(
        r"\S+",
        """
        default kube-system kube-public kube-node-lease pod pods node nodes service services
        deployment deployments secret secrets configmap namespace job event events status spec
        metadata name running pending failed succeeded true false ready error warning normal
        """,
    )
)
"""Names that are words of Kubernetes too: replacing them would break what the text says."""

_IPV4 = r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]\d|\w)"
_MAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
_SEEN = re.compile(rf"(?P<mail>{_MAIL})|(?P<address>{_IPV4})")
_STAND_IN = re.compile(
    r"(?:ns|pod|app|node|host|cluster)-\d+|10\.255\.\d+\.\d+|person-\d+@example\.invalid"
)


class Pseudonymiser:
    """Names to stand-ins and back, the same ones for as long as this lives.

    A stand-in is never given out once a name that looks like it was told or seen. One that turns up
    in a text only after it was given out cannot be told apart from it: tell names first.
    """

    def __init__(self, replaced: Collection[Replaced] = EVERYTHING) -> None:
        self._replaced = frozenset(replaced)
        self._stand_ins: dict[str, str] = {}
        self._originals: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()
        self._names: re.Pattern[str] | None = None

    def know(self, kind: Kind, names: Iterable[str]) -> None:
        """Replace these names from now on; words of Kubernetes are left out."""
        told = tuple(names)
        self._taken.update(told)
        if _REPLACED_WITH[kind] not in self._replaced:
            return
        for name in told:
            if name and name.lower() not in VOCABULARY and name not in self._stand_ins:
                self._pair(name, self._fresh(STEMS[kind] + "-{}"))
                self._names = None

    def replace(self, text: str) -> str:
        """The text with stand-ins. Done twice, the second time changes nothing."""
        self._taken.update(_STAND_IN_WHOLE.findall(text))
        return self._pattern().sub(self._stand_in, text)

    def restore(self, text: str) -> str:
        """The text with the names, for the person who asked and nobody else."""
        return _STAND_IN_WHOLE.sub(lambda m: self._originals.get(m[0], m[0]), text)

    def _pattern(self) -> re.Pattern[str]:
        if self._names is None:
            longest_first = sorted(self._stand_ins, key=len, reverse=True)
            known = "|".join(re.escape(name) for name in longest_first) or r"(?!)"
            self._names = re.compile(
                rf"(?P<known>(?<![\w-])(?:{known})(?P<made>{_GENERATED})?(?![\w-]))"
                rf"|{_SEEN.pattern}|{_STAND_IN_WHOLE.pattern}"
            )
        return self._names

    def _stand_in(self, match: re.Match[str]) -> str:
        name = match[0]
        if name in self._originals:
            return name
        if name in self._stand_ins:
            return self._stand_ins[name]
        if match["made"] and "names" in self._replaced:
            return self._pair(name, self._fresh(STEMS["pod"] + "-{}"))
        if match["mail"] and "names" in self._replaced:
            return self._pair(name, self._fresh("person-{}@example.invalid"))
        if match["address"] and "ips" in self._replaced:
            return self._pair(name, self._fresh("10.255.{}"))
        return name

    def _pair(self, name: str, stand_in: str) -> str:
        self._stand_ins[name] = stand_in
        self._originals[stand_in] = name
        return stand_in

    def _fresh(self, form: str) -> str:
        """The next stand-in of that form that is nobody's name."""
        while True:
            count = self._counts[form] = self._counts.get(form, 0) + 1
            last = f"{count // 254}.{count % 254 + 1}" if form.startswith("10.") else str(count)
            if (stand_in := form.format(last)) not in self._taken:
                return stand_in

    def replace_value(self, value: Any) -> Any:
        """A JSON value with stand-ins in its strings; keys stay."""
        return _mapped(value, self.replace)

    def restore_value(self, value: Any) -> Any:
        """A JSON value with the names in its strings."""
        return _mapped(value, self.restore)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (list, tuple)):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return value


# Kubernetes appends a hash of the pod template and five letters to the names of pods it makes.
_GENERATED = r"(?:-[a-z0-9]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}"
_STAND_IN_WHOLE = re.compile(rf"(?<![\w-])(?<!\d\.)(?:{_STAND_IN.pattern})(?![\w-])")
