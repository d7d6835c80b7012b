"""The end of a run, whatever fails there."""

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.retries import RetryMode

from emr_ml.executor import FinishingExecutor
from emr_ml.settings import Settings


class NoSteps(dg.Executor):
    """Executes a run that has no steps."""

    @property
    def retries(self) -> RetryMode:
        return RetryMode.DISABLED

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        del plan_context, execution_plan
        return iter(())


def test_a_run_history_that_can_not_be_read_fails_no_run(caplog: pytest.LogCaptureFixture) -> None:
    def get_runs(*_: Any, **__: Any) -> None:
        raise RuntimeError("the database is gone")

    instance, log = SimpleNamespace(get_runs=get_runs), logging.getLogger("run")
    context: Any = SimpleNamespace(instance=instance, log=log, run_id="a-run")
    plan: Any = None
    executor = FinishingExecutor(NoSteps(), Settings())  # pyright: ignore[reportCallIssue] - all have defaults

    assert list(executor.execute(context, plan)) == []
    assert "stays up until its idle timeout: RuntimeError('the database is gone')" in caplog.text
