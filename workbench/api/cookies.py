"""What a browser keeps of who it is: cookies that no script reads and no other site sends."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope


def read_cookie(headers: Headers, name: str) -> str:
    """Its value; "" where there is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def keep_cookie(
    response: Response, scope: Scope, name: str, value: str, path: str, seconds: int | None = None
) -> None:
    """Have the browser keep it for ``seconds``, or until it is closed, for what is below ``path``.

    It is ``Secure`` where the request came by https (see ``workbench.api.forwarded``): a browser
    sends it by nothing else then.
    """
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="lax",
        secure=scope["scheme"] == "https",
    )
