"""Why something could not be read, and trying again where that may help."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
TRIES = 4
PAUSE_S = 0.3
LONGEST_PAUSE_S = 60.0
SKIPPED = frozenset({"revoked", "policy", "not_found"})
"""Refusals of one track that do not end the run."""


class StreamProblem(Exception):
    """Why something could not be read: a stable ``code`` of the API, or one of ours (``unreachable``, ``corrupt``)."""

    def __init__(self, code: str, detail: str, status: int = 0, wait_s: float = 0.0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.status, self.wait_s = code, detail, status, wait_s


def patiently(work: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Try a few times, with growing pauses or as long as the vault says; a refusal on purpose is not tried again."""
    for attempt in range(TRIES - 1):
        try:
            return work()
        except StreamProblem as problem:
            if problem.status < 500 and problem.status != 429 and problem.code != "lost_race":
                raise
            sleep(min(LONGEST_PAUSE_S, max(problem.wait_s, PAUSE_S * 2**attempt)))
    return work()


def problem_of(answer: httpx.Response) -> StreamProblem:
    """A refusal as its code; anything else by its status."""
    try:
        document: Any = answer.json()
        wait = float(answer.headers.get("retry-after", 0))
        return StreamProblem(str(document["code"]), str(document["detail"]), answer.status_code, wait)
    except (ValueError, KeyError, TypeError):
        return StreamProblem(f"http_{answer.status_code}", answer.reason_phrase, answer.status_code)
