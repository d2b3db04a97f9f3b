"""Traces by OpenTelemetry: one for each investigation, whoever works on it and wherever, and one
for each request to a server, or whoever sent it.

The id of an investigation's trace is its UUID, so that every row of the record names its trace; it
and the requests that began it link to each other. Nothing is imported, and a span costs nothing,
where no collector is named.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING
from uuid import UUID

from workbench.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanContext, Tracer

COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""OpenTelemetry's own variables; one of them says where traces go. Its others count too."""
ROOT = 1
"""Id of the span above all others of an investigation. Nobody exports it: its parts may be made by
several processes, of which none knows when the last one ends."""

FLUSH_MILLISECONDS = 3_000

_tracer: Tracer | None = None


def start() -> None:
    """Begin to export spans if a collector is named; once per process.

    Raises SettingsError when the packages for it are not installed.
    """
    global _tracer  # one exporter per process, as OpenTelemetry has it
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if _tracer is not None or disabled or not any(os.environ.get(name) for name in COLLECTOR):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace import get_tracer_provider, set_tracer_provider
    except ImportError as error:
        raise SettingsError(
            f"{COLLECTOR[0]} is set, and there is nothing here to export traces with.",
            "pip install 'k8s-workbench[observability]'",
        ) from error
    name = os.environ.get("OTEL_SERVICE_NAME") or "k8s-workbench"
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    set_tracer_provider(provider)
    _tracer = get_tracer_provider().get_tracer("workbench", version("k8s-workbench"))


def flush() -> None:
    """Export what waits for it: a process that a signal ends does not. It may take seconds."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import get_tracer_provider

    provider = get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.force_flush(FLUSH_MILLISECONDS)


def active() -> bool:
    """Whether spans go anywhere."""
    return _tracer is not None


@contextmanager
def span(name: str, investigation: UUID, attributes: Mapping[str, str]) -> Iterator[Span | None]:
    """A span of that investigation, below the current one if that is of it too.

    It links to the request it was made in, if any. An exception that leaves it is named on it,
    without its words: they may quote a cluster.
    """
    if _tracer is None:
        yield None
        return
    from opentelemetry.trace import Link, get_current_span

    around = get_current_span().get_span_context()
    elsewhere = around.is_valid and around.trace_id != investigation.int
    with (
        _tracer.start_as_current_span(
            name,
            context=_above(investigation),
            attributes=dict(attributes),
            links=[Link(around)] if elsewhere else (),
            record_exception=False,
            set_status_on_exception=False,
        ) as made,
        _named_after_errors(made),
    ):
        yield made


@contextmanager
def request(method: str, headers: Iterable[tuple[bytes, bytes]]) -> Iterator[Span | None]:
    """A span for a request, below the sender's own where its headers name one (W3C Trace Context).

    FastAPI's and OpenTelemetry's own are not used: they put the query on the span, with whatever
    was searched for or signed in with.
    """
    if _tracer is None:
        yield None
        return
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    with (
        _tracer.start_as_current_span(
            method,
            context=extract(sent),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as made,
        _named_after_errors(made),
    ):
        yield made


def link(investigation: UUID) -> None:
    """Have the current request point to the trace of that investigation."""
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    span = get_current_span()
    if span.is_recording() and span.get_span_context().trace_id != investigation.int:
        span.add_link(_root(investigation))


def current() -> str:
    """The id of the trace at hand, 32 hex digits; "" for none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace import format_trace_id, get_current_span

    found = get_current_span().get_span_context()
    return format_trace_id(found.trace_id) if found.is_valid else ""


@contextmanager
def _named_after_errors(span: Span) -> Iterator[None]:
    from opentelemetry.trace import Status, StatusCode

    try:
        yield
    except BaseException as error:  # cancellation too; it goes on its way
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise


@contextmanager
def within(investigation: UUID) -> Iterator[None]:
    """Spans that others begin in here (and in tasks that are started here) are of it."""
    if _tracer is None:
        yield
        return
    from opentelemetry.context import attach, detach

    token = attach(_above(investigation))
    try:
        yield
    finally:
        detach(token)


def _above(investigation: UUID) -> Context:
    from opentelemetry.context import get_current
    from opentelemetry.trace import (
        NonRecordingSpan,
        get_current_span,
        set_span_in_context,
    )

    if get_current_span().get_span_context().trace_id == investigation.int:
        return get_current()
    return set_span_in_context(NonRecordingSpan(_root(investigation)))


def _root(investigation: UUID) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    sampled = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(investigation.int, ROOT, is_remote=True, trace_flags=sampled)
