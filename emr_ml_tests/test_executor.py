"""What a run has kept up ends with the run, however it went."""

import logging
from collections.abc import Callable, Generator, Iterator
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.retries import RetryMode

from emr_ml import launchers
from emr_ml.executor import FinishingExecutor, executor_for
from emr_ml.settings import Deployment, Settings

LOCAL = Settings.model_validate({})
REMOTE = Settings.model_validate({"deployment": "emr", "lake": "s3://bucket/lake"})


class Warm:
    """A launcher with a cluster, which ends with a run unless other runs wait."""

    def __init__(self) -> None:
        self.is_up = True
        self.problem: Exception | None = None

    def finish(self, run_id: str, log: logging.Logger, *, others_wait: bool) -> None:
        del run_id, log
        if self.problem:
            raise self.problem
        self.is_up = others_wait


@pytest.fixture
def launcher(monkeypatch: pytest.MonkeyPatch) -> Warm:
    warm = Warm()

    def make_launcher(_: Settings) -> Warm:
        return warm

    monkeypatch.setattr(launchers, "make_launcher", make_launcher)
    return warm


@pytest.fixture
def instance() -> Generator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@dg.executor(config_schema=dg.in_process_executor.config_schema)  # pyright: ignore[reportArgumentType] - a schema, if not as users write it
def finishing(context: dg.InitExecutorContext) -> dg.Executor:
    steps = dg.in_process_executor.executor_creation_fn
    assert steps
    return FinishingExecutor(steps(context), [REMOTE])


@dg.op(config_schema={"fails": dg.Field(bool, default_value=False)})
def work(context: dg.OpExecutionContext) -> None:
    if context.op_config["fails"]:
        raise dg.Failure("as asked")


@dg.job(executor_def=finishing)
def job() -> None:
    work()


def run(instance: dg.DagsterInstance, *, fails: bool = False) -> bool:
    config = {"ops": {"work": {"config": {"fails": fails}}}}
    with dg.execute_job(dg.reconstructable(job), instance, run_config=config) as result:
        return result.success


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_run_kept_up_ends_with_it(
    launcher: Warm, instance: dg.DagsterInstance, *, fails: bool
) -> None:
    assert run(instance, fails=fails) is not fails

    assert not launcher.is_up


@pytest.mark.parametrize(
    ("status", "waits"),
    [
        (dg.DagsterRunStatus.NOT_STARTED, True),
        (dg.DagsterRunStatus.STARTED, True),
        (dg.DagsterRunStatus.SUCCESS, False),
        (dg.DagsterRunStatus.CANCELED, False),
    ],
)
def test_it_stays_only_for_runs_that_are_not_over(
    launcher: Warm, instance: dg.DagsterInstance, status: dg.DagsterRunStatus, *, waits: bool
) -> None:
    instance.create_run_for_job(job, status=status)

    assert run(instance)

    assert launcher.is_up is waits


def test_a_run_whose_cluster_can_not_be_ended_is_no_failure(
    launcher: Warm, instance: dg.DagsterInstance
) -> None:
    launcher.problem = ConnectionError("no network")

    assert run(instance)

    logged = [entry.message for entry in instance.all_logs(instance.get_runs()[0].run_id)]
    assert any("stays up until" in line for line in logged)


def test_local_jobs_share_a_process_and_remote_ones_wait_in_one_each() -> None:
    assert executor_for([LOCAL], "") is dg.in_process_executor
    assert executor_for([REMOTE], "").name == "remote_jobs"


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


def test_only_clusters_of_emr_are_kept_up_and_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    def make_launcher(settings: Settings) -> Any:
        def finish(*_: Any, **__: Any) -> None:
            ended.append(settings.deployment)

        return SimpleNamespace(finish=finish)

    monkeypatch.setattr("emr_ml.launchers.make_launcher", make_launcher)

    execute([on(Deployment.EMR), on(Deployment.EMR_EKS)], lambda *_, **__: [])

    assert ended == ["emr"]
