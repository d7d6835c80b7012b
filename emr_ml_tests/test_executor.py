"""The end of a run, whatever fails there."""

import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.retries import RetryMode

from emr_ml.executor import FinishingExecutor
from emr_ml.settings import Deployment, Settings


class NoSteps(dg.Executor):
    """Executes a run that has no steps."""

    @property
    def retries(self) -> RetryMode:
        return RetryMode.DISABLED

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        del plan_context, execution_plan
        return iter(())


def execute(targets: list[Settings], get_runs: Callable[..., list[dg.DagsterRun]]) -> None:
    """Execute a run without steps."""
    instance, log = SimpleNamespace(get_runs=get_runs), logging.getLogger("run")
    context: Any = SimpleNamespace(instance=instance, log=log, run_id="a-run")
    plan: Any = None
    assert list(FinishingExecutor(NoSteps(), targets).execute(context, plan)) == []


def on(deployment: Deployment) -> Settings:
    return Settings(deployment=deployment, lake="s3://bucket/lake")  # pyright: ignore[reportCallIssue] - the others have defaults


def test_a_run_history_that_can_not_be_read_fails_no_run(caplog: pytest.LogCaptureFixture) -> None:
    def get_runs(*_: Any, **__: Any) -> list[dg.DagsterRun]:
        raise RuntimeError("the database is gone")

    execute([on(Deployment.EMR)], get_runs)

    assert "stays up until its idle timeout: RuntimeError('the database is gone')" in caplog.text


def test_what_a_run_kept_up_is_ended_on_every_target(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def make_launcher(settings: Settings) -> Any:
        def finish(*_: Any, **__: Any) -> None:
            ended.append(settings.deployment)

        return SimpleNamespace(finish=finish)

    monkeypatch.setattr("emr_ml.launchers.make_launcher", make_launcher)

    execute([on(Deployment.EMR), on(Deployment.EMR_EKS)], lambda *_, **__: [])

    assert ended == ["emr", "emr-eks"]
