"""How we show a server who we are: OAuth client credentials through the SDK.

A bearer token is a header and needs nothing from here. Importing this module imports the SDK.
"""

from __future__ import annotations

import httpx2
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

from workbench.core.tools import McpServer


class _Remembered:
    """Tokens of one connection: kept in memory and nowhere else."""

    def __init__(self) -> None:
        self._tokens: OAuthToken | None = None
        self._client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._client = client_info


def oauth_provider(server: McpServer) -> httpx2.Auth | None:
    """What gets and renews tokens for the server, or None when it wants none."""
    if server.oauth is None:
        return None
    return ClientCredentialsOAuthProvider(
        server_url=server.url,
        storage=_Remembered(),
        client_id=server.oauth.client_id,
        client_secret=server.oauth.client_secret,
        scope=server.oauth.scope or None,
        issuer=server.oauth.issuer,
    )
