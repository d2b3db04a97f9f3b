"""From errors to exit codes and one line on standard error."""

from __future__ import annotations

import click

from workbench import errors

HEALTHY, FINDINGS, FAILED, ABORTED, USAGE = 0, 1, 2, 3, 64

EXIT_CODES: dict[type[errors.WorkbenchError], int] = {
    errors.UsageError: USAGE,
    errors.AccessDenied: ABORTED,
    errors.TooBusy: FAILED,
    errors.TooLarge: USAGE,
    errors.SettingsError: USAGE,
    errors.ContextUnknown: USAGE,
    errors.ClusterError: FAILED,
    errors.SnapshotError: FAILED,
    errors.StoreError: FAILED,
    errors.GatewayUnavailable: FAILED,
    errors.ToolRefused: ABORTED,
    errors.ToolError: FAILED,
    errors.ModelError: FAILED,
    errors.RunbookUnknown: USAGE,
    errors.ParameterError: USAGE,
    errors.RunbookError: FAILED,
    errors.KnowledgeError: FAILED,
}
"""The nearest class in an error's ancestry decides."""


def exit_code(error: errors.WorkbenchError) -> int:
    """The exit code for an error."""
    for kind in type(error).__mro__:
        if kind in EXIT_CODES:
            return EXIT_CODES[kind]
    return FAILED


def report_os_error(error: OSError) -> int:
    """Print what the operating system refused, and on which file, and return the exit code."""
    where = f"{error.filename} cannot be used: " if error.filename else ""
    words = " ".join((error.strerror or str(error) or type(error).__name__).split())
    click.echo(f"workbench: {where}{words}.", err=True)
    return FAILED


def report(error: errors.WorkbenchError) -> int:
    """Print the error as one line and return its exit code."""
    click.echo(f"workbench: {' '.join(str(error).split())}", err=True)
    return exit_code(error)
