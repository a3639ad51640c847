"""How the process logs: events with fields, tracebacks without the values of local variables."""

import logging
import sys

import structlog


def configure_logs(level: int = logging.INFO) -> None:
    """Configure structlog for this process.

    Plain tracebacks on purpose: structlog's own print local variables, the vendor's key among them.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
