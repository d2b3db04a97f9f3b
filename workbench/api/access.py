"""Which credentials the settings call for."""

from __future__ import annotations

from workbench.api.credentials import Credential, OwnToken, ProxyHeaders, SignedToken
from workbench.api.principals import Principal, Role
from workbench.errors import SettingsError
from workbench.settings import Settings


def credentials(settings: Settings, token: str, person: str) -> list[Credential]:
    """Every way in that is configured; the own token alone where none is.

    token: of this process; person: whom it stands for. Raises SettingsError for a half-made one.
    """
    roles = {word: Role.named(name) for word, name in settings.roles.items()}
    fallback = Role.named(settings.default_role)
    found: list[Credential] = []
    if settings.jwks_url or settings.jwt_secret:
        if not (settings.jwt_issuer and settings.jwt_audience):
            raise SettingsError(
                "Signed tokens need an issuer and an audience.",
                "Set jwt_issuer and jwt_audience beside jwks_url or jwt_secret.",
            )
        found.append(
            SignedToken(
                issuer=settings.jwt_issuer,
                audience=settings.jwt_audience,
                roles=roles,
                fallback=fallback,
                secret=settings.jwt_secret.get_secret_value() if settings.jwt_secret else "",
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
    return found or [OwnToken(token, Principal(name=person, role=Role.ADMIN))]
