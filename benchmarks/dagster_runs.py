"""Runs a job through Dagster in a process of its own."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from benchmarks.contest import clean_environment
from emr_ml.project import ROOT

DAGSTER = str(Path(sys.executable).with_name("dagster"))
JOB = "training_job"


@dataclass(frozen=True)
class DagsterRun:
    """A run that has ended.

    Args:
        seconds: from its start to its end.
        materialized: when each asset was materialized, in seconds since the epoch.
        failure: as `failure_message` returns it.
    """

    seconds: float
    materialized: Mapping[str, float]
    failure: str


def execute(
    module: str, home: Path, variables: Mapping[str, str], *, may_fail: bool = False
) -> DagsterRun:
    """Run `dagster job execute` with its own Dagster home, which keeps its log in `output.txt`.

    Raises:
        RuntimeError: the run fails, unless it may.
    """
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with (home / "output.txt").open("wb") as output:
        subprocess.run(
            [DAGSTER, "job", "execute", "-m", module, "-j", JOB],
            env=clean_environment() | dict(variables) | {"DAGSTER_HOME": str(home)},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = _read_run(instance)
    if run.failure and not may_fail:
        raise RuntimeError(f"the run of {module} failed: {run.failure}")
    return run


def _read_run(instance: dg.DagsterInstance) -> DagsterRun:
    """Read the only run of the instance."""
    (record,) = instance.get_run_records()
    assert record.start_time
    assert record.end_time
    events = [
        (one.timestamp, one.event_log_entry.dagster_event)
        for one in instance.get_records_for_run(record.dagster_run.run_id).records
        if one.event_log_entry.dagster_event
    ]
    materialized = {
        event.asset_key.path[-1]: at
        for at, event in events
        if event.is_step_materialization and event.asset_key
    }
    failure = failure_message(event for _, event in events)
    return DagsterRun(record.end_time - record.start_time, materialized, failure)


def failure_message(events: Iterable[dg.DagsterEvent]) -> str:
    """Return the error that the run page shows first, without what Dagster wraps around it.

    It is that of a step, or of a run that fails outside its steps; empty if nothing failed.
    """
    for event in events:
        if event.is_step_failure or event.is_job_failure:
            # a run whose process has died has none
            error = getattr(event.event_specific_data, "error", None)
            return (error.cause or error).message.strip() if error else event.message or "it failed"
    return ""
