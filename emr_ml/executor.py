"""How the steps of a run are executed, and what ends with the run."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg
from dagster import multiple_process_executor_requirements

from emr_ml.remaining_jobs import finish_run
from emr_ml.settings import Settings

if TYPE_CHECKING:
    from dagster._core.execution.context.system import PlanOrchestrationContext
    from dagster._core.execution.plan.plan import ExecutionPlan
    from dagster._core.execution.retries import RetryMode

# A step of a remote job only waits, so many more may run than there are cores: the cluster or the
# service decides how many jobs compute at once. In spark-submit's client mode, each step also has a
# driver on this machine, so the number of these is limited by its memory and not by this.
MAX_WAITING_PROCESSES = 32


def executor_for(targets: Sequence[Settings], preload: str) -> dg.ExecutorDefinition:
    """Return the executor of runs: in process if jobs run locally, else one process per step.

    One process lets all jobs of a local run share one JVM.

    Args:
        targets: the settings of each deployment that jobs run on.
        preload: module that each process of a step imports first.
    """
    if all(each.deployment.runs_here for each in targets):
        return dg.in_process_executor

    @dg.executor(
        name="remote_jobs",
        config_schema=dg.multiprocess_executor.config_schema,  # pyright: ignore[reportArgumentType] - a schema, if not as users write it
        requirements=multiple_process_executor_requirements(),
    )
    def remote_jobs(context: dg.InitExecutorContext) -> dg.Executor:
        steps = dg.multiprocess_executor.executor_creation_fn
        assert steps
        return FinishingExecutor(steps(context), targets)

    start = {"forkserver": {"preload_modules": [preload or __name__]}}
    return remote_jobs.configured({"max_concurrent": MAX_WAITING_PROCESSES, "start_method": start})


class FinishingExecutor(dg.Executor):
    """Executes steps as another executor does, and then ends what only this run has kept up."""

    def __init__(self, steps: dg.Executor, targets: Sequence[Settings]) -> None:
        self._steps = steps
        # elsewhere, nothing outlives a job but an application that stops by itself
        self._targets = [each for each in targets if each.deployment.uses_emr]

    @property
    def retries(self) -> "RetryMode":
        return self._steps.retries

    def execute(
        self, plan_context: "PlanOrchestrationContext", execution_plan: "ExecutionPlan"
    ) -> Iterator[dg.DagsterEvent]:
        try:
            yield from self._steps.execute(plan_context, execution_plan)
        finally:
            for settings in self._targets:
                self._finish(plan_context, settings)

    def _finish(self, context: "PlanOrchestrationContext", settings: Settings) -> None:
        from emr_ml.launchers import make_launcher

        finish_run(context.instance, context.run_id, lambda: make_launcher(settings), context.log)
