"""Calls of Spark at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, TypeVar

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession

Result = TypeVar("Result")
CANCEL_SECONDS = 0.5


def call_together(
    spark: SparkSession, calls: Sequence[Callable[[], Result]], *, threads: int
) -> list[Result]:
    """Return the result of each call in their order; `threads` of them run at the same time.

    Each has its own copy of the caller's local properties. If the caller is interrupted, Spark's
    jobs are cancelled: the threads wait for them, and the caller for the threads.

    Raises:
        Exception: that of the first call that failed; calls that have not begun do not begin.
    """
    futures: list[Future[Result]] = []
    with ThreadPoolExecutor(threads) as pool:
        try:
            futures += [pool.submit(_in_session(spark, call)) for call in calls]
            try:
                return [future.result() for future in futures]
            except Exception:
                pool.shutdown(wait=False, cancel_futures=True)
                wait(_running(futures))
                raise
        except BaseException as error:
            if not isinstance(error, Exception):
                pool.shutdown(wait=False, cancel_futures=True)
                _end(spark, futures)
            raise


def _end(spark: SparkSession, futures: Sequence[Future[Any]]) -> None:
    """Cancel Spark's jobs until all calls have ended: a call may be about to start another."""
    while running := _running(futures):
        with suppress(Exception):  # Java may be gone, and the calls with it
            spark.sparkContext.cancelAllJobs()
        wait(running, CANCEL_SECONDS)


def _running(futures: Sequence[Future[Any]]) -> list[Future[Any]]:
    # `wait` would wait for cancelled ones, too
    return [future for future in futures if not future.done()]


def _in_session(spark: SparkSession, call: Callable[[], Result]) -> Callable[[], Result]:
    # wrapped calls that share one wrapper would share the copy of the properties, too
    wrapper: Any = inheritable_thread_target(spark)
    if isinstance(wrapper, SparkSession):  # PySpark does not pin its threads
        return call
    return wrapper(call)
