"""Lines in the run's log while Spark works."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from logging import Logger, LoggerAdapter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SECONDS_BETWEEN_LINES = 8.0


@contextmanager
def progress(
    spark: "SparkSession",
    log: "Logger | LoggerAdapter[Logger]",
    every: float = SECONDS_BETWEEN_LINES,
) -> Generator[None]:
    """Log every few seconds how far Spark has come, until the block ends."""
    ended = threading.Event()

    def speak() -> None:
        while not ended.wait(every):
            # a JVM that is gone is the job's to report, not this thread's
            with suppress(Exception):
                log.info(describe(spark))

    speaker = threading.Thread(target=speak, name="spark-progress", daemon=True)
    speaker.start()
    try:
        yield
    finally:
        ended.set()
        speaker.join()


def describe(spark: "SparkSession") -> str:
    """Stages and tasks done of all in the Spark jobs that run now."""
    tracker = spark.sparkContext.statusTracker()
    stages = tasks = tasks_done = stages_done = 0
    jobs = tracker.getActiveJobsIds()
    for job in jobs:
        info = tracker.getJobInfo(job)
        for stage in info.stageIds if info else ():
            found = tracker.getStageInfo(stage)
            stages += 1
            if found and found.numTasks:
                tasks += found.numTasks
                tasks_done += found.numCompletedTasks
                stages_done += found.numCompletedTasks == found.numTasks
    if not jobs:
        return f"{len(tracker.getJobIdsForGroup())} Spark jobs done, the next is being planned"
    return (
        f"Spark job {max(jobs)}: {stages_done} of {stages} stages, "
        f"{tasks_done} of {tasks} tasks done"
    )
