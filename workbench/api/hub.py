"""People who sign in with the JupyterHub whose service this is, and the tokens of their servers.

JupyterHub documentation, Services, "Writing your own services and authenticating with JupyterHub",
and RFC 6749, 4.1, with RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

import httpx2
import msgspec

from workbench.api.credentials import MAX_TOKEN, Presented, is_name, person
from workbench.api.principals import Principal, Role
from workbench.errors import IssuerUnavailable, NotSignedIn, SettingsError

ASKS_SECONDS = 5.0
BELIEVED_SECONDS = 30.0
"""How long an answer of the Hub is believed: a token that was revoked is out then."""
MOST_BELIEVED = 10_000
CALLBACK = "/oauth_callback"


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """How the Hub is reached and what it calls us.

    api_url: of its REST API, from here; base_url: its path, from a browser; host: before that path
    where the Hub has another name than this service, "" for the same.
    scopes: one of these lets somebody in.
    """

    api_url: str
    token: str
    base_url: str
    client_id: str
    service_prefix: str
    scopes: tuple[str, ...]
    host: str = ""

    @classmethod
    def told(cls, variables: Mapping[str, str]) -> Hub:
        """From the variables that JupyterHub gives its services. Raises SettingsError."""
        needed = ("API_URL", "API_TOKEN", "BASE_URL", "CLIENT_ID", "SERVICE_PREFIX")
        missing = [f"JUPYTERHUB_{n}" for n in needed if not variables.get(f"JUPYTERHUB_{n}")]
        if missing:
            raise SettingsError(
                f"JupyterHub signs people in, and {', '.join(missing)} is not set.",
                "Start it as a service of the Hub, or set what the Hub would.",
            )
        values = {n: variables[f"JUPYTERHUB_{n}"] for n in needed}
        name = values["CLIENT_ID"].removeprefix("service-")
        listed = variables.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES") or msgspec.json.encode(
            ["access:services", f"access:services!service={name}"]
        )
        return cls(
            api_url=values["API_URL"].rstrip("/"),
            token=values["API_TOKEN"],
            base_url=values["BASE_URL"].rstrip("/"),
            client_id=values["CLIENT_ID"],
            service_prefix=values["SERVICE_PREFIX"].rstrip("/"),
            scopes=msgspec.json.decode(listed, type=tuple[str, ...]),
            host=variables.get("JUPYTERHUB_HOST", "").rstrip("/"),
        )

    @property
    def callback(self) -> str:
        """Where the Hub sends a browser back to."""
        return f"{self.service_prefix}{CALLBACK}"

    def authorize(self, state: str, verifier: str) -> str:
        """Where a browser goes to sign in."""
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.callback,
            "response_type": "code",
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.host}{self.base_url}/hub/api/oauth2/authorize?{urlencode(query)}"

    async def redeem(self, code: str, verifier: str) -> str:
        """The token for a code. Raises NotSignedIn, IssuerUnavailable."""
        form = {
            "client_id": self.client_id,
            "client_secret": self.token,
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": self.callback,
        }
        answer = await self._asked("POST", "/oauth2/token", data=form)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise NotSignedIn("JupyterHub gave no token.", "Sign in again.")
        return token

    async def owner(self, token: str) -> dict[str, Any]:
        """What the Hub knows of whoever a token is for. Raises as ``redeem``."""
        return await self._asked("GET", "/user", headers={"Authorization": f"token {token}"})

    async def knows_us(self) -> None:
        """Raises SettingsError where the Hub does not know this service's token, and
        IssuerUnavailable."""
        try:
            await self.owner(self.token)
        except NotSignedIn as error:
            raise SettingsError(
                "JupyterHub does not know this service: JUPYTERHUB_API_TOKEN is not its token.",
                "It is the service's api_token in the Hub's configuration.",
            ) from error

    async def _asked(self, method: Literal["GET", "POST"], path: str, **how: Any) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=ASKS_SECONDS) as http:
                answer = await http.request(method, self.api_url + path, **how)
        except httpx2.HTTPError as error:
            raise _away() from error
        if answer.status_code in (400, 401, 403, 404):
            raise NotSignedIn("JupyterHub does not know this token.", "Sign in again.")
        try:
            found = answer.json()
        except ValueError as error:
            raise _away() from error
        if not answer.is_success or not isinstance(found, dict):
            raise _away()
        return found


class HubToken:
    """A token that the Hub vouches for: of a browser that came here through it, or of somebody's
    notebook server, which cannot decide about changes. Implements Credential.

    roles: from groups of the Hub to roles.
    """

    def __init__(self, hub: Hub, roles: dict[str, Role], fallback: Role) -> None:
        self._hub = hub
        self._roles = roles
        self._fallback = fallback
        self._believed: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def check(self, presented: Presented) -> Principal | None:
        token = presented.token
        if not token or len(token) > MAX_TOKEN or not token.isascii() or not token.isprintable():
            return None
        key = hashlib.sha256(token.encode()).digest()
        until, found = self._believed.get(key, (0.0, None))
        if found is None or until < time.monotonic():
            self._believed.pop(key, None)
            found = self._principal(await self._hub.owner(token))
            self._believed[key] = (time.monotonic() + BELIEVED_SECONDS, found)
            while len(self._believed) > MOST_BELIEVED:
                self._believed.popitem(last=False)
        return found

    def _principal(self, owner: dict[str, Any]) -> Principal:
        name, groups = owner.get("name"), owner.get("groups") or []
        if owner.get("kind") != "user" or not isinstance(name, str) or not is_name(name):
            raise NotSignedIn("The token is nobody's whom JupyterHub knows.", "Sign in.")
        if not set(self._hub.scopes) & set(owner.get("scopes") or ()):
            raise NotSignedIn(
                f"JupyterHub does not let {name} come here with this token.",
                f"It has to have the scope {self._hub.scopes[-1]}.",
            )
        from_browser = bool(owner.get("session_id"))
        words = [str(group) for group in groups]
        return person(name, words, self._roles, self._fallback, kernel=not from_browser)


def new_secret() -> str:
    """For a state or a verifier (RFC 7636, 4.1)."""
    return secrets.token_urlsafe(32)


def _away() -> IssuerUnavailable:
    return IssuerUnavailable(
        "JupyterHub does not answer, so that nobody can be signed in.", "Try again in a moment."
    )
