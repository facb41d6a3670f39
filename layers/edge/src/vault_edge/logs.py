"""Structured logs: one JSON object per line on standard output.

A line carries the function's name and a correlation id (the track, output or
upload it is about, else the request), and never a body, an address, a name or
audio. Keys live in a context variable, so threads don't mix.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TextIO

from aws_lambda_powertools.logging import Logger

CORRELATION_FIELDS = ("track_id", "output_id", "upload_id", "submission_id", "run_id")


class _ToStdout(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output is at the moment, not to what it was at import."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, _: TextIO) -> None:
        raise AttributeError("this handler follows sys.stdout")


@cache
def make_logger(service: str) -> Logger:
    """The logger of one function, made once; its level comes from POWERTOOLS_LOG_LEVEL."""
    return Logger(service=service, logger_handler=_ToStdout())


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
