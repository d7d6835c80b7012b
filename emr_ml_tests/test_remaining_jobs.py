"""Which Spark jobs a run has left, and the end of what it keeps up."""

import logging
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest

from emr_ml.launchers.base import Launcher
from emr_ml.remaining_jobs import finish_run, finishing, jobs_remain

LOG = logging.getLogger("remaining jobs")


class Finishes:
    """As much of a launcher as ends with its run."""

    def __init__(self, *, keeps_up: bool = True) -> None:
        self.keeps_up = keeps_up
        self.finished: list[Mapping[str, Any]] = []

    def finish(self, run_id: str, _: logging.Logger, *, others_wait: bool) -> None:
        self.finished.append({"run": run_id, "others_wait": others_wait})


def remaining(selection: list[str], without: tuple[str, ...] = ()) -> dict[str, bool]:
    """Whether jobs remain, as each asset of a run sees it: a -> b -> c, and d apart from them."""
    found: dict[str, bool] = {}

    def look(context: dg.AssetExecutionContext) -> None:
        found[context.asset_key.to_user_string()] = jobs_remain(context, without)

    @dg.asset(kinds={"spark"})
    def a(context: dg.AssetExecutionContext) -> None:
        look(context)

    @dg.asset(deps=[a], kinds={"spark"})
    def b(context: dg.AssetExecutionContext) -> None:
        look(context)

    @dg.asset(deps=[b], kinds={"json"})
    def c(context: dg.AssetExecutionContext) -> None:
        look(context)

    @dg.asset(kinds={"spark"})
    def d(context: dg.AssetExecutionContext) -> None:
        look(context)

    assert dg.materialize([a, b, c, d], selection=selection).success
    return found


def test_jobs_remain_until_the_last_spark_asset_of_the_run() -> None:
    assert remaining(["a", "b", "c"]) == {"a": True, "b": False, "c": False}


def test_an_asset_that_is_not_selected_has_no_job() -> None:
    assert remaining(["a"]) == {"a": False}


def test_a_job_that_runs_at_the_same_time_may_remain() -> None:
    assert remaining(["b", "d"]) == {"b": True, "d": True}


def test_an_asset_that_is_known_not_to_launch_a_job_does_not_count() -> None:
    assert remaining(["a", "b"], without=("b",)) == {"a": False, "b": False}


def test_what_a_run_keeps_up_ends_while_its_last_results_are_shown() -> None:
    launcher: Any = Finishes()

    @dg.asset
    def last(context: dg.AssetExecutionContext) -> None:
        with finishing(context, launcher):
            pass

    result = dg.materialize([last])

    assert launcher.finished == [{"run": result.run_id, "others_wait": False}]


def test_a_launcher_that_keeps_nothing_up_has_nothing_to_end() -> None:
    launcher: Any = Finishes(keeps_up=False)

    @dg.asset
    def last(context: dg.AssetExecutionContext) -> None:
        with finishing(context, launcher):
            pass

    assert dg.materialize([last]).success
    assert launcher.finished == []


def test_an_error_at_the_end_of_a_run_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Launcher:
        raise ValueError("no such region")

    with dg.DagsterInstance.ephemeral() as instance, caplog.at_level(logging.WARNING):
        finish_run(instance, "a run", broken, LOG)

    assert "stays up until its idle timeout: ValueError('no such region')" in caplog.text
