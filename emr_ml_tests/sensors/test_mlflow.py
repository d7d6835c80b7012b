"""When the sensor brings MLflow up to date."""

from collections.abc import Sequence

import dagster as dg
import pytest

from emr_ml.sensors import shared_sensors
from emr_ml.sensors.mlflow import (
    FAILED,
    REPEAT_SECONDS,
    RETRY_SECONDS,
    Cursor,
    newest_materialization,
    sync,
    tick,
)
from emr_ml.settings import load_settings


class FakeSync:
    """Counts its calls; MLflow can be down."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_down = False

    def __call__(self, prefixes: Sequence[str]) -> tuple[bool, str]:
        self.calls += 1
        return (False, "no answer") if self.is_down else (True, f"{prefixes} up to date")


def ticks(cursor: Cursor, synchronize: FakeSync, newest: int, now: float) -> tuple[Cursor, str]:
    return tick(cursor, newest, ["shop"], synchronize, lambda: now)


def test_a_new_materialization_is_shown_at_once_and_only_once() -> None:
    synchronize = FakeSync()

    cursor, _ = ticks(Cursor(), synchronize, 7, 0)
    cursor, _ = ticks(cursor, synchronize, 8, 30)
    _, said = ticks(cursor, synchronize, 8, 60)

    assert synchronize.calls == 2
    assert said == "no new model; MLflow is checked again in 870 s"


def test_without_a_new_one_it_looks_again_after_a_while() -> None:
    synchronize = FakeSync()
    cursor, _ = ticks(Cursor(), synchronize, 7, 0)

    ticks(cursor, synchronize, 7, REPEAT_SECONDS)

    assert synchronize.calls == 2


def test_a_server_that_is_down_is_tried_again_sooner_but_not_at_each_tick() -> None:
    synchronize = FakeSync()
    synchronize.is_down = True

    cursor, said = ticks(Cursor(), synchronize, 7, 0)
    assert said == f"{FAILED}: no answer"
    cursor, _ = ticks(cursor, synchronize, 7, RETRY_SECONDS / 2)
    assert synchronize.calls == 1

    synchronize.is_down = False
    _, said = ticks(cursor, synchronize, 7, RETRY_SECONDS)
    assert said == "['shop'] up to date"


def test_a_clock_that_was_set_back_does_not_stop_it() -> None:
    synchronize = FakeSync()
    cursor, _ = ticks(Cursor(), synchronize, 7, 1e9)

    ticks(cursor, synchronize, 7, 0)

    assert synchronize.calls == 2


def test_only_models_metrics_and_champions_of_the_pipelines_count() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for key in (["shop", "lr_model"], ["shop", "predictions"], ["other", "lr_model"]):
            instance.report_runless_asset_event(dg.AssetMaterialization(dg.AssetKey(key)))

        newest = newest_materialization(instance, ["shop"])

        assert newest_materialization(instance, [""]) == 0
        assert 0 < newest < newest_materialization(instance, ["other"])


@pytest.mark.parametrize(("uri", "exists"), [("", False), ("http://127.0.0.1:9", True)])
def test_there_is_a_sensor_only_if_a_server_is_set(
    uri: str,
    exists: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    settings = load_settings()

    names = [sensor.name for sensor in shared_sensors(settings, [settings], [""])]

    assert ("mlflow_sensor" in names) is exists


@pytest.mark.process
def test_it_runs_the_command_and_shows_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "databricks")

    succeeded, said = sync(["shop"])

    assert not succeeded
    assert said.startswith("Error: MLFLOW_TRACKING_URI is not the http:// or https:// address")
