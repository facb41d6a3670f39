"""Structured logs: one JSON object per line on standard output.

A line carries the function's name and a correlation id (the track, output or
upload it is about, else the request), and never a body, an address, a name or
audio. Keys live in a context variable, so threads don't mix.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aws_lambda_powertools.logging import Logger

CORRELATION_FIELDS = ("track_id", "output_id", "upload_id", "submission_id", "run_id")


def make_logger(service: str) -> Logger:
    """The logger of one function; its level comes from POWERTOOLS_LOG_LEVEL."""
    return Logger(service=service, log_uncaught_exceptions=False)


def correlation(facts: Mapping[str, object], fallback: str) -> str:
    """The first id among ``facts`` that names what the call is about."""
    for name in CORRELATION_FIELDS:
        value = facts.get(name)
        if isinstance(value, str) and 0 < len(value) <= 80 and value.isascii() and value.isprintable():
            return value
    return fallback


@contextmanager
def correlated(logger: Logger, correlation_id: str) -> Iterator[None]:
    """Log lines inside carry this correlation id."""
    logger.thread_safe_append_keys(correlation_id=correlation_id)
    try:
        yield
    finally:
        logger.thread_safe_clear_keys()
