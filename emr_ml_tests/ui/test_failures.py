"""Errors of an asset as failures, and the failure of one that a check refuses."""

import dagster as dg
import pytest

from emr_ml.errors import UserError
from emr_ml.failed import Failed
from emr_ml.launchers.base import LaunchError
from emr_ml.ui.failures import errors_as_failures, refusal
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


def failure_of(lake: Lake, error: Exception) -> Failed:
    with pytest.raises(Failed) as caught, errors_as_failures(lake):
        raise error
    return caught.value


def raised_from(cause: Exception, message: str) -> LaunchError:
    error = LaunchError(message)
    error.__cause__ = cause
    return error


def test_a_mistake_is_not_retried_and_has_nothing_below_its_message(folder_lake: Lake) -> None:
    found = failure_of(folder_lake, UserError("no such column", fix="correct `columns`"))

    assert str(found.description).splitlines() == ["no such column", "Correct `columns`"]
    assert not found.allow_retries
    assert found.__cause__ is None


def test_a_bug_of_a_job_is_the_cause_of_its_failure(folder_lake: Lake) -> None:
    bug = ZeroDivisionError("by zero")

    assert failure_of(folder_lake, raised_from(bug, "the job failed")).__cause__ is bug


@pytest.mark.parametrize("mistake", [UserError("a mistake"), JobError("a mistake")])
def test_a_mistake_that_stopped_a_launch_is_told_once(
    folder_lake: Lake, mistake: Exception
) -> None:
    assert failure_of(folder_lake, raised_from(mistake, "a mistake")).__cause__ is None


def test_a_disk_that_fails_may_be_retried_and_keeps_its_trace(folder_lake: Lake) -> None:
    error = OSError(28, "No space left on device")

    found = failure_of(folder_lake, error)

    assert found.allow_retries
    assert found.__cause__ is error


def test_metadata_of_a_launch_is_shown_with_its_failure(folder_lake: Lake) -> None:
    found = failure_of(folder_lake, LaunchError("it broke", {"cluster": "j-1"}))

    assert found.metadata["cluster"].value == "j-1"


def test_a_bug_of_our_own_stays_what_it_is(folder_lake: Lake) -> None:
    with pytest.raises(ZeroDivisionError), errors_as_failures(folder_lake):
        raise ZeroDivisionError


def test_a_refusal_begins_with_the_check_and_ends_with_what_to_do() -> None:
    results = [
        dg.AssetCheckResult(passed=False, check_name=name, description=text)
        for name, text in (("header_fits", "toy.csv lacks 'kind'"), ("unique_id", "2 ids twice"))
    ]

    found = refusal(dg.AssetKey(["churn", "raw_csv_s3"]), results)

    first, second, last = str(found.description).splitlines()
    assert first == "churn/raw_csv_s3 is refused by its check header_fits: toy.csv lacks 'kind'"
    assert "unique_id: 2 ids twice" in second
    assert last.startswith("Correct that and materialize churn/raw_csv_s3 again")
    assert not found.allow_retries
