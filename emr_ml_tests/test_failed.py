"""What the UI shows of a failed step: the cause, and no stack of Dagster's."""

import dagster as dg
import pytest

from emr_ml.errors import UserError
from emr_ml.failed import CANCELLED, Failed, in_lines
from emr_ml.ui.console import failure_cause


@dg.asset
def mistaken() -> None:
    raise Failed("the file is not there\nLook for it")


@dg.asset
def broken() -> None:
    raise Failed("the job failed\nLook at its log") from ZeroDivisionError("by zero")


@dg.asset
def of_a_user() -> None:
    raise dg.Failure("not ours")


def told(asset: dg.AssetsDefinition) -> str:
    """The text of the failure's event, as the run's page shows it."""
    result = dg.materialize([asset], raise_on_error=False)
    error = result.failure_data_for_node(asset.op.name).error  # pyright: ignore[reportOptionalMemberAccess] - it fails
    assert error
    return error.to_string()


def test_the_first_line_is_the_cause_and_the_last_one_what_to_do() -> None:
    assert told(mistaken).splitlines() == ["Failed: the file is not there", "Look for it"]


def test_a_bug_that_caused_it_is_told_below() -> None:
    lines = told(broken).splitlines()

    assert lines[:2] == ["Failed: the job failed", "Look at its log"]
    assert "ZeroDivisionError: by zero" in lines


def test_a_launcher_that_can_not_be_made_is_told_alike() -> None:
    def create(_: dg.InitResourceContext) -> None:
        raise Failed("no such profile\nSet AWS_PROFILE") from None

    @dg.asset
    def launched(launcher: dg.ResourceParam[object]) -> None:
        assert launcher

    result = dg.materialize(
        [launched], resources={"launcher": dg.ResourceDefinition(create)}, raise_on_error=False
    )

    failure = result.get_run_failure_event().job_failure_data
    assert failure.error
    lines = failure.error.to_string().splitlines()
    assert lines == ["Failed: no such profile", "Set AWS_PROFILE"]


@dg.asset
def interrupted() -> None:
    raise KeyboardInterrupt


def test_a_run_that_is_cancelled_says_what_stays() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([interrupted], instance=instance, raise_on_error=False)
        (run,) = instance.get_runs()
        events = [entry.dagster_event for entry in instance.all_logs(run.run_id)]
        (failure,) = [event for event in events if event and event.is_step_failure]

    assert failure.step_failure_data.error
    assert failure.step_failure_data.error.to_string() == f"{CANCELLED}\n"
    assert failure_cause(failure) == "interrupted"


def test_other_failures_keep_their_stack() -> None:
    assert "Stack Trace" in told(of_a_user)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (UserError("no Java", fix="run `make setup`"), "no Java\nRun `make setup`"),
        (UserError("no Java: run `make setup`"), "no Java: run `make setup`"),
    ],
)
def test_what_to_do_is_a_line_of_its_own_if_the_error_has_it_apart(
    error: UserError, message: str
) -> None:
    assert in_lines(error, str(error)) == message
