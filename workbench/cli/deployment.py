"""``workbench doctor --deploy``: what has to hold before other people use a deployment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable

    from workbench.investigations.workbench import Workbench
    from workbench.settings import Settings

READS = (
    ("list", "pods"), ("get", "pods/log"), ("list", "nodes"), ("list", "events"),
    ("list", "deployments"), ("list", "services"), ("list", "configmaps"),
)  # fmt: skip
"""Without one of these most questions have no answer."""
OF_THE_CLUSTER = ("nodes",)
"""Which of them no namespace has."""
NEVER = (
    ("get", "secrets"), ("list", "secrets"), ("create", "pods"), ("create", "pods/exec"),
    ("create", "clusterrolebindings"), ("impersonate", "users"), ("delete", "namespaces"),
    ("create", "serviceaccounts/token"),
)  # fmt: skip
"""What no overlay grants."""
TAKE_OUT = "Take it out of the role: nothing needs it."
CHANGES = (("patch", "deployments"), ("delete", "pods"))
"""What only the change role grants."""
ASKS_SECONDS = 10.0


class Found(msgspec.Struct, frozen=True):
    """One line of the checklist: ``state`` is ok, missing or broken."""

    part: str
    state: str
    detail: str
    hint: str = ""


async def checked(settings: Settings, url: str) -> list[Found]:
    """The whole checklist; ``url``: how people reach it, "" to leave that out."""
    found = [await _one("database", _database(settings)), await _one("sign-in", _sign_in(settings))]
    found.append(await _one("model", _model(settings)))
    found += await _cluster(settings)
    if url:
        found.append(await _one("reached", _reached(url)))
    if url.startswith("https://"):
        found.append(cookies(settings))
    return found


def cookies(settings: Settings) -> Found:
    """Whether what a browser keeps is sent by https alone; the server itself speaks http, and some
    proxy has to be believed that a browser does not."""
    believed = (*settings.tls_proxies, *settings.trusted_proxies)
    if not believed:
        hint = "Set tls_proxies to where the ingress's connections come from."
        return Found("cookies", "missing", "not Secure: no proxy is believed about https", hint)
    return Found("cookies", "ok", f"Secure where one of {', '.join(believed)} says https")


async def _one(part: str, look: Awaitable[Found]) -> Found:
    try:
        return await look
    except WorkbenchError as error:
        return Found(part, "broken", error.message, error.hint)


async def _database(settings: Settings) -> Found:
    from workbench.store.database import open_store

    if settings.database_url is None:
        hint = "Put DATABASE_URL into the Secret: replicas cannot share an embedded one."
        return Found("database", "broken", "DATABASE_URL is not set", hint)
    dsn = settings.database_url.get_secret_value()
    async with open_store(dsn, upgrade=False) as store:
        return Found("database", "ok", f"{store.description}, migrated")


async def _sign_in(settings: Settings) -> Found:
    from workbench.api.access import people_sign_in
    from workbench.api.hub import Hub
    from workbench.api.principals import Role

    ways = {
        "JupyterHub": settings.jupyterhub,
        "signed tokens": settings.jwks_url or settings.jwt_secret or settings.jwt_issuer,
        "a proxy": settings.trusted_proxies,
    }
    if not people_sign_in(settings):
        hint = "Set jupyterhub, jwt_issuer or trusted_proxies."
        return Found("sign-in", "broken", "everybody would share one token", hint)
    if settings.jupyterhub:
        await Hub.told(os.environ).knows_us()
    if ways["signed tokens"] and not (settings.jwt_issuer and settings.jwt_audience):
        return Found("sign-in", "broken", "jwt_issuer or jwt_audience is not set", "Set both.")
    highest = max((Role.named(name) for name in settings.roles.values()), default=None)
    who = ", ".join(name for name, given in ways.items() if given)
    if highest is None:
        hint = "Set roles, from groups to roles."
        return Found("sign-in", "missing", f"{who}; all are {settings.default_role}", hint)
    return Found("sign-in", "ok", f"{who}; roles of {', '.join(settings.roles)}")


async def _model(settings: Settings) -> Found:
    from workbench.bootstrap import model_choice

    choice = model_choice(settings)
    choice.check_key()
    return Found("model", "ok", choice.label)


async def _cluster(settings: Settings) -> list[Found]:
    """What these credentials may do, asked of the API server through the tools, on record."""
    from workbench.bootstrap import open_workbench

    ours = settings.model_copy(update={"impersonate": False})
    try:
        async with open_workbench(ours, surface="doctor") as workbench:
            return [
                await (_persons if settings.impersonate else _reads)(workbench, settings),
                await _refused(workbench, NEVER, TAKE_OUT, settings.namespace),
                await _changes(workbench, settings.namespace, allowed=settings.allow_changes),
            ]
    except WorkbenchError as error:
        return [Found("cluster", "broken", error.message, error.hint)]


async def _persons(workbench: Workbench, settings: Settings) -> Found:
    """What may be read is a matter of each person; who they are, the account has to be let say."""
    without = []
    for group in settings.roles:
        asked = {"verb": "impersonate", "resource": "groups", "name": group}
        if not (await workbench.call("can_i", asked)).data["allowed"]:
            without.append(group)
    if without:
        hint = "Name them in the component impersonate."
        return Found("reads", "broken", f"may not act as {', '.join(without)}", hint)
    return Found("reads", "ok", f"as whoever asks; of groups {', '.join(settings.roles) or 'none'}")


async def _reads(workbench: Workbench, settings: Settings) -> Found:
    """In the whole cluster, or only in the namespace where one is set."""
    namespace = settings.namespace
    asked = tuple(d for d in READS if not (namespace and d[1] in OF_THE_CLUSTER))
    without = [what async for what, may in _may(workbench, asked, namespace) if not may]
    if without:
        hint = "Apply deploy/base/read-only.yaml or deploy/namespace-access, with its binding."
        return Found("reads", "broken", f"may not {', '.join(without)}", hint)
    where = f" in {namespace}" if namespace else ""
    return Found("reads", "ok", f"{len(asked)} asked about{where}, all allowed")


async def _refused(
    workbench: Workbench, deeds: tuple[tuple[str, str], ...], hint: str, namespace: str
) -> Found:
    may = [what async for what, allowed in _may(workbench, deeds, namespace) if allowed]
    if may:
        return Found("writes", "broken", f"may {', '.join(may)}", hint)
    return Found("writes", "ok", f"{len(deeds)} asked about, all refused")


async def _changes(workbench: Workbench, namespace: str, *, allowed: bool) -> Found:
    if not allowed:
        hint = "Leave the component change-role out, or set allow_changes."
        found = await _refused(workbench, CHANGES, hint, namespace)
        return msgspec.structs.replace(found, part="changes")
    without = [what async for what, may in _may(workbench, CHANGES, namespace) if not may]
    if without:
        hint = "Add the component change-role, or unset allow_changes."
        return Found("changes", "broken", f"may not {', '.join(without)}", hint)
    return Found("changes", "ok", "allowed, each once a person has approved it")


async def _may(
    workbench: Workbench, deeds: tuple[tuple[str, str], ...], namespace: str
) -> AsyncGenerator[tuple[str, bool]]:
    for verb, resource in deeds:
        asked = {"verb": verb, "resource": resource, "namespace": namespace}
        answer = await workbench.call("can_i", asked)
        yield f"{verb} {resource}", bool(answer.data["allowed"])


async def _reached(url: str) -> Found:
    """As a browser comes: ready, nobody let in unasked, and what pages need under the path."""
    import httpx2

    base = url.rstrip("/")
    wanted = {"/readyz": (200,), "/api/me": (401,), "/mcp": (401,)}
    try:
        async with httpx2.AsyncClient(timeout=ASKS_SECONDS) as http:
            for path, good in wanted.items():
                status = (await http.get(base + path)).status_code
                if status not in good:
                    hint = "Look at the prefix, allowed_hosts and the ingress."
                    return Found("reached", "broken", f"{base}{path} answers {status}", hint)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Found("reached", "broken", f"{base} does not answer: {error}", "Is it the address?")
    return Found("reached", "ok", f"{base} is ready and lets nobody in unasked")
