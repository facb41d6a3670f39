"""Two processes that turn files into features, results in the order of the files.

Promise: :func:`in_order` runs a function over items in spawned processes, each
with one computing thread, and yields results as they come, never holding more
than a few finished ones back. A dying worker ends the run with an error.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, Final, TypeVar

PROCESSES: Final = 2
_AHEAD: Final = 8
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    work: Callable[[T], R],
    items: Sequence[T],
    *,
    start: Callable[..., None] | None = None,
    start_with: tuple[Any, ...] = (),
) -> Iterator[R]:
    """``work`` of each item, in order; ``start(*start_with)`` runs once in each process."""
    if not items:
        return
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        context = multiprocessing.get_context("spawn")
        count = min(PROCESSES, len(items))
        with ProcessPoolExecutor(count, context, initializer=start, initargs=start_with) as pool:
            yield from _drained(pool, work, items)
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _drained(pool: ProcessPoolExecutor, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= PROCESSES * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
