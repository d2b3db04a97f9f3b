"""Puts the pages beside the API: same process, same event loop, same door."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import bokeh
import panel as pn
from bokeh_fastapi.application import BokehFastAPI
from fastapi import FastAPI
from jinja2 import Template
from panel.io.fastapi import add_applications
from panel.io.resources import BASE_TEMPLATE
from starlette.responses import RedirectResponse
from starlette.types import Scope

from workbench.chat.door import VISITOR, Sessions, Visiting
from workbench.chat.screen import Screen
from workbench.chat.screens import SCREENS
from workbench.chat.view import View
from workbench.chat.visitor import Desk, Shared, Visit, Visitor
from workbench.investigations.workbench import Workbench

FIRST = "/chat"
SCRIPTS = (
    f"js/bokeh.min.js?v={bokeh.__version__}",
    f"js/bokeh-widgets.min.js?v={bokeh.__version__}",
    f"js/bokeh-tables.min.js?v={bokeh.__version__}",
    f"extensions/panel/panel.min.js?v={pn.__version__}",
)
"""What Panel's own bundle leans on; half of what it loads by default (no MathJax, no WebGL, no shim
for import maps)."""
PEOPLE_MOST = 1_000
UNUSED_MILLISECONDS = 180_000
"""How long a page waits for its first connection: a slow browser loads 6 MB of scripts before."""
LOST_SECONDS = 30
"""How long a page that lost its connection is kept."""


def add_pages(
    app: FastAPI, workbench: Workbench, shared: Shared, who: Callable[[Scope], Visitor]
) -> tuple[str, ...]:
    """Serve the pages from ``app``, and ``/`` on the way to the first of them; their addresses.

    who: tells from a request's or websocket's scope who was let in. The pages check no credentials
    themselves; what they check is that a page's connection comes from whom the page was made for.
    """
    sessions = Sessions()
    desks = _desks(workbench)
    pages: dict[str, Any] = {
        f"/{name}": _page(make, sessions, desks, shared) for name, make in SCREENS.items()
    }
    served: BokehFastAPI = add_applications(
        pages,
        app=app,
        title={path: f"{path[1:].capitalize()} · Kubernetes Workbench" for path in pages},
        location=False,
        secret_key=secrets.token_bytes(32),
        sign_sessions=True,
        include_headers=[],
        include_cookies=[],  # they would be readable in the page
        unused_session_lifetime_milliseconds=UNUSED_MILLISECONDS,
    )
    for route in app.routes:
        if getattr(route, "path", "") in pages:
            route.include_in_schema = False  # type: ignore[attr-defined]
    app.add_api_route("/", _first, include_in_schema=False)
    app.add_middleware(
        Visiting, who=who, sessions=sessions, paths=frozenset(pages), lost=_forget(served)
    )
    return tuple(pages)


async def _first() -> RedirectResponse:
    return RedirectResponse(FIRST)


def _page(
    make: type[Screen], sessions: Sessions, desks: Callable[[Visitor], Desk], shared: Shared
) -> Callable[[], View]:
    """What makes a new page of that kind for whoever asks for one."""

    def page() -> View:
        visitor = VISITOR.get()
        document: Any = pn.state.curdoc
        session = str(document.session_context.id)
        visit = Visit(visitor, desks(visitor), shared)
        view = View(html=str(make.page(visit)))
        screen = make(visit, view.send)
        view.hears = screen.take
        document.template = _template()
        document.template_variables.update(look=_look(), scripts=SCRIPTS)
        sessions.opened(session, visitor)

        def gone(_: object) -> None:
            screen.close()
            sessions.closed(session)

        document.on_session_destroyed(gone)
        return view

    return page


def _desks(workbench: Workbench) -> Callable[[Visitor], Desk]:
    """The workbench on behalf of a person: one each, so that the looks of a person's pages are
    recorded together."""

    @lru_cache(maxsize=PEOPLE_MOST)
    def desk(name: str, policy: str, groups: tuple[str, ...]) -> Desk:
        return Desk(workbench.acting_for(name, "chat", policy, groups=groups))

    return lambda visitor: desk(visitor.name, visitor.policy, visitor.groups)


def _forget(served: BokehFastAPI, seconds: float = LOST_SECONDS) -> Callable[[str], None]:
    """Tells Bokeh that a connection ended, and after ``seconds`` that its page is gone too, which
    bokeh-fastapi 0.1.8 does not notice: its receive loop waits for an exception where ASGI sends a
    message."""

    def lost(session: str) -> None:
        for client in [c for c in served._clients if str(c.session.id) == session]:
            left = client.session  # it has none any more once it is lost
            served.client_lost(client)
            asyncio.get_running_loop().call_later(seconds, _expire, left)

    return lost


def _expire(session: Any) -> None:
    """Unless it has come back."""
    if session.connection_count == 0:
        session.request_expiration()


@cache
def _template() -> Template:
    source = files(__package__).joinpath("page.html").read_text("utf-8")
    made: Template = BASE_TEMPLATE.environment.from_string(source)
    return made


@cache
def _look() -> str:
    return files(__package__).joinpath("page.css").read_text("utf-8")
