"""Finds runs whose process is gone, so that they do not seem to go on for ever.

Dagster's own monitoring asks the run launcher, and that of a single machine can't tell. Where
runs are launched in another way, this sensor leaves them alone.
"""

from collections.abc import Iterator

import dagster as dg

from emr_ml.lake.leases import this_host
from emr_ml.settings import Settings

HOST_TAG = "emr_ml/host"
ALIVE = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
MOST_RUNS = 100
# the clock of a process and that of an event may differ by their rounding
SECONDS_OF_ROUNDING = 2.0


def lost_run_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor of runs that were killed, or were on a machine that was started anew."""

    @dg.sensor(
        name="lost_run_sensor",
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs of this machine as failed whose process is gone.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        lost = list(lost_runs(context.instance))
        for run, process in lost:
            message = (
                f"process {process} of this run is gone: it was killed, or the machine was "
                "started anew. Nothing that was committed is lost: run it again"
            )
            context.log.warning("run %s: %s", run.run_id, message)
            context.instance.report_run_failed(run, message)
        if lost:
            return dg.SkipReason(f"{len(lost)} runs were lost and are marked as failed")
        return dg.SkipReason("no run of this machine is lost")

    return sensor


def lost_runs(instance: dg.DagsterInstance) -> Iterator[tuple[dg.DagsterRun, int]]:
    """The runs in progress whose process was on this machine and is no more, and its id."""
    if instance.run_launcher.supports_check_run_worker_health:
        return
    for run in instance.get_runs(dg.RunsFilter(statuses=ALIVE), limit=MOST_RUNS):
        if run.tags.get(HOST_TAG, this_host()) != this_host():
            continue
        started = _process(instance, run.run_id)
        if started and _is_gone(*started):
            yield run, started[0]


def _process(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """Id of the run's own process, and when it was seen, in seconds since 1970."""
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ENGINE_EVENT, limit=MOST_RUNS
    ).records
    for record in records:
        event = record.event_log_entry.dagster_event
        # processes of single steps come and go
        if event and event.step_key is None:
            found = event.engine_event_data.metadata.get("pid")
            if found is not None:
                return int(str(found.value)), record.event_log_entry.timestamp
    return None


def _is_gone(process: int, seen_at: float) -> bool:
    """Whether there is no such process, or a later one that has its id."""
    import psutil  # only a tick needs it

    try:
        return psutil.Process(process).create_time() > seen_at + SECONDS_OF_ROUNDING
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
