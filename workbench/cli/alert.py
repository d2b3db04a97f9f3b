"""``workbench alert``: alerts from a file or a pipe, taken in as over the API."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import click
import msgspec

from workbench.cli.options import run_async
from workbench.core.counted import counted

if TYPE_CHECKING:
    from workbench.runbooks.alerts import Received


@click.command()
@click.argument("payload", type=click.File("rb"), metavar="FILE|-")
@click.option("--source", default="", help="Whose words they are in: a plugin's, by name.")
@click.option("--json", "as_json", is_flag=True, help="Print what became of them as JSON.")
def alert(payload: IO[bytes], source: str, as_json: bool) -> None:
    """Send the alerts in FILE, as Alertmanager's webhook has them; - for standard input.

    Each that fires gets the runbook that takes the first look, once; `workbench alerts` shows them.
    """
    received = run_async(_send(payload.read(), source))
    if as_json:
        click.echo(msgspec.json.encode(received))
        return
    for line in _lines(received):
        click.echo(line)


async def _send(body: bytes, source: str) -> Received:
    from workbench.bootstrap import intake, person
    from workbench.cli.sweep import opened_store
    from workbench.runbooks.alert_sources import alerts_in
    from workbench.settings import load_settings

    settings = load_settings()
    alerts = alerts_in(body, source)
    async with opened_store(settings) as store:
        return await intake(settings, store).take(alerts, person())


def _lines(received: Received) -> list[str]:
    parts = {
        "new": received.new,
        "counted": received.counted,
        "resolved": received.resolved,
        "without a look": received.without_look,
    }
    said = ", ".join(f"{count} {word}" for word, count in parts.items() if count)
    lines = [counted(received.told, "alert") + (f": {said}" if said else "")]
    lines += [f"  {run} begun" for run in received.runs]
    lines += [f"  {run} shared" for run in received.shared]
    return [*lines, *([received.note] if received.note else [])]
