"""What a benchmark shows of a run that fails."""

from collections.abc import Iterator

import dagster as dg
import pytest

from benchmarks.dagster_runs import failure_message


@dg.op
def work() -> None:
    raise ValueError("no Python")


@dg.job
def job() -> None:
    work()


@dg.job
def idle() -> None:
    pass


def events_of(instance: dg.DagsterInstance, run_id: str) -> Iterator[dg.DagsterEvent]:
    return (entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event)


@pytest.mark.parametrize("is_in_step", [True, False])
def test_the_error_is_that_of_the_step_or_else_of_the_run(*, is_in_step: bool) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        if is_in_step:
            run_id = job.execute_in_process(instance=instance, raise_on_error=False).run_id
        else:
            run = instance.create_run_for_job(idle)
            instance.report_run_failed(run, "the process has died")
            run_id = run.run_id

        said = failure_message(events_of(instance, run_id))

    assert said == ("ValueError: no Python" if is_in_step else "the process has died")


def test_a_run_that_does_not_fail_has_no_error() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_id = idle.execute_in_process(instance=instance).run_id

        assert failure_message(events_of(instance, run_id)) == ""
