"""Keeps an MLflow server at what the lake says."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import dagster as dg

from emr_ml.settings import Settings

ASSETS = ("lr_model", "metrics", "champion_model")
SYNC_SECONDS, KILL_SECONDS = 40, 50  # Dagster waits 60 seconds for a tick
RETRY_SECONDS = 300.0
# for what no run has changed: champions chosen by hand, and what somebody changed in MLflow
REPEAT_SECONDS = 900.0
FAILED = "MLflow is not up to date"

#: brings MLflow up to date; returns whether that succeeded, and what to show
Sync = Callable[[Sequence[str]], tuple[bool, str]]


@dataclass(frozen=True)
class Cursor:
    """The newest materialization that was seen, and when to look again even without another."""

    seen: int = 0
    again_at: float = 0.0

    @classmethod
    def of(cls, text: str | None) -> Self:
        return cls(**json.loads(text)) if text else cls()


def mlflow_sensor(settings: Settings, prefixes: Sequence[str]) -> dg.SensorDefinition:
    """Return the sensor that brings MLflow up to date after models were trained or promoted.

    Args:
        settings: of the environment.
        prefixes: key prefixes of the pipelines, each joined by slashes.
    """

    @dg.sensor(
        name="mlflow_sensor",
        minimum_interval_seconds=settings.sensor_interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Shows the lake's models and champions on the MLflow server.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        newest = newest_materialization(context.instance, prefixes)
        cursor, message = tick(Cursor.of(context.cursor), newest, prefixes, sync, time.time)
        if message.startswith(FAILED):
            context.log.warning(message)
        return dg.SensorResult(skip_reason=message, cursor=json.dumps(asdict(cursor)))

    return sensor


def tick(
    cursor: Cursor,
    newest: int,
    prefixes: Sequence[str],
    synchronize: Sync,
    clock: Callable[[], float],
) -> tuple[Cursor, str]:
    """Bring MLflow up to date if there is a reason to, and return the new cursor and a message."""
    wait = cursor.again_at - clock()
    # a clock that was set back must not stop the sensor
    if newest == cursor.seen and 0 < wait <= REPEAT_SECONDS:
        return cursor, f"no new model; MLflow is checked again in {wait:.0f} s"
    succeeded, said = synchronize(prefixes)
    pause = REPEAT_SECONDS if succeeded else RETRY_SECONDS
    message = said if succeeded else f"{FAILED}: {said}"
    return Cursor(newest, clock() + pause), message


def newest_materialization(instance: dg.DagsterInstance, prefixes: Sequence[str]) -> int:
    """Return the id of the latest materialization that may change what MLflow shows."""
    keys = [
        dg.AssetKey([*filter(None, prefix.split("/")), asset])
        for prefix in prefixes
        for asset in ASSETS
    ]
    records = [instance.fetch_materializations(key, limit=1).records for key in keys]
    return max((found[0].storage_id for found in records if found), default=0)


def sync(prefixes: Sequence[str]) -> tuple[bool, str]:
    """Run `emr-ml mlflow sync`.

    In a process of its own: MLflow takes 200 MB, and whatever it does ends with the process.
    """
    code = "from emr_ml.cli import main; main()"
    options = [f"--pipeline={prefix}" for prefix in prefixes]
    command = [sys.executable, "-c", code, "mlflow", "sync", f"--seconds={SYNC_SECONDS}", *options]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=KILL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False, f"it took more than {KILL_SECONDS} s, and is continued"
    return done.returncode == 0, (done.stderr.strip() or done.stdout.strip())
