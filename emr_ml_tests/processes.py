"""Real processes: some do the same thing at the same moment, some end at any moment."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from typing import ParamSpec, TypeVar

import psutil

from emr_ml_tests.waiting import PATIENCE_SECONDS

COUNT = 8

P = ParamSpec("P")
T = TypeVar("T")


class Racers:
    """Processes that wait for each other and then start together.

    They are started once for all tests, because each takes half a second to start.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        barrier = context.Barrier(COUNT)
        self._pool = ProcessPoolExecutor(COUNT, context, _enter, (barrier,))

    def race(self, body: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> list[T]:
        """What the body returned in each of the processes; it must be importable."""
        here = dict(os.environ)
        runs = [self._pool.submit(_start, here, body, *args, **kwargs) for _ in range(COUNT)]
        return [run.result() for run in runs]

    def close(self) -> None:
        self._pool.shutdown()


_barriers: list[Barrier] = []


def _enter(barrier: Barrier) -> None:
    _barriers.append(barrier)


def _start(
    environment: Mapping[str, str], body: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    os.environ.clear()
    os.environ.update(environment)
    # every task waits here, so no process gets two of them
    _barriers[0].wait(PATIENCE_SECONDS)
    return body(*args, **kwargs)


def go_down(process: psutil.Process) -> None:
    """End it and all that it started at once, as when a machine or a container ends."""
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # some end with their parent
            each.kill()
    process.wait()
