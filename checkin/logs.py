"""Logs: one JSON object a line, and never a word about health: only the keys named here get through."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# What a log line may carry. Everything else is dropped before it is written, whoever passed it.
ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "method",
        "route",
        "status",
        "milliseconds",
        "reference",
        "error",
        "where",
        "job",
        "count",
        "dispatcher",
        "message",
        "revision",
    }
)


def configure(level: int = logging.INFO) -> None:
    """Send the log to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def fault(error: BaseException) -> dict[str, str]:
    """What of an unexpected error may be logged: its type and where it rose, never its text or values."""
    where = "?"
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        where, trace = (
            f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}",
            trace.tb_next,
        )
    return {"error": type(error).__name__, "where": where}


def _only_allowed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: value for key, value in event.items() if key in ALLOWED}


class Log:
    """Where the web and the scheduler say what happened."""

    def info(self, event: str, **values: object) -> None:
        structlog.get_logger().info(event, **values)

    def warning(self, event: str, **values: object) -> None:
        structlog.get_logger().warning(event, **values)

    def fault(self, event: str, error: BaseException, **values: object) -> None:
        """An unexpected error: what it was and where, without its words."""
        structlog.get_logger().error(event, **fault(error), **values)
