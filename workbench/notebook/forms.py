"""What each magic takes: one parser a magic, which is also its help and what Tab offers."""

from __future__ import annotations

from workbench.notebook.options import Parser


def _parser(prog: str, takes: str, about: str, *examples: str) -> Parser:
    text = "\n".join(
        [about, *(["", "Examples:"] if examples else []), *(f"  {e}" for e in examples)]
    )
    parser = Parser(prog, takes, text)
    parser.add_argument("-c", "--context", help="kubeconfig context")
    parser.add_argument("-n", "--namespace", help="namespace; without one, the default or all")
    parser.add_argument("-A", "--all-namespaces", action="store_true", help="all of them")
    parser.add_argument(
        "--from", dest="snapshot", metavar="SNAPSHOT", help="a frozen cluster instead: a path, demo"
    )
    parser.add_argument(
        "-o", "--output", default="", metavar="NAME", help="keep the result as NAME"
    )
    return parser


def _shown(parser: Parser, *choices: str) -> None:
    parser.add_argument(
        "--format",
        default=choices[0],
        choices=[*choices, *(["md"] if "markdown" in choices else [])],
        help="what is shown; the value is the same",
    )


def _selected(parser: Parser) -> None:
    parser.add_argument("-l", "--selector", default="", help="label selector, such as app=web")


def _since(parser: Parser) -> None:
    parser.add_argument("--since", help="how far back events and logs matter: 30m, 2h, 1d")


ASK = _parser(
    "%k8s_ask",
    "QUESTION",
    "Investigate a question. As %%k8s_ask the question is the cell's body.\n"
    "{{ name }} stands for a variable of the notebook. The same question about the same cluster\n"
    "shows the recorded answer; --fresh asks again.",
    "%k8s_ask why is checkout slow -n shop --since 1h",
    "inv = %k8s_ask why is {{ pod }} restarting",
    "%k8s_ask inv << why is web restarting",
    "%k8s_ask what do these have in common --use pods,events",
)
_selected(ASK)
_since(ASK)
ASK.add_argument("-m", "--model", default="", help="provider:model, or analyst for no model")
ASK.add_argument("--no-llm", action="store_true", help="the same as -m analyst")
ASK.add_argument("--agent", default="", help="a configured agent, or one that ships: network …")
ASK.add_argument("--tools", default="", metavar="+A,-B", help="with A, without B; A,B: only those")
ASK.add_argument("--use", default="", metavar="DF1,DF2", help="DataFrames to give along")
ASK.add_argument("--budget", type=float, metavar="DOLLARS", help="most it may cost")
ASK.add_argument("--max-calls", type=int, metavar="N", help="most tool calls it may make")
ASK.add_argument("--incident", default="", metavar="INV-n", help="note it there as well")
ASK.add_argument("--plan", action="store_true", help="say what would be done, and stop")
ASK.add_argument("--fresh", action="store_true", help="ask even where an answer is recorded")
_shown(ASK, "card", "text", "markdown", "json", "table")

ANALYZE = _parser(
    "%k8s_analyze",
    "[KIND|NAME|KIND/NAME …]",
    "Run the analyzers, without a model: findings as a DataFrame, likeliest cause first.\n"
    "With kinds or names, those about them and whatever explains those.",
    "%k8s_analyze -n shop",
    "%k8s_analyze pods services",
    "findings = %k8s_analyze deploy/web -n shop",
)
_selected(ANALYZE)
_since(ANALYZE)
_shown(ANALYZE, "table", "text", "markdown", "json")

GET = _parser(
    "%k8s_get",
    "KIND [NAME]",
    "Objects of a kind as a DataFrame, in kubectl's words.",
    "%k8s_get pods -A",
    "%k8s_get pod web-1 -n shop",
    "%k8s_get deploy -l app=web",
)
_selected(GET)
_shown(GET, "table", "text", "json")

EVENTS = _parser(
    "%k8s_events",
    "[KIND/NAME]",
    "Events as a DataFrame, of everything or of one object.",
    "%k8s_events -n shop --since 1h",
    "%k8s_events pod/web-1 -n shop",
)
_since(EVENTS)
_shown(EVENTS, "table", "text", "json")

TOP = _parser(
    "%k8s_top",
    "[pods|nodes]",
    "CPU (cores) and memory (bytes) in use now, beside requests and limits: a picture and a\n"
    "DataFrame. Needs metrics-server in the cluster.",
    "%k8s_top -n shop",
    "%k8s_top nodes",
)
_selected(TOP)
_shown(TOP, "table", "text", "json")

LOGS = _parser(
    "%k8s_logs",
    "POD",
    "The end of a container's log.",
    "%k8s_logs web-1 -n shop --previous --tail 50",
)
LOGS.add_argument("--container", default="", help="which container; needed when there are several")
LOGS.add_argument("-p", "--previous", action="store_true", help="the run before the last restart")
LOGS.add_argument("--tail", type=int, default=200, metavar="LINES", help="at most so many lines")
_since(LOGS)

DESCRIBE = _parser(
    "%k8s_describe", "KIND NAME", "One object with its events.", "%k8s_describe pod web-1 -n shop"
)

TIMELINE = _parser(
    "%k8s_timeline",
    "[KIND/NAME]",
    "What happened when, and what changed before it broke: a picture, and a DataFrame.",
    "%k8s_timeline deploy/web -n shop",
    "moments = %k8s_timeline -n shop --since 2h",
)
_since(TIMELINE)
_shown(TIMELINE, "table", "text", "markdown", "json", "svg")

DIFF = Parser(
    "%k8s_diff",
    "E-n|INV-n [E-n|INV-n]",
    "What changed between two recorded calls or investigations. With one, it is asked again now:\n"
    "calls that only read are made anew. INV-3/E12 is an\n"
    "investigation's call, E12 alone one of what was shown last.\n\n"
    "Examples:\n  %k8s_diff E12\n  %k8s_diff E12 E31\n  %k8s_diff INV-3 --now",
)
DIFF.add_argument("--now", action="store_true", help="ask again (what one alone means anyway)")
DIFF.add_argument("-c", "--context", help="kubeconfig context to ask now")
DIFF.add_argument(
    "--from", dest="snapshot", metavar="SNAPSHOT", help="a frozen cluster to ask now: a path, demo"
)
DIFF.add_argument("-o", "--output", default="", metavar="NAME", help="keep the result as NAME")
_shown(DIFF, "card", "text", "markdown", "json", "table")

RUNBOOK = Parser(
    "%k8s_runbook",
    "NAME",
    "Run a runbook in a kernel of its own, show what it found and link the executed notebook.\n\n"
    "Examples:\n  %k8s_runbook pending-pod -p namespace=shop\n  %k8s_runbook --list\n"
    "  %k8s_runbook --new-from INV-3 --show\n"
    "  %k8s_runbook --new-from INV-3 --parameters namespace,deployment",
)
RUNBOOK.add_argument(
    "-p", "--parameter", action="append", default=[], metavar="NAME=VALUE", help="repeatable"
)
RUNBOOK.add_argument("-c", "--context", help="kubeconfig context")
RUNBOOK.add_argument("--from", dest="snapshot", metavar="SNAPSHOT", help="a frozen cluster instead")
RUNBOOK.add_argument("--out", default="", metavar="FILE", help="the executed notebook")
RUNBOOK.add_argument("--list", dest="listing", action="store_true", help="which there are")
RUNBOOK.add_argument(
    "--show", action="store_true", help="what it takes; of --new-from what it could take"
)
RUNBOOK.add_argument(
    "--new-from", default="", metavar="INV-n", help="make one of a concluded investigation"
)
RUNBOOK.add_argument(
    "--parameters",
    default="",
    metavar="NAMES",
    help="--new-from: recorded values that become parameters, or none; all without it",
)
RUNBOOK.add_argument("-o", "--output", default="", metavar="NAME", help="keep the result as NAME")

INCIDENT_VERBS = ("open", "attach", "note", "show", "close", "similar", "list", "report")

SUBCOMMANDS: dict[str, tuple[str, str]] = {
    "use": (
        "[CONTEXT] [-n NAMESPACE] [--since 1h] [--from SNAPSHOT]",
        "where to look from now on; alone: what there is to choose",
    ),
    "status": ("", "what is open: cluster, namespace, database, model, tools"),
    "mcp": ("", "the tool servers that answer"),
    "tools": ("", "every tool: whose it is, whether it only reads"),
    "incident": (
        "[INV-n | INC-n | VERB …]",
        "INV-n: notes go there; open, attach, note, show, close, similar, list, report",
    ),
    "fork": (
        "INV-n [QUESTION] [--after E5] [-m MODEL]",
        "go on from a step in a new investigation; what was read until then is kept",
    ),
    "evidence": ("[INV-n] E-n [--live]", "a recorded call; --live makes it again and compares"),
    "note": ("TEXT", "write it down, with the time; as %%k8s note the cell's body"),
    "hypothesis": ("[TEXT | confirmed H-n | refuted H-n] [-e E3]", "what it might be; the board"),
    "sweep": (
        "[RUNBOOK --over … | SW-n | cancel SW-n]",
        "a runbook over many items, by workers; one with its items; alone: which there are",
    ),
    "changes": ("[C-n]", "proposed changes; one of them whole, with its diff"),
    "approve": ("C-n [--digest D] [--wait SECONDS]", "make exactly what was shown, once"),
    "deny": ("C-n", "settle it with no"),
    "knowledge": ("search WORDS | ingest PATH …", "passages that fit; documents taken in"),
    "cost": ("", "what the newest investigations spent"),
    "snapshot": ("", "an overview of the cluster"),
    "report": ("INV-n [FOLDER]", "an investigation as files to send"),
    "model": ("[PROVIDER:MODEL]", "which model answers, or from now on"),
    "help": ("", "the magics"),
}
"""Every subcommand of ``%k8s``: what it takes and what it is for. ``subcommands`` runs them."""

_WIDTH = max(len(f"{name} {takes}") for name, (takes, _) in SUBCOMMANDS.items())
K8S = Parser(
    "%k8s",
    "SUBCOMMAND",
    "About the workbench itself.\n\n"
    + "\n".join(
        f"  {f'{name} {takes}':<{_WIDTH}}  {about}" for name, (takes, about) in SUBCOMMANDS.items()
    ),
)
K8S.add_argument("-c", "--context", help="kubeconfig context")
K8S.add_argument("-n", "--namespace", help="use: the namespace; all for none")
K8S.add_argument("--from", dest="snapshot", metavar="SNAPSHOT", help="use: a frozen cluster")
K8S.add_argument("--since", help="use: how far back events and logs matter")
K8S.add_argument("--after", default="", metavar="E5", help="fork: the last step that is kept")
K8S.add_argument(
    "-m",
    "--model",
    default="",
    help="fork: provider:model, or analyst for no model; incident report: one that writes it up",
)
K8S.add_argument("--agent", default="", help="fork: a configured agent, or one that ships")
K8S.add_argument("-e", "--evidence", default="", metavar="E3,E4", help="note: what it rests on")
K8S.add_argument("--live", action="store_true", help="evidence: make the call again and compare")
K8S.add_argument(
    "--over", default="", help="sweep: a CSV, YAML or JSON file, contexts, or labels of namespaces"
)
K8S.add_argument(
    "-p",
    "--parameter",
    action="append",
    default=[],
    metavar="NAME=VALUE",
    help="sweep: what every item gets; repeatable",
)
K8S.add_argument("--out", default="", metavar="FOLDER", help="sweep: where the summary goes")
K8S.add_argument("--retries", type=int, default=2, metavar="N", help="sweep: further tries")
K8S.add_argument("--timeout", type=float, metavar="SECONDS", help="sweep: for a run")
K8S.add_argument("--digest", default="", help="approve: what the change began with when shown")
K8S.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="approve: then look")
K8S.add_argument("--cause", default="", help="incident close: what it was")
K8S.add_argument("--fix", default="", help="incident close: what helped")
K8S.add_argument("--outcome", default="", help="incident close: fixed, mitigated, passed, unfixed")
K8S.add_argument("--shared", action="store_true", help="incident open, knowledge ingest: for all")
K8S.add_argument(
    "--type", default="", help="knowledge search: note, page, runbook, alert, incident"
)
K8S.add_argument("-o", "--output", default="", metavar="NAME", help="keep the result as NAME")

PARSERS = {
    p.prog: p
    for p in (ASK, ANALYZE, GET, EVENTS, LOGS, TOP, DESCRIBE, TIMELINE, DIFF, RUNBOOK, K8S)
}
