"""Structured JSON log lines (S-060 to S-062). No message text, no secret, phones masked."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from nexus.runtime.actor import act_as


def _timestamp(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event["timestamp"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return event


def configure_logging(service: str, level: str) -> None:
    """One JSON object a line on standard output, every line with `service`; libraries' warnings come the same way."""

    def service_name(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _timestamp,
        service_name,
        structlog.processors.format_exc_info,
    ]
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))  # libraries at INFO would write URLs, which carry ids of people
    # While PostgreSQL restarts it writes a traceback for each idle connection; our loops say in a line that it is away.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


def get_logger() -> FilteringBoundLogger:
    """The process's logger."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def bind_correlation_id(correlation_id: str) -> None:
    """Every later line of this task carries the id (S-062)."""
    bind_contextvars(correlation_id=correlation_id)


def current_correlation_id() -> str:
    """The id bound to this task, or an empty string."""
    return str(get_contextvars().get("correlation_id", ""))


def forget_context() -> None:
    """Drop what earlier work bound; at the start of each request and each unit of background work."""
    clear_contextvars()
    act_as("")
