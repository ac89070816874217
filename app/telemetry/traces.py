"""Where traces go: over OTLP to a collector, and nothing with them that a person wrote. Needs the extra `traces`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from fastapi.telemetry import TelemetryConfig
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, Status
from starlette.types import Scope

from app.telemetry import spans
from app.telemetry.step_tracing import record_steps
from plumbing.errors import UserError
from programs.maden import Maden
from programs.playing.rule_program import RuleProgram

TOLD = frozenset(
    {
        spans.NEGOTIATION,
        "durable",
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
    }
)
"""Attributes that leave; addresses and queries, which hold what clients like, do not."""
LONG = ("/events",)
"""Ends of addresses whose requests last as long as a page is open."""
OF_MACHINES = ("/health", "/ready", "/metrics", "/pages/", "/swagger/")


class WordlessExporter(SpanExporter):
    """Hands spans on without what a client or an exception may have put there.

    Args:
        inner: what sends them.
    """

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, found: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        return self._inner.export([_wordless(one) for one in found])

    def shutdown(self) -> None:
        """Send no more."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits, within so many milliseconds; whether that was done."""
        return self._inner.force_flush(timeout_millis)


@contextmanager
def traced(collector: str, program: Maden | RuleProgram) -> Iterator[TelemetryConfig]:
    """A block in which spans are recorded and sent; what is left is sent at its end.

    Gives the settings for FastAPI, which records the requests.

    Args:
        collector: where OTLP over HTTP is taken, such as `http://localhost:4318`.
        program: whose steps are recorded.

    Raises:
        UserError: that is no address.
    """
    if urlsplit(collector).scheme not in ("http", "https"):
        raise UserError("the address of the collector of traces is no URL; write one such as http://localhost:4318")
    exporter = OTLPSpanExporter(endpoint=f"{collector.rstrip('/')}/v1/traces")
    provider = TracerProvider(resource=Resource.create({"service.name": "maden"}))
    provider.add_span_processor(BatchSpanProcessor(WordlessExporter(exporter)))
    with recording(provider, program) as settings:
        yield settings


@contextmanager
def recording(provider: TracerProvider, program: Maden | RuleProgram) -> Iterator[TelemetryConfig]:
    """A block in which spans go to a provider, which is shut down at its end; gives FastAPI's settings."""
    record_steps(program)
    spans.use(provider.get_tracer("maden"))
    try:
        yield {
            "tracer_provider": provider,
            "tracing": True,
            "operation_spans": False,
            "metrics": False,
            "logs": False,
            "auto_configure": False,
            "exclude": _untold,
        }
    finally:
        spans.use(None)
        provider.shutdown()


def _untold(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.endswith(LONG) or path.startswith(OF_MACHINES)


def _wordless(found: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=found.name,
        context=_bare(found.context),
        parent=_bare(found.parent) if found.parent else None,
        resource=found.resource,
        attributes={key: value for key, value in (found.attributes or {}).items() if key in TOLD},
        kind=found.kind,
        instrumentation_scope=found.instrumentation_scope,
        status=Status(found.status.status_code),
        start_time=found.start_time,
        end_time=found.end_time,
    )


def _bare(found: SpanContext) -> SpanContext:
    """Without the trace state, which a client's header may have filled."""
    return SpanContext(found.trace_id, found.span_id, found.is_remote, found.trace_flags)
