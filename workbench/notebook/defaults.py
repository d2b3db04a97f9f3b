"""What stands where a magic or a function was given nothing: ``%config K8sWorkbench``,
``%k8s use``, and below them ``workbench.toml`` and the environment.

Only traitlets, which IPython has loaded, is imported here.
"""

from __future__ import annotations

from typing import Any

from traitlets import Float, Int, Unicode
from traitlets.config.configurable import Configurable


class K8sWorkbench(Configurable):
    """Defaults of the workbench in this session. An empty value leaves it to ``workbench.toml``."""

    context = Unicode("", help="Kubeconfig context.").tag(config=True)
    namespace = Unicode("", help="Namespace, several joined by commas, or all.").tag(config=True)
    since = Unicode("", help="How far back events and logs matter: 30m, 2h, 1d.").tag(config=True)
    snapshot = Unicode("", help="A frozen cluster to look at instead.").tag(config=True)
    model = Unicode("", help="provider:model, or analyst for none.").tag(config=True)
    budget = Float(0.0, min=0.0, help="Dollars one question may cost.").tag(config=True)
    max_calls = Int(0, min=0, help="Tool calls one question may make.").tag(config=True)
    reuse = Unicode("", help="How old an answer to the same question may be: always, 15m, 0.").tag(
        config=True
    )
    incident = Unicode("", help="Where notes and new questions belong: INV-12.").tag(config=True)


SINCE = ("15m", "30m", "1h", "3h", "12h", "1d")
"""Times to choose from; any other can be typed."""

ALL = "all"
"""The namespace that stands for every one, whatever ``workbench.toml`` says."""

current = K8sWorkbench()
"""The defaults of this process; the shell knows them as ``K8sWorkbench``."""


def chosen(name: str, given: Any = None) -> Any:
    """What was given, or else the default of that name. Only None counts as not given."""
    if given is not None:
        return given
    own = getattr(current, name)
    if own:
        return "" if name == "namespace" and own == ALL else own
    from workbench.settings import load_settings

    return getattr(load_settings(), _SETTINGS[name]) if name in _SETTINGS else own


_SETTINGS = {"namespace": "namespace", "since": "since", "reuse": "reuse"}
# The others are read where the workbench is opened.
