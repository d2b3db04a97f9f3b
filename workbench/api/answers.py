"""Answers made of the nouns themselves: encoded by msgspec, described in the OpenAPI document."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from workbench.api.failures import Problem

REF = "#/components/schemas/{name}"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list. ``next`` goes into ``after`` to get what follows; "" at the end."""

    items: tuple[Any, ...]
    next: str = ""


def tagged(request: Request, noun: Any) -> Response:
    """The noun as JSON with an ETag; 304 without a body to whoever has it already."""
    answer = Json(noun)
    tag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [
        t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")
    ]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


class Json(JSONResponse):
    """A noun as JSON."""

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


_described: list[Any] = [Problem]


def answers(noun: Any, status: int = 200, *, many: bool = False) -> dict[str, Any]:
    """What FastAPI's decorator needs for a route that answers with ``noun``, or a page of them."""
    _described.append(noun)
    schema: dict[str, Any] = {"$ref": REF.format(name=noun.__name__)}
    if many:
        schema = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": schema},
                "next": {"type": "string", "description": "Goes into `after`; empty at the end."},
            },
            "required": ["items", "next"],
        }
    content = {"application/json": {"schema": schema}}
    return {
        "response_class": Json,
        "status_code": status,
        "responses": {status: {"description": _meaning(noun), "content": content}},
    }


def describe(app: FastAPI) -> None:
    """Put the schemas of every noun into the app's OpenAPI document, and the shape of errors."""
    made = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = made()
            _, components = msgspec.json.schema_components(_described, ref_template=REF)
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(components)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for path in found["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)  # is a problem like any other
                    operation["responses"]["default"] = {
                        "description": "What went wrong.",
                        "content": {
                            "application/problem+json": {
                                "schema": {"$ref": REF.format(name=Problem.__name__)}
                            }
                        },
                    }
        return app.openapi_schema or {}

    app.openapi = document  # type: ignore[method-assign]


def _meaning(noun: type[msgspec.Struct]) -> str:
    return (noun.__doc__ or noun.__name__).strip().splitlines()[0]
