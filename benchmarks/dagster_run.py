"""One run of a job through Dagster, in processes of its own, and what Dagster noted about it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from emr_ml.settings import ROOT

COMMAND = str(Path(sys.executable).with_name("dagster"))
JOB = "training_job"


@dataclass(frozen=True)
class DagsterRun:
    """Seconds from the run's start to its end; when each asset was materialized, in epoch time."""

    seconds: float
    materialized: Mapping[str, float]


def execute(module: str, home: Path, variables: Mapping[str, str]) -> DagsterRun:
    """`dagster job execute`, with a history and a log, `output.txt`, of its own.

    Raises:
        RuntimeError: the run is not green.
    """
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    # of the caller's variables, none that leads to a real account or to his lake
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "EMR_ML_", "DAGSTER_"))
    }
    with (home / "output.txt").open("wb") as output:
        subprocess.run(
            [COMMAND, "job", "execute", "-m", module, "-j", JOB],
            env=kept | dict(variables) | {"DAGSTER_HOME": str(home)},
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return noted(instance)


def noted(instance: dg.DagsterInstance) -> DagsterRun:
    """What the history says of its only run."""
    (record,) = instance.get_run_records()
    if not record.dagster_run.is_success or not (record.start_time and record.end_time):
        raise RuntimeError(f"the run of {JOB} is not green: {record.dagster_run.status.value}")
    found = instance.get_records_for_run(
        record.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
    ).records
    materialized = {
        one.event_log_entry.dagster_event.asset_key.path[-1]: one.timestamp
        for one in found
        if one.event_log_entry.dagster_event and one.event_log_entry.dagster_event.asset_key
    }
    return DagsterRun(record.end_time - record.start_time, materialized)
