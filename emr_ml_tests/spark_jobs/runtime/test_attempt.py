"""Which process may run an attempt, and why it failed."""

import pytest

from emr_ml_tests.processes import Racers
from spark_jobs.runtime.attempt import (
    Failure,
    SupersededError,
    check_lease,
    read_failure,
    record_failure,
    start_attempt,
)
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import lease_key

VERSION = "0123456789abcdef" * 2


def request(attempt: int) -> Request:
    return Request("metrics", VERSION, attempt, "/lake", "/lake/out", {}, {}, {}, "c", "4.1.1")


def test_the_attempt_of_the_lease_may_continue(lake: Lake) -> None:
    lake.write_json(lease_key("metrics", VERSION), {"attempt": 2})
    check_lease(lake, request(2))


def test_a_superseded_attempt_is_refused_naming_the_attempt_to_follow(lake: Lake) -> None:
    lake.write_json(lease_key("metrics", VERSION), {"attempt": 3})
    with pytest.raises(JobError, match=r"attempt 2 of metrics .* the lease is for attempt 3"):
        check_lease(lake, request(2))


def test_an_attempt_without_a_lease_is_refused(folder_lake: Lake) -> None:
    with pytest.raises(JobError, match="attempt None"):
        check_lease(folder_lake, request(1))


def started(root: str) -> bool:
    try:
        start_attempt(open_lake(root), request(1))
    except SupersededError:
        return False
    return True


def test_an_attempt_that_is_sent_twice_runs_once(lake: Lake, racers: Racers) -> None:
    lake.write_json(lease_key("metrics", VERSION), {"attempt": 1})
    assert sum(racers.race(started, lake.root)) == 1


def test_starting_an_attempt_again_is_refused_with_what_to_do(folder_lake: Lake) -> None:
    folder_lake.write_json(lease_key("metrics", VERSION), {"attempt": 1})
    start_attempt(folder_lake, request(1))
    with pytest.raises(SupersededError, match=r"already started.*remove .*_job/started\.json"):
        start_attempt(folder_lake, request(1))


def test_a_superseded_attempt_does_not_start(folder_lake: Lake) -> None:
    folder_lake.write_json(lease_key("metrics", VERSION), {"attempt": 2})
    with pytest.raises(SupersededError, match="the lease is for attempt 2"):
        start_attempt(folder_lake, request(1))
    folder_lake.write_json(lease_key("metrics", VERSION), {"attempt": 1})
    start_attempt(folder_lake, request(1))


def test_the_first_recorded_failure_of_an_attempt_counts(lake: Lake) -> None:
    record_failure(lake, request(1), Failure("no such column", by_user=True))
    record_failure(lake, request(1), Failure("the step failed"))
    assert read_failure(lake, "metrics", VERSION, 1) == Failure("no such column", by_user=True)


def test_an_attempt_without_a_recorded_failure_has_none(folder_lake: Lake) -> None:
    assert read_failure(folder_lake, "metrics", VERSION, 1) is None
