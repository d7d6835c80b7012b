"""Finds runs whose process is gone, which would otherwise seem to run forever.

Dagster's own monitoring relies on the run launcher, and the one for a single machine can't check
processes. With a run launcher that can, this sensor does nothing.
"""

from collections.abc import Iterator

import dagster as dg

from emr_ml.lake.leases import this_host
from emr_ml.settings import Settings

HOST_TAG = "emr_ml/host"
ACTIVE = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
MAX_RUNS = 100
# the start of a process and the time of an event are rounded differently
ROUNDING_SECONDS = 2.0


def lost_run_sensor(settings: Settings) -> dg.SensorDefinition:
    """Return a sensor of runs that were killed, or whose machine was restarted."""

    @dg.sensor(
        name="lost_run_sensor",
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs of this machine as failed if their process is gone.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        origin = context.code_location_origin
        lost = list(lost_runs(context.instance, origin.location_name if origin else None))
        for run, pid in lost:
            message = (
                f"process {pid} of this run is gone: it was killed, or the machine was restarted. "
                "What was committed is kept: start the run again"
            )
            context.log.warning("run %s: %s", run.run_id, message)
            context.instance.report_run_failed(run, message)
        if lost:
            return dg.SkipReason(f"{len(lost)} runs were lost and are marked as failed")
        return dg.SkipReason("no run of this machine is lost")

    return sensor


def lost_runs(
    instance: dg.DagsterInstance, location: str | None
) -> Iterator[tuple[dg.DagsterRun, int]]:
    """Yield each active run whose process was on this machine and is gone, and the process id.

    Args:
        instance: which other machines may share.
        location: name of this code location; None if no code server has loaded it.
    """
    if instance.run_launcher.supports_check_run_worker_health:
        return
    for run in instance.get_runs(dg.RunsFilter(statuses=ACTIVE), limit=MAX_RUNS):
        if not _was_here(run, location):
            continue
        process = _process(instance, run.run_id)
        if process and _is_gone(*process):
            yield run, process[0]


def _was_here(run: dg.DagsterRun, location: str | None) -> bool:
    if host := run.tags.get(HOST_TAG):
        return host == this_host()
    # a run is a child of the code server of its location, and so is a tick of this sensor
    origin = run.remote_job_origin
    return origin is not None and origin.location_name == location


def _process(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """Return the id of the run's process and the time of its event, in seconds since 1970."""
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ENGINE_EVENT, limit=MAX_RUNS
    ).records
    for record in records:
        event = record.event_log_entry.dagster_event
        # events of steps name the processes of steps
        if event and event.step_key is None:
            pid = event.engine_event_data.metadata.get("pid")
            if pid is not None:
                return int(str(pid.value)), record.event_log_entry.timestamp
    return None


def _is_gone(pid: int, seen_at: float) -> bool:
    """Return True if there is no such process, or a later one has reused its id."""
    import psutil  # only a tick needs it

    try:
        return psutil.Process(pid).create_time() > seen_at + ROUNDING_SECONDS
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
