"""The ``workbench`` command. Each subcommand is a module here, imported only when it is used.

Exit codes: 0 healthy or done, 1 findings, 2 a tool, the cluster, the store or the model failed,
3 denied or aborted, 64 the command line makes no sense.
"""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn

import click

from workbench.cli.failures import ABORTED, FAILED, USAGE, report, report_os_error
from workbench.errors import WorkbenchError

COMMANDS = {
    "ask": "Investigate a question and print the steps and the verdict.",
    "analyze": "Judge a cluster or a snapshot without a model or a database.",
    "timeline": "What happened when, and what changed before it broke.",
    "propose": "Try a change as a dry run and propose it.",
    "changes": "Proposed changes and what became of them.",
    "approve": "Approve a proposed change and make it.",
    "deny": "Deny a proposed change.",
    "policy": "What may be done here, and which rule says so.",
    "knowledge": "Notes and documents: take them in, search them.",
    "incident": "Incidents: open, close with what it was, find ones like it.",
    "run": "Run a runbook notebook with parameters.",
    "sweep": "A runbook over many items, by workers.",
    "worker": "Take runs off the queue and run them.",
    "schedule": "Sweeps that begin by themselves.",
    "alert": "Send alerts: for each a runbook takes the first look.",
    "alerts": "Alerts that were told, and what their looks found.",
    "promote": "Make a runbook of a concluded investigation.",
    "investigations": "List, show and resume investigations.",
    "cost": "What models cost, by user, model, conversation or day.",
    "agents": "List, show, save and delete agents.",
    "eval": "How well a model or an agent finds what is wrong.",
    "replay": "A recorded investigation again, with no cluster.",
    "diff": "What changed between recorded answers, or since then.",
    "audit": "List, verify, export and keep the record of tool calls.",
    "export": "Write an investigation as a report notebook and HTML.",
    "snapshot": "Save a cluster as a file, look into it, serve it.",
    "mcp": "Manage tool servers, and serve our own tools to others.",
    "db": "Migrate the database, look at it, drop what is old.",
    "demo": "One whole investigation of the bundled broken cluster.",
    "kernel": "Install a Jupyter kernel that has the magics loaded.",
    "token": "Make, list and revoke tokens that programs use the API with.",
    "up": "Serve the chat and the API on this machine.",
    "lab": "Start JupyterLab with the guided tour.",
    "hub-user": "Serve somebody's notebooks, as a JupyterHub starts it.",
    "doctor": "Say what is there, what is missing and how to get it.",
}
"""Every subcommand and its line of help, so that ``--help`` need not import them."""


class Suggesting(click.Group):
    """A group that tells the nearest of its commands to who mistypes one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args and args[0] not in names and not args[0].startswith("-"):
            near = get_close_matches(args[0], names, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)


class LazyGroup(Suggesting):
    """Commands are found by name: ``workbench.cli.<name>`` holds a click command ``<name>``, with
    underscores for hyphens."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        name = name.replace("-", "_")
        module = import_module(f"workbench.cli.{name}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="k8s-workbench", prog_name="workbench")
@click.option("--url", envvar="WORKBENCH_URL", help="A workbench server that does all the work.")
@click.option("--token", help="Your token for it (or WORKBENCH_GATEWAY_TOKEN).")
@click.pass_context
def root(ctx: click.Context, url: str | None, token: str | None) -> None:
    """Troubleshoot Kubernetes: evidence-bound, recorded, useful without a model."""
    if url or token:
        from workbench.cli.elsewhere import there

        ctx.with_resource(there(url or "", token or ""))


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code. No traceback reaches a person.

    A reader that goes away (``| head``) ends it with code 1 and without a word: that is click's.
    """
    try:
        colour = False if os.environ.get("NO_COLOR") else None  # None: where there is a terminal
        code = root.main(arguments, prog_name="workbench", standalone_mode=False, color=colour)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(USAGE)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "workbench"
        said = " ".join(error.format_message().split())
        click.echo(f"{where}: {said} Try '{where} --help'.", err=True)
        sys.exit(USAGE)
    except click.ClickException as error:
        click.echo(f"workbench: {error.format_message()}", err=True)
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("workbench: stopped; what was recorded is kept.", err=True)
        sys.exit(ABORTED)
    except WorkbenchError as error:
        sys.exit(report(error))
    except OSError as error:  # a folder that cannot be written, a full disk, a port in use
        sys.exit(report_os_error(error))
    except Exception as error:  # the outermost boundary: a person reads this
        if os.environ.get("WORKBENCH_DEBUG"):
            raise
        words = " ".join(str(error).split()) or "no message"
        click.echo(
            f"workbench: a bug, {type(error).__name__}: {words}. WORKBENCH_DEBUG=1 shows where.",
            err=True,
        )
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)
