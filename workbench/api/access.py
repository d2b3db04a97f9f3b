"""Which credentials the settings call for."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from workbench.api.credentials import (
    Credential,
    OwnToken,
    ProxyHeaders,
    ServiceToken,
    SignedToken,
)
from workbench.api.hub import Hub, HubToken
from workbench.api.principals import Principal, Role
from workbench.errors import SettingsError
from workbench.setting_types import plain
from workbench.settings import Settings
from workbench.store.service_tokens import ServiceTokens


def credentials(
    settings: Settings,
    token: str,
    person: str,
    tokens: ServiceTokens,
    clock: Callable[[], datetime],
) -> list[Credential]:
    """Every way in that is configured; the own token where people sign in no other way.

    token: of this process; person: whom it stands for. Raises SettingsError for a half-made one.
    """
    roles = {word: Role.named(name) for word, name in settings.roles.items()}
    fallback = Role.named(settings.default_role)
    found: list[Credential] = [ServiceToken(tokens, clock)]
    if _signed(settings):
        if not (settings.jwt_issuer and settings.jwt_audience):
            raise SettingsError(
                "Signed tokens need an issuer and an audience.",
                "Set jwt_issuer and jwt_audience, both.",
            )
        found.append(
            SignedToken(
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
                roles=roles,
                fallback=fallback,
                secret=plain(settings.jwt_secret),
                jwks_url=settings.jwks_url,
            )
        )
    if settings.trusted_proxies:
        found.append(
            ProxyHeaders(
                settings.trusted_proxies,
                user_header=settings.proxy_user_header,
                groups_header=settings.proxy_groups_header,
                roles=roles,
                fallback=fallback,
            )
        )
    if settings.jupyterhub:
        found.append(HubToken(Hub.told(os.environ), roles, fallback))
    if not people_sign_in(settings):
        found.append(OwnToken(token, Principal(name=person, role=Role.ADMIN)))
    return found


def ways_in(settings: Settings) -> tuple[str, ...]:
    """How somebody in a browser signs in here: a sentence for each way that is configured."""
    found = []
    if settings.jupyterhub:
        found.append("Open the workbench from your JupyterHub, under Services.")
    if settings.trusted_proxies:
        where = f": {settings.public_url}" if settings.public_url else "."
        found.append(f"Come through the proxy that signs people in{where}")
    if _signed(settings):
        found.append(
            f"With a token of {settings.jwt_issuer}: add ?token= and the token to this address,"
            " once; the browser keeps it."
        )
    own = "Open the address that `workbench up` (or `make up`) printed when it started: it ends in"
    return tuple(found) or (f"{own} ?token=… and lets your browser in until the next start.",)


def people_sign_in(settings: Settings) -> bool:
    """Whether several people may use it; else it is one person's own."""
    return bool(_signed(settings) or settings.trusted_proxies or settings.jupyterhub)


def _signed(settings: Settings) -> bool:
    """Whether signed tokens are taken; where the keys are, the issuer itself can say."""
    return bool(
        settings.jwks_url or settings.jwt_secret or settings.jwt_issuer or settings.jwt_audience
    )


def registers_commands(settings: Settings) -> bool:
    """Whether tool servers that are programs may be registered over the network: whoever does so
    runs them here."""
    return settings.register_commands or not people_sign_in(settings)
