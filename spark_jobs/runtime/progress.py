"""Log Spark's progress while a job runs."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from logging import Logger, LoggerAdapter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SECONDS_BETWEEN_LINES = 8.0


@contextmanager
def progress_log(
    spark: "SparkSession",
    log: "Logger | LoggerAdapter[Logger]",
    interval: float = SECONDS_BETWEEN_LINES,
) -> Generator[None]:
    """Log Spark's progress every `interval` seconds until the block ends."""
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(interval):
            # if the JVM is gone, the job will report it
            with suppress(Exception):
                log.info(format_progress(spark))

    reporter = threading.Thread(target=report, name="spark-progress", daemon=True)
    reporter.start()
    try:
        yield
    finally:
        ended.set()
        reporter.join()


def format_progress(spark: "SparkSession") -> str:
    """Return how many stages and tasks of the running Spark jobs are done."""
    tracker = spark.sparkContext.statusTracker()
    stages = tasks = tasks_done = stages_done = 0
    jobs = tracker.getActiveJobsIds()
    for job in jobs:
        info = tracker.getJobInfo(job)
        for stage_id in info.stageIds if info else ():
            stage = tracker.getStageInfo(stage_id)
            stages += 1
            if stage and stage.numTasks:
                tasks += stage.numTasks
                tasks_done += stage.numCompletedTasks
                stages_done += stage.numCompletedTasks == stage.numTasks
    if not jobs:
        return f"{len(tracker.getJobIdsForGroup())} Spark jobs done, the next is being planned"
    return (
        f"Spark job {max(jobs)}: {stages_done} of {stages} stages, "
        f"{tasks_done} of {tasks} tasks done"
    )
