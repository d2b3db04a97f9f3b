"""``workbench timeline``: what happened when, and what changed before it broke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from workbench.cli.failures import FAILED, FINDINGS, HEALTHY
from workbench.cli.options import cluster_options, force_option, logs_option, opened, run_async
from workbench.core.duration import parse_duration
from workbench.core.tools import ToolResult
from workbench.errors import UsageError


@click.command()
@click.argument("target", nargs=-1, metavar="[KIND/NAME]")
@cluster_options
@logs_option
@click.option("-n", "--namespace", default="", help="Only this namespace.")
@click.option("--since", default="", help="The last 30m, 2h, 30d.")
@click.option("--json", "as_json", is_flag=True, help="Print the moments as JSON.")
@click.option("--svg", type=click.Path(path_type=Path), help="Write the picture to this file.")
@force_option
def timeline(
    target: tuple[str, ...],
    context: str,
    snapshot: str,
    logs: Path | None,
    namespace: str,
    since: str,
    as_json: bool,
    svg: Path | None,
    force: bool,
) -> int:
    """What happened when, on one UTC axis, of KIND/NAME with what it leans on, or of everything.

    The change that came before the first symptom stands first. Without --since it begins a day
    before that symptom, or before now where nothing broke. Exit codes: 0 nothing broke in this
    time, 1 something did, 2 it could not be looked at.
    """
    from workbench.files import refuse_taken

    arguments = asked(target, namespace, since)
    if svg:
        refuse_taken(svg, force=force)
    settings = {"context": context, "snapshot": snapshot, "snapshot_logs": logs}
    result = run_async(_call(arguments, settings))
    return _shown(result, as_json, svg)


def asked(target: tuple[str, ...], namespace: str, since: str) -> dict[str, Any]:
    """The tool's arguments. Raises UsageError when the target or the time makes no sense."""
    if since:
        parse_duration(since)
    words = [part for word in target for part in word.split("/", 1)]
    if len(words) not in (0, 2) or not all(words):
        raise UsageError(f"{' '.join(target)!r} is no object.", "Like deploy/web or pod web-1.")
    kind, name = words or ("", "")
    given = {"kind": kind, "name": name, "namespace": namespace, "since": since}
    return {key: value for key, value in given.items() if value}


async def _call(arguments: dict[str, Any], settings: dict[str, Any]) -> ToolResult:
    async with opened(**settings) as workbench:
        return await workbench.call("timeline", arguments)


def _shown(result: ToolResult, as_json: bool, svg: Path | None) -> int:
    from workbench.cli.screen import width
    from workbench.core.render import picture
    from workbench.core.render.timeline import text
    from workbench.core.timeline.record import from_json
    from workbench.files import write_private

    told = from_json(result.data)
    if told is None:
        click.echo(result.text)
        return FAILED
    if svg is not None:
        write_private(svg, picture.svg(told))
    click.echo(msgspec.json.encode(result.data) if as_json else text(told, width=width()))
    return FINDINGS if told.first_symptom else HEALTHY
