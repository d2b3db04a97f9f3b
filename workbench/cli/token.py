"""``workbench token``: tokens that programs use the API with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click
import msgspec

from workbench.cli import Suggesting
from workbench.cli.options import run_async
from workbench.cli.screen import tell_empty
from workbench.core.duration import parse_duration

if TYPE_CHECKING:
    from workbench.store.service_tokens import ServiceToken

ROLES = ("viewer", "operator", "admin")
"""No program approves changes."""
SCOPES = (
    "agents", "alerts", "audit", "changes", "chat", "conversations", "investigations",
    "mcp-servers", "mcp", "me", "metrics", "runbooks", "snapshots", "sweeps", "usage",
)  # fmt: skip
LONGEST = timedelta(days=366)


@click.group(cls=Suggesting)
def token() -> None:
    """Make, list and revoke tokens that programs use the API with."""


@token.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([s + more for s in SCOPES for more in ("", ":read")]),
    metavar="PART[:read]",
    help=f"Only this part of the API; repeatable. Parts: {', '.join(SCOPES)}.",
)
@click.option("--expires", default="90d", show_default=True, help="How long it is good: 12h, 30d.")
def create(name: str, role: str, scopes: tuple[str, ...], expires: str) -> None:
    """Make a token called NAME and print it, once: only its hash is kept."""
    click.echo(run_async(_create(name, role, scopes, expires)))


@token.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_tokens(as_json: bool) -> None:
    """All of them, with who made them and until when they are good."""
    from workbench.bootstrap import now

    found = run_async(_list())
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    tell_empty(found, "There is no token: workbench token create NAME.")
    for one in found:
        ended = "revoked" if one.revoked_at else "expired" if one.expires_at <= now() else "good"
        used = f"used {one.used_at:%Y-%m-%d}" if one.used_at else "never used"
        click.echo(
            f"{one.name:<24} {one.role:<9} {ended:<8} until {one.expires_at:%Y-%m-%d}  {used:<16}"
            f" {','.join(one.scopes) or 'everything'}  by {one.created_by}"
        )


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End the token called NAME at once."""
    run_async(_revoke(name))
    click.echo(f"{name} is revoked.")


async def _create(name: str, role: str, scopes: tuple[str, ...], expires: str) -> str:
    from workbench.bootstrap import new_id, now, open_database, person
    from workbench.errors import UsageError
    from workbench.settings import load_settings
    from workbench.store.database import open_store
    from workbench.store.service_tokens import ServiceToken

    good_for = timedelta(seconds=parse_duration(expires))
    if not timedelta(0) < good_for <= LONGEST or not (name.isprintable() and 0 < len(name) <= 100):
        raise UsageError(
            "A token has a name and is good for a year at most.", "Like --expires 90d."
        )
    async with open_database(load_settings()) as dsn, open_store(dsn) as store:
        made = now()
        return await store.service_tokens.create(
            ServiceToken(
                id=new_id(),
                name=name,
                role=role,
                scopes=scopes,
                created_by=person(),
                created_at=made,
                expires_at=made + good_for,
            )
        )


async def _list() -> tuple[ServiceToken, ...]:
    from workbench.bootstrap import open_database
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    async with open_database(load_settings()) as dsn, open_store(dsn) as store:
        return await store.service_tokens.list()


async def _revoke(name: str) -> None:
    from workbench.bootstrap import now, open_database
    from workbench.settings import load_settings
    from workbench.store.database import open_store

    async with open_database(load_settings()) as dsn, open_store(dsn) as store:
        await store.service_tokens.revoke(name, now())
