from __future__ import annotations

import inspect
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from tests.support.api_server import write_kubeconfig
from tests.support.kernels import ROOT
from workbench.errors import ContextUnknown, UsageError
from workbench.notebook import choosing, session
from workbench.notebook.defaults import current
from workbench.notebook.forms import INCIDENT_VERBS, PARSERS, SUBCOMMANDS

MODULES = """
import json, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
before = set(sys.modules)
shell.run_line_magic("load_ext", "workbench")
print(json.dumps(sorted(set(sys.modules) - before)))
"""
ALLOWED = {"workbench", "IPython", "argparse", "gettext", "locale", "_locale"}


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "workbench")
    yield made
    made.run_line_magic("unload_ext", "workbench")
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, cell: str) -> Any:
    return shell.run_cell(cell, store_history=False)


def test_loading_imports_next_to_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MODULES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert {name.partition(".")[0] for name in loaded} <= ALLOWED
    ours = {name for name in loaded if name.startswith("workbench.")}
    assert ours == {
        "workbench.errors",
        "workbench.notebook",
        "workbench.notebook.completion",
        "workbench.notebook.defaults",
        "workbench.notebook.extension",
        "workbench.notebook.forms",
        "workbench.notebook.magics",
        "workbench.notebook.options",
    }


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, workbench; print([m for m in sys.modules if m.startswith('workbench.')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_a_documented_function() -> None:
    import workbench

    for name in workbench.__all__:
        assert getattr(workbench, name).__doc__, name
        assert name in dir(workbench)
    inner = {module.name for module in pkgutil.iter_modules(workbench.__path__)}
    assert not inner & set(workbench.__all__)  # importing such a module would take the name
    with pytest.raises(AttributeError, match="nonsense"):
        workbench.nonsense  # noqa: B018 - looking it up is the test


TWINS = {
    "k8s_runbook": ("run", "catalogue", "runbook", "promote", "promotable"),
    "k8s_ask": ("ask", "plan"),
    "k8s": (),  # its subcommands have their own
    "use": ("choices",),  # ``wb.use`` itself opens nothing that could be waited for
    "mcp": ("servers",),
    "hypothesis": ("hypothesis", "board"),
    "sweep": ("sweep", "sweeps", "swept", "cancel_sweep"),
    "changes": ("change", "changes"),
    "knowledge": ("search", "ingest"),
    "help": (),
    "incident open": ("open_incident",),
    "incident show": ("show_incident",),
    "incident note": ("note_incident",),
    "incident close": ("close_incident",),
    "incident list": ("incidents",),
    "incident report": ("postmortem",),
    "incident attach": ("attach",),
    "incident similar": ("similar",),
}
"""What a form is called in Python, where that is not its own name."""
FORMS = [
    *(prog.lstrip("%") for prog in PARSERS),
    *SUBCOMMANDS,
    *(f"incident {verb}" for verb in INCIDENT_VERBS),
]


@pytest.mark.parametrize("form", FORMS)
def test_every_magic_form_has_a_twin_to_call_and_one_to_await(form: str) -> None:
    import workbench

    for twin in TWINS.get(form, (form.removeprefix("k8s_"),)):
        assert {twin, f"a{twin}"} <= set(workbench.__all__)
        assert not inspect.iscoroutinefunction(getattr(workbench, twin))
        assert inspect.iscoroutinefunction(getattr(workbench, f"a{twin}"))


def test_a_typing_error_is_one_line_without_a_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(shell, "%k8s_get pods --nmespace shop")
    assert isinstance(result.error_in_exec, UsageError)
    said = "".join(capsys.readouterr())
    assert "workbench: %k8s_get has no option --nmespace." in said
    assert "Did you mean --namespace?" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%k8s_get", "needs more words"),
        ("%k8s_get pod web extra", "'extra'"),
        ("%k8s_ask -n shop", "needs a question"),
        ("%k8s_ask why {{ nope }}", "'nope'"),
        ("%k8s_ask why --since soon", "'soon'"),
        ("%k8s_describe pod", "a kind and a name"),
        ("%k8s_get pods -o not-a-name", "not a variable name"),
        ("%k8s nonsense", "nonsense"),
        ("%k8s status extra", "'extra'"),
        ("%k8s model analyst extra", "one model"),
        ("%k8s hypothesis confirmed", "Which one is confirmed?"),
        ("%k8s incident opn a title", "Did you mean open?"),
        ("%k8s incident INV-1 INV-2", "'INV-1'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_opened(
    shell: InteractiveShell, cell: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(shell, cell)
    assert isinstance(result.error_in_exec, UsageError)
    assert says in "".join(capsys.readouterr())


@pytest.mark.parametrize("magic", ["k8s_ask", "k8s_analyze", "k8s_get", "k8s_logs"])
def test_help_is_real(
    shell: InteractiveShell, magic: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, f"%{magic} --help")
    asked = capsys.readouterr().out
    run(shell, f"%{magic}?")
    marked = capsys.readouterr().out
    for said in (asked, marked):
        assert f"usage: %{magic}" in said
        assert "--namespace" in said


def test_tab_offers_options_kinds_and_namespaces_seen(shell: InteractiveShell) -> None:
    session.seen_namespaces.add("shop-front")
    session.seen_names.add("checkout-1")

    def offered(line: str) -> list[str]:
        with provisionalcompleter():
            return [found.text for found in shell.Completer.completions(line, len(line))]

    assert "--namespace" in offered("%k8s_get pods --n")
    assert {"pods", "po"} <= set(offered("%k8s_get po"))
    assert "shop-front" in offered("%k8s_ask why -n sh")
    assert "shop-front" in offered("found = %k8s_get pods -n sh")
    assert "analyst" in offered("%k8s_ask why -m an")
    assert "evidence" in offered("%k8s ev")
    assert offered("%k8s_runbook pending-pod -p nam") == ["name=", "namespace="]
    assert "name=" not in offered("%k8s_runbook pending-pod -p name=web -p n")
    assert offered("%k8s_runbook no-such-runbook -p nam") == []
    assert offered("%k8s_ask why --agent netw") == ["network"]
    assert offered("%k8s_ask why --since 1") == ["12h", "15m", "1d", "1h"]
    assert offered("%k8s_describe pod/chec") == ["pod/checkout-1"]
    assert offered("%%k8s_ask -n sh") == ["shop-front"]


def test_on_a_line_of_ours_tab_offers_nothing_else(shell: InteractiveShell) -> None:
    with provisionalcompleter():
        found = [c.text for c in shell.Completer.completions("%k8s_ask why -m a", 17)]
    assert found == ["analyst", "anthropic:"]  # and not the keyword ``and``


def test_tab_offers_the_contexts_of_the_kubeconfig(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", write_kubeconfig(tmp_path / "kc", "http://127.0.0.1:9"))
    shell.Completer.use_jedi = False
    with provisionalcompleter():
        found = [c.text for c in shell.Completer.completions("%k8s_ask why -c te", 18)]
    assert found == ["test"]


def test_the_workbench_lists_its_magics(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    run(shell, "%k8s help")
    said = capsys.readouterr().out
    for magic in PARSERS:
        assert magic in said


def test_unloading_takes_the_magics_away() -> None:
    shell = InteractiveShell.instance()
    try:
        shell.run_line_magic("load_ext", "workbench")
        assert "k8s_ask" in shell.magics_manager.magics["cell"]
        shell.run_line_magic("unload_ext", "workbench")
        assert "k8s_ask" not in shell.magics_manager.magics["line"]
        assert "k8s_ask" not in shell.magics_manager.magics["cell"]
    finally:
        InteractiveShell.clear_instance()


def test_a_place_that_cannot_be_opened_is_not_used_from_then_on() -> None:
    @choosing.unless_it_fails()
    def use() -> None:
        current.context, current.snapshot = "prod", ""
        raise ContextUnknown("There is no context prod.")

    current.context, current.snapshot = "", "demo"
    with pytest.raises(ContextUnknown):
        use()
    assert (current.context, current.snapshot) == ("", "demo")
    current.snapshot = ""
